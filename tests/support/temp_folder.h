/*
 * A folder for a test's files, of its own in every test process and removed when that ends.
 */
#ifndef SERIN_TESTS_TEMP_FOLDER_H
#define SERIN_TESTS_TEMP_FOLDER_H

/* The folder, made at the first call; ends the process when it cannot be made. */
const char *temp_folder(void);

/* The path of `name` in that folder; the text lives as long as the process. */
const char *temp_path(const char *name);

/* Writes a file in that folder and returns its path. */
const char *temp_file(const char *name, const void *bytes, unsigned long length);

#endif
