#include "ui/panes/marks.h"

#include "core/mem.h"

#include <stdlib.h>

void marks_clear(struct marks *marks) {
  for (size_t i = 0; i < marks->count; i++)
    free(marks->keys[i]);
  marks->count = 0;
}

void marks_fini(struct marks *marks) {
  marks_clear(marks);
  free(marks->keys);
  free(marks->table);
  *marks = (struct marks){0};
}

/* Where the key is, or would be. */
static size_t place_of(const struct marks *marks, const char *key, bool *there) {
  size_t low = 0, high = marks->count;
  *there = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(marks->keys[middle], key);
    if (order == 0) {
      *there = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool marks_has(const struct marks *marks, size_t target_index, const char *table, const char *key) {
  bool there = false;
  if (marks_are_of(marks, target_index, table))
    place_of(marks, key, &there);
  return there;
}

static void begin_anew(struct marks *marks, size_t target_index, const char *table) {
  marks_clear(marks);
  if (!marks->table || strcmp(marks->table, table) != 0) {
    free(marks->table);
    marks->table = mem_dup(table);
  }
  marks->target_index = target_index;
}

bool marks_toggle(struct marks *marks, size_t target_index, const char *table, const char *key) {
  bool there;
  if (!marks_are_of(marks, target_index, table))
    begin_anew(marks, target_index, table);
  size_t at = place_of(marks, key, &there);
  size_t behind = marks->count - at;
  if (there) {
    free(marks->keys[at]);
    memmove(&marks->keys[at], &marks->keys[at + 1], (behind - 1) * sizeof *marks->keys);
    marks->count--;
    return true;
  }
  if (marks->count == MARKS_MAX)
    return false;
  if (marks->count == marks->capacity) {
    marks->capacity = marks->capacity ? marks->capacity * 2 : 16;
    marks->keys = mem_resize(marks->keys, marks->capacity * sizeof *marks->keys);
  }
  memmove(&marks->keys[at + 1], &marks->keys[at], behind * sizeof *marks->keys);
  marks->keys[at] = mem_dup(key);
  marks->count++;
  return true;
}

static void keep_seen(struct marks *marks, const bool seen[MARKS_MAX]) {
  size_t kept = 0;
  for (size_t i = 0; i < marks->count; i++) {
    if (seen[i])
      marks->keys[kept++] = marks->keys[i];
    else
      free(marks->keys[i]);
  }
  marks->count = kept;
}

static void follow_targets(struct marks *marks, const struct model *model) {
  bool seen[MARKS_MAX] = {false}, there;
  for (size_t i = 0; i < model->target_count; i++) {
    size_t at = place_of(marks, model->targets[i].target->name, &there);
    if (there)
      seen[at] = true;
  }
  keep_seen(marks, seen);
}

void marks_follow(struct marks *marks, const struct model *model) {
  if (marks->count == 0)
    return;
  if (marks_are_targets(marks)) {
    follow_targets(marks, model);
    return;
  }
  const struct target_state *state =
      marks->target_index < model_state_count(model) ? &model->targets[marks->target_index] : NULL;
  const struct table *table =
      state && state->sample ? sample_table_view(state->sample, marks->table) : NULL;
  if (!table) {
    marks_clear(marks);
    return;
  }
  if (state->samples == marks->samples)
    return;
  marks->samples = state->samples;
  bool seen[MARKS_MAX] = {false}, there;
  for (size_t i = 0; i < table->row_count; i++) {
    size_t at = place_of(marks, table->rows[i].key, &there);
    if (there)
      seen[at] = true;
  }
  keep_seen(marks, seen);
}
