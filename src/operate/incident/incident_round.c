#include "operate/incident/incident_round.h"

#include "audit/audit_process.h"
#include "core/mem.h"
#include "operate/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 20000 };

struct incident_desk *incident_desk_new(const char *state, const char *place) {
  struct incident_desk *desk = mem_new(sizeof *desk);
  desk->state = mem_dup(state);
  desk->place = place;
  incident_who_self(&desk->self);
  return desk;
}

static void slot_fini(struct incident_slot *slot) {
  incident_book_close(slot->book);
  incident_audit_fini(&slot->audit);
}

void incident_desk_free(struct incident_desk *desk) {
  if (!desk)
    return;
  for (size_t i = 0; i < desk->count; i++)
    slot_fini(&desk->slots[i]);
  free(desk->own.items);
  free(desk->state);
  free(desk);
}

/* ---- which are open */

static bool has_slot(const struct incident_desk *desk, const char *id) {
  for (size_t i = 0; i < desk->count; i++)
    if (strcmp(desk->slots[i].book->incident.id, id) == 0)
      return true;
  return false;
}

static void slot_open(struct incident_desk *desk, const char *id) {
  struct incident_book *book = incident_book_open(desk->state, id, &desk->err);
  if (!book)
    return;
  if (book->incident.closed_ms) { /* a crash came before the mark */
    incident_mark_closed(desk->state, id);
    incident_book_close(book);
    return;
  }
  struct incident_slot *slot = &desk->slots[desk->count++];
  char *path = state_audit_path(desk->state);
  *slot = (struct incident_slot){.book = book};
  incident_audit_init(&slot->audit, path, book->incident.opened_ms - INCIDENT_HISTORY_MS);
  free(path);
}

static void slots_drop_closed(struct incident_desk *desk) {
  size_t kept = 0;
  for (size_t i = 0; i < desk->count; i++) {
    struct incident_slot *slot = &desk->slots[i];
    if (slot->book->incident.closed_ms) {
      incident_mark_closed(desk->state, slot->book->incident.id);
      slot_fini(slot);
    } else {
      desk->slots[kept++] = *slot;
    }
  }
  desk->count = kept;
}

/* The newest first: there may be more than are followed. */
static void slots_find(struct incident_desk *desk) {
  size_t count;
  desk->err = (struct err){0};
  char **ids = incident_list(desk->state, true, &count, &desk->err);
  for (size_t i = ids ? count : 0; i-- > 0 && desk->count < INCIDENTS_OPEN_MAX;)
    if (!has_slot(desk, ids[i]))
      slot_open(desk, ids[i]);
  incident_list_free(ids, ids ? count : 0);
}

/* ---- what is news */

static bool is_own(const struct incident_desk *desk, const struct incident_entry *entry) {
  const struct audit_who *who = &desk->self.who;
  return entry->host && who->host && strcmp(entry->host, who->host) == 0 &&
         entry->pid == who->pid && entry->pid_start == who->pid_start;
}

/* Another program has just seen the end of it: what this one shows may have been collected before.
 */
static bool may_be_late(const struct incident_desk *desk, const struct incident *incident,
                        const struct incident_key *key, int64_t now_ms) {
  enum { LATE_MS = 5000 }; /* two programs do not collect at the same moment */
  if (!key || key->severity != SEVERITY_OK || key->over_ms == 0)
    return false;
  const int64_t since_ms = now_ms - key->over_ms;
  return since_ms > -LATE_MS && since_ms < LATE_MS && !is_own(desk, &incident->entries[key->last]);
}

static void begun_add(struct incident_batch *batch, const struct incident_desk *desk,
                      const struct incident *incident, const struct incident_seen *seen) {
  for (size_t i = 0; i < seen->findings.count; i++) {
    struct incident_entry entry = seen->findings.items[i];
    const struct incident_key *key = incident_key_find(incident, entry.key);
    if (may_be_late(desk, incident, key, seen->now_ms))
      continue; /* proposed again in the next round, if it is still there */
    const bool there = key && key->severity != SEVERITY_OK;
    const bool earlier = key && incident_begins_earlier(key, entry.at_ms);
    entry.word = there && !earlier ? "worse" : "begins";
    /* It became worse now; or another program has seen an end of it in between. */
    if (key && !earlier && (there || entry.at_ms <= key->over_ms))
      entry.at_ms = seen->now_ms;
    if (incident_wants(incident, &entry))
      incident_batch_add(batch, &entry);
  }
}

