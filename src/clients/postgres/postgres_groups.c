#include "clients/postgres/postgres_groups.h"

#include <stdio.h>
#include <string.h>

static bool kind_read(const char *text, struct postgres_group *group) {
  static const char *const kinds[] = {"application", "user", "client", "database"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const size_t length = strlen(kinds[i]);
    if (strncmp(text, kinds[i], length) != 0 || text[length] != '=')
      continue;
    group->kind = kinds[i];
    group->key = text;
    group->name = text + length + 1;
    return true;
  }
  return false;
}

bool postgres_group_read(const char *text, struct postgres_group *group) {
  static const char *const states[] = {POSTGRES_STATE_IDLE, POSTGRES_STATE_IDLE_IN_TRANSACTION,
                                       POSTGRES_STATE_ABORTED, POSTGRES_STATE_ACTIVE};
  struct postgres_group read = {0};
  if (kind_read(text, &read)) {
    *group = read;
    return true;
  }
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    const size_t length = strlen(states[i]);
    if (strncmp(text, states[i], length) != 0 || text[length] != '/' ||
        !kind_read(text + length + 1, &read))
      continue;
    snprintf(read.state, sizeof read.state, "%s", states[i]);
    *group = read;
    return true;
  }
  return false;
}
