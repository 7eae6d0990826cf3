#include "operate/incident/incident_seen.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a key: longer ones, and those that JSON cannot hold as they are, are kept as a hash. */
enum { KEY_MAX = 400 };
static const char separator = '|';

/* ---- sets */

uint64_t incident_hash(const char *text, size_t len) {
  char part[KEY_MAX];
  snprintf(part, sizeof part, "%.*s", (int)(len < sizeof part ? len : sizeof part - 1), text);
  return map_hash_text(MAP_HASH, part);
}

static void set_add(struct incident_set *set, uint64_t hash) {
  if ((set->count & (set->count - 1)) == 0) /* a power of two, or none */
    set->items = mem_resize(set->items, (set->count ? 2 * set->count : 1) * sizeof *set->items);
  set->items[set->count++] = hash;
}

static int compare(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

static void set_end(struct incident_set *set) {
  if (set->count > 1)
    qsort(set->items, set->count, sizeof *set->items, compare);
}

bool incident_set_has(const struct incident_set *set, uint64_t hash) {
  return set->count > 0 && bsearch(&hash, set->items, set->count, sizeof hash, compare) != NULL;
}

/* ---- keys */

/* "finding:postgres:ecap|sessions|8123|age". */
static void key_make(char key[KEY_MAX], const struct target *target, const char *table,
                     const char *row, const char *column) {
  char head[KEY_MAX / 2];
  const int head_len =
      snprintf(head, sizeof head, "finding:%.20s:%.150s", target->kind->kind, target->name);
  for (int i = 0; i < head_len; i++)
    if (head[i] == separator)
      head[i] = '/';
  const int len = snprintf(key, KEY_MAX, "%s%c%s%c%s%c%s", head, separator, table ? table : "",
                           separator, row ? row : "", separator, column ? column : "");
  if (len < KEY_MAX && json_is_text(key))
    return;
  uint64_t hash = map_hash_text(map_hash_text(MAP_HASH, table), row);
  hash = map_hash_text(hash, column);
  snprintf(key, KEY_MAX, "%s%c#%016llx", head, separator, (unsigned long long)hash);
}

size_t incident_key_row(const char *about) {
  const char *end = strrchr(about, separator);
  return end ? (size_t)(end - about) : strlen(about);
}

size_t incident_key_target(const char *about) {
  return strcspn(about, "|");
}

static uint64_t key_hash(const char *key) {
  return incident_hash(key, strlen(key));
}

/* ---- findings */

static void finding_add(struct incident_seen *seen, const struct model *model,
                        const struct incident_who *self, const struct finding *finding,
                        const char *key) {
  struct incident_entry entry =
      incident_entry_of(self, INCIDENT_FINDING, finding->since_ms + seen->clock_ms);
  entry.key = key;
  entry.subject = finding->subject;
  entry.text = finding->sentence;
  entry.severity = finding->severity;
  entry.target = model->targets[finding->target_index].target->name;
  incident_batch_add(&seen->findings, &entry);
}

static void more_add(struct incident_seen *seen, const struct incident_who *self, size_t more,
                     enum severity worst) {
  char text[80], count[FORMAT_MAX];
  static const char key[] = "finding:more";
  if (more == 0)
    return;
  format_counted(count, sizeof count, (int64_t)more, "more finding", "more findings");
  snprintf(text, sizeof text, "%s, not listed one by one", count);
  struct incident_entry entry = incident_entry_of(self, INCIDENT_FINDING, seen->now_ms);
  entry.key = key;
  entry.subject = "stacktop";
  entry.text = text;
  entry.severity = worst;
  incident_batch_add(&seen->findings, &entry);
  set_add(&seen->there, key_hash(key));
}

static void findings_see(struct incident_seen *seen, const struct model *model,
                         const struct incident_who *self) {
  enum severity worst = SEVERITY_OK;
  size_t more = 0;
  char key[KEY_MAX];
  for (size_t i = 0; i < model->findings->count; i++) {
    const struct finding *finding = &model->findings->items[i];
    const struct target *target = model->targets[finding->target_index].target;
    if (finding_is_stale(finding)) /* by stacktop itself, which was paused or suspended */
      continue;
    key_make(key, target, finding->table, finding->row, finding->column);
    set_add(&seen->there, key_hash(key));
    if (finding->pending)
      continue;
    if (seen->findings.count < INCIDENT_SEEN_MAX) {
      finding_add(seen, model, self, finding, key);
    } else {
      more++;
      worst = severity_worse(worst, finding->severity);
    }
  }
  more_add(seen, self, more, worst);
  for (size_t i = 0; i < model->held->count; i++) {
    const struct finding *finding = &model->held->items[i];
    key_make(key, model->targets[finding->target_index].target, finding->table, finding->row,
             finding->column);
    set_add(&seen->there, key_hash(key));
  }
}

/* ---- targets and rows */

static bool has_fault(const struct model *model, size_t target_index) {
  for (size_t i = 0; i < model->findings->count; i++)
    if (model->findings->items[i].target_index == target_index &&
        (finding_is_fault(&model->findings->items[i]) ||
         finding_is_cut(&model->findings->items[i])))
      return true;
  return false;
}

static void rows_see(struct incident_seen *seen, const struct target_state *state) {
  char key[KEY_MAX];
  for (size_t t = 0; t < state->sample->table_count; t++) {
    const struct table *table = &state->sample->tables[t];
    for (size_t r = 0; r < table->row_count; r++)
      if (table->rows[r].quiet) {
        key_make(key, state->target, table->spec->id, table->rows[r].key, NULL);
        set_add(&seen->quiet, incident_hash(key, incident_key_row(key)));
      }
  }
}

static void targets_see(struct incident_seen *seen, const struct model *model, int64_t steady_ms) {
  char key[KEY_MAX];
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    if (target_state_condition(state, steady_ms) != TARGET_LIVE)
      continue;
    rows_see(seen, state);
    if (has_fault(model, i))
      continue;
    key_make(key, state->target, NULL, NULL, NULL);
    set_add(&seen->judged, incident_hash(key, incident_key_target(key)));
  }
}