/* Only who has seen a finding may say that it is over, or any other program once that one is gone.
 */
static bool may_resolve(const struct incident_desk *desk, const struct incident_entry *last,
                        uint64_t hash, int64_t now_ms) {
  if (incident_set_has(&desk->own, hash))
    return true;
  return last->host && desk->self.who.host && strcmp(last->host, desk->self.who.host) == 0 &&
         process_is_gone(last->pid, last->pid_start, last->at_ms, now_ms);
}

static bool is_judged(const struct incident_seen *seen, const char *key) {
  return strcmp(key, "finding:more") == 0 ||
         incident_set_has(&seen->judged, incident_hash(key, incident_key_target(key)));
}

static void resolved_add(struct incident_batch *batch, const struct incident_desk *desk,
                         const struct incident *incident, const struct incident_seen *seen) {
  for (size_t i = 0; i < incident->keys.capacity; i++) {
    const char *key = incident->keys.slots[i].key;
    if (!key)
      continue;
    const struct incident_key *known = &incident->key_items[incident->keys.slots[i].value];
    const struct incident_entry *last = &incident->entries[known->last];
    const uint64_t hash = incident_hash(key, strlen(key));
    if (last->kind != INCIDENT_FINDING || known->severity == SEVERITY_OK ||
        incident_set_has(&seen->there, hash) || !is_judged(seen, key) ||
        !may_resolve(desk, last, hash, seen->now_ms))
      continue;
    struct incident_entry entry = incident_entry_of(&desk->self, INCIDENT_FINDING, seen->now_ms);
    entry.key = key;
    entry.word = incident_set_has(&seen->quiet, incident_hash(key, incident_key_row(key)))
                     ? "silenced"
                     : "resolved";
    entry.subject = last->subject;
    entry.text = last->text;
    entry.target = last->target;
    if (incident_wants(incident, &entry))
      incident_batch_add(batch, &entry);
  }
}

/* The figures of a finding change while it lasts: "used 91% (free 1.9 GB)". */
static bool same_but_figures(const char *a, const char *b) {
  static const char figures[] = "0123456789.,";
  for (;; a++, b++) {
    a += strspn(a, figures);
    b += strspn(b, figures);
    if (*a != *b || !*a)
      return *a == *b;
  }
}

/* It is among the findings, with its key. */
static bool is_finding(const struct incident_seen *seen, const struct incident_entry *event) {
  enum { NEAR_MS = 5000 };
  for (size_t i = 0; i < seen->findings.count; i++) {
    const struct incident_entry *finding = &seen->findings.items[i];
    const int64_t apart_ms = event->at_ms - finding->at_ms;
    if (apart_ms > -NEAR_MS && apart_ms < NEAR_MS &&
        strcmp(finding->subject, event->subject) == 0 &&
        same_but_figures(finding->text, event->text))
      return true;
  }
  return false;
}

static bool is_history(const struct incident *incident, const struct incident_seen *seen,
                       const struct incident_entry *event) {
  return event->at_ms >= incident->opened_ms - INCIDENT_HISTORY_MS &&
         event->at_ms <= incident->opened_ms && !is_finding(seen, event);
}

static void before_add(struct incident_batch *batch, const struct incident_desk *desk,
                       const struct incident *incident, const struct incident_seen *seen) {
  size_t count = 0;
  if (incident->history)
    return;
  for (size_t i = 0; i < seen->events.count; i++)
    count += is_history(incident, seen, &seen->events.items[i]);
  if (seen->events.count == 0)
    return;
  char text[120];
  snprintf(text, sizeof text, "%zu other %s of the hour before, from the event log of a %s", count,
           count == 1 ? "event" : "events", desk->place);
  struct incident_entry entry = incident_entry_of(&desk->self, INCIDENT_HISTORY, seen->now_ms);
  entry.text = text;
  incident_batch_add(batch, &entry);
  for (size_t i = 0; i < seen->events.count; i++)
    if (is_history(incident, seen, &seen->events.items[i]))
      incident_batch_add(batch, &seen->events.items[i]);
}

