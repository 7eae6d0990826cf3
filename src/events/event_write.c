/* Writing: who looks on, findings that several programs see, moments. */
#include "audit/audit_process.h"
#include "core/map.h"
#include "core/mem.h"
#include "events/event_alarm.h"

#include <stdlib.h>
#include <string.h>

enum {
  GONE_MS = 90000,         /* a program of another host that has not said anything for so long */
  AGAIN_MS = 600000,       /* a finding that was last seen longer ago is another one */
  SAME_MOMENT_MS = 120000, /* two programs see one change at most so far apart */
};

static int64_t name_number(uint64_t hash) {
  return (int64_t)(hash >> 1); /* SQLite has no unsigned numbers */
}

/* The same in all programs, for a finding by its place, for a moment by its words. */
static int64_t name_of(const struct event_record *record) {
  uint64_t hash = map_hash_number(MAP_HASH, (uint64_t)record->kind);
  hash = map_hash_text(map_hash_text(hash, record->target_kind), record->target);
  if (record->kind == EVENT_KIND_FINDING && (record->target || record->table)) {
    hash = map_hash_text(map_hash_text(hash, record->table), record->row);
    return name_number(map_hash_text(hash, record->column));
  }
  return name_number(map_hash_text(map_hash_text(hash, record->subject), record->text));
}

/* ---- programs */

/* Its row of before, if the file was opened again. */
static bool program_find(struct event_store *store, const struct event_program *self,
                         struct err *err) {
  sqlite3_stmt *get =
      event_sql(store,
                "SELECT id FROM program WHERE host = ?1 AND pid = ?2 AND pid_start = ?3"
                " AND place = ?4 AND gone = 0",
                err);
  if (!get)
    return false;
  event_sql_text(get, 1, self->host);
  sqlite3_bind_int64(get, 2, self->pid);
  sqlite3_bind_int64(get, 3, self->pid_start);
  event_sql_text(get, 4, self->place);
  const int code = event_sql_step(store, get, err);
  if (code > 0)
    store->program = sqlite3_column_int64(get, 0);
  sqlite3_reset(get);
  return code >= 0;
}

