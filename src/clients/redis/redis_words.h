/* Bytes of a server in the form that may be shown: names of keys, and commands without their
 * arguments. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A name's bytes as redis-cli prints them, without the quotes:
 *  \r \t \a \b \\ \" and \xNN for all that is not printable ASCII. Cut, ending in "...", where
 * `size` is too small. Returns out. */
const char *redis_repr(char *out, size_t size, const char *bytes, size_t length);

enum { REDIS_KEY_NAME_MAX = 1024 }; /* bytes of a key that can be the key of a row */
/* The bytes that redis_repr has printed in full; other bytes stand for themselves. False if there
 * are none, more than `size`, or a backslash that begins no such sequence. */
bool redis_unrepr(const char *text, char *out, size_t size, size_t *length);

struct redis_word {
  const char *bytes;
  size_t length;
};

enum { REDIS_SHOWN_KEY_MAX = 120 };
/* A command with its name and key only, "SET user:1 ...", "CONFIG SET ...", "EVAL ...": arguments
 * may be secrets, and an unknown name may be one (rename-command). Returns out. */
const char *redis_command_shown(char *out, size_t size, const struct redis_word *words,
                                size_t count);
