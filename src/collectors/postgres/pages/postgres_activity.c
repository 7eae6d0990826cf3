/* The page postgres.activity: active-session history. Sessions are sampled from outside, and
 * nothing is installed; the samples live as long as the page is open. */
#include "clients/postgres/pg_text.h"
#include "clients/postgres/statement.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "collectors/postgres/postgres_samples.h"
#include "core/mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, SESSIONS_MAX = 2000, QUERY_BYTES = 600 };

#define NOT_YET "watched for less than a minute"
#define NO_MARK "m sets a mark: from there on"
#define NOT_BEFORE "not watched before the mark"

#define AVERAGES                                                                             \
  {.id = "window",                                                                           \
   .title = "WINDOW",                                                                        \
   .unit = UNIT_COUNT,                                                                       \
   .priority = 2,                                                                            \
   .none = NO_MARK,                                                                          \
   .help = "average active sessions in the window: since the mark (m), or between marks"},   \
      {.id = "aas_1m",                                                                       \
       .title = "1M",                                                                        \
       .unit = UNIT_COUNT,                                                                   \
       .priority = 1,                                                                        \
       .help = "average active sessions in the last minute"},                                \
      {.id = "before",                                                                       \
       .title = "BEFORE",                                                                    \
       .unit = UNIT_COUNT,                                                                   \
       .priority = 2,                                                                        \
       .none = NOT_YET,                                                                      \
       .help = "in the 14 minutes before the last one, as far as they were watched; with a " \
               "mark, in the window before, and without one until the mark"},                \
      {.id = "change",                                                                       \
       .title = "CHANGE",                                                                    \
       .unit = UNIT_COUNT,                                                                   \
       .flags = COLUMN_PLUS,                                                                 \
       .priority = 2,                                                                        \
       .none = NOT_YET,                                                                      \
       .help = "1M - BEFORE; with a mark, WINDOW - BEFORE"},                                 \
      {.id = "aas_5m",                                                                       \
       .title = "5M",                                                                        \
       .unit = UNIT_COUNT,                                                                   \
       .priority = 3,                                                                        \
       .help = "in the last 5 minutes"},                                                     \
      {.id = "aas_15m",                                                                      \
       .title = "15M",                                                                       \
       .unit = UNIT_COUNT,                                                                   \
       .priority = 4,                                                                        \
       .help = "in the last 15 minutes"},                                                    \
  {                                                                                          \
    .id = "aas_open", .title = "OPEN", .unit = UNIT_COUNT, .priority = 4,                    \
    .help = "since the page was opened"                                                      \
  }

enum { CELL_NAME, CELL_WINDOW, CELL_1M, CELL_BEFORE, CELL_CHANGE, CELL_5M, CELL_15M, CELL_OPEN };