static bool program_add(struct event_store *store, const struct event_program *self, int64_t now_ms,
                        struct err *err) {
  free(store->host);
  store->host = mem_dup(self->host);
  if (!program_find(store, self, err) || store->program)
    return store->program && event_store_beat(store, self, now_ms, err);
  sqlite3_stmt *add = event_sql(store,
                                "INSERT INTO program (host, pid, pid_start, who, place, began_ms,"
                                " seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                                err);
  if (!add)
    return false;
  event_sql_text(add, 1, self->host);
  sqlite3_bind_int64(add, 2, self->pid);
  sqlite3_bind_int64(add, 3, self->pid_start);
  event_sql_text(add, 4, self->who);
  event_sql_text(add, 5, self->place);
  sqlite3_bind_int64(add, 6, now_ms);
  if (!event_sql_done(store, add, err))
    return false;
  store->program = sqlite3_last_insert_rowid(store->db);
  return event_watched_note(store, now_ms, err);
}

bool event_store_beat(struct event_store *store, const struct event_program *self, int64_t now_ms,
                      struct err *err) {
  if (store->program == 0)
    return program_add(store, self, now_ms, err);
  sqlite3_stmt *beat = event_sql(store, "UPDATE program SET seen_ms = ?1 WHERE id = ?2", err);
  if (!beat)
    return false;
  sqlite3_bind_int64(beat, 1, now_ms);
  sqlite3_bind_int64(beat, 2, store->program);
  return event_sql_done(store, beat, err) && event_watched_note(store, now_ms, err);
}

bool event_store_leave(struct event_store *store, int64_t now_ms, struct err *err) {
  sqlite3_stmt *leave =
      event_sql(store, "UPDATE program SET seen_ms = ?1, gone = 1 WHERE id = ?2", err);
  if (!leave)
    return false;
  sqlite3_bind_int64(leave, 1, now_ms);
  sqlite3_bind_int64(leave, 2, store->program);
  return event_sql_done(store, leave, err) && event_watched_note(store, now_ms, err);
}

/* The columns host, pid, pid_start, seen_ms and gone from `at` on. */
static bool program_is_gone(const struct event_store *store, sqlite3_stmt *row, int at,
                            int64_t now_ms) {
  const char *host = (const char *)sqlite3_column_text(row, at);
  const int64_t seen_ms = sqlite3_column_int64(row, at + 3);
  if (sqlite3_column_int(row, at + 4))
    return true;
  if (host && store->host && strcmp(host, store->host) == 0)
    return process_is_gone(sqlite3_column_int64(row, at + 1), sqlite3_column_int64(row, at + 2),
                           seen_ms, now_ms);
  return seen_ms < now_ms - GONE_MS;
}

/* ---- who sees a finding */

struct watched {
  bool now;        /* a program that lives sees it */
  bool others;     /* and it is not this one */
  bool own;        /* this one does */
  int64_t seen_ms; /* when one of them last lived */
};

static bool watched_get(struct event_store *store, int64_t event, int64_t now_ms,
                        struct watched *watched, struct err *err) {
  *watched = (struct watched){0};
  sqlite3_stmt *all = event_sql(store,
                                "SELECT p.host, p.pid, p.pid_start, p.seen_ms, p.gone, p.id"
                                " FROM observer o JOIN program p ON p.id = o.program"
                                " WHERE o.event = ?1",
                                err);
  int code = -1;
  if (!all)
    return false;
  sqlite3_bind_int64(all, 1, event);
  while ((code = event_sql_step(store, all, err)) > 0) {
    const int64_t seen_ms = sqlite3_column_int64(all, 3);
    if (sqlite3_column_int64(all, 5) == store->program)
      watched->own = watched->now = true;
    else if (!program_is_gone(store, all, 0, now_ms))
      watched->others = watched->now = true;
    if (seen_ms > watched->seen_ms)
      watched->seen_ms = seen_ms;
  }
  sqlite3_reset(all);
  return code == 0;
}

static bool observer_add(struct event_store *store, int64_t event, struct err *err) {
  sqlite3_stmt *add =
      event_sql(store, "INSERT OR IGNORE INTO observer (event, program) VALUES (?1, ?2)", err);
  if (!add)
    return false;
  sqlite3_bind_int64(add, 1, event);
  sqlite3_bind_int64(add, 2, store->program);
  return event_sql_done(store, add, err);
}

static bool observers_drop(struct event_store *store, int64_t event, bool own, struct err *err) {
  sqlite3_stmt *drop =
      event_sql(store, "DELETE FROM observer WHERE event = ?1 AND (?2 = 0 OR program = ?2)", err);
  if (!drop)
    return false;
  sqlite3_bind_int64(drop, 1, event);
  sqlite3_bind_int64(drop, 2, own ? store->program : 0);
  return event_sql_done(store, drop, err);
}

/* ---- rows */

static bool event_insert(struct event_store *store, const struct event_record *record, int64_t name,
                         int64_t *id, struct err *err) {
  sqlite3_stmt *add =
      event_sql(store,
                "INSERT INTO event (kind, state, at_ms, end_ms, lasted_ms, severity, name,"
                " target_kind, target, tab, row, col, subject, text, who, result, verb, folded)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                " ?17, ?18)",
                err);
  if (!add)
    return false;
  const bool ended = record->state == EVENT_STATE_ENDED || record->state == EVENT_STATE_UNSEEN;
  sqlite3_bind_int(add, 1, (int)record->kind);
  sqlite3_bind_int(add, 2, (int)record->state);
  sqlite3_bind_int64(add, 3, record->at_ms);
  if (ended) {
    sqlite3_bind_int64(add, 4, record->end_ms);
    sqlite3_bind_int64(add, 5, record->lasted_ms);
  }
  sqlite3_bind_int(add, 6, (int)record->severity);
  sqlite3_bind_int64(add, 7, name);
  event_sql_text(add, 8, record->target_kind);
  event_sql_text(add, 9, record->target);
  event_sql_text(add, 10, record->table);
  event_sql_text(add, 11, record->row);
  event_sql_text(add, 12, record->column);
  event_sql_text(add, 13, record->subject);
  event_sql_text(add, 14, record->text);
  event_sql_text(add, 15, record->who);
  event_sql_text(add, 16, record->result);
  event_sql_text(add, 17, record->verb);
  if (record->folded > 0)
    sqlite3_bind_int64(add, 18, record->folded);
  if (!event_sql_done(store, add, err))
    return false;
  *id = sqlite3_last_insert_rowid(store->db);
  return true;
}

