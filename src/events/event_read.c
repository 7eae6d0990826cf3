/* Reading: a page of events, counts. */
#include "core/text/text.h"
#include "events/event_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_MAX = 2048, PATTERN_MAX = 2 * EVENT_FILTER_TEXT_MAX + 3 };

/* ---- the condition */

static void add(char sql[SQL_MAX], const char *text) {
  const size_t used = strlen(sql);
  snprintf(sql + used, SQL_MAX - used, "%s", text);
}

static void add_kinds(char sql[SQL_MAX], unsigned kinds) {
  char list[8 * EVENT_KIND_COUNT] = "";
  for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
    if (kinds & 1U << i)
      snprintf(list + strlen(list), sizeof list - strlen(list), "%s%zu", *list ? "," : "", i);
  add(sql, " AND kind IN (");
  add(sql, list);
  add(sql, ")");
}

/* LIKE knows upper and lower case of ASCII only. */
static bool is_ascii(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text >= 0x80)
      return false;
  return true;
}

/* The parameters: :since, :low, :until, :target, :kind, :who, :text. */
static void add_filter(char sql[SQL_MAX], const struct event_filter *filter) {
  if (filter->kinds)
    add_kinds(sql, filter->kinds);
  if (filter->severity != SEVERITY_OK)
    add(sql, " AND severity >= :severity");
  if (filter->since_ms)
    add(sql, " AND at_ms >= :low AND (at_ms >= :since OR end_ms >= :since OR state = 1)");
  if (filter->until_ms)
    add(sql, " AND at_ms <= :until");
  if (*filter->target)
    add(sql, strchr(filter->target, ':')
                 ? " AND target_kind || ':' || target = :target COLLATE NOCASE"
                 : " AND target = :target COLLATE NOCASE");
  if (*filter->who)
    add(sql, is_ascii(filter->who) ? " AND who LIKE :who ESCAPE '\\'" : " AND has_text(who, :who)");
  if (*filter->text)
    add(sql, is_ascii(filter->text)
                 ? " AND (text LIKE :text ESCAPE '\\' OR subject LIKE :text ESCAPE '\\'"
                   " OR target LIKE :text ESCAPE '\\' OR who LIKE :text ESCAPE '\\')"
                 : " AND (has_text(text, :text) OR has_text(subject, :text)"
                   " OR has_text(target, :text) OR has_text(who, :text))");
}

static void has_text(sqlite3_context *context, int count, sqlite3_value **values) {
  const char *text = (const char *)sqlite3_value_text(values[0]);
  const char *part = (const char *)sqlite3_value_text(values[1]);
  (void)count;
  sqlite3_result_int(context, text && part && text_contains(text, part));
}

static int parameter(sqlite3_stmt *statement, const char *name) {
  return sqlite3_bind_parameter_index(statement, name); /* 0, which is ignored: it has none */
}

/* "%a\_b%" */
static void bind_part(sqlite3_stmt *statement, const char *name, const char *part) {
  char pattern[PATTERN_MAX];
  size_t at = 0;
  if (!is_ascii(part)) {
    sqlite3_bind_text(statement, parameter(statement, name), part, -1, SQLITE_TRANSIENT);
    return;
  }
  pattern[at++] = '%';
  for (; *part; part++) {
    if (strchr("%_\\", *part))
      pattern[at++] = '\\';
    pattern[at++] = *part;
  }
  pattern[at++] = '%';
  sqlite3_bind_text(statement, parameter(statement, name), pattern, (int)at, SQLITE_TRANSIENT);
}

/* Where to begin, so that what began before `since` and lasted is found without reading all. */
static bool low_get(struct event_store *store, int64_t since_ms, int64_t *low_ms, struct err *err) {
  sqlite3_stmt *get = event_sql(store,
                                "SELECT min(?1,"
                                " coalesce((SELECT min(at_ms) FROM event WHERE state = 1), ?1),"
                                " coalesce((SELECT min(at_ms) FROM event WHERE end_ms >= ?1), ?1))",
                                err);
  if (!get)
    return false;
  sqlite3_bind_int64(get, 1, since_ms);
  const int code = event_sql_step(store, get, err);
  *low_ms = code > 0 ? sqlite3_column_int64(get, 0) : 0;
  sqlite3_reset(get);
  return code >= 0;
}