#define THING_TABLE(name, table_title, column_title, column_help)                           \
  static const struct column_spec name##_columns[] = {                                      \
      {.id = "name", .title = (column_title), .flags = COLUMN_FLEX, .help = (column_help)}, \
      AVERAGES};                                                                            \
  POSTGRES_PAGE_TABLE(name, #name, table_title, 0)

THING_TABLE(events, "By wait event", "WAIT EVENT",
            "wait_event_type: wait_event; CPU: active, and waits for nothing");
THING_TABLE(statements, "By statement", "STATEMENT",
            "without its literals; one query id (from PostgreSQL 14 on with compute_query_id), "
            "otherwise one text");
THING_TABLE(users, "By user", "USER", "role of the session");
THING_TABLE(applications, "By application", "APPLICATION", "application_name");
THING_TABLE(clients, "By client", "CLIENT", "address of the client, or local");

enum figure { FIGURE_AAS, FIGURE_FIRST_CLASS };
static const char *const classes[] = {"CPU",    "IO",  "Lock",    "LWLock",    "BufferPin",
                                      "Client", "IPC", "Timeout", "Extension", NULL};
#define CLASS(class_id, class_title, class_help)                                \
  {                                                                             \
    .id = (class_id), .title = (class_title), .unit = UNIT_COUNT,               \
    .flags = COLUMN_HISTORY | COLUMN_SPARK, .priority = 1, .help = (class_help) \
  }
static const struct column_spec figures_columns[] = {
    {.id = "active",
     .title = "active now",
     .unit = UNIT_COUNT,
     .flags = COLUMN_HISTORY | COLUMN_SPARK,
     .help = "active sessions in this sample"},
    CLASS("cpu", "CPU", "active sessions that wait for nothing"),
    CLASS("io", "IO", "wait for a file"),
    CLASS("lock", "Lock", "wait for a lock of another session: postgres.locks"),
    CLASS("lwlock", "LWLock", "wait for a lock inside the server"),
    CLASS("bufferpin", "BufferPin", "wait for a buffer that another session uses"),
    CLASS("client", "Client", "wait for their client to read or send"),
    CLASS("ipc", "IPC", "wait for another process, such as a parallel worker"),
    CLASS("timeout", "Timeout", "wait for a time to pass, as in pg_sleep"),
    CLASS("extension", "Extension", "wait in an extension"),
    {.id = "samples",
     .title = "samples 1m",
     .unit = UNIT_COUNT,
     .help = "in the last minute; fewer than 60 when the server or the line was slow"},
    {.id = "watched",
     .title = "watched",
     .unit = UNIT_SECONDS,
     .help = "since the page was opened"},
    {.id = "window",
     .title = "window",
     .help = "since the mark that a key sets; then between two marks; then since a new one"},
    {.id = "compared",
     .title = "compared with",
     .help = "BEFORE: the window before, or the time from opening the page to the mark"},
    {.id = "from", .title = "from", .unit = UNIT_TIME, .none = NO_MARK, .help = "of the window"},
    {.id = "to", .title = "to", .unit = UNIT_TIME, .none = NO_MARK, .help = "of the window"},
};
enum {
  FIGURE_SAMPLES = FIGURE_FIRST_CLASS + 9,
  FIGURE_WATCHED,
  FIGURE_WINDOW,
  FIGURE_COMPARED,
  FIGURE_FROM,
  FIGURE_TO
};

POSTGRES_PAGE_TABLE(figures, "figures", "Active sessions", TABLE_SUMMARY);
static const struct table_spec *const tables[] = {&figures, &events,       &statements,
                                                  &users,   &applications, &clients};

struct memory {
  struct samples samples;
  int64_t now[sizeof classes / sizeof *classes]; /* active sessions in this sample, by class */
  int64_t active, hidden;
};

/* The formatter cannot set SQL. */
// clang-format off

/* A query has the bytes of its own database. The page's own session is not counted. Every second
 * counts, so this asks the function behind pg_stat_activity (same columns, same rights): the view's
 * joins with pg_database and pg_authid take longer to plan than the rest to execute. */
#define SAMPLE_SQL(query_id) \
  "SELECT s.state = 'active', s.wait_event_type, s.wait_event, " query_id ", pg_get_userbyid(s.usesysid)," \
  " s.application_name, coalesce(host(s.client_addr), CASE WHEN s.client_port = -1 THEN 'local' END)," \
  " CASE WHEN s.state = 'active' THEN encode(substring(textsend(s.query) FROM 1 FOR 600), 'escape') END" \
  " FROM pg_stat_get_activity(NULL) s WHERE s.pid <> pg_backend_pid() AND (s.state = 'active'" \
  "   AND s.backend_type <> 'walsender' OR s.state IS NULL AND s.backend_type IS NULL AND s.datid IS NOT NULL)" \
  " LIMIT 2000"
// clang-format on

enum {
  OF_ACTIVE,
  OF_TYPE,
  OF_EVENT,
  OF_QUERY_ID,
  OF_USER,
  OF_APPLICATION,
  OF_CLIENT,
  OF_QUERY,
  OF_COLUMNS
};

static char *sample_make(struct postgres_page_call *call, struct err *err) {
  (void)err;
  return mem_dup(call->version >= 140000 ? SAMPLE_SQL("s.query_id") : SAMPLE_SQL("NULL"));
}

/* A number that is not part of a name is "?": statements that differ in numbers are the same. The
 * text does not grow. */
static void without_numbers(char *text) {
  char *out = text;
  for (const char *at = text; *at;) {
    const bool in_name = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_' ||
                                       at[-1] == '$' || (unsigned char)at[-1] >= 0x80);
    if (!isdigit((unsigned char)*at) || in_name) {
      *out++ = *at++;
      continue;
    }
    at += strspn(at, "0123456789."); /* before its place is written */
    *out++ = '?';
  }
  *out = '\0';
}

