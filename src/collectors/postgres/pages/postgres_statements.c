/* The page postgres.statements: pg_stat_statements 1.4 to 1.12, as in PostgreSQL 10 to 18.
 *
 * The numbers of all statements are read in each collection, because one that was quiet until now
 * may be the worst of the time watched; texts are read only of the statements that are shown, and
 * once each. */
#include "clients/postgres/statement.h"
#include "collectors/figures.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_KEY_MAX = 96, TEXT_CHARACTERS = 4000, STATEMENTS_READ_MAX = 9000 };

enum statement_column {
#define COLUMN(name, ...) name,
#include "postgres_statements.def"
#undef COLUMN
  STATEMENT_COLUMN_COUNT
};

static const struct column_spec columns[STATEMENT_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_statements.def"
#undef COLUMN
};

enum summary_column {
#define COLUMN(name, ...) name,
#include "postgres_statements_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_statements_summary.def"
#undef COLUMN
};

static const struct table_spec summary_table = {.id = "statements_summary",
                                                .title = "Coverage",
                                                .flags = TABLE_SUMMARY,
                                                .columns = summary_columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};
static const struct table_spec statements_table = {.id = "statements",
                                                   .title = "Statements",
                                                   .columns = columns,
                                                   .column_count = STATEMENT_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&summary_table, &statements_table};

/* ---- what is kept while the page is open */

enum counter { CALLS, TIME, ROWS, HITS, READS, TEMP, WAL, IO, COUNTERS };

struct statement {
  char key[STATEMENT_KEY_MAX]; /* queryid/userid/dbid/toplevel */
  int64_t queryid, user_id, database_id;
  bool top, hidden;                     /* hidden: of another role, without the right to see it */
  bool seen;                            /* in this collection */
  bool counted;                         /* it was read before */
  bool was_reset;                       /* in the window: what grew before is lost */
  double now[COUNTERS];                 /* -1: not known */
  double base[COUNTERS], end[COUNTERS]; /* at the beginning and the end of the window */
  char *text, *user, *database;
};

struct memory {
  char schema[200]; /* of the extension, quoted as an identifier by the server */
  int version;      /* of the extension: 1010 for 1.10 */
  int64_t max, evictions;
  double since_reset; /* seconds; -1: not known */
  bool reset_now;     /* since the last collection */
  bool lost;          /* statements have disappeared: one that is new may have been there before */
  int64_t read_us;    /* last collection */
  bool times_io;
  struct statement **items;
  size_t count, capacity, hidden;
  bool cut;     /* not all could be read */
  bool no_text; /* the texts could not be read this time */
  struct map by_key;
  struct statement **shown; /* in their order */
  size_t shown_count;
};

static void statement_free(struct statement *statement) {
  free(statement->text);
  free(statement->user);
  free(statement->database);
  free(statement);
}

static void memory_forget(void *self) {
  struct memory *memory = self;
  for (size_t i = 0; i < memory->count; i++)
    statement_free(memory->items[i]);
  free(memory->items);
  free(memory->shown);
  map_fini(&memory->by_key);
}

static struct statement *statement_of(struct memory *memory, const char *key) {
  const struct map_slot *found = map_find(&memory->by_key, key);
  if (found)
    return memory->items[found->value];
  if (memory->count == memory->capacity) {
    memory->capacity = memory->capacity ? memory->capacity * 2 : 256;
    memory->items = mem_resize(memory->items, memory->capacity * sizeof(struct statement *));
  }
  struct statement *statement = mem_new(sizeof *statement);
  snprintf(statement->key, sizeof statement->key, "%s", key);
  map_add(&memory->by_key, statement->key, memory->count);
  memory->items[memory->count++] = statement;
  return statement;
}

/* Those that the extension no longer has. */
static void statements_sweep(struct memory *memory) {
  size_t kept = 0;
  map_fini(&memory->by_key);
  for (size_t i = 0; i < memory->count; i++) {
    struct statement *statement = memory->items[i];
    if (!statement->seen) {
      memory->lost = true;
      statement_free(statement);
      continue;
    }
    map_add(&memory->by_key, statement->key, kept);
    memory->items[kept++] = statement;
  }
  memory->count = kept;
}

