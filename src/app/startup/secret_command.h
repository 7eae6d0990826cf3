/* Runs the command of a secret (command_run of config/config_options.h). */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

/* On a loop of its own, so that it can be called on any thread: it waits until the program has
 * ended, or for the time limit, after which its process group is ended. No standard input, no
 * terminal, no shell. */
char *secret_command_run(const char *const *argv, int64_t timeout_ms, size_t most, struct err *err);