static void statement_add(struct postgres_page_call *call, const char *query_id,
                          const char *escaped) {
  struct memory *memory = call->memory;
  char bytes[QUERY_BYTES + 1], utf8[3 * QUERY_BYTES + 1], text[4 * QUERY_BYTES];
  if (!escaped)
    return;
  const size_t length = pg_unescape(escaped, bytes, sizeof bytes);
  pg_utf8(bytes, length, call->encoding, utf8, sizeof utf8);
  statement_without_literals(text, sizeof text, utf8 + strspn(utf8, " \t\r\n"));
  without_numbers(text);
  const bool has_id = query_id && strcmp(query_id, "0") != 0;
  samples_add(&memory->samples, SAMPLE_STATEMENT, has_id ? query_id : text, text);
}

static void session_add(struct postgres_page_call *call, const struct pg_rows *rows, size_t row) {
  struct memory *memory = call->memory;
  struct samples *samples = &memory->samples;
  const char *type = pg_cell(rows, row, OF_TYPE), *event = pg_cell(rows, row, OF_EVENT);
  const char *names[] = {pg_cell(rows, row, OF_USER), pg_cell(rows, row, OF_APPLICATION),
                         pg_cell(rows, row, OF_CLIENT)};
  char waits[160];
  snprintf(waits, sizeof waits, "%s%s%s", type ? type : "CPU", event ? ": " : "",
           event ? event : "");
  memory->active++;
  for (size_t i = 0; classes[i]; i++)
    memory->now[i] += strcmp(type ? type : "CPU", classes[i]) == 0;
  samples_add(samples, SAMPLE_EVENT, waits, NULL);
  for (int i = 0; i < 3; i++) {
    const struct value name = postgres_page_text(call, names[i]);
    samples_add(samples, (enum sample_kind)(SAMPLE_USER + i),
                name.type == VALUE_TEXT && *name.text ? name.text : "none", NULL);
  }
  statement_add(call, pg_cell(rows, row, OF_QUERY_ID), pg_cell(rows, row, OF_QUERY));
}

static bool sample_read(struct postgres_page_call *call, const struct pg_rows *rows,
                        struct err *err) {
  struct memory *memory = call->memory;
  if (rows->columns != OF_COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  memset(memory->now, 0, sizeof memory->now);
  memory->active = memory->hidden = 0;
  samples_begin(&memory->samples, call->now_us);
  for (size_t i = 0; i < rows->rows; i++)
    if (pg_cell(rows, i, OF_ACTIVE))
      session_add(call, rows, i);
    else
      memory->hidden++;
  if (rows->rows == SESSIONS_MAX)
    sample_note(call->sample, events.id, NULL, "only %d active sessions are counted", SESSIONS_MAX);
  return true;
}

/* ---- the tables */

static struct value average(double number, const char *none) {
  return number < 0 ? value_none(none) : value_real(number);
}

static bool is_marked(const struct postgres_page_call *call) {
  return call->window->wanted > 0;
}

/* The two that are compared. */
static void window_fill(const struct postgres_page_call *call, const struct sampled *thing,
                        double minute, struct row *row) {
  const struct samples *samples = &((const struct memory *)call->memory)->samples;
  const bool marked = is_marked(call);
  const double window = marked ? samples_average_window(samples, thing) : -1;
  const double now = marked ? window : minute;
  const double before = marked ? samples_average_before(samples, thing)
                               : samples_average(samples, thing, MINUTE, SAMPLES_KEPT_S);
  const char *none = marked ? NOT_BEFORE : NOT_YET;
  row->cells[CELL_WINDOW] = average(window, NO_MARK);
  row->cells[CELL_BEFORE] = average(before, none);
  row->cells[CELL_CHANGE] = before < 0 || now < 0 ? value_none(none) : value_real(now - before);
}

static void thing_fill(const struct postgres_page_call *call, struct table *table,
                       const struct sampled *thing) {
  const struct samples *samples = &((const struct memory *)call->memory)->samples;
  struct row *row = sample_row(call->sample, table, thing->key, NULL);
  if (!row)
    return;
  const double minute = samples_average(samples, thing, 0, MINUTE);
  const char *label = thing->label ? thing->label : thing->key;
  row->cells[CELL_NAME] = value_text(sample_text(call->sample, label, strlen(label)));
  row->cells[CELL_1M] = average(minute, NULL);
  window_fill(call, thing, minute, row);
  row->cells[CELL_5M] = average(samples_average(samples, thing, 0, 5 * MINUTE), NULL);
  row->cells[CELL_15M] = average(samples_average(samples, thing, 0, SAMPLES_KEPT_S), NULL);
  row->cells[CELL_OPEN] = average(samples_average_all(samples, thing), NULL);
}

struct ranked {
  const struct sampled *thing;
  double minute; /* or in the window */
};

static double rank_of(const struct postgres_page_call *call, const struct sampled *thing) {
  const struct samples *samples = &((const struct memory *)call->memory)->samples;
  return is_marked(call) ? samples_average_window(samples, thing)
                         : samples_average(samples, thing, 0, MINUTE);
}

static int compare(const void *a, const void *b) {
  const struct ranked *x = a, *y = b;
  if (x->minute != y->minute)
    return x->minute < y->minute ? 1 : -1;
  return (x->thing->total < y->thing->total) - (x->thing->total > y->thing->total);
}

static void table_fill(const struct postgres_page_call *call, const struct table_spec *spec,
                       enum sample_kind kind) {
  const struct samples *samples = &((const struct memory *)call->memory)->samples;
  struct table *table = sample_table(call->sample, spec->id);
  struct ranked *ranked = mem_new((samples->count + 1) * sizeof *ranked);
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++)
    if (samples->things[i]->kind == kind)
      ranked[count++] = (struct ranked){samples->things[i], rank_of(call, samples->things[i])};
  qsort(ranked, count, sizeof *ranked, compare);
  for (size_t i = 0; i < count; i++)
    thing_fill(call, table, ranked[i].thing);
  free(ranked);
}

