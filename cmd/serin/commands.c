#include "command.h"

static const struct command *const commands[] = {
    &command_serve, &command_tap,   &command_score, &command_compare,
    &command_plan,  &command_probe, &command_demo,
};
const struct command_list command_list = {commands, ARRAY_LENGTH(commands)};
