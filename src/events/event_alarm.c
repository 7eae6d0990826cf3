#include "events/event_alarm.h"

#include "core/map.h"
#include "model/alarm/alarm_mark.h"

enum { FORGET_MAX = 4000 };

int64_t event_alarm_name(const char *key) {
  return (int64_t)(map_hash_text(MAP_HASH, key) >> 1); /* SQLite has no unsigned numbers */
}

/* ---- SQL functions */

static const char *text_of(sqlite3_value *value) {
  return (const char *)sqlite3_value_text(value);
}

static void sql_name(sqlite3_context *context, int count, sqlite3_value **values) {
  const char *key = text_of(values[0]);
  (void)count;
  if (key)
    sqlite3_result_int64(context, event_alarm_name(key));
}

static void sql_key(sqlite3_context *context, int count, sqlite3_value **values) {
  char key[ALARM_KEY_MAX];
  (void)count;
  alarm_key_of(key, text_of(values[0]), text_of(values[1]), text_of(values[2]), text_of(values[3]),
               text_of(values[4]));
  sqlite3_result_text(context, key, -1, SQLITE_TRANSIENT);
}

bool event_alarm_functions(struct event_store *store, struct err *err) {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  return (sqlite3_create_function(store->db, "alarm_name", 1, flags, NULL, sql_name, NULL, NULL) ==
              SQLITE_OK &&
          sqlite3_create_function(store->db, "alarm_key", 5, flags, NULL, sql_key, NULL, NULL) ==
              SQLITE_OK) ||
         event_sql_fail(store, err);
}

/* ---- alarms */

bool event_alarm_add(struct event_store *store, int64_t event, const struct event_record *record,
                     struct err *err) {
  char key[ALARM_KEY_MAX];
  sqlite3_stmt *add = event_sql(store,
                                "INSERT OR IGNORE INTO alarm (at_ms, event, name, severity)"
                                " VALUES (?1, ?2, ?3, ?4)",
                                err);
  if (!add)
    return false;
  if (record->kind == EVENT_KIND_FINDING)
    alarm_key_of(key, record->target_kind, record->target, record->table, record->row,
                 record->column);
  else
    alarm_key_of(key, "stacktop", record->subject, NULL, NULL, NULL);
  /* It began earlier, if a rule waits. */
  sqlite3_bind_int64(add, 1, record->end_ms > record->at_ms ? record->end_ms : record->at_ms);
  sqlite3_bind_int64(add, 2, event);
  sqlite3_bind_int64(add, 3, event_alarm_name(key));
  sqlite3_bind_int(add, 4, (int)record->severity);
  return event_sql_done(store, add, err);
}

bool event_alarm_folds(struct event_store *store, int64_t name, int64_t folded, struct err *err) {
  sqlite3_stmt *set = event_sql(store,
                                "UPDATE event SET folded = ?2 WHERE name = ?1 AND kind = 0 AND"
                                " state = 1 AND ifnull(folded, 0) < ?2",
                                err);
  if (!set)
    return false;
  sqlite3_bind_int64(set, 1, name);
  sqlite3_bind_int64(set, 2, folded);
  return event_sql_done(store, set, err);
}

/* ---- when a program looked on */

/* All programs together: the time of the last of them becomes longer, or another one begins. A
 * clock that was set back finds the time that it is in. */
bool event_watched_note(struct event_store *store, int64_t now_ms, struct err *err) {
  sqlite3_stmt *longer =
      event_sql(store,
                "UPDATE OR REPLACE watched SET to_ms = max(to_ms, ?1) WHERE from_ms ="
                " (SELECT max(from_ms) FROM watched WHERE from_ms <= ?1) AND to_ms >= ?1 - ?2",
                err);
  if (!longer)
    return false;
  sqlite3_bind_int64(longer, 1, now_ms);
  sqlite3_bind_int64(longer, 2, 3 * (int64_t)EVENT_BEAT_MS);
  if (!event_sql_done(store, longer, err))
    return false;
  if (sqlite3_changes(store->db) > 0)
    return true;
  sqlite3_stmt *other =
      event_sql(store, "INSERT OR IGNORE INTO watched (from_ms, to_ms) VALUES (?1, ?1)", err);
  if (!other)
    return false;
  sqlite3_bind_int64(other, 1, now_ms);
  return event_sql_done(store, other, err);
}

bool event_alarm_forget(struct event_store *store, int64_t until_ms, struct err *err) {
  static const char *const texts[] = {
      "DELETE FROM alarm WHERE (at_ms, event) IN (SELECT at_ms, event FROM alarm WHERE at_ms <= ?1"
      " ORDER BY at_ms, event LIMIT ?2)",
      "DELETE FROM watched WHERE to_ms <= ?1",
      "UPDATE watched SET from_ms = ?1 WHERE from_ms < ?1",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sqlite3_stmt *forget = event_sql(store, texts[i], err);
    if (!forget)
      return false;
    sqlite3_bind_int64(forget, 1, until_ms);
    if (i == 0)
      sqlite3_bind_int(forget, 2, FORGET_MAX);
    if (!event_sql_done(store, forget, err))
      return false;
  }
  return true;
}