static bool event_end(struct event_store *store, int64_t id, enum event_state state, int64_t end_ms,
                      int64_t lasted_ms, const char *result, struct err *err) {
  sqlite3_stmt *end = event_sql(store,
                                "UPDATE event SET state = ?2, end_ms = ?3, result = ?5,"
                                " lasted_ms = CASE WHEN ?4 < 0 THEN max(0, ?3 - at_ms) ELSE ?4 END"
                                " WHERE id = ?1",
                                err);
  if (!end)
    return false;
  sqlite3_bind_int64(end, 1, id);
  sqlite3_bind_int(end, 2, (int)state);
  sqlite3_bind_int64(end, 3, end_ms);
  sqlite3_bind_int64(end, 4, lasted_ms);
  event_sql_text(end, 5, result);
  return event_sql_done(store, end, err) && observers_drop(store, id, false, err);
}

struct known {
  int64_t id; /* 0: there is none */
  enum event_state state;
  int64_t at_ms, end_ms;
  enum severity severity;
};

/* The newest of that name. */
static bool known_get(struct event_store *store, int64_t name, enum event_kind kind,
                      struct known *known, struct err *err) {
  *known = (struct known){0};
  sqlite3_stmt *get = event_sql(store,
                                "SELECT id, state, at_ms, end_ms, severity FROM event"
                                " WHERE name = ?1 AND kind = ?2 ORDER BY at_ms DESC, id DESC"
                                " LIMIT 1",
                                err);
  if (!get)
    return false;
  sqlite3_bind_int64(get, 1, name);
  sqlite3_bind_int(get, 2, (int)kind);
  const int code = event_sql_step(store, get, err);
  if (code > 0)
    *known = (struct known){.id = sqlite3_column_int64(get, 0),
                            .state = (enum event_state)sqlite3_column_int(get, 1),
                            .at_ms = sqlite3_column_int64(get, 2),
                            .end_ms = sqlite3_column_int64(get, 3),
                            .severity = (enum severity)sqlite3_column_int(get, 4)};
  sqlite3_reset(get);
  return code >= 0;
}

/* ---- findings */

static bool join(struct event_store *store, const struct known *known,
                 const struct event_record *record, struct err *err) {
  sqlite3_stmt *join = event_sql(store,
                                 "UPDATE event SET state = 1, end_ms = NULL, lasted_ms = NULL,"
                                 " result = NULL, severity = max(severity, ?2),"
                                 " at_ms = min(at_ms, ?3),"
                                 " text = CASE WHEN severity < ?2 THEN ?4 ELSE text END"
                                 " WHERE id = ?1",
                                 err);
  if (!join)
    return false;
  sqlite3_bind_int64(join, 1, known->id);
  sqlite3_bind_int(join, 2, (int)record->severity);
  sqlite3_bind_int64(join, 3, record->at_ms);
  event_sql_text(join, 4, record->text);
  return event_sql_done(store, join, err) && observer_add(store, known->id, err) &&
         (record->severity <= known->severity || event_alarm_add(store, known->id, record, err));
}

/* Whether the finding is the one that is known. One that has ended is, if it began before that end:
 * this program has seen the end later than another. */