/* Only of a collection that succeeds, as page_window.h wants it. */
static void window_keep(const struct postgres_page_call *call) {
  struct samples *samples = &((struct memory *)call->memory)->samples;
  const struct page_window *window = call->window;
  if (window->begins)
    samples_window_begin(samples, window->opened && window->marks > 0);
  if (window->moves)
    samples_window_move(samples);
}

static void window_show(const struct postgres_page_call *call, struct row *row) {
  const struct samples *samples = &((const struct memory *)call->memory)->samples;
  const bool marked = is_marked(call);
  row->cells[FIGURE_WINDOW] = value_text(marked ? page_window_kind(call->window) : "last minute");
  row->cells[FIGURE_COMPARED] = value_text(!marked                   ? "the 14 minutes before"
                                           : samples->taken_last > 0 ? "the window before"
                                                                     : "until the mark");
  row->cells[FIGURE_FROM] = marked ? page_window_from(call->window) : value_none(NO_MARK);
  row->cells[FIGURE_TO] = marked ? page_window_to(call->window) : value_none(NO_MARK);
}

static void finish(struct postgres_page_call *call) {
  window_keep(call);
  const struct memory *memory = call->memory;
  const struct samples *samples = &memory->samples;
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, figures.id), "server", NULL);
  if (row) {
    row->cells[FIGURE_AAS] = value_int(memory->active);
    for (size_t i = 0; classes[i]; i++)
      row->cells[FIGURE_FIRST_CLASS + i] = value_int(memory->now[i]);
    row->cells[FIGURE_SAMPLES] = value_int((int64_t)samples_taken(samples, 0, MINUTE));
    row->cells[FIGURE_WATCHED] = value_real((double)(call->now_us - samples->begun_us) / 1e6);
    window_show(call, row);
  }
  table_fill(call, &events, SAMPLE_EVENT);
  table_fill(call, &statements, SAMPLE_STATEMENT);
  table_fill(call, &users, SAMPLE_USER);
  table_fill(call, &applications, SAMPLE_APPLICATION);
  table_fill(call, &clients, SAMPLE_CLIENT);
  if (memory->hidden > 0)
    sample_fault(call->sample, events.id, SEVERITY_UNKNOWN,
                 "%" PRId64 " sessions of other roles are hidden, active or not: GRANT pg_monitor "
                 "TO %.64s shows them",
                 memory->hidden, call->role);
}

static void memory_forget(void *self) {
  struct memory *memory = self;
  samples_fini(&memory->samples);
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){{.make = sample_make, .read = sample_read}, {0}},
    .memory = sizeof(struct memory),
    .finish = finish,
    .forget = memory_forget,
    .brisk = true,
};

const struct page page_postgres_activity = {
    .spec = {.id = "postgres.activity",
             .kind = "postgres",
             .title = "Activity",
             .question = "What were the sessions busy with, now and before?",
             .cost = "1 query every second, 0.5ms of its CPU; pg_stat_activity",
             .interval_ms = 1000,
             .windows = true,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
