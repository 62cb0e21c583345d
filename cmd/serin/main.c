#include "command.h"

#include "base/suggest.h"
#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_list.count; i++) {
        if (strcmp(command_list.commands[i]->name, name) == 0) {
            return command_list.commands[i];
        }
    }
    return NULL;
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

static enum exit_code refuse_command(const char *name)
{
    struct suggestion suggestion = suggestion_for(text_view_of(name));
    for (size_t i = 0; i < command_list.count; i++) {
        suggestion_offer(&suggestion, command_list.commands[i]->name);
    }
    const char *meant = suggestion_best(&suggestion);
    (void)fprintf(stderr, "serin: unknown command %s; %s%s%s\n", TEXT_QUOTE(text_view_of(name)),
                  meant ? "did you mean " : "see serin --help", meant ? meant : "",
                  meant ? "?" : "");
    return EXIT_USAGE;
}

/* Everything or an error: a full disk shows only when the text leaves the program. */
static enum exit_code print(FILE *stream, const char *text)
{
    if (fputs(text, stream) >= 0 && fflush(stream) == 0) {
        return EXIT_PROMOTE;
    }
    (void)fprintf(stderr, "serin: cannot write to standard output: %s\n", strerror(errno));
    return EXIT_INPUT;
}

static enum exit_code print_version(void)
{
    return print(stdout, "serin " SERIN_VERSION "\n");
}

static void append_usage(struct buffer *out)
{
    buffer_append_text(out, "serin: the canary judge for services whose output is a label\n\n"
                            "usage: serin COMMAND [flags]\n\ncommands:\n");
    for (size_t i = 0; i < command_list.count; i++) {
        const struct command *command = command_list.commands[i];
        buffer_printf(out, "  %-10s %s\n", command->name, command->summary);
    }
    buffer_append_text(out, "\nserin COMMAND --help tells more; serin --version prints the "
                            "version.\n");
}

enum { HELP_BYTES_MAX = 64 * 1024 };

static enum exit_code print_usage(FILE *stream)
{
    owned(buffer) usage = buffer_create(HELP_BYTES_MAX);
    if (!usage) {
        return EXIT_BUG;
    }
    append_usage(usage);
    return print(stream, buffer_text(usage));
}

static enum exit_code print_help(const struct command *command)
{
    owned(buffer) help = buffer_create(HELP_BYTES_MAX);
    if (!help) {
        return EXIT_BUG;
    }
    command_help(command, terminal_inspect(STDOUT_FILENO).columns, help);
    return print(stdout, buffer_text(help));
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
        return command_misuse(command->name, &err);
    }
    return command->run(document_root(flags), arguments, argument_count);
}

/*
 * A descriptor that was closed by whoever started us would go to the next file or socket opened,
 * and the log into that. What stands in for it refuses what it is there for.
 */
static void keep_standard_streams(void)
{
    static const int modes[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};
    for (int fd = 0; fd < (int)ARRAY_LENGTH(modes); fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) {
            exit(EXIT_BUG);
        }
    }
}

int main(int count, char **words)
{
    keep_standard_streams();
    /* For the character set of the terminal only: numbers stay as they are in every locale. */
    (void)setlocale(LC_CTYPE, "");
    if (count < 2) {
        (void)print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "help") == 0) {
        return (int)print_usage(stdout);
    }
    if (strcmp(words[1], "--version") == 0) {
        return (int)print_version();
    }
    const struct command *command = find_command(words[1]);
    if (!command) {
        return (int)refuse_command(words[1]);
    }
    return (int)run_command(command, words + 2, (size_t)count - 2);
}
