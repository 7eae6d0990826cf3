#include "model/incident/incident.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

const char *const incident_kind_names[] = {
    [INCIDENT_OPEN] = "open",         [INCIDENT_FINDING] = "finding",
    [INCIDENT_CHANGE] = "change",     [INCIDENT_HISTORY] = "history",
    [INCIDENT_EVENT] = "event",       [INCIDENT_ACTION] = "action",
    [INCIDENT_OPERATOR] = "operator", [INCIDENT_CLOCK] = "clock",
    [INCIDENT_EVIDENCE] = "evidence", [INCIDENT_LIMIT] = "limit",
    [INCIDENT_NOTE] = "note",         [INCIDENT_STATUS] = "status",
    [INCIDENT_SEVERITY] = "severity", [INCIDENT_ROLE] = "role",
    [INCIDENT_CLOSE] = "close",       NULL};

const char *const incident_status_names[] = {[INCIDENT_INVESTIGATING] = "investigating",
                                             [INCIDENT_IDENTIFIED] = "identified",
                                             [INCIDENT_MONITORING] = "monitoring",
                                             [INCIDENT_RESOLVED] = "resolved",
                                             NULL};

int incident_name_find(const char *const *names, const char *name) {
  for (int i = 0; names[i]; i++)
    if (strcmp(names[i], name) == 0)
      return i;
  return -1;
}

bool incident_kind_is_typed(enum incident_kind kind) {
  return kind >= INCIDENT_NOTE || kind == INCIDENT_OPEN;
}

void incident_init(struct incident *incident, const char *id) {
  *incident = (struct incident){.level = INCIDENT_LEVELS, .title = ""};
  const size_t length = strnlen(id, INCIDENT_ID_MAX - 1);
  memcpy(incident->id, id, length);
}

void incident_entry_fini(const struct incident_entry *entry) {
  const char *const texts[] = {entry->who,    entry->host, entry->key,   entry->subject,
                               entry->word,   entry->text, entry->audit, entry->action,
                               entry->target, entry->proof};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free((void *)texts[i]);
}

static const char *copy(const char *text) {
  return text ? mem_dup(text) : NULL;
}

struct incident_entry incident_entry_copy(const struct incident_entry *entry) {
  struct incident_entry own = *entry;
  own.who = copy(entry->who);
  own.host = copy(entry->host);
  own.key = copy(entry->key);
  own.subject = copy(entry->subject);
  own.word = copy(entry->word);
  own.text = copy(entry->text);
  own.audit = copy(entry->audit);
  own.action = copy(entry->action);
  own.target = copy(entry->target);
  own.proof = copy(entry->proof);
  return own;
}

/* Room for `count` and one more, in powers of two. */
static struct incident_entry *grow(struct incident_entry *items, size_t count) {
  if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
    return items;
  return mem_resize(items, (count < 16 ? 16 : 2 * count) * sizeof *items);
}

void incident_batch_add(struct incident_batch *batch, const struct incident_entry *entry) {
  batch->items = grow(batch->items, batch->count);
  batch->items[batch->count++] = incident_entry_copy(entry);
}

void incident_batch_fini(struct incident_batch *batch) {
  for (size_t i = 0; i < batch->count; i++)
    incident_entry_fini(&batch->items[i]);
  free(batch->items);
  *batch = (struct incident_batch){0};
}

void incident_fini(struct incident *incident) {
  for (size_t i = 0; i < incident->count; i++)
    incident_entry_fini(&incident->entries[i]);
  free(incident->entries);
  free(incident->key_items);
  map_fini(&incident->keys);
  *incident = (struct incident){.title = ""};
}

struct incident_key *incident_key_find(const struct incident *incident, const char *key) {
  const struct map_slot *slot = key ? map_find(&incident->keys, key) : NULL;
  return slot ? &incident->key_items[slot->value] : NULL;
}

/* ---- the fold */

static struct incident_key *key_of(struct incident *incident, const struct incident_entry *entry) {
  if (!entry->key)
    return NULL;
  struct incident_key *known = incident_key_find(incident, entry->key);
  if (known)
    return known;
  incident->key_items =
      mem_resize(incident->key_items, (incident->key_count + 1) * sizeof *incident->key_items);
  map_add(&incident->keys, entry->key, incident->key_count);
  incident->key_items[incident->key_count] = (struct incident_key){0};
  return &incident->key_items[incident->key_count++];
}

/* An empty name takes the role away. */
static void role_take(struct incident *incident, const struct incident_entry *entry) {
  size_t at = 0;
  if (!entry->word || !entry->subject)
    return;
  while (at < incident->role_count && strcmp(incident->roles[at].name, entry->word) != 0)
    at++;
  if (at == INCIDENT_ROLES_MAX)
    return;
  incident->roles[at] = (struct incident_role){entry->word, entry->subject};
  if (at == incident->role_count)
    incident->role_count++;
}

static void open_take(struct incident *incident, const struct incident_entry *entry) {
  if (incident->opened_ms)
    return;
  incident->opened_ms = incident->updated_ms = entry->at_ms;
  incident->level = entry->level;
  incident->title = entry->subject ? entry->subject : "";
}

static void typed_take(struct incident *incident, const struct incident_entry *entry) {
  if (!incident->responded_ms)
    incident->responded_ms = entry->at_ms;
  incident->updated_ms = entry->at_ms;
  incident->update_clock_ms = 0;
}

static void status_take(struct incident *incident, const struct incident_entry *entry) {
  const int status = incident_name_find(incident_status_names, entry->word ? entry->word : "");
  if (status >= 0)
    incident->status = (enum incident_status)status;
}