static bool is_same(const struct known *known, const struct watched *watched,
                    const struct event_record *record, int64_t now_ms) {
  if (known->id == 0)
    return false;
  if (known->state == EVENT_STATE_OPEN)
    return watched->now || now_ms - watched->seen_ms < AGAIN_MS;
  return record->at_ms <= known->end_ms && record->at_ms >= known->at_ms;
}

static bool begins(struct event_store *store, const struct event_record *record, int64_t now_ms,
                   struct err *err) {
  const int64_t name = name_of(record);
  struct known known;
  struct watched watched;
  int64_t id;
  if (!known_get(store, name, record->kind, &known, err) ||
      !watched_get(store, known.id, now_ms, &watched, err))
    return false;
  if (is_same(&known, &watched, record, now_ms))
    return join(store, &known, record, err);
  if (known.id && known.state == EVENT_STATE_OPEN &&
      !event_end(store, known.id, EVENT_STATE_UNSEEN, watched.seen_ms, -1, NULL, err))
    return false;
  return event_insert(store, record, name, &id, err) && observer_add(store, id, err) &&
         event_alarm_add(store, id, record, err);
}

static bool ends(struct event_store *store, const struct event_record *record, int64_t now_ms,
                 struct err *err) {
  const int64_t name = name_of(record);
  struct known known;
  struct watched watched;
  int64_t id;
  if (!known_get(store, name, record->kind, &known, err))
    return false;
  if (known.id && known.state != EVENT_STATE_OPEN && known.end_ms >= record->at_ms)
    return true;                                        /* another program has said so */
  if (known.id == 0 || known.state != EVENT_STATE_OPEN) /* its beginning was not recorded */
    return event_insert(store, record, name, &id, err);
  if (!observers_drop(store, known.id, true, err) ||
      !watched_get(store, known.id, now_ms, &watched, err))
    return false;
  return watched.now ||
         event_end(store, known.id, EVENT_STATE_ENDED, record->end_ms,
                   record->at_ms <= known.at_ms ? record->lasted_ms : -1, record->result, err);
}

/* Others may see it. */
static bool gone(struct event_store *store, int64_t id, int64_t now_ms, struct err *err) {
  struct watched watched;
  sqlite3_stmt *get = event_sql(store, "SELECT 1 FROM event WHERE id = ?1 AND state = 1", err);
  if (!get)
    return false;
  sqlite3_bind_int64(get, 1, id);
  const int code = event_sql_step(store, get, err);
  sqlite3_reset(get);
  if (code <= 0)
    return code == 0;
  if (!watched_get(store, id, now_ms, &watched, err))
    return false;
  if (watched.others)
    return observers_drop(store, id, true, err);
  return watched.own ? event_end(store, id, EVENT_STATE_ENDED, now_ms, -1, NULL, err)
                     : event_end(store, id, EVENT_STATE_UNSEEN, watched.seen_ms, -1, NULL, err);
}

/* ---- moments */

/* One that another program has reported, and this one has not. */
static bool claim(struct event_store *store, const struct event_record *record, int64_t name,
                  bool *claimed, struct err *err) {
  sqlite3_stmt *get = event_sql(store,
                                "SELECT id FROM event e WHERE name = ?1 AND kind = ?2"
                                " AND at_ms BETWEEN ?3 AND ?4 AND NOT EXISTS (SELECT 1"
                                " FROM observer o WHERE o.event = e.id AND o.program = ?5)"
                                " ORDER BY abs(at_ms - ?6) LIMIT 1",
                                err);
  if (!get)
    return false;
  sqlite3_bind_int64(get, 1, name);
  sqlite3_bind_int(get, 2, (int)record->kind);
  sqlite3_bind_int64(get, 3, record->at_ms - SAME_MOMENT_MS);
  sqlite3_bind_int64(get, 4, record->at_ms + SAME_MOMENT_MS);
  sqlite3_bind_int64(get, 5, store->program);
  sqlite3_bind_int64(get, 6, record->at_ms);
  const int code = event_sql_step(store, get, err);
  const int64_t id = code > 0 ? sqlite3_column_int64(get, 0) : 0;
  sqlite3_reset(get);
  *claimed = id != 0;
  return code >= 0 && (id == 0 || observer_add(store, id, err));
}

