#include "audit/audit_open.h"
#include "audit/audit_process.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

void audit_open_init(struct audit_open *open) {
  open->count = 0;
  TAILQ_INIT(&open->order);
  for (size_t i = 0; i < AUDIT_OPEN_BUCKETS; i++)
    LIST_INIT(&open->buckets[i]);
}

static void forget(struct audit_open *open, struct audit_open_intent *intent) {
  TAILQ_REMOVE(&open->order, intent, order);
  LIST_REMOVE(intent, bucket);
  open->count--;
  free(intent);
}

void audit_open_fini(struct audit_open *open) {
  for (struct audit_open_intent *intent = TAILQ_FIRST(&open->order), *next; intent; intent = next) {
    next = TAILQ_NEXT(intent, order);
    free(intent);
  }
}

/* Programs of two hosts may have made the same id. */
static char *key_of(const struct audit_record *record) {
  const bool other = record->event == AUDIT_ACKNOWLEDGED && record->of_host;
  return mem_printf("%s\n%s", record->id, other ? record->of_host : record->who.host);
}

static size_t bucket_of(const char *key) {
  size_t hash = 5381;
  for (; *key; key++)
    hash = hash * 33 + (unsigned char)*key;
  return hash % AUDIT_OPEN_BUCKETS;
}

static struct audit_open_intent *find(const struct audit_open *open, const char *key) {
  struct audit_open_intent *intent;
  LIST_FOREACH(intent, &open->buckets[bucket_of(key)], bucket)
  if (strcmp(intent->key, key) == 0)
    return intent;
  return NULL;
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
    memcpy(intent->key, key, strlen(key) + 1);
    TAILQ_INSERT_TAIL(&open->order, intent, order);
    LIST_INSERT_HEAD(&open->buckets[bucket_of(key)], intent, bucket);
    if (++open->count > AUDIT_OPEN_MAX)
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
