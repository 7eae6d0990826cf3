/* Marked rows of a pane: of one table at a time, by identity. Or, where each row is a target,
 * marked targets, by name. */
#pragma once

#include "model/model.h"

#include <string.h>

enum { MARKS_MAX = 1000 };
#define MARKS_TARGETS "" /* as the table, with the target_index 0 */

struct marks {
  size_t target_index;
  char *table; /* id; MARKS_TARGETS: targets; NULL: nothing was marked yet */
  char **keys; /* sorted */
  size_t count, capacity;
  uint32_t samples; /* of the target_index, when their existence was last checked */
};

void marks_fini(struct marks *marks);
void marks_clear(struct marks *marks);
static inline bool marks_are_of(const struct marks *marks, size_t target_index, const char *table) {
  return marks->count > 0 && marks->target_index == target_index &&
         strcmp(marks->table, table) == 0;
}
static inline bool marks_are_targets(const struct marks *marks) {
  return marks_are_of(marks, 0, MARKS_TARGETS);
}
bool marks_has(const struct marks *marks, size_t target_index, const char *table, const char *key);
/* Marks the row, or removes its mark. A row of another table clears all marks first. False at
 * MARKS_MAX. */
bool marks_toggle(struct marks *marks, size_t target_index, const char *table, const char *key);
/* Removes marks of rows and targets that are no longer in the model. */
void marks_follow(struct marks *marks, const struct model *model);
