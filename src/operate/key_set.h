/* Which of many keys are there, without comparing each with each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct key_set {
  const char **keys; /* borrowed texts */
  size_t count;
};

void key_set_init(struct key_set *set, size_t most);
void key_set_fini(struct key_set *set);
void key_set_add(struct key_set *set, const char *key); /* at most `most` */
void key_set_ready(struct key_set *set);                /* all are in: it may be asked now */
bool key_set_has(const struct key_set *set, const char *key);
