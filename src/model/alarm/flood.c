#include "model/alarm/flood.h"

#include "core/map.h"
#include "core/mem.h"
#include "model/event/event_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct finding *find_old(const struct model *model, const struct finding *finding) {
  const struct finding *old = findings_find(model->findings, finding->target_index, finding->table,
                                            finding->row, finding->column);
  return old ? old
             : findings_find(model->held, finding->target_index, finding->table, finding->row,
                             finding->column);
}

/* ---- causes */

/* "KIND:NAME" of the target, or "KIND:NAME/ROW". */
static bool is_named(const struct target *target, const struct finding *finding, const char *name) {
  const size_t kind = strlen(target->kind->kind), own = strlen(target->name);
  if (strncmp(name, target->kind->kind, kind) != 0 || name[kind] != ':' ||
      strncmp(name + kind + 1, target->name, own) != 0)
    return false;
  const char *rest = name + kind + 1 + own;
  if (*rest == '/')
    return finding->row && strcmp(finding->row, rest + 1) == 0;
  return !*rest &&
         (finding_is_outage(finding) || (finding->row && strcmp(finding->row, target->name) == 0));
}

static bool is_cause(const struct finding *finding) {
  return finding->severity == SEVERITY_CRIT && !finding->pending &&
         finding->quiet != FINDING_SILENCED;
}

/* The place + 1 of the finding that explains what is wrong with the target; 0: none does. Findings
 * that are CRIT come first. */
static size_t cause_of(const struct model *model, const struct findings *after,
                       const struct target *target, size_t depth) {
  for (size_t d = 0; d < target->depends_count; d++)
    for (size_t i = 0; i < after->count && is_cause(&after->items[i]); i++) {
      const struct target *other = model->targets[after->items[i].target_index].target;
      if (other == target || !is_named(other, &after->items[i], target->depends_on[d]))
        continue;
      const size_t above = depth < FLOOD_DEPTH_MAX ? cause_of(model, after, other, depth + 1) : 0;
      return above ? above : i + 1;
    }
  return 0;
}

/* Under a cause that is not itself under something; targets that depend on each other in a circle
 * explain nothing. */
static void fold(struct findings *after, size_t index, size_t cause) {
  while (cause > 0 && cause != index + 1 && after->items[cause - 1].under > 0)
    cause = after->items[cause - 1].under;
  if (cause > 0 && cause != index + 1)
    after->items[index].under = cause;
}

/* Each is directly under its cause, which counts it. */
static void count_folded(struct findings *after) {
  for (size_t i = 0; i < after->count; i++) {
    struct finding *finding = &after->items[i];
    while (finding->under > 0 && after->items[finding->under - 1].under > 0)
      finding->under = after->items[finding->under - 1].under;
    if (finding->under == 0)
      continue;
    after->items[finding->under - 1].folded++;
    after->items[finding->under - 1].caused += finding->has_cause;
  }
}

static void explain(const struct model *model, struct findings *after, int64_t now_ms) {
  size_t *causes = mem_new((model->target_count + 1) * sizeof *causes);
  for (size_t t = 0; t < model->target_count; t++)
    causes[t] = cause_of(model, after, model->targets[t].target, 0);
  for (size_t i = 0; i < after->count; i++) {
    struct finding *finding = &after->items[i];
    const struct finding *old = find_old(model, finding);
    if (!finding->pending)
      fold(after, i, causes[finding->target_index]);
    finding->has_cause = finding->under > 0;
    finding->explained_ms = finding->under ? now_ms : old ? old->explained_ms : 0;
    const bool explained = finding->explained_ms && now_ms - finding->explained_ms < FLOOD_GRACE_MS;
    finding->unsaid = explained && (!old || old->pending || old->unsaid);
  }
  free(causes);
}

/* ---- groups */

struct group {
  const char *kind, *table, *column;
  enum severity severity;
  size_t leader, count;
};

static uint64_t hash_group(const void *key) {
  const struct group *group = key;
  return map_hash_text(
      map_hash_text(map_hash_text(map_hash_number(MAP_HASH, group->severity), group->kind),
                    group->table),
      group->column);
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_group(const void *a, const void *b) {
  const struct group *x = a, *y = b;
  return x->severity == y->severity && same_text(x->kind, y->kind) &&
         same_text(x->table, y->table) && same_text(x->column, y->column);
}

static bool is_grouped(const struct finding *finding, const bool *is_above, size_t index) {
  return !finding->pending && !finding->under && !is_above[index] && !finding->quiet &&
         !finding_is_cut(finding) && !finding_is_fault(finding);
}

static size_t least_of(enum severity severity) {
  return severity == SEVERITY_CRIT ? FLOOD_LEAST_CRIT : FLOOD_LEAST;
}

/* It is an event when it is one that was not before; one that joins it is not news. */
static void tell(struct model *model, const struct findings *after, const struct group *group,
                 int64_t now_ms) {
  const struct finding *leader = &after->items[group->leader];
  for (size_t i = 0; i < model->findings->count; i++) {
    const struct finding *old = &model->findings->items[i];
    const struct group own = {model->targets[old->target_index].target->kind->kind,
                              old->table,
                              old->column,
                              old->severity,
                              0,
                              0};
    if (old->folded > 0 && same_group(&own, group))
      return;
  }
  events_about(&model->events, NULL, NULL);
  events_add_change(&model->events, now_ms, "stacktop",
                    "flood: %zu findings like this one, further ones are not events: %s: %s",
                    group->count, leader->subject, leader->sentence);
  events_mark_verb(&model->events, EVENT_VERB_FLOOD, group->count);
}

static void group_all(struct model *model, struct findings *after, int64_t now_ms) {
  struct group *groups = mem_new((after->count + 1) * sizeof *groups);
  size_t *group_of = mem_new((after->count + 1) * sizeof *group_of); /* + 1; 0: none */
  struct map places = {.hash = hash_group, .same = same_group};
  bool *is_above = mem_new((after->count + 1) * sizeof *is_above);
  size_t count = 0;
  for (size_t i = 0; i < after->count; i++)
    if (after->items[i].under > 0)
      is_above[after->items[i].under - 1] = true;
  for (size_t i = 0; i < after->count; i++) {
    const struct finding *finding = &after->items[i];
    if (!is_grouped(finding, is_above, i))
      continue;
    groups[count] = (struct group){model->targets[finding->target_index].target->kind->kind,
                                   finding->table,
                                   finding->column,
                                   finding->severity,
                                   i,
                                   0};
    const struct map_slot *slot = map_find(&places, &groups[count]);
    const size_t place = slot ? slot->value : count;
    if (!slot)
      map_add(&places, &groups[count++], place);
    groups[place].count++;
    group_of[i] = place + 1;
  }
  for (size_t i = 0; i < after->count; i++) {
    const struct group *group = group_of[i] ? &groups[group_of[i] - 1] : NULL;
    if (group && group->count >= least_of(group->severity))
      fold(after, i, group->leader + 1);
  }
  for (size_t g = 0; g < count; g++)
    if (groups[g].count >= least_of(groups[g].severity))
      tell(model, after, &groups[g], now_ms);
  map_fini(&places);
  free(is_above);
  free(groups);
  free(group_of);
}

void flood_apply(struct model *model, struct findings *after, int64_t now_ms) {
  explain(model, after, now_ms);
  if (after->count >= FLOOD_LEAST)
    group_all(model, after, now_ms);
  count_folded(after);
}
