#include "model/alarm/chatter.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_finding(const void *key) {
  const struct finding *finding = key;
  return map_hash_text(
      map_hash_text(map_hash_text(map_hash_number(MAP_HASH, finding->target_index), finding->table),
                    finding->row),
      finding->column);
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_finding(const void *a, const void *b) {
  const struct finding *x = a, *y = b;
  return x->target_index == y->target_index && same_text(x->table, y->table) &&
         same_text(x->row, y->row) && same_text(x->column, y->column);
}

struct chatter *chatter_new(void) {
  struct chatter *chatter = mem_new(sizeof *chatter);
  chatter->places = (struct map){.hash = hash_finding, .same = same_finding};
  return chatter;
}

static void follow_free(struct chatter_follow *follow) {
  free((char *)follow->finding.table);
  free((char *)follow->finding.row);
  free((char *)follow->finding.column);
  free((char *)follow->finding.subject);
  free((char *)follow->finding.sentence);
  free(follow);
}

void chatter_free(struct chatter *chatter) {
  if (!chatter)
    return;
  for (size_t i = 0; i < chatter->count; i++)
    follow_free(chatter->items[i]);
  free(chatter->items);
  map_fini(&chatter->places);
  free(chatter);
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

static struct chatter_follow *follow_add(struct chatter *chatter, const struct finding *finding) {
  if (chatter->count == CHATTER_FINDINGS_MAX)
    return NULL;
  struct chatter_follow *follow = mem_new(sizeof *follow);
  follow->finding = *finding;
  follow->finding.table = dup_or_null(finding->table);
  follow->finding.row = dup_or_null(finding->row);
  follow->finding.column = dup_or_null(finding->column);
  follow->finding.subject = mem_dup(finding->subject);
  follow->finding.sentence = mem_dup(finding->sentence);
  chatter->items = mem_resize(chatter->items, (chatter->count + 1) * sizeof *chatter->items);
  chatter->items[chatter->count] = follow;
  map_add(&chatter->places, &follow->finding, chatter->count++);
  return follow;
}

/* ---- changes */

void chatter_note(struct chatter_follow *follow, int64_t now_ms) {
  follow->changes[follow->change_count++ % CHATTER_KEPT] = now_ms;
}

/* Within the window. */
size_t chatter_changes(const struct chatter_follow *follow, int64_t now_ms) {
  const size_t kept =
      follow->change_count < CHATTER_KEPT ? follow->change_count : (size_t)CHATTER_KEPT;
  size_t count = 0;
  for (size_t i = 0; i < kept; i++)
    count += now_ms - follow->changes[i] < CHATTER_WINDOW_MS;
  return count;
}

static void text_set(const char **text, const char *now) {
  if (strcmp(*text, now) == 0)
    return;
  free((char *)*text);
  *text = mem_dup(now);
}

/* Stale data is stacktop's own, and what is not listed is not one finding. */
bool chatter_follows(const struct finding *finding) {
  return !finding->pending && !finding_is_cut(finding) &&
         !(finding_is_outage(finding) && finding->column);
}

void chatter_see(struct chatter *chatter, const struct finding *finding, int64_t now_ms) {
  const struct map_slot *slot = map_find(&chatter->places, finding);
  struct chatter_follow *follow = slot ? chatter->items[slot->value] : follow_add(chatter, finding);
  if (!follow)
    return;
  const bool differs = finding->severity != follow->finding.severity && !finding_is_outage(finding);
  if (!follow->on || differs) /* one outage may fail in several ways in turn */
    chatter_note(follow, now_ms);
  follow->on = follow->seen = true;
  follow->worst = severity_worse(follow->worst, finding->severity);
  follow->finding.severity = finding->severity;
  follow->finding.harm = finding->harm;
  follow->finding.since_ms = finding->since_ms;
  text_set(&follow->finding.subject, finding->subject);
  text_set(&follow->finding.sentence, finding->sentence);
}

static void places_make(struct chatter *chatter) {
  map_fini(&chatter->places);
  chatter->places = (struct map){.hash = hash_finding, .same = same_finding};
  for (size_t i = 0; i < chatter->count; i++)
    map_add(&chatter->places, &chatter->items[i]->finding, i);
}

void chatter_sweep(struct chatter *chatter, int64_t now_ms) {
  size_t kept = 0;
  for (size_t i = 0; i < chatter->count; i++) {
    struct chatter_follow *follow = chatter->items[i];
    if (!follow->on && !follow->flapping && chatter_changes(follow, now_ms) == 0)
      follow_free(follow);
    else
      chatter->items[kept++] = follow;
  }
  if (kept == chatter->count)
    return;
  chatter->count = kept;
  places_make(chatter);
}

void chatter_rebase(struct chatter *chatter, const size_t *to) {
  size_t kept = 0;
  for (size_t i = 0; i < chatter->count; i++) {
    struct chatter_follow *follow = chatter->items[i];
    follow->finding.target_index = to[follow->finding.target_index];
    if (follow->finding.target_index == SIZE_MAX)
      follow_free(follow);
    else
      chatter->items[kept++] = follow;
  }
  chatter->count = kept;
  places_make(chatter);
}

bool chatter_has_outage(const struct chatter *chatter, size_t target_index,
                        enum severity severity) {
  const struct finding outage = {.target_index = target_index};
  const struct map_slot *slot = map_find(&chatter->places, &outage);
  const struct chatter_follow *follow = slot ? chatter->items[slot->value] : NULL;
  return follow && follow->flapping && severity <= follow->worst;
}