static void presence_add(struct incident_batch *batch, const struct incident_desk *desk,
                         const char *word, int64_t now_ms) {
  char key[160], text[160];
  struct incident_entry entry = incident_entry_of(&desk->self, INCIDENT_OPERATOR, now_ms);
  snprintf(key, sizeof key, "operator:%.80s:%lld:%lld:%s", desk->self.who.host,
           (long long)desk->self.who.pid, (long long)desk->self.who.pid_start, word);
  snprintf(text, sizeof text, "%s%s%.100s", desk->place, desk->self.who.ssh ? ", from " : "",
           desk->self.who.ssh ? desk->self.who.ssh : "");
  entry.key = key;
  entry.word = word;
  entry.text = text;
  incident_batch_add(batch, &entry);
}

/* The time is that of the new clock. */
static void clock_add(struct incident_batch *batch, const struct incident_desk *desk,
                      const struct incident_seen *seen) {
  const int64_t step_ms = seen->clock_ms - desk->clock_ms;
  char key[120], text[120];
  if (step_ms == 0)
    return;
  struct incident_entry entry = incident_entry_of(&desk->self, INCIDENT_CLOCK, seen->now_ms);
  snprintf(key, sizeof key, "clock:%.80s", desk->self.who.host);
  snprintf(text, sizeof text, "the host's clock was set by %+.1f s", (double)step_ms / 1000);
  entry.key = key;
  entry.text = text;
  entry.step_ms = step_ms;
  incident_batch_add(batch, &entry);
}

static void changes_add(struct incident_batch *batch, const struct incident *incident,
                        const struct incident_seen *seen) {
  for (size_t i = 0; i < seen->changes.count; i++)
    if (seen->changes.items[i].at_ms >= incident->opened_ms)
      incident_batch_add(batch, &seen->changes.items[i]);
}

static void slot_write(struct incident_desk *desk, struct incident_slot *slot,
                       const struct incident_seen *seen) {
  struct incident_batch batch = {0};
  const struct incident *incident = &slot->book->incident;
  if (!seen->blind) {
    clock_add(&batch, desk, seen);
    presence_add(&batch, desk, "joins", seen->now_ms);
    before_add(&batch, desk, incident, seen);
    begun_add(&batch, desk, incident, seen);
    resolved_add(&batch, desk, incident, seen);
    changes_add(&batch, incident, seen);
  }
  incident_audit_read(&slot->audit, &batch);
  if (!incident_book_append(slot->book, batch.items, batch.count, NULL, &slot->err))
    slot->audit.begun = false; /* they are read again; what is on disk by then is no news */
  incident_batch_fini(&batch);
}

/* ---- the round */

static int compare(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

static void own_add(struct incident_desk *desk, const struct incident_seen *seen) {
  struct incident_set *own = &desk->own;
  for (size_t i = 0; i < seen->findings.count && own->count < OWN_MAX; i++) {
    const char *key = seen->findings.items[i].key;
    const uint64_t hash = incident_hash(key, strlen(key));
    if (incident_set_has(own, hash))
      continue;
    own->items = mem_resize(own->items, (own->count + 1) * sizeof *own->items);
    own->items[own->count++] = hash;
    qsort(own->items, own->count, sizeof *own->items, compare);
  }
}

void incident_round(struct incident_desk *desk, const struct incident_seen *seen) {
  slots_find(desk);
  for (size_t i = 0; i < desk->count; i++) {
    struct incident_slot *slot = &desk->slots[i];
    slot->err = (struct err){0};
    if (incident_book_refresh(slot->book, &slot->err) && !slot->book->incident.closed_ms)
      slot_write(desk, slot, seen);
  }
  slots_drop_closed(desk);
  own_add(desk, seen);
  desk->clock_ms = seen->clock_ms;
}

void incident_desk_leave(struct incident_desk *desk, int64_t now_ms) {
  for (size_t i = 0; i < desk->count; i++) {
    struct incident_batch batch = {0};
    struct err ignored;
    presence_add(&batch, desk, "leaves", now_ms);
    (void)!incident_book_append(desk->slots[i].book, batch.items, batch.count, NULL, &ignored);
    incident_batch_fini(&batch);
  }
}
