/* Actions and incidents, from the audit log: those of every program that shares it, also those that
 * ran while nothing looked on. Where reading stopped is in the database, so that each line is taken
 * once, by one of the programs. */
#include "audit/audit_file.h"
#include "audit/read/audit_lines.h"
#include "audit/read/audit_parse.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "events/event_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_BYTES = 16 << 20, TURN_BYTES = 4 << 20, WHO_MAX = 200, TEXT_MAX = EVENT_TEXT_MAX };

struct taking {
  struct event_store *store;
  struct err *err;
  bool failed;
  int fd;
  const struct stat *file;
};

static const char *or_empty(const char *text) {
  return text ? text : "";
}

static int64_t name_of(const char *what, const char *id, const char *host) {
  uint64_t hash = map_hash_text(map_hash_text(MAP_HASH, what), id);
  return (int64_t)(map_hash_text(hash, host) >> 1);
}

static bool is_of_incidents(const struct audit_record *record) {
  return strcmp(or_empty(record->kind), "incident") == 0;
}

/* ---- rows */

/* done: the row that is there gets the outcome. */
static void put(struct taking *taking, const struct event_record *record, int64_t name, bool done) {
  struct event_store *store = taking->store;
  static const char update[] =
      "UPDATE event SET state = ?1, end_ms = ?2, lasted_ms = max(0, ?2 - at_ms), severity = ?3,"
      " result = ?4, text = ?5 WHERE name = ?6 AND kind = ?7";
  static const char there[] = "SELECT 1 FROM event WHERE name = ?1 AND kind = ?2";
  static const char add[] =
      "INSERT INTO event (kind, state, at_ms, end_ms, lasted_ms, severity, name, target_kind,"
      " target, subject, text, who, result, verb) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9,"
      " ?10, ?11, ?12, ?13)";
  sqlite3_stmt *get = event_sql(store, there, taking->err);
  taking->failed = true;
  if (!get)
    return;
  sqlite3_bind_int64(get, 1, name);
  sqlite3_bind_int(get, 2, (int)record->kind);
  const int code = event_sql_step(store, get, taking->err);
  sqlite3_reset(get);
  if (code < 0)
    return;
  sqlite3_stmt *row =
      code > 0 && !done ? NULL : event_sql(store, code > 0 ? update : add, taking->err);
  if (code > 0 && !done) {
    taking->failed = false;
    return;
  }
  if (!row)
    return;
  if (code > 0) {
    sqlite3_bind_int(row, 1, (int)record->state);
    sqlite3_bind_int64(row, 2, record->end_ms);
    sqlite3_bind_int(row, 3, (int)record->severity);
    event_sql_text(row, 4, record->result);
    event_sql_text(row, 5, record->text);
    sqlite3_bind_int64(row, 6, name);
    sqlite3_bind_int(row, 7, (int)record->kind);
  } else {
    sqlite3_bind_int(row, 1, (int)record->kind);
    sqlite3_bind_int(row, 2, (int)record->state);
    sqlite3_bind_int64(row, 3, record->at_ms);
    if (record->end_ms)
      sqlite3_bind_int64(row, 4, record->end_ms);
    sqlite3_bind_int(row, 5, (int)record->severity);
    sqlite3_bind_int64(row, 6, name);
    event_sql_text(row, 7, record->target_kind);
    event_sql_text(row, 8, record->target);
    event_sql_text(row, 9, record->subject);
    event_sql_text(row, 10, record->text);
    event_sql_text(row, 11, record->who);
    event_sql_text(row, 12, record->result);
    event_sql_text(row, 13, record->verb);
  }
  taking->failed = !event_sql_done(store, row, taking->err);
}

/* ---- records */

static const char *who_of(char out[WHO_MAX], const struct audit_who *who) {
  const char *user = who->login && *who->login ? who->login : who->user;
  char raw[WHO_MAX];
  snprintf(raw, sizeof raw, "%.90s@%.90s", user && *user ? user : "?",
           who->host && *who->host ? who->host : "?");
  text_sanitize(out, WHO_MAX, raw, strlen(raw), false);
  return out;
}

static const char *proof_of(const struct audit_record *record) {
  if (record->event == AUDIT_ACKNOWLEDGED)
    return or_empty(record->reason);
  if (record->error && *record->error)
    return record->error;
  if (record->proof && *record->proof)
    return record->proof;
  return record->event == AUDIT_OUTCOME && record->object_count == 1
             ? or_empty(record->objects[0].words)
             : "";
}

static enum severity severity_of(const char *result) {
  return strcmp(result, "done") == 0      ? SEVERITY_OK
         : strcmp(result, "unknown") == 0 ? SEVERITY_CRIT
                                          : SEVERITY_WARN;
}

/* "restart api: healthy after 3s" */
static void text_of(char out[TEXT_MAX], const struct audit_record *record) {
  const char *proof = proof_of(record);
  char *raw = mem_printf("%s%s%s", or_empty(record->title), *proof ? ": " : "", proof);
  text_sanitize(out, TEXT_MAX, raw, strlen(raw), false);
  free(raw);
}

static void action_take(struct taking *taking, const struct audit_record *record) {
  char who[WHO_MAX], text[TEXT_MAX];
  const bool outcome = record->event == AUDIT_OUTCOME, intent = record->event == AUDIT_INTENT;
  const char *result = outcome ? or_empty(record->result) : audit_event_name(record->event);
  text_of(text, record);
  const struct event_record event = {.kind = EVENT_KIND_ACTION,
                                     .state = outcome  ? EVENT_STATE_ENDED
                                              : intent ? EVENT_STATE_OPEN
                                                       : EVENT_STATE_MOMENT,
                                     .at_ms = record->at_ms,
                                     .end_ms = outcome ? record->at_ms : 0,
                                     .severity = outcome ? severity_of(result)
                                                 : record->event == AUDIT_UNLOCKED ? SEVERITY_WARN
                                                                                   : SEVERITY_OK,
                                     .target_kind = record->kind,
                                     .target = record->target,
                                     .subject = record->target ? record->target : "stacktop",
                                     .text = text,
                                     .who = who_of(who, &record->who),
                                     .result = intent ? NULL : result,
                                     .verb = record->action};
  char *id = mem_printf("%s:%s", or_empty(record->id),
                        outcome || intent ? "" : audit_event_name(record->event));
  put(taking, &event, name_of("action", id, record->who.host), outcome);
  free(id);
}

