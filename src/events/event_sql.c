#include "events/event_sql.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *words_of(const struct event_store *store) {
  switch (store->code & 0xFF) {
  case SQLITE_FULL:
    return "no space left on the disk";
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return "another program holds its lock";
  case SQLITE_READONLY:
    return "no permission to write";
  case SQLITE_NOTADB:
    return "not an event history";
  case SQLITE_CORRUPT:
    return "damaged";
  case SQLITE_CANTOPEN:
    return "cannot be opened";
  case SQLITE_IOERR:
    return "input/output error";
  default:
    return sqlite3_errstr(store->code);
  }
}

bool event_sql_fail(struct event_store *store, struct err *err) {
  store->code = sqlite3_extended_errcode(store->db);
  const int kind = store->code & 0xFF;
  return err_set(err,
                 kind == SQLITE_INTERRUPT                          ? ERR_TIMEOUT
                 : kind == SQLITE_READONLY                         ? ERR_DENIED
                 : kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT ? ERR_PROTOCOL
                                                                   : ERR_IO,
                 "event history %.150s: %s", store->path, words_of(store));
}

bool event_sql_run(struct event_store *store, const char *sql, struct err *err) {
  return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || event_sql_fail(store, err);
}

sqlite3_stmt *event_sql(struct event_store *store, const char *sql, struct err *err) {
  for (size_t i = 0; i < store->statement_count; i++)
    if (store->texts[i] == sql) {
      sqlite3_reset(store->statements[i]);
      sqlite3_clear_bindings(store->statements[i]);
      return store->statements[i];
    }
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
      SQLITE_OK) {
    event_sql_fail(store, err);
    return NULL;
  }
  const size_t count = store->statement_count + 1;
  store->statements = mem_resize(store->statements, count * sizeof(sqlite3_stmt *));
  store->texts = mem_resize(store->texts, count * sizeof(const char *));
  store->statements[store->statement_count] = statement;
  store->texts[store->statement_count++] = sql;
  return statement;
}

int event_sql_step(struct event_store *store, sqlite3_stmt *statement, struct err *err) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW)
    return 1;
  if (code == SQLITE_DONE)
    return 0;
  event_sql_fail(store, err);
  return -1;
}

bool event_sql_done(struct event_store *store, sqlite3_stmt *statement, struct err *err) {
  int code;
  do
    code = event_sql_step(store, statement, err);
  while (code > 0);
  sqlite3_reset(statement);
  return code == 0;
}

bool event_sql_number(struct event_store *store, const char *sql, int64_t *number,
                      struct err *err) {
  sqlite3_stmt *statement = event_sql(store, sql, err);
  *number = 0;
  if (!statement)
    return false;
  const int code = event_sql_step(store, statement, err);
  if (code > 0)
    *number = sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return code >= 0;
}

void event_sql_text(sqlite3_stmt *statement, int at, const char *text) {
  if (text)
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* ---- records */

static const char *text_of(sqlite3_stmt *row, int at) {
  return (const char *)sqlite3_column_text(row, at);
}

static const char *text_or_empty(sqlite3_stmt *row, int at) {
  const char *text = text_of(row, at);
  return text ? text : "";
}

/* A file may hold anything. */
static int within(sqlite3_stmt *row, int at, int most) {
  const int number = sqlite3_column_int(row, at);
  return number < 0 ? 0 : number > most ? most : number;
}

struct event_record event_sql_record(sqlite3_stmt *row) {
  return (struct event_record){
      .id = sqlite3_column_int64(row, 0),
      .kind = (enum event_kind)within(row, 1, EVENT_KIND_COUNT - 1),
      .state = (enum event_state)within(row, 2, EVENT_STATE_UNSEEN),
      .at_ms = sqlite3_column_int64(row, 3),
      .end_ms = sqlite3_column_int64(row, 4),
      .lasted_ms = sqlite3_column_int64(row, 5),
      .severity = (enum severity)within(row, 6, SEVERITY_CRIT),
      .target_kind = text_of(row, 7),
      .target = text_of(row, 8),
      .table = text_of(row, 9),
      .row = text_of(row, 10),
      .column = text_of(row, 11),
      .subject = text_or_empty(row, 12),
      .text = text_or_empty(row, 13),
      .who = text_of(row, 14),
      .result = text_of(row, 15),
      .seen_ms = sqlite3_column_int64(row, 16),
  };
}

/* ---- transactions */

bool event_sql_write(struct event_store *store,
                     bool (*work)(struct event_store *store, void *arg, struct err *err), void *arg,
                     struct err *err) {
  struct err ignored;
  if (!event_sql_run(store, "BEGIN IMMEDIATE", err))
    return false;
  if (work(store, arg, err) && event_sql_run(store, "COMMIT", err))
    return true;
  const int code = store->code;
  (void)!event_sql_run(store, "ROLLBACK", &ignored); /* the failure may have done it already */
  store->code = code;
  return false;
}
