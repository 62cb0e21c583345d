/* Many threads write into one log: every line arrives whole, and none is lost or doubled. */
#include "base/memory.h"
#include "platform/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, LINES = 500, BURST = 5 };

static struct log *shared;

static void require(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "race_log: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void *write_lines(void *context)
{
    for (int i = 0; i < LINES; i++) {
        log_info(shared, "counted", log_text("thread", context), log_i64("line", i));
        log_warning(shared, "repeated", log_i64("line", i));
        log_set_level(i % 2 == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG);
    }
    return NULL;
}

/* Returns how many lines hold `text`, and checks that each line is one JSON object. */
static int count_lines(FILE *file, const char *text)
{
    char line[LOG_LINE_MAX + 1];
    int count = 0;
    rewind(file);
    while (fgets(line, sizeof(line), file)) {
        size_t length = strlen(line);
        require(length > 2 && line[0] == '{' && strcmp(line + length - 2, "}\n") == 0, "torn line");
        count += strstr(line, text) != NULL;
    }
    return count;
}

int main(void)
{
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    FILE *file = tmpfile();
    require(file != NULL, "no temporary file");
    shared = log_create(&(struct log_settings){
        .fd = fileno(file), .format = LOG_FORMAT_JSON, .burst = BURST, .window_ms = 3600000});
    require(shared != NULL, "no log");
    for (int i = 0; i < THREADS; i++) {
        require(pthread_create(&threads[i], NULL, write_lines, names[i]) == 0, "no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        require(pthread_join(threads[i], NULL) == 0, "no join");
    }
    log_destroy(shared);
    require(count_lines(file, "\"msg\":\"counted\"") == THREADS * LINES,
            "lines of info are missing");
    require(count_lines(file, "\"msg\":\"repeated\"") == BURST + 1, "warnings are not limited");
    char told[64];
    (void)snprintf(told, sizeof(told), "\"suppressed\":%d}", THREADS * LINES - BURST);
    require(count_lines(file, told) == 1, "the suppressed lines are not counted");
    (void)fclose(file);
    return 0;
}
