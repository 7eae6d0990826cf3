#include "model/config/config_adopt.h"

#include <stdlib.h>
#include <string.h>

#define SWAP(type, a, b) \
  do {                   \
    type swapped = (a);  \
    (a) = (b);           \
    (b) = swapped;       \
  } while (0)

static bool text_is_same(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool threshold_is_same(const struct threshold *a, const struct threshold *b) {
  return a->has_warn == b->has_warn && a->has_crit == b->has_crit && a->warn == b->warn &&
         a->crit == b->crit && a->for_ms == b->for_ms && a->below == b->below;
}

static bool check_is_same(const struct data_check *a, const struct data_check *b) {
  return text_is_same(a->name, b->name) && text_is_same(a->sql, b->sql) &&
         text_is_same(a->unit, b->unit) && text_is_same(a->expect, b->expect) &&
         a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms &&
         a->per_row == b->per_row && threshold_is_same(&a->threshold, &b->threshold);
}

static bool target_is_same(const struct target *a, const struct target *b) {
  if (a->kind != b->kind || strcmp(a->name, b->name) != 0 || a->interval_ms != b->interval_ms ||
      a->timeout_ms != b->timeout_ms || !text_is_same(a->disabled, b->disabled) ||
      a->check_count != b->check_count)
    return false;
  for (size_t i = 0; i < a->kind->option_count; i++)
    if (!option_value_same(&a->values[i], &b->values[i]))
      return false;
  for (size_t i = 0; i < a->check_count; i++)
    if (!check_is_same(&a->checks[i], &b->checks[i]))
      return false;
  return true;
}

static void origins_swap(struct target *a, struct target *b) {
  SWAP(struct origin, a->origin, b->origin);
  SWAP(struct origin *, a->origins, b->origins);
  for (size_t i = 0; i < a->kind->option_count; i++)
    SWAP(struct origin, a->values[i].origin, b->values[i].origin);
  for (size_t i = 0; i < a->check_count; i++) /* the same ones: target_is_same */
    SWAP(struct origin *, a->checks[i].origins, b->checks[i].origins);
}

/* What the configuration says about it, and where: all but what it is asked with. */
static void settings_swap(struct target *a, struct target *b) {
  SWAP(struct rules, a->rules, b->rules);
  SWAP(char **, a->logs, b->logs);
  SWAP(size_t, a->log_count, b->log_count);
  SWAP(char **, a->depends_on, b->depends_on);
  SWAP(size_t, a->depends_count, b->depends_count);
  SWAP(bool, a->read_only, b->read_only);
  SWAP(const struct config *, a->config, b->config);
  origins_swap(a, b);
}

static void replace(struct config *config, struct target *by, const struct target *target) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i] == target)
      config->targets[i] = by;
  for (size_t i = 0; i < config->all_count; i++)
    if (config->all[i] == target)
      config->all[i] = by;
}

static bool is_kept(const size_t *from, size_t count, size_t index) {
  for (size_t i = 0; i < count; i++)
    if (from[i] == index)
      return true;
  return false;
}

/* Whether a target of that kind is new, gone, or another one. */
static bool kind_changes(const struct config *config, const struct config *old, const size_t *from,
                         const char *kind) {
  for (size_t i = 0; i < config->target_count; i++)
    if (from[i] == SIZE_MAX && strcmp(config->targets[i]->kind->kind, kind) == 0)
      return true;
  for (size_t i = 0; i < old->target_count; i++)
    if (strcmp(old->targets[i]->kind->kind, kind) == 0 && !is_kept(from, config->target_count, i))
      return true;
  return false;
}

/* Who watches a target may hold on to one that it names. */
static bool names_changes(const struct config *config, const struct config *old, const size_t *from,
                          const struct target_kind *kind) {
  for (const char *const *named = kind->names; named && *named; named++)
    if (kind_changes(config, old, from, *named))
      return true;
  return false;
}

void config_adopt(struct config *config, struct config *old, size_t *from) {
  for (size_t i = 0; i < config->target_count; i++) {
    from[i] = SIZE_MAX;
    for (size_t j = 0; j < old->target_count && from[i] == SIZE_MAX; j++)
      if (target_is_same(config->targets[i], old->targets[j]))
        from[i] = j;
  }
  for (size_t i = 0; i < config->target_count; i++)
    if (from[i] != SIZE_MAX && names_changes(config, old, from, config->targets[i]->kind))
      from[i] = SIZE_MAX;
  for (size_t i = 0; i < config->target_count; i++) {
    if (from[i] == SIZE_MAX)
      continue;
    struct target *fresh = config->targets[i], *known = old->targets[from[i]];
    replace(config, known, fresh);
    replace(old, fresh, known);
    settings_swap(known, fresh);
  }
}