/* "open" and "close" are the ends of one event; the others are moments. */
static void incident_take(struct taking *taking, const struct audit_record *record) {
  char who[WHO_MAX], text[TEXT_MAX];
  const char *verb = strchr(or_empty(record->action), '.');
  verb = verb ? verb + 1 : "";
  const char *id = record->proof && *record->proof ? record->proof : or_empty(record->target);
  if (record->event != AUDIT_OUTCOME || severity_of(or_empty(record->result)) != SEVERITY_OK)
    return;
  const bool opens = strcmp(verb, "open") == 0, closes = strcmp(verb, "close") == 0;
  text_sanitize(text, sizeof text, or_empty(record->title), strlen(or_empty(record->title)), false);
  const struct event_record event = {.kind = EVENT_KIND_INCIDENT,
                                     .state = opens    ? EVENT_STATE_OPEN
                                              : closes ? EVENT_STATE_ENDED
                                                       : EVENT_STATE_MOMENT,
                                     .at_ms = record->at_ms,
                                     .end_ms = closes ? record->at_ms : 0,
                                     .severity = SEVERITY_OK,
                                     .subject = id,
                                     .text = text,
                                     .who = who_of(who, &record->who)};
  if (opens || closes)
    put(taking, &event, name_of("incident", id, ""), closes);
  else
    put(taking, &event, name_of("incident", or_empty(record->id), record->who.host), false);
}

static void on_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct taking *taking = arg;
  struct audit_parsed parsed;
  (void)offset;
  if (taking->failed || !audit_parse(&parsed, line, len))
    return;
  if (is_of_incidents(&parsed.record))
    incident_take(taking, &parsed.record);
  else
    action_take(taking, &parsed.record);
  audit_parsed_fini(&parsed);
}

/* ---- where reading stopped */

static const char place_get[] = "SELECT value FROM about WHERE name = 'audit'";
static const char place_set[] = "INSERT OR REPLACE INTO about (name, value) VALUES ('audit', ?1)";

struct place {
  uint64_t dev, ino, offset;
};

/* "2049:131:77120" */
static bool place_parse(const char *text, struct place *place) {
  char *end;
  place->dev = strtoull(text, &end, 10);
  if (*end != ':')
    return false;
  place->ino = strtoull(end + 1, &end, 10);
  if (*end != ':')
    return false;
  place->offset = strtoull(end + 1, &end, 10);
  return *end == '\0';
}

static bool place_read(struct event_store *store, const struct stat *file,
                       struct audit_lines *lines, struct err *err) {
  struct place place = {0};
  sqlite3_stmt *get = event_sql(store, place_get, err);
  if (!get)
    return false;
  const int code = event_sql_step(store, get, err);
  const char *text = code > 0 ? (const char *)sqlite3_column_text(get, 0) : NULL;
  const bool known = text && place_parse(text, &place);
  sqlite3_reset(get);
  *lines = (struct audit_lines){0};
  if (known && place.dev == (uint64_t)file->st_dev && place.ino == (uint64_t)file->st_ino &&
      place.offset <= (uint64_t)file->st_size)
    lines->offset = (int64_t)place.offset;
  else if (file->st_size > START_BYTES)
    *lines = (struct audit_lines){.offset = file->st_size - START_BYTES - 1, .skipping = true};
  return code >= 0;
}

static bool place_write(struct event_store *store, const struct stat *file,
                        const struct audit_lines *lines, struct err *err) {
  char text[96];
  sqlite3_stmt *set = event_sql(store, place_set, err);
  if (!set)
    return false;
  snprintf(text, sizeof text, "%" PRIu64 ":%" PRIu64 ":%" PRId64, (uint64_t)file->st_dev,
           (uint64_t)file->st_ino, lines->offset);
  event_sql_text(set, 1, text);
  return event_sql_done(store, set, err);
}

static bool lines_take(struct event_store *store, void *arg, struct err *err) {
  struct taking *taking = arg;
  struct audit_lines lines;
  if (!place_read(store, taking->file, &lines, err))
    return false;
  taking->err = err;
  if (audit_lines_read(taking->fd, &lines, taking->file->st_size, TURN_BYTES, on_line, taking) != 0)
    return true; /* it cannot be read: the dashboard says so elsewhere */
  return !taking->failed && place_write(store, taking->file, &lines, err);
}

/* Looks without a transaction first: mostly there is nothing. */
bool event_store_take_audit(struct event_store *store, const char *audit_path, struct err *err) {
  struct stat file;
  struct err ignored;
  int number;
  const int fd = audit_file_open(audit_path, &number, &ignored);
  if (fd < 0)
    return true;
  bool good = true;
  if (fstat(fd, &file) == 0) {
    struct audit_lines lines, before = {.offset = -1};
    good = place_read(store, &file, &lines, err);
    while (good && lines.offset < file.st_size && lines.offset != before.offset) {
      struct taking taking = {.store = store, .fd = fd, .file = &file};
      before = lines;
      good =
          event_sql_write(store, lines_take, &taking, err) && place_read(store, &file, &lines, err);
    }
  }
  close(fd);
  return good;
}
