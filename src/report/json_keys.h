/* The keys of the rows read so far: whether a parent stands before its children. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct json_keys {
  const char **slots; /* borrowed keys; a power of two of them */
  size_t count, capacity;
};

void json_keys_add(struct json_keys *keys, const char *key);
bool json_keys_has(const struct json_keys *keys, const char *key);
void json_keys_fini(struct json_keys *keys);
