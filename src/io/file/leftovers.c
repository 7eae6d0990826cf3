#include "io/file/leftovers.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void leftovers_add(struct leftovers *leftovers, const char *folder, const char *file) {
  for (size_t i = 0; leftovers && i < LEFTOVERS_MAX; i++)
    if (!leftovers->items[i].used) {
      snprintf(leftovers->items[i].folder, LEFTOVER_PATH_MAX, "%s", folder);
      snprintf(leftovers->items[i].file, LEFTOVER_PATH_MAX, "%s", file);
      leftovers->items[i].used = 1;
      return;
    }
}

void leftovers_drop(struct leftovers *leftovers, const char *folder) {
  for (size_t i = 0; leftovers && i < LEFTOVERS_MAX; i++)
    if (leftovers->items[i].used && strcmp(leftovers->items[i].folder, folder) == 0)
      leftovers->items[i].used = 0;
}

void leftovers_clear(struct leftovers *leftovers) {
  for (size_t i = 0; leftovers && i < LEFTOVERS_MAX; i++)
    if (leftovers->items[i].used) {
      unlink(leftovers->items[i].file);
      rmdir(leftovers->items[i].folder);
    }
}
