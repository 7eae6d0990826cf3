/* The limits: events that are too old, and the oldest of too many. */
#include "events/event_alarm.h"

enum {
  CHUNK = 2000, /* of one transaction: others write in between */
  STEP_PAGES = 2000,
  CLAIM_MS = 300000, /* a moment is not reported again so much later */
  PROGRAMS_MS = 86400000,
};

struct pruning {
  int64_t before_ms; /* older events go; 0: the oldest ones, whatever their age */
  int64_t removed;
  int64_t now_ms;
};

/* What is open stays, whatever its age, unless the file is too large. */
static const char too_old[] = "DELETE FROM event WHERE id IN (SELECT id FROM event"
                              " WHERE at_ms < ?1 AND state <> 1 ORDER BY at_ms, id LIMIT ?2)";
static const char oldest[] = "DELETE FROM event WHERE id IN (SELECT id FROM event"
                             " ORDER BY at_ms, id LIMIT ?2)";

/* What is removed, up to when: of a whole chunk, up to its newest event. */
static bool forget(struct event_store *store, const struct pruning *pruning, struct err *err) {
  sqlite3_stmt *get =
      event_sql(store,
                "SELECT count(*), max(at_ms) FROM (SELECT at_ms FROM event WHERE (?1 = 0 OR"
                " (at_ms < ?1 AND state <> 1)) ORDER BY at_ms, id LIMIT ?2)",
                err);
  if (!get)
    return false;
  sqlite3_bind_int64(get, 1, pruning->before_ms);
  sqlite3_bind_int(get, 2, CHUNK);
  const int code = event_sql_step(store, get, err);
  const bool whole = code > 0 && sqlite3_column_int(get, 0) == CHUNK;
  const int64_t newest_ms = code > 0 ? sqlite3_column_int64(get, 1) : 0;
  sqlite3_reset(get);
  if (code < 0)
    return false;
  return event_alarm_forget(store,
                            whole || !pruning->before_ms ? newest_ms : pruning->before_ms - 1, err);
}

static bool chunk_remove(struct event_store *store, void *arg, struct err *err) {
  struct pruning *pruning = arg;
  if (!forget(store, pruning, err))
    return false;
  sqlite3_stmt *remove = event_sql(store, pruning->before_ms ? too_old : oldest, err);
  if (!remove)
    return false;
  sqlite3_bind_int64(remove, 1, pruning->before_ms);
  sqlite3_bind_int(remove, 2, CHUNK);
  if (!event_sql_done(store, remove, err))
    return false;
  pruning->removed = sqlite3_changes64(store->db);
  return true;
}

/* Who has seen moments, findings that are over, and programs that nothing refers to. */
static bool rest_remove(struct event_store *store, void *arg, struct err *err) {
  const struct pruning *pruning = arg;
  sqlite3_stmt *observers = event_sql(store,
                                      "DELETE FROM observer WHERE NOT EXISTS (SELECT 1 FROM event e"
                                      " WHERE e.id = observer.event"
                                      " AND (e.state = 1 OR e.at_ms > ?1))",
                                      err);
  if (!observers)
    return false;
  sqlite3_bind_int64(observers, 1, pruning->now_ms - CLAIM_MS);
  if (!event_sql_done(store, observers, err))
    return false;
  sqlite3_stmt *programs =
      event_sql(store,
                "DELETE FROM program WHERE seen_ms < ?1 AND id <> ?2 AND NOT"
                " EXISTS (SELECT 1 FROM observer o WHERE o.program = program.id)",
                err);
  if (!programs)
    return false;
  sqlite3_bind_int64(programs, 1, pruning->now_ms - PROGRAMS_MS);
  sqlite3_bind_int64(programs, 2, store->program);
  return event_sql_done(store, programs, err);
}

static bool bytes_get(struct event_store *store, int64_t *bytes, struct err *err) {
  int64_t pages, free_pages, page_bytes;
  if (!event_sql_number(store, "PRAGMA page_count", &pages, err) ||
      !event_sql_number(store, "PRAGMA freelist_count", &free_pages, err) ||
      !event_sql_number(store, "PRAGMA page_size", &page_bytes, err))
    return false;
  *bytes = (pages - free_pages) * page_bytes;
  return true;
}

static bool space_return(struct event_store *store, struct err *err) {
  int64_t free_pages;
  if (!event_sql_number(store, "PRAGMA freelist_count", &free_pages, err))
    return false;
  return free_pages < STEP_PAGES || event_sql_run(store, "PRAGMA incremental_vacuum(2000)", err);
}

bool event_store_prune(struct event_store *store, const struct event_limits *limits, bool by_age,
                       int64_t now_ms, bool *more, struct err *err) {
  struct pruning pruning = {.before_ms = now_ms - limits->keep_ms, .now_ms = now_ms};
  int64_t bytes;
  *more = false;
  if (by_age && !event_sql_write(store, chunk_remove, &pruning, err))
    return false;
  *more = pruning.removed == CHUNK;
  if (!bytes_get(store, &bytes, err))
    return false;
  if (bytes > limits->bytes_max) {
    pruning.before_ms = 0;
    if (!event_sql_write(store, chunk_remove, &pruning, err))
      return false;
    *more = true;
  }
  return event_sql_write(store, rest_remove, &pruning, err) && space_return(store, err);
}