/* "resolved", or "silenced": others look after it. */
static bool is_over(const struct incident_entry *entry) {
  return entry->word &&
         (strcmp(entry->word, "resolved") == 0 || strcmp(entry->word, "silenced") == 0);
}

static void fold(struct incident *incident, const struct incident_entry *entry) {
  if (incident_kind_is_typed(entry->kind) && entry->kind != INCIDENT_OPEN)
    typed_take(incident, entry);
  switch (entry->kind) {
  case INCIDENT_OPEN:
    open_take(incident, entry);
    break;
  case INCIDENT_STATUS:
    status_take(incident, entry);
    break;
  case INCIDENT_SEVERITY:
    incident->level = entry->level ? entry->level : incident->level;
    break;
  case INCIDENT_ROLE:
    role_take(incident, entry);
    break;
  case INCIDENT_CLOCK:
    incident->clock_ms += entry->step_ms;
    incident->update_clock_ms += entry->step_ms;
    break;
  case INCIDENT_HISTORY:
    incident->history = true;
    break;
  case INCIDENT_LIMIT:
    incident->full = true;
    break;
  case INCIDENT_CLOSE:
    incident->closed_ms = incident->closed_ms ? incident->closed_ms : entry->at_ms;
    break;
  case INCIDENT_ACTION: /* by a person, at another program perhaps */
    if (incident->opened_ms && entry->at_ms > incident->opened_ms && !incident->responded_ms)
      incident->responded_ms = entry->at_ms;
    break;
  default:
    break;
  }
}

void incident_take(struct incident *incident, const struct incident_entry *from) {
  if (incident->count == INCIDENT_ENTRIES_MAX) {
    incident->unread++;
    return;
  }
  incident->entries = grow(incident->entries, incident->count);
  struct incident_entry *entry = &incident->entries[incident->count];
  *entry = incident_entry_copy(from);
  incident->machine += !incident_kind_is_typed(entry->kind);
  struct incident_key *key = key_of(incident, entry);
  if (key) {
    const bool over = is_over(entry);
    if (over)
      key->over_ms = entry->at_ms;
    else if (key->severity == SEVERITY_OK || entry->at_ms < key->begun_ms)
      key->begun_ms = entry->at_ms;
    key->severity = over ? SEVERITY_OK : severity_worse(key->severity, entry->severity);
    key->count++;
    key->last = incident->count;
  }
  incident->count++;
  fold(incident, entry);
}

void incident_base(struct incident *incident) {
  for (size_t i = 0; i < incident->key_count; i++)
    incident->key_items[i].base = incident->key_items[i].count;
}

/* ---- what is news */

bool incident_begins_earlier(const struct incident_key *key, int64_t at_ms) {
  enum { APART_MS = 5000 }; /* two programs do not collect at the same moment */
  return key->severity != SEVERITY_OK && at_ms < key->begun_ms - APART_MS && at_ms > key->over_ms;
}

static bool finding_is_news(const struct incident *incident, const struct incident_entry *entry,
                            const struct incident_key *key) {
  const bool over = is_over(entry);
  const enum severity known = key ? key->severity : SEVERITY_OK;
  if (!over && key && incident_begins_earlier(key, entry->at_ms))
    return key->count < INCIDENT_FLAPS_MAX;
  if (over ? known == SEVERITY_OK : known >= entry->severity)
    return false;
  if (!key || key->count < INCIDENT_FLAPS_MAX)
    return true;
  const int64_t since_ms = entry->at_ms - incident->entries[key->last].at_ms;
  return since_ms >= INCIDENT_FLAP_MS || since_ms < -INCIDENT_FLAP_MS;
}

bool incident_wants(const struct incident *incident, const struct incident_entry *entry) {
  const struct incident_key *key = incident_key_find(incident, entry->key);
  if (incident_kind_is_typed(entry->kind))
    return incident->count < INCIDENT_ENTRIES_MAX;
  if (incident->closed_ms || (incident->full && entry->kind != INCIDENT_LIMIT))
    return false;
  switch (entry->kind) {
  case INCIDENT_FINDING:
    return finding_is_news(incident, entry, key);
  case INCIDENT_CLOCK:
  case INCIDENT_CHANGE: /* the n-th that this program sees is the n-th that all see */
    return !key || key->base + key->own + 1 > key->count;
  case INCIDENT_HISTORY:
  case INCIDENT_EVENT:
    return !incident->history;
  default: /* once */
    return !key;
  }
}

void incident_proposed(struct incident *incident, const struct incident_entry *entry) {
  struct incident_key *key = incident_key_find(incident, entry->key);
  if (key && (entry->kind == INCIDENT_CHANGE || entry->kind == INCIDENT_CLOCK))
    key->own++;
}

/* ---- times */

/* The clock was set in between: its steps are no time that passed. */
int64_t incident_between(const struct incident *incident, int64_t from_ms, int64_t to_ms) {
  if (!from_ms || !to_ms)
    return -1;
  int64_t passed_ms = to_ms - from_ms;
  for (size_t i = 0; i < incident->count; i++) {
    const struct incident_entry *entry = &incident->entries[i];
    if (entry->kind != INCIDENT_CLOCK)
      continue;
    const int64_t before_ms = entry->at_ms - entry->step_ms; /* the old clock at that moment */
    if (from_ms <= before_ms && to_ms >= entry->at_ms)
      passed_ms -= entry->step_ms;
  }
  return passed_ms < 0 ? -1 : passed_ms;
}
