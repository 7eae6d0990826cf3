/* The open database: statements, and what went wrong. Private to the store's files. */
#pragma once

#include "events/event_store.h"

#include <sqlite3.h>
#include <sys/types.h>

struct event_store {
  sqlite3 *db;
  char *path;
  dev_t dev;
  ino_t ino;
  int code;        /* of the last error; SQLITE_OK */
  int64_t program; /* id of this program; 0: not yet */
  char *host;      /* of this program */
  int64_t beat_ms;
  int64_t orphan_after;      /* id; where event_store_orphans continues */
  sqlite3_stmt **statements; /* prepared ones, by their text */
  const char **texts;
  size_t statement_count;
};

/* Runs a text that has no parameters and no result. */
bool event_sql_run(struct event_store *store, const char *sql, struct err *err) MUST_CHECK;
/* The statement of that text, which is static, with its parameters unset; prepared once. NULL with
 * err. */
sqlite3_stmt *event_sql(struct event_store *store, const char *sql, struct err *err) MUST_CHECK;
/* One number; 0 for NULL and without a row. */
bool event_sql_number(struct event_store *store, const char *sql, int64_t *number,
                      struct err *err) MUST_CHECK;
/* Steps a statement without rows to its end, and resets it. */
bool event_sql_done(struct event_store *store, sqlite3_stmt *statement, struct err *err) MUST_CHECK;
/* 1: there is a row; 0: the end; -1 with err. Reset it afterwards. */
int event_sql_step(struct event_store *store, sqlite3_stmt *statement, struct err *err);
/* NULL is a NULL; borrowed until the statement is reset. */
void event_sql_text(sqlite3_stmt *statement, int at, const char *text);
/* Fills err for the last error: "cannot write the event history /x/events.db (disk full)". */
bool event_sql_fail(struct event_store *store, struct err *err);

/* The columns of a record, in the order of event_sql_record: one more, when it was last seen, comes
 * after them. Borrowed until the statement is stepped or reset. */
#define EVENT_COLUMNS                                                                         \
  "id, kind, state, at_ms, end_ms, lasted_ms, severity, target_kind, target, tab, row, col, " \
  "subject, text, who, result"
enum { EVENT_COLUMN_COUNT = 17 };
struct event_record event_sql_record(sqlite3_stmt *row);

/* Runs `work` in a transaction that writes: all or nothing. */
bool event_sql_write(struct event_store *store,
                     bool (*work)(struct event_store *store, void *arg, struct err *err), void *arg,
                     struct err *err) MUST_CHECK;
