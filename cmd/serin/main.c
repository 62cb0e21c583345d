#include "command.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_serve, &command_score, &command_compare, &command_probe, &command_demo,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static void print_usage(FILE *stream)
{
    (void)fputs("serin: the canary judge for services whose output is a label\n\n"
                "usage: serin COMMAND [flags]\n\ncommands:\n",
                stream);
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        (void)fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fputs("\nserin COMMAND --help tells more; serin --version prints the version.\n", stream);
}

static bool has_word(char **words, size_t count, const char *wanted)
{
    for (size_t i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}

static enum exit_code print_version(void)
{
    return puts("serin " SERIN_VERSION) < 0 ? EXIT_INPUT : EXIT_PROMOTE;
}

static enum exit_code print_help(const struct command *command)
{
    enum { HELP_BYTES_MAX = 64 * 1024 };
    owned(buffer) help = buffer_create(HELP_BYTES_MAX);
    if (!help) {
        return EXIT_BUG;
    }
    flags_help(command, help);
    return fputs(buffer_text(help), stdout) < 0 ? EXIT_INPUT : EXIT_PROMOTE;
}

static enum exit_code run_command(const struct command *command, char **words, size_t count)
{
    if (has_word(words, count, "--help")) {
        return print_help(command);
    }
    if (has_word(words, count, "--version")) {
        return print_version();
    }
    struct serin_error err = {0};
    owned(document) flags = NULL;
    owned_memory char **arguments = memory_allocate(count + 1, sizeof(*arguments));
    size_t argument_count = 0;
    if (!arguments) {
        return EXIT_BUG;
    }
    if (flags_parse(command, words, count, &flags, arguments, &argument_count, &err) != SERIN_OK) {
        (void)command_fail(command->name, &err);
        return EXIT_USAGE;
    }
    return command->run(document_root(flags), arguments, argument_count);
}

int main(int count, char **words)
{
    /* For the character set of the terminal only: numbers stay as they are in every locale. */
    (void)setlocale(LC_CTYPE, "");
    if (count < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_PROMOTE;
    }
    if (strcmp(words[1], "--version") == 0) {
        return (int)print_version();
    }
    const struct command *command = find_command(words[1]);
    if (!command) {
        (void)fprintf(stderr, "serin: unknown command %s; see serin --help\n",
                      TEXT_QUOTE(text_view_of(words[1])));
        return EXIT_USAGE;
    }
    return (int)run_command(command, words + 2, (size_t)count - 2);
}
