/* Bytes of a server in the form that may be shown: names of keys, and commands without their
 * arguments. Pure. */
#pragma once

#include <stddef.h>

/* A name's bytes as redis-cli prints them, without the quotes:
 *  \r \t \a \b \\ \" and \xNN for all that is not printable ASCII. Cut, ending in "...", where
 * `size` is too small. Returns out. */
const char *redis_repr(char *out, size_t size, const char *bytes, size_t length);

struct redis_word {
  const char *bytes;
  size_t length;
};

enum { REDIS_SHOWN_KEY_MAX = 120 };
/* A command with its name and key only, "SET user:1 ...", "CONFIG SET ...", "EVAL ...": arguments
 * may be secrets, and an unknown name may be one (rename-command). Returns out. */
const char *redis_command_shown(char *out, size_t size, const struct redis_word *words,
                                size_t count);