/* ---- the extension */

/* A setting of the library exists only where it is loaded. */
static const char extension_sql[] =
    "SELECT e.extversion, quote_ident(n.nspname),"
    " (SELECT setting FROM pg_settings WHERE name = 'pg_stat_statements.max'),"
    " current_setting('track_io_timing'),"
    " EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max')"
    " FROM (SELECT) one LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements'"
    " LEFT JOIN pg_namespace n ON n.oid = e.extnamespace";

static bool extension_read(struct postgres_page_call *call, const struct pg_rows *rows,
                           struct err *err) {
  enum { VERSION, SCHEMA, MAX, TIMES_IO, LOADED, COLUMNS };
  struct memory *memory = call->memory;
  int major = 0, minor = 0;
  if (rows->rows != 1 || rows->columns != COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  const char *version = pg_cell(rows, 0, VERSION), *schema = pg_cell(rows, 0, SCHEMA);
  const char *loaded = pg_cell(rows, 0, LOADED);
  const bool is_loaded = loaded && *loaded == 't';
  if (!version || !schema)
    return err_set(err, ERR_UNSUPPORTED,
                   "database %.64s has no extension pg_stat_statements: run CREATE EXTENSION "
                   "pg_stat_statements in it%s",
                   call->database,
                   is_loaded ? ""
                             : ", after adding pg_stat_statements to shared_preload_libraries and "
                               "a restart");
  if (!is_loaded)
    return err_set(err, ERR_UNSUPPORTED,
                   "pg_stat_statements is not loaded: add it to shared_preload_libraries and "
                   "restart the server");
  if (sscanf(version, "%3d.%3d", &major, &minor) != 2 || major * 1000 + minor < 1004) /* NOLINT */
    return err_set(err, ERR_UNSUPPORTED,
                   "needs pg_stat_statements 1.4 or newer, not %.20s: run ALTER EXTENSION "
                   "pg_stat_statements UPDATE",
                   version);
  memory->version = major * 1000 + minor;
  snprintf(memory->schema, sizeof memory->schema, "%s", schema);
  memory->max = postgres_page_count(pg_cell(rows, 0, MAX));
  const char *times = pg_cell(rows, 0, TIMES_IO);
  memory->times_io = times && strcmp(times, "on") == 0;
  return true;
}

static char *reset_make(struct postgres_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->evictions = -1;
  memory->since_reset = -1;
  memory->reset_now = false;
  return memory->version < 1009
             ? NULL
             : mem_printf("SELECT dealloc, greatest(extract(epoch FROM clock_timestamp()"
                          " - stats_reset), 0) FROM %s.pg_stat_statements_info",
                          memory->schema);
}

static bool reset_read(struct postgres_page_call *call, const struct pg_rows *rows,
                       struct err *err) {
  struct memory *memory = call->memory;
  if (rows->rows != 1 || rows->columns != 2)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  memory->evictions = postgres_page_count(pg_cell(rows, 0, 0));
  memory->since_reset = postgres_page_real(pg_cell(rows, 0, 1));
  memory->reset_now = !call->first && memory->since_reset >= 0 &&
                      memory->since_reset < (double)(call->now_us - memory->read_us) / 1e6;
  return true;
}

/* ---- numbers */

static char *numbers_make(struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  const int version = memory->version;
  (void)err;
  return mem_printf(
      "SELECT s.queryid, s.userid, s.dbid, %s, s.calls, s.%s, s.rows, s.shared_blks_hit,"
      " s.shared_blks_read, s.temp_blks_read + s.temp_blks_written, %s, s.%s + s.%s,"
      " r.rolname, d.datname"
      " FROM %s.pg_stat_statements(false) s"
      " LEFT JOIN pg_roles r ON r.oid = s.userid LEFT JOIN pg_database d ON d.oid = s.dbid"
      " ORDER BY s.%s DESC LIMIT %d",
      version >= 1009 ? "s.toplevel" : "true", version >= 1008 ? "total_exec_time" : "total_time",
      version >= 1008 ? "least(s.wal_bytes, 9e18)::bigint" : "NULL",
      version >= 1011 ? "shared_blk_read_time" : "blk_read_time",
      version >= 1011 ? "shared_blk_write_time" : "blk_write_time", memory->schema,
      version >= 1008 ? "total_exec_time" : "total_time", STATEMENTS_READ_MAX + 1);
}

enum number_column {
  OF_QUERY,
  OF_USER,
  OF_DATABASE,
  OF_TOP,
  OF_CALLS,
  OF_TIME,
  OF_ROWS,
  OF_HITS,
  OF_READS,
  OF_TEMP,
  OF_WAL,
  OF_IO,
  OF_ROLE_NAME,
  OF_DATABASE_NAME,
  NUMBER_COLUMNS
};

static void name_take(char **name, const char *cell) {
  if (!*name)
    *name = mem_dup(cell ? cell : "");
}

static void counters_take(const struct postgres_page_call *call, struct statement *statement,
                          const struct pg_rows *rows, size_t row) {
  const struct memory *memory = call->memory;
  const double block = (double)call->block_size;
  const double now[COUNTERS] = {
      [CALLS] = postgres_page_real(pg_cell(rows, row, OF_CALLS)),
      [TIME] = postgres_page_real(pg_cell(rows, row, OF_TIME)) / 1e3,
      [ROWS] = postgres_page_real(pg_cell(rows, row, OF_ROWS)),
      [HITS] = postgres_page_real(pg_cell(rows, row, OF_HITS)) * block,
      [READS] = postgres_page_real(pg_cell(rows, row, OF_READS)) * block,
      [TEMP] = postgres_page_real(pg_cell(rows, row, OF_TEMP)) * block,
      [WAL] = postgres_page_real(pg_cell(rows, row, OF_WAL)),
      [IO] = memory->times_io ? postgres_page_real(pg_cell(rows, row, OF_IO)) / 1e3 : -1,
  };
  const bool is_new = !call->first && !statement->counted;
  const bool shrank =
      statement->counted && !statement->seen &&
      (memory->reset_now || (!statement->hidden && now[CALLS] < statement->now[CALLS]));
  for (size_t i = 0; i < COUNTERS; i++) {
    /* Hidden statements of a role are one row: their sum. */
    const double before = statement->seen && statement->now[i] > 0 ? statement->now[i] : 0;
    statement->now[i] = now[i] < 0 ? -1 : now[i] + before;
    if (call->window->begins || (is_new && memory->cut))
      statement->base[i] = statement->now[i]; /* a new one may have been among those not read */
    else if (shrank && call->window->moves)
      statement->base[i] = 0;
    if (call->window->moves)
      statement->end[i] = statement->now[i];
  }
  if (call->window->moves)
    statement->was_reset =
        !call->window->begins && (statement->was_reset || shrank ||
                                  (is_new && (memory->cut || memory->lost || memory->reset_now)));
  statement->counted = true;
  statement->seen = true;
}

static bool numbers_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  struct memory *memory = call->memory;
  if (rows->columns != NUMBER_COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  for (size_t i = 0; i < memory->count; i++)
    memory->items[i]->seen = false;
  memory->hidden = 0;
  for (size_t i = 0; i < rows->rows && i < STATEMENTS_READ_MAX; i++) {
    const char *query = pg_cell(rows, i, OF_QUERY), *top = pg_cell(rows, i, OF_TOP);
    char key[STATEMENT_KEY_MAX];
    const int64_t user = postgres_page_count(pg_cell(rows, i, OF_USER));
    const int64_t database = postgres_page_count(pg_cell(rows, i, OF_DATABASE));
    const bool is_top = !top || *top == 't';
    snprintf(key, sizeof key, "%.24s/%" PRId64 "/%" PRId64 "/%s", query ? query : "hidden", user,
             database, is_top ? "top" : "nested");
    struct statement *statement = statement_of(memory, key);
    statement->queryid = query ? strtoll(query, NULL, 10) : 0;
    statement->user_id = user;
    statement->database_id = database;
    statement->top = is_top;
    statement->hidden = !query;
    memory->hidden += !query;
    name_take(&statement->user, pg_cell(rows, i, OF_ROLE_NAME));
    name_take(&statement->database, pg_cell(rows, i, OF_DATABASE_NAME));
    counters_take(call, statement, rows, i);
  }
  statements_sweep(memory);
  memory->cut = rows->rows > STATEMENTS_READ_MAX;
  memory->read_us = call->now_us;
  return true;
}

/* ---- values of a statement */

static double grown(const struct statement *statement, enum counter counter, bool watched) {
  if (statement->now[counter] < 0)
    return -1;
  return watched ? statement->end[counter] - statement->base[counter] : statement->now[counter];
}

static struct value number_of(const struct postgres_page_call *call,
                              const struct statement *statement, enum counter counter, bool watched,
                              const char *none) {
  const double number = grown(statement, counter, watched);
  if (watched && call->window->begins)
    return value_none(FIGURES_NEED_TWO);
  if (number < 0)
    return value_none(none);
  const bool whole = counter != TIME && counter != IO && number < 9e18;
  const struct value value = whole ? value_int((int64_t)number) : value_real(number);
  return watched && statement->was_reset ? value_at_least(value) : value;
}

/* a / (a + of), or a / of. */
static struct value ratio_of(const struct postgres_page_call *call,
                             const struct statement *statement, enum counter a, enum counter of,
                             bool share, bool watched) {
  const double part = grown(statement, a, watched), other = grown(statement, of, watched);
  const double whole = share ? part + other : other;
  if (watched && call->window->begins)
    return value_none(FIGURES_NEED_TWO);
  return part < 0 || other < 0 || whole <= 0 ? value_none(NULL) : value_real(part / whole);
}

static struct value value_of(const struct postgres_page_call *call,
                             const struct statement *statement, size_t column) {
  static const char *const no_wal = "needs version 1.8 of pg_stat_statements (PostgreSQL 13)";
  static const char *const no_io = "track_io_timing is off";
  switch (column) {
  case STATEMENT_WATCHED_TIME:
  case STATEMENT_TOTAL_TIME:
    return number_of(call, statement, TIME, column == STATEMENT_WATCHED_TIME, NULL);
  case STATEMENT_WATCHED_CALLS:
  case STATEMENT_TOTAL_CALLS:
    return number_of(call, statement, CALLS, column == STATEMENT_WATCHED_CALLS, NULL);
  case STATEMENT_WATCHED_MEAN:
  case STATEMENT_TOTAL_MEAN:
    return ratio_of(call, statement, TIME, CALLS, false, column == STATEMENT_WATCHED_MEAN);
  case STATEMENT_WATCHED_HIT:
  case STATEMENT_HIT:
    return ratio_of(call, statement, HITS, READS, true, column == STATEMENT_WATCHED_HIT);
  case STATEMENT_WATCHED_READ:
  case STATEMENT_TOTAL_READ:
    return number_of(call, statement, READS, column == STATEMENT_WATCHED_READ, NULL);
  case STATEMENT_WATCHED_ROWS:
  case STATEMENT_TOTAL_ROWS:
    return number_of(call, statement, ROWS, column == STATEMENT_WATCHED_ROWS, NULL);
  case STATEMENT_WATCHED_TEMP:
  case STATEMENT_TOTAL_TEMP:
    return number_of(call, statement, TEMP, column == STATEMENT_WATCHED_TEMP, NULL);
  case STATEMENT_WATCHED_WAL:
  case STATEMENT_TOTAL_WAL:
    return number_of(call, statement, WAL, column == STATEMENT_WATCHED_WAL, no_wal);
  case STATEMENT_WATCHED_IO:
  case STATEMENT_TOTAL_IO:
    return number_of(call, statement, IO, column == STATEMENT_WATCHED_IO, no_io);
  case STATEMENT_USER:
    return value_text(statement->user);
  case STATEMENT_DATABASE:
    return value_text(statement->database);
  default:
    return value_none(NULL);
  }
}

/* ---- which are shown */

struct order {
  const struct postgres_page_call *call;
  int column;
  bool inverted;
};

static int compare(const void *a, const void *b, void *context) {
  const struct order *order = context;
  const struct statement *left = *(struct statement *const *)a,
                         *right = *(struct statement *const *)b;
  const struct value x = value_of(order->call, left, (size_t)order->column);
  const struct value y = value_of(order->call, right, (size_t)order->column);
  int found = (x.type == VALUE_NONE) - (y.type == VALUE_NONE); /* not known: at the end */
  if (found == 0)
    found = value_compare(x, y) * (x.type == VALUE_TEXT ? 1 : -1) * (order->inverted ? -1 : 1);
  if (found == 0)
    found = (left->now[TIME] < right->now[TIME]) - (left->now[TIME] > right->now[TIME]);
  return found ? found : strcmp(left->key, right->key);
}

static void choose(const struct postgres_page_call *call) {
  struct memory *memory = call->memory;
  const int column = table_column(&statements_table, call->focus->sort);
  struct order order = {call, column > 0 ? column : STATEMENT_WATCHED_TIME,
                        column > 0 && call->focus->inverted};
  free(memory->shown);
  memory->shown = mem_new((memory->count + 1) * sizeof(struct statement *));
  if (memory->count > 0)
    memcpy(memory->shown, memory->items, memory->count * sizeof(struct statement *));
  qsort_r(memory->shown, memory->count, sizeof(struct statement *), compare, &order);
  memory->shown_count = memory->count < call->focus->rows ? memory->count : call->focus->rows;
}

/* ---- their texts */

static char *texts_make(struct postgres_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  choose(call);
  memory->no_text = false;
  char *list = NULL;
  for (size_t i = 0; i < memory->shown_count; i++) {
    const struct statement *statement = memory->shown[i];
    if (statement->text || statement->hidden)
      continue;
    char *longer = list ? mem_printf("%s,%" PRId64, list, statement->queryid)
                        : mem_printf("%" PRId64, statement->queryid);
    free(list);
    list = longer;
  }
  if (!list)
    return NULL;
  char *sql = mem_printf("SELECT queryid, userid, dbid, left(query, %d)"
                         " FROM %s.pg_stat_statements(true)"
                         " WHERE queryid = ANY ('{%s}'::bigint[])", /* one statement, whatever its
                                                                       length */
                         TEXT_CHARACTERS, memory->schema, list);
  free(list);
  memory->no_text = true; /* until there is an answer */
  return sql;
}

static bool texts_read(struct postgres_page_call *call, const struct pg_rows *rows,
                       struct err *err) {
  struct memory *memory = call->memory;
  if (rows->columns != 4)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  memory->no_text = false;
  for (size_t i = 0; i < rows->rows; i++) {
    const char *text = pg_cell(rows, i, 3);
    char safe[SAMPLE_TEXT_MAX];
    const bool known = text && pg_cell(rows, i, 0) && pg_cell(rows, i, 1) && pg_cell(rows, i, 2);
    for (int nested = 0; known && nested < 2; nested++) {
      char key[STATEMENT_KEY_MAX];
      snprintf(key, sizeof key, "%.24s/%.20s/%.20s/%s", pg_cell(rows, i, 0), pg_cell(rows, i, 1),
               pg_cell(rows, i, 2), nested ? "nested" : "top");
      const struct map_slot *found = map_find(&memory->by_key, key);
      if (!found || memory->items[found->value]->text)
        continue;
      statement_for_screen(safe, sizeof safe, text);
      memory->items[found->value]->text = mem_dup(safe);
    }
  }
  return true;
}

/* ---- the tables */

static void statement_fill(const struct postgres_page_call *call, struct table *table,
                           const struct statement *statement) {
  const struct memory *memory = call->memory;
  struct row *row = sample_row(call->sample, table, statement->key, NULL);
  if (!row)
    return;
  for (size_t i = 0; i < STATEMENT_COLUMN_COUNT; i++)
    row->cells[i] = value_of(call, statement, i);
  row->cells[STATEMENT_USER] = postgres_page_text(call, statement->user);
  row->cells[STATEMENT_DATABASE] = postgres_page_text(call, statement->database);
  row->cells[STATEMENT_TOP] = value_text(statement->top ? "yes" : "no");
  if (statement->hidden) {
    row->cells[STATEMENT_ID] = value_text("hidden");
    row->cells[STATEMENT_QUERY_ID] = row->cells[STATEMENT_QUERY] = value_none("needs pg_monitor");
    return;
  }
  row->cells[STATEMENT_ID] =
      value_text(sample_printf(call->sample, "%08" PRIx64, (uint64_t)statement->queryid >> 32));
  row->cells[STATEMENT_QUERY_ID] =
      value_text(sample_printf(call->sample, "%" PRId64, statement->queryid));
  row->cells[STATEMENT_QUERY] = statement->text ? postgres_page_text(call, statement->text)
                                : memory->no_text
                                    ? value_none("the texts could not be read")
                                    : value_none("its text was removed from pg_stat_statements");
}

static void summary_fill(const struct postgres_page_call *call) {
  const struct memory *memory = call->memory;
  struct table *table = sample_table(call->sample, summary_table.id);
  struct row *row = sample_row(call->sample, table, "statements", NULL);
  if (!row)
    return;
  const struct value count = value_int((int64_t)memory->count);
  PAGE_WINDOW_FILL(row->cells, STATEMENTS, call->window);
  row->cells[STATEMENTS_RESET] = memory->since_reset < 0
                                     ? value_none(summary_columns[STATEMENTS_RESET].none)
                                     : value_real(memory->since_reset);
  row->cells[STATEMENTS_COUNT] = memory->cut ? value_at_least(count) : count;
  row->cells[STATEMENTS_SHOWN] = value_int((int64_t)memory->shown_count);
  row->cells[STATEMENTS_MAX] = memory->max < 0 ? value_none("not known") : value_int(memory->max);
  row->cells[STATEMENTS_EVICTIONS] = memory->evictions < 0
                                         ? value_none(summary_columns[STATEMENTS_EVICTIONS].none)
                                         : value_int(memory->evictions);
}

static void finish(struct postgres_page_call *call) {
  struct memory *memory = call->memory;
  char shown[FORMAT_MAX], count[FORMAT_MAX];
  struct table *table = sample_table(call->sample, statements_table.id);
  summary_fill(call);
  for (size_t i = 0; i < memory->shown_count; i++)
    statement_fill(call, table, memory->shown[i]);
  if (memory->shown_count < memory->count)
    sample_note(call->sample, statements_table.id, NULL,
                "%s of %s%s shown: the first ones by the order of the rows (%s)",
                format_count(shown, sizeof shown, (int64_t)memory->shown_count),
                format_count(count, sizeof count, (int64_t)memory->count), memory->cut ? "+" : "",
                page_order_hint(call->focus));
  if (memory->hidden > 0)
    sample_note(call->sample, statements_table.id, columns[STATEMENT_QUERY].id,
                "%zu statements of other roles are hidden, one row for each role: GRANT pg_monitor "
                "TO %.64s shows them",
                memory->hidden, call->role);
  if (call->window->begins)
    sample_note(call->sample, statements_table.id, columns[STATEMENT_WATCHED_TIME].id,
                "TIME, CALLS, MEAN, READ and ROWS count from now on: they need two collections");
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){
            {.text = extension_sql, .read = extension_read},
            {.make = reset_make, .read = reset_read},
            {.make = numbers_make, .read = numbers_read},
            /* the server converts each text from the encoding of its own database, and fails if
             * only one cannot be converted: the numbers stay */
            {.table = "statements", .make = texts_make, .read = texts_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .finish = finish,
    .forget = memory_forget,
};

static const struct page_sort sorts[] = {
    {"now", "statements", "watched_time"},
    {"slowest", "statements", "total_time"},
    {"high I/O", "statements", "total_read"},
    {"slowest call", "statements", "total_mean"},
};

const struct page page_postgres_statements = {
    .spec = {.id = "postgres.statements",
             .kind = "postgres",
             .title = "Statements",
             .question = "Which statements take the time, now and in total?",
             .windows = true,
             .cost = "5 queries every 5s; all of pg_stat_statements, each text once",
             .interval_ms = 5000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables,
             .sorts = sorts,
             .sort_count = sizeof sorts / sizeof *sorts},
    .watch = &postgres_page_watch,
    .own = &own,
};