static bool moment(struct event_store *store, const struct event_record *record, struct err *err) {
  const int64_t name = name_of(record);
  bool claimed;
  int64_t id;
  if (!claim(store, record, name, &claimed, err))
    return false;
  return claimed || (event_insert(store, record, name, &id, err) && observer_add(store, id, err) &&
                     (record->severity == SEVERITY_OK || event_alarm_add(store, id, record, err)));
}

/* ---- the whole */

struct writing {
  const struct event_batch *batch;
  int64_t now_ms;
};

static bool item_write(struct event_store *store, const struct event_item *item, int64_t now_ms,
                       struct err *err) {
  switch (item->op) {
  case EVENT_OP_BEGINS:
    return begins(store, &item->record, now_ms, err);
  case EVENT_OP_ENDS:
    return ends(store, &item->record, now_ms, err);
  case EVENT_OP_GONE:
    return gone(store, item->record.id, now_ms, err);
  case EVENT_OP_FOLDS:
    return event_alarm_folds(store, name_of(&item->record), item->record.folded, err);
  default:
    return moment(store, &item->record, err);
  }
}

static bool batch_write(struct event_store *store, void *arg, struct err *err) {
  const struct writing *writing = arg;
  for (size_t i = 0; i < writing->batch->count; i++)
    if (!item_write(store, &writing->batch->items[i], writing->now_ms, err))
      return false;
  return true;
}

bool event_store_write(struct event_store *store, const struct event_batch *batch, int64_t now_ms,
                       struct err *err) {
  struct writing writing = {batch, now_ms};
  return batch->count == 0 || event_sql_write(store, batch_write, &writing, err);
}

/* ---- orphans */

static char *column_dup(sqlite3_stmt *row, int at) {
  const char *text = (const char *)sqlite3_column_text(row, at);
  return text ? mem_dup(text) : NULL;
}

bool event_store_orphans(struct event_store *store, int64_t now_ms, struct event_orphans *orphans,
                         struct err *err) {
  *orphans = (struct event_orphans){0};
  sqlite3_stmt *open = event_sql(store,
                                 "SELECT id, target_kind, target, tab, row, col FROM event"
                                 " WHERE state = 1 AND kind = 0 AND target IS NOT NULL AND id > ?1"
                                 " ORDER BY id LIMIT 2000",
                                 err);
  int code = -1;
  if (!open)
    return false;
  sqlite3_bind_int64(open, 1, store->orphan_after);
  while (orphans->count < EVENT_ORPHANS_MAX && (code = event_sql_step(store, open, err)) > 0) {
    struct watched watched;
    const int64_t id = sqlite3_column_int64(open, 0);
    if (!watched_get(store, id, now_ms, &watched, err)) {
      code = -1;
      break;
    }
    store->orphan_after = id;
    if (watched.now && !watched.own)
      continue;
    orphans->items = mem_resize(orphans->items, (orphans->count + 1) * sizeof *orphans->items);
    orphans->items[orphans->count++] = (struct event_orphan){
        id,
        column_dup(open, 1),
        column_dup(open, 2),
        column_dup(open, 3),
        column_dup(open, 4),
        column_dup(open, 5),
    };
  }
  sqlite3_reset(open);
  if (code == 0) /* the next call begins again */
    store->orphan_after = 0;
  return code >= 0;
}

void event_orphans_fini(struct event_orphans *orphans) {
  for (size_t i = 0; i < orphans->count; i++) {
    struct event_orphan *orphan = &orphans->items[i];
    free(orphan->target_kind);
    free(orphan->target);
    free(orphan->table);
    free(orphan->row);
    free(orphan->column);
  }
  free(orphans->items);
  *orphans = (struct event_orphans){0};
}