static bool bind_filter(struct event_store *store, sqlite3_stmt *statement,
                        const struct event_filter *filter, struct err *err) {
  int64_t low_ms = 0;
  if (filter->since_ms && !low_get(store, filter->since_ms, &low_ms, err))
    return false;
  sqlite3_bind_int64(statement, parameter(statement, ":low"), low_ms);
  sqlite3_bind_int64(statement, parameter(statement, ":since"), filter->since_ms);
  sqlite3_bind_int64(statement, parameter(statement, ":until"), filter->until_ms);
  sqlite3_bind_int(statement, parameter(statement, ":severity"), (int)filter->severity);
  sqlite3_bind_text(statement, parameter(statement, ":target"), filter->target, -1,
                    SQLITE_TRANSIENT);
  bind_part(statement, ":who", filter->who);
  bind_part(statement, ":text", filter->text);
  return true;
}

static sqlite3_stmt *statement_make(struct event_store *store, const char *sql,
                                    const struct event_filter *filter, struct err *err) {
  sqlite3_stmt *statement = NULL;
  sqlite3_create_function(store->db, "has_text", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                          has_text, NULL, NULL);
  if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    event_sql_fail(store, err);
    return NULL;
  }
  if (bind_filter(store, statement, filter, err))
    return statement;
  sqlite3_finalize(statement);
  return NULL;
}

/* ---- pages */

/* The last column: when an open finding was last seen, unless that is just now. */
#define COLUMNS                                                                               \
  "SELECT " EVENT_COLUMNS ","                                                                 \
  " CASE WHEN state = 1 AND kind = 0 THEN (SELECT CASE WHEN max(p.gone = 0 AND p.seen_ms >= " \
  ":alive)"                                                                                   \
  " THEN 0 ELSE max(p.seen_ms) END FROM observer o JOIN program p ON p.id = o.program"        \
  " WHERE o.event = event.id) ELSE 0 END FROM event WHERE 1"

static void add_order(char sql[SQL_MAX], enum event_way way) {
  if (way == EVENT_WAY_OLDER)
    add(sql, " AND (at_ms, id) < (:at, :id)");
  else if (way == EVENT_WAY_NEWER)
    add(sql, " AND (at_ms, id) > (:at, :id)");
  add(sql, way == EVENT_WAY_NEWEST || way == EVENT_WAY_OLDER ? " ORDER BY at_ms DESC, id DESC"
                                                             : " ORDER BY at_ms, id");
  add(sql, " LIMIT :limit");
}

bool event_store_read(struct event_store *store, const struct event_filter *filter,
                      const struct event_range *range, int64_t now_ms, event_seen seen, void *arg,
                      struct err *err) {
  char sql[SQL_MAX] = COLUMNS;
  bool more = true;
  int code = 0;
  add_filter(sql, filter);
  add_order(sql, range->way);
  sqlite3_stmt *rows = statement_make(store, sql, filter, err);
  if (!rows)
    return false;
  sqlite3_bind_int64(rows, parameter(rows, ":at"), range->from.at_ms);
  sqlite3_bind_int64(rows, parameter(rows, ":id"), range->from.id);
  sqlite3_bind_int64(rows, parameter(rows, ":alive"), now_ms - 3 * (int64_t)EVENT_BEAT_MS);
  sqlite3_bind_int64(rows, parameter(rows, ":limit"), range->limit ? (int64_t)range->limit : -1);
  while (more && (code = event_sql_step(store, rows, err)) > 0) {
    const struct event_record record = event_sql_record(rows);
    more = seen(arg, &record);
  }
  sqlite3_finalize(rows);
  return !more || code == 0;
}

bool event_store_count(struct event_store *store, const struct event_filter *filter,
                       int64_t *matches, int64_t *total, int64_t *first_ms, struct err *err) {
  char sql[SQL_MAX] = "SELECT count(*) FROM event WHERE 1";
  add_filter(sql, filter);
  if (!event_sql_number(store, "SELECT min(at_ms) FROM event", first_ms, err) ||
      !event_sql_number(store, "SELECT count(*) FROM event", total, err))
    return false;
  *matches = *total;
  if (event_filter_is_empty(filter))
    return true;
  sqlite3_stmt *count = statement_make(store, sql, filter, err);
  if (!count)
    return false;
  const int code = event_sql_step(store, count, err);
  if (code > 0)
    *matches = sqlite3_column_int64(count, 0);
  sqlite3_finalize(count);
  return code > 0;
}

int64_t event_store_version(struct event_store *store) {
  struct err ignored;
  int64_t version = 0;
  (void)!event_sql_number(store, "PRAGMA data_version", &version, &ignored);
  return version;
}

void event_store_interrupt(struct event_store *store) {
  sqlite3_interrupt(store->db);
}

int64_t event_store_newest(struct event_store *store) {
  struct err ignored;
  int64_t at_ms = 0;
  (void)!event_sql_number(store, "SELECT max(at_ms) FROM event", &at_ms, &ignored);
  return at_ms;
}
