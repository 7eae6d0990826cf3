#include "audit/read/audit_open.h"
#include "audit/audit_process.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

static uint64_t intent_hash(const void *intent) {
  return map_hash_text(MAP_HASH, ((const struct audit_open_intent *)intent)->key);
}

static bool intent_same(const void *a, const void *b) {
  const struct audit_open_intent *x = a, *y = b;
  return strcmp(x->key, y->key) == 0;
}

void audit_open_init(struct audit_open *open) {
  TAILQ_INIT(&open->order);
  open->by_key = (struct map){.hash = intent_hash, .same = intent_same};
}

static void forget(struct audit_open *open, struct audit_open_intent *intent) {
  TAILQ_REMOVE(&open->order, intent, order);
  map_remove(&open->by_key, intent);
  free(intent);
}

void audit_open_fini(struct audit_open *open) {
  for (struct audit_open_intent *intent = TAILQ_FIRST(&open->order), *next; intent; intent = next) {
    next = TAILQ_NEXT(intent, order);
    free(intent);
  }
  map_fini(&open->by_key);
}

/* Programs on two hosts may have created the same id. */
static char *key_of(const struct audit_record *record) {
  const bool other = record->event == AUDIT_ACKNOWLEDGED && record->of_host;
  return mem_printf("%s\n%s", record->id, other ? record->of_host : record->who.host);
}

static struct audit_open_intent *find(const struct audit_open *open, const char *key) {
  const struct audit_open_intent wanted = {.key = key};
  const struct map_slot *target_index = map_find(&open->by_key, &wanted);
  return target_index ? (struct audit_open_intent *)target_index->key : NULL;
}

static bool is_opened_by(const struct audit_record *record) {
  return record->event == AUDIT_INTENT || (record->event == AUDIT_OUTCOME && record->result &&
                                           strcmp(record->result, "unknown") == 0);
}

void audit_open_see(struct audit_open *open, const struct audit_record *record, int64_t offset,
                    size_t len) {
  if (record->event == AUDIT_UNLOCKED || record->event == AUDIT_LOCKED)
    return;
  char *key = key_of(record);
  struct audit_open_intent *intent = find(open, key);
  if (intent)
    forget(open, intent);
  if (is_opened_by(record)) {
    intent = mem_new(sizeof *intent + strlen(key) + 1);
    intent->offset = offset;
    intent->len = len;
    memcpy(intent->text, key, strlen(key) + 1);
    intent->key = intent->text;
    TAILQ_INSERT_TAIL(&open->order, intent, order);
    map_add(&open->by_key, intent, 0);
    if (open->by_key.count > AUDIT_OPEN_MAX)
      forget(open, TAILQ_FIRST(&open->order));
  }
  free(key);
}

bool audit_open_has(const struct audit_open *open, const struct audit_record *record,
                    int64_t offset) {
  char *key = key_of(record);
  const struct audit_open_intent *intent = find(open, key);
  free(key);
  return intent && intent->offset == offset;
}

bool audit_open_is_unknown(const struct audit_record *record, const char *host, int64_t now_ms) {
  const struct audit_who *who = &record->who;
  if (record->event == AUDIT_OUTCOME)
    return true;
  if (strcmp(who->host, host) != 0)
    return now_ms - record->at_ms > DAY_MS;
  return process_is_gone(who->pid, who->pid_start, record->at_ms, now_ms);
}