/* ---- events */

static void event_add(struct incident_batch *batch, const struct incident_seen *seen,
                      const struct incident_who *self, enum incident_kind kind,
                      const struct event *event) {
  struct incident_entry entry = incident_entry_of(self, kind, event->at_ms + seen->clock_ms);
  char key[KEY_MAX];
  snprintf(key, sizeof key, "change:%016llx",
           (unsigned long long)map_hash_text(map_hash_text(MAP_HASH, event->subject), event->text));
  entry.key = kind == INCIDENT_CHANGE ? key : NULL;
  entry.subject = event->subject;
  entry.text = event->text;
  entry.severity = event->severity;
  entry.word = event->change ? EVENT_CHANGE_NAME : NULL;
  incident_batch_add(batch, &entry);
}

static void events_see(struct incident_seen *seen, const struct model *model,
                       const struct incident_who *self, uint64_t changes_from, bool with_events) {
  const struct events *events = &model->events;
  for (size_t age = events->count; age-- > 0;) {
    const struct event *event = events_get(events, age);
    if (with_events && event->at_ms + seen->clock_ms >= seen->now_ms - 2 * INCIDENT_HISTORY_MS)
      event_add(&seen->events, seen, self, INCIDENT_EVENT, event);
    if (event->change && events->total - age > changes_from)
      event_add(&seen->changes, seen, self, INCIDENT_CHANGE, event);
  }
}

void incident_seen_make(struct incident_seen *seen, const struct model *model,
                        const struct incident_who *self, uint64_t changes_from, bool with_events,
                        int64_t now_ms) {
  *seen = (struct incident_seen){.now_ms = now_ms + model->wall_offset_ms,
                                 .clock_ms = model->wall_offset_ms};
  findings_see(seen, model, self);
  targets_see(seen, model, now_ms);
  events_see(seen, model, self, changes_from, with_events);
  set_end(&seen->there);
  set_end(&seen->quiet);
  set_end(&seen->judged);
}

void incident_seen_fini(struct incident_seen *seen) {
  incident_batch_fini(&seen->findings);
  incident_batch_fini(&seen->changes);
  incident_batch_fini(&seen->events);
  free(seen->there.items);
  free(seen->quiet.items);
  free(seen->judged.items);
  *seen = (struct incident_seen){0};
}
