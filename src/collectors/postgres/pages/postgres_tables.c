/* The page postgres.tables: size, growth, dead rows, bloat and use of the tables.
 *
 * The numbers of all tables are read in each collection: the one that grows most is not known
 * before. Bloat is estimated only for the tables that are shown: it reads the statistics of every
 * column. */
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/postgres_relations.h"
#include "collectors/figures.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_READ_MAX = PG_ROWS_MAX, DEPTH_MAX = 32 };

enum table_columns {
#define COLUMN(name, ...) name,
#include "postgres_tables.def"
#undef COLUMN
  TABLE_COLUMN_COUNT
};
static const struct column_spec tables_columns[TABLE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_tables.def"
#undef COLUMN
};

POSTGRES_PAGE_TABLE(tables, POSTGRES_TABLES_TABLE, "Tables", 0);
static const struct table_spec *const page_tables[] = {&tables};

/* ---- what is kept while the page is open */

/* In the order of the answer's columns, see numbers_sql. */
enum number {
  HEAP,
  INDEXES,
  TOAST,
  LIVE,
  DEAD,
  CHANGED,
  SEQ_SCANS,
  SEQ_ROWS,
  INDEX_SCANS,
  INSERTS,
  UPDATES,
  HOT,
  DELETES,
  NUMBERS
};
enum moment { VACUUMED, AUTOVACUUMED, ANALYZED, AUTOANALYZED, NOW, MOMENTS };

struct entry {
  int64_t oid, parent; /* parent 0: none */
  char kind;           /* relkind */
  bool locked;         /* its size is not known */
  bool partial;        /* of a partitioned table: the size of a partition is not known */
  bool shown, chosen;
  char *name; /* of the database's encoding */
  double numbers[NUMBERS];
  double rates[NUMBERS]; /* NAN: not known */
  bool was_reset;
  double size_first; /* when the page was opened, or it was first seen with a size; -1: never */
  double grown;      /* since then, per second; NAN: not known */
  int64_t size_us;
  double moments[MOMENTS]; /* seconds since 1970; -1: never */
  double bloat, pages;     /* bytes; -1: not known */
  const char *no_bloat;    /* why */
};

struct memory {
  struct entry *items, *past; /* by oid; past: of the collection before */
  size_t count, past_count;
  int64_t past_us;
  struct entry **order;
  size_t shown, total;
  bool denied; /* bloat of a table needs a right */
};

static void items_free(struct entry *items, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(items[i].name);
  free(items);
}

static void forget(void *self) {
  struct memory *memory = self;
  items_free(memory->items, memory->count);
  items_free(memory->past, memory->past_count);
  free(memory->order);
}

static int compare_oids(const void *a, const void *b) {
  const struct entry *left = a, *right = b;
  return (left->oid > right->oid) - (left->oid < right->oid);
}

static struct entry *entry_find(struct entry *items, size_t count, int64_t oid) {
  const struct entry key = {.oid = oid};
  return count ? bsearch(&key, items, count, sizeof key, compare_oids) : NULL;
}

/* ---- numbers */

/* The formatter cannot set SQL. */
// clang-format off
#define SECONDS(time) "extract(epoch FROM pg_stat_get_last_" time "_time(c.oid))"
static const char numbers_sql[] =
  "WITH " POSTGRES_HELD ", " POSTGRES_HELD_TABLES
  " SELECT c.oid, CASE WHEN c.relispartition THEN (SELECT i.inhparent FROM pg_inherits i"
  "   WHERE i.inhrelid = c.oid LIMIT 1) END, c.relkind, format('%I.%I', n.nspname, c.relname),"
  " h.oid IS NOT NULL, count(*) OVER (),"
  " z.heap, z.indexes, z.toast, pg_stat_get_live_tuples(c.oid), pg_stat_get_dead_tuples(c.oid),"
  " pg_stat_get_mod_since_analyze(c.oid), pg_stat_get_numscans(c.oid),"
  " pg_stat_get_tuples_returned(c.oid), CASE WHEN c.relhasindex AND c.relkind <> 'p'"
  "   THEN (SELECT sum(pg_stat_get_numscans(x.indexrelid)) FROM pg_index x WHERE x.indrelid = c.oid) END,"
  " pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),"
  " pg_stat_get_tuples_hot_updated(c.oid), pg_stat_get_tuples_deleted(c.oid),"
  " " SECONDS("vacuum") ", " SECONDS("autovacuum") ", " SECONDS("analyze") ","
  " " SECONDS("autoanalyze") ", extract(epoch FROM clock_timestamp())"
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
  " LEFT JOIN held_tables h ON h.oid = c.oid"
  " CROSS JOIN LATERAL (SELECT CASE WHEN h.oid IS NULL AND c.relkind <> 'p' THEN"
  "   pg_relation_size(c.oid) + pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm') END AS heap,"
  "   CASE WHEN h.oid IS NOT NULL OR c.relkind = 'p' THEN NULL WHEN c.relhasindex"
  "   THEN pg_indexes_size(c.oid) ELSE 0 END AS indexes,"
  "   CASE WHEN h.oid IS NOT NULL OR c.relkind = 'p' THEN NULL WHEN c.reltoastrelid <> 0"
  "   THEN pg_total_relation_size(c.reltoastrelid) ELSE 0 END AS toast) z"
  " WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname" POSTGRES_NO_SYSTEM
  " ORDER BY c.relpages DESC, c.oid LIMIT 10000";
// clang-format on
enum numbers_column { N_OID, N_PARENT, N_KIND, N_NAME, N_LOCKED, N_TOTAL, N_NUMBERS };
enum { N_MOMENTS = N_NUMBERS + NUMBERS, N_COLUMNS = N_MOMENTS + MOMENTS };

static double size_of(const struct entry *entry) {
  return entry->numbers[HEAP] < 0
             ? -1
             : entry->numbers[HEAP] + entry->numbers[INDEXES] + entry->numbers[TOAST];
}

static void rates_take(struct entry *entry, const struct entry *past, double seconds,
                       int64_t now_us) {
  const double size = size_of(entry);
  for (size_t i = 0; i < NUMBERS; i++) {
    const bool known = past && seconds > 0 && past->numbers[i] >= 0 && entry->numbers[i] >= 0;
    const double grown = known ? entry->numbers[i] - past->numbers[i] : NAN;
    entry->was_reset |= i >= SEQ_SCANS && grown < 0;
    entry->rates[i] = i >= SEQ_SCANS && grown < 0 ? NAN : grown / seconds;
  }
  entry->size_first = past ? past->size_first : -1;
  entry->size_us = past ? past->size_us : 0;
  entry->grown = NAN;
  if (size >= 0 && entry->size_first < 0) {
    entry->size_first = size;
    entry->size_us = now_us;
  } else if (size >= 0 && now_us > entry->size_us) {
    entry->grown = (size - entry->size_first) / ((double)(now_us - entry->size_us) / 1e6);
  }
}

static void entry_read(struct entry *entry, const struct pg_rows *rows, size_t row) {
  const char *kind = pg_cell(rows, row, N_KIND), *name = pg_cell(rows, row, N_NAME);
  const char *locked = pg_cell(rows, row, N_LOCKED);
  const int64_t parent = postgres_page_count(pg_cell(rows, row, N_PARENT));
  *entry = (struct entry){.oid = postgres_page_count(pg_cell(rows, row, N_OID)),
                          .parent = parent > 0 ? parent : 0,
                          .kind = kind ? *kind : 'r',
                          .locked = locked && *locked == 't',
                          .name = mem_dup(name ? name : ""),
                          .bloat = -1,
                          .pages = -1};
  for (size_t i = 0; i < NUMBERS; i++)
    entry->numbers[i] = postgres_page_real(pg_cell(rows, row, N_NUMBERS + i));
  for (size_t i = 0; i < MOMENTS; i++)
    entry->moments[i] = postgres_page_real(pg_cell(rows, row, N_MOMENTS + i));
}

/* Adds what is known of a partition to the tables above it. */
static void add_up(struct memory *memory, const struct entry *leaf) {
  const struct entry *below = leaf;
  for (int depth = 0; depth < DEPTH_MAX && below->parent; depth++) {
    struct entry *above = entry_find(memory->items, memory->count, below->parent);
    if (!above || above->kind != 'p')
      return;
    for (size_t i = 0; i < NUMBERS; i++) {
      if (leaf->numbers[i] >= 0)
        above->numbers[i] += leaf->numbers[i];
      if (!isnan(leaf->rates[i]))
        above->rates[i] = leaf->rates[i] + (isnan(above->rates[i]) ? 0 : above->rates[i]);
    }
    if (!isnan(leaf->grown))
      above->grown = leaf->grown + (isnan(above->grown) ? 0 : above->grown);
    above->partial = above->partial || leaf->locked;
    below = above;
  }
}

static bool numbers_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  struct memory *memory = call->memory;
  const double seconds = (double)(call->now_us - memory->past_us) / 1e6;
  if (rows->columns != N_COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  items_free(memory->past, memory->past_count);
  memory->past = memory->items;
  memory->past_count = memory->count;
  memory->count = rows->rows;
  memory->items = mem_new((rows->rows + 1) * sizeof *memory->items);
  memory->total = rows->rows ? (size_t)postgres_page_count(pg_cell(rows, 0, N_TOTAL)) : 0;
  for (size_t i = 0; i < rows->rows; i++) {
    struct entry *entry = &memory->items[i];
    entry_read(entry, rows, i);
    rates_take(entry, entry_find(memory->past, memory->past_count, entry->oid), seconds,
               call->now_us);
  }
  memory->past_us = call->now_us;
  qsort(memory->items, memory->count, sizeof *memory->items, compare_oids);
  for (size_t i = 0; i < memory->count; i++) { /* its own numbers are those of ANALYZE, or zero */
    struct entry *entry = &memory->items[i];
    for (size_t n = 0; entry->kind == 'p' && n < NUMBERS; n++) {
      entry->numbers[n] = 0;
      entry->rates[n] = NAN;
    }
  }
  for (size_t i = 0; i < memory->count; i++)
    if (memory->items[i].kind != 'p')
      add_up(memory, &memory->items[i]);
  return true;
}

/* ---- values of a table */

static struct value count_of(double number, const char *none) {
  return number < 0 ? value_none(none) : value_int((int64_t)fmin(number, 9e18));
}

static struct value ratio_of(double part, double whole) {
  return part < 0 || whole <= 0 ? value_none(NULL) : value_real(part / whole);
}

static struct value size_value(const struct entry *entry, double number) {
  const struct value value = entry->locked ? value_none("locked") : count_of(number, "not known");
  return entry->partial ? value_at_least(value) : value;
}

static struct value rate_of(const struct entry *entry, double rate) {
  if (!isnan(rate))
    return value_real(rate);
  return value_none(entry->was_reset ? "counters were reset" : FIGURES_NEED_TWO);
}

static struct value age_of(const struct entry *entry, enum moment a, enum moment b) {
  const double last = fmax(entry->moments[a], entry->moments[b]);
  if (entry->kind == 'p')
    return value_none(NULL);
  return last < 0 ? value_none(NULL) : value_real(fmax(entry->moments[NOW] - last, 0));
}

static struct value moment_of(const struct entry *entry, enum moment moment) {
  const double at = entry->moments[moment];
  return at < 0 ? value_none(NULL) : value_int(llround(at * 1000));
}

static struct value value_of(const struct entry *entry, size_t column) {
  const double *numbers = entry->numbers;
  switch (column) {
  case TABLE_SIZE:
    return size_value(entry, size_of(entry));
  case TABLE_GROWTH:
    return entry->locked ? value_none("locked") : rate_of(entry, entry->grown);
  case TABLE_HEAP:
    return size_value(entry, numbers[HEAP]);
  case TABLE_INDEXES:
    return size_value(entry, numbers[INDEXES]);
  case TABLE_TOAST:
    return size_value(entry, numbers[TOAST]);
  case TABLE_LIVE:
    return count_of(numbers[LIVE], NULL);
  case TABLE_DEAD:
    return count_of(numbers[DEAD], NULL);
  case TABLE_DEAD_SHARE:
    return ratio_of(numbers[DEAD], numbers[LIVE] + numbers[DEAD]);
  case TABLE_CHANGED:
    return count_of(numbers[CHANGED], NULL);
  case TABLE_SEQ_SCANS:
    return rate_of(entry, entry->rates[SEQ_SCANS]);
  case TABLE_SEQ_ROWS:
    return rate_of(entry, entry->rates[SEQ_ROWS]);
  case TABLE_INDEX_SCANS:
    return numbers[INDEX_SCANS] < 0 ? value_none(NULL) : rate_of(entry, entry->rates[INDEX_SCANS]);
  case TABLE_INSERTS:
    return rate_of(entry, entry->rates[INSERTS]);
  case TABLE_UPDATES:
    return rate_of(entry, entry->rates[UPDATES]);
  case TABLE_DELETES:
    return rate_of(entry, entry->rates[DELETES]);
  case TABLE_HOT:
    return ratio_of(numbers[HOT], numbers[UPDATES]);
  case TABLE_TOTAL_SEQ_SCANS:
    return count_of(numbers[SEQ_SCANS], NULL);
  case TABLE_TOTAL_SEQ_ROWS:
    return count_of(numbers[SEQ_ROWS], NULL);
  case TABLE_VACUUM_AGE:
    return age_of(entry, VACUUMED, AUTOVACUUMED);
  case TABLE_ANALYZE_AGE:
    return age_of(entry, ANALYZED, AUTOANALYZED);
  case TABLE_VACUUMED:
    return moment_of(entry, VACUUMED);
  case TABLE_AUTOVACUUMED:
    return moment_of(entry, AUTOVACUUMED);
  case TABLE_ANALYZED:
    return moment_of(entry, ANALYZED);
  case TABLE_AUTOANALYZED:
    return moment_of(entry, AUTOANALYZED);
  case TABLE_OID:
    return value_int(entry->oid);
  case TABLE_NAME:
    return value_text(entry->name);
  default:
    return value_none(NULL);
  }
}

/* ---- which are shown */

struct order {
  size_t column;
  bool inverted;
};

static int compare(const void *a, const void *b, void *context) {
  const struct order *order = context;
  const struct entry *left = *(struct entry *const *)a, *right = *(struct entry *const *)b;
  const struct value x = value_of(left, order->column), y = value_of(right, order->column);
  int found = (x.type == VALUE_NONE) - (y.type == VALUE_NONE); /* not known: at the end */
  if (found == 0)
    found = value_compare(x, y) * (x.type == VALUE_TEXT ? 1 : -1) * (order->inverted ? -1 : 1);
  if (found == 0)
    found = (size_of(left) < size_of(right)) - (size_of(left) > size_of(right));
  return found ? found : compare_oids(left, right);
}

/* The first ones, and the tables above them. */
static void choose(const struct postgres_page_call *call) {
  struct memory *memory = call->memory;
  const int column = table_column(&tables, call->focus->sort);
  struct order order = {column >= 0 ? (size_t)column : TABLE_SIZE,
                        column >= 0 && call->focus->inverted};
  free(memory->order);
  memory->order = mem_new((memory->count + 1) * sizeof *memory->order);
  for (size_t i = 0; i < memory->count; i++)
    memory->order[i] = &memory->items[i];
  qsort_r(memory->order, memory->count, sizeof *memory->order, compare, &order);
  for (size_t i = 0; i < memory->count && i < call->focus->rows; i++) {
    struct entry *entry = memory->order[i];
    for (int depth = 0; entry && !entry->chosen && depth < DEPTH_MAX; depth++) {
      entry->chosen = true;
      entry = entry->parent ? entry_find(memory->items, memory->count, entry->parent) : NULL;
    }
  }
}

/* ---- bloat */

/* The formatter cannot set SQL. */
// clang-format off

/* Pages that the rows need, as PostgreSQL's "Database Page Layout" gives them: a page has a header
 * of 24 bytes; a row has an item pointer of 4, a header of 23 with a bit for each column if one is
 * null, padded to 8, and its values, padded to 8. The widths are those of pg_stats, which shows
 * only columns that the role may select. relpages and reltuples are of the same moment. Padding
 * between the columns is not known: the estimate is rather too high. */
static char *bloat_make(struct postgres_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->denied = false;
  choose(call);
  char *list = NULL;
  for (size_t i = 0; i < memory->count; i++) {
    if (!memory->items[i].chosen || memory->items[i].kind == 'p')
      continue;
    char *longer = list ? mem_printf("%s,%" PRId64, list, memory->items[i].oid)
                        : mem_printf("%" PRId64, memory->items[i].oid);
    free(list);
    list = longer;
  }
  if (!list)
    return NULL;
  char *sql = mem_printf(
    "SELECT c.oid, c.relpages::bigint * %1$" PRId64 ","
    " greatest(c.relpages - ceil(c.reltuples / greatest(floor((%1$" PRId64 " - 24)"
    "   * coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)"
    "     WHERE option_name = 'fillfactor'), 100) / 100.0"
    "   / (4 + ceil((23 + CASE WHEN s.nulls > 0 THEN ceil(c.relnatts / 8.0) ELSE 0 END) / 8) * 8"
    "      + ceil(s.width / 8) * 8)), 1)), 0) * %1$" PRId64 ","
    " CASE WHEN c.relpages = 0 AND c.reltuples = 0 AND %3$s THEN 'known'"
    "   WHEN c.relpages = 0 AND c.reltuples <= 0 OR c.reltuples < 0 THEN 'never'"
    "   WHEN s.columns = a.columns THEN 'known'"
    "   WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'denied'"
    "   WHEN row_security_active(c.oid) THEN 'rows' ELSE 'never' END"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN LATERAL (SELECT count(*) AS columns FROM pg_attribute"
    "   WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a"
    " CROSS JOIN LATERAL (SELECT count(*) AS columns, sum((1 - null_frac) * avg_width) AS width,"
    "   max(null_frac) AS nulls FROM pg_stats WHERE schemaname = n.nspname"
    "   AND tablename = c.relname AND NOT inherited) s"
    " WHERE c.oid = ANY ('{%2$s}'::oid[])", call->block_size, list,
    call->version >= 140000 ? "true" : "false"); /* before it, 0 rows may also mean not known */
  free(list);
  return sql;
}
// clang-format on

static bool bloat_read(struct postgres_page_call *call, const struct pg_rows *rows,
                       struct err *err) {
  enum { OID, PAGES, BLOAT, STATE, COLUMNS };
  struct memory *memory = call->memory;
  if (rows->columns != COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu columns", rows->columns);
  for (size_t i = 0; i < rows->rows; i++) {
    const char *state = pg_cell(rows, i, STATE);
    struct entry *entry =
        entry_find(memory->items, memory->count, postgres_page_count(pg_cell(rows, i, OID)));
    if (!entry || !state)
      continue;
    if (*state == 'k') {
      entry->bloat = postgres_page_real(pg_cell(rows, i, BLOAT));
      entry->pages = postgres_page_real(pg_cell(rows, i, PAGES));
    } else if (*state == 'd') {
      entry->no_bloat = "needs SELECT on the table";
      memory->denied = true;
    } else {
      entry->no_bloat = *state == 'r' ? "row security hides its statistics" : "needs ANALYZE";
    }
  }
  return true;
}

/* ---- the table */

static const char *kind_of(const struct entry *entry) {
  if (entry->kind == 'p')
    return "partitioned table";
  if (entry->kind == 'm')
    return "materialized view";
  return entry->parent ? "partition" : "table";
}

/* The tables above it first. */
static void show(const struct postgres_page_call *call, struct table *table, struct entry *entry,
                 int depth) {
  struct memory *memory = call->memory;
  char key[24], parent[24];
  if (entry->shown || depth == DEPTH_MAX)
    return;
  entry->shown = true;
  struct entry *above =
      entry->parent ? entry_find(memory->items, memory->count, entry->parent) : NULL;
  if (above)
    show(call, table, above, depth + 1);
  snprintf(key, sizeof key, "%" PRId64, entry->oid);
  snprintf(parent, sizeof parent, "%" PRId64, entry->parent);
  struct row *row = sample_row(call->sample, table, key, above ? parent : NULL);
  if (!row)
    return;
  memory->shown++;
  for (size_t i = 0; i < TABLE_COLUMN_COUNT; i++)
    row->cells[i] = value_of(entry, i);
  row->cells[TABLE_NAME] = postgres_page_text(call, entry->name);
  row->cells[TABLE_KIND] = value_text(kind_of(entry));
  if (entry->kind == 'p')
    return;
  row->cells[TABLE_BLOAT] = count_of(entry->bloat, entry->no_bloat);
  row->cells[TABLE_BLOAT_SHARE] =
      entry->bloat < 0 ? value_none(entry->no_bloat) : ratio_of(entry->bloat, entry->pages);
}

static void finish(struct postgres_page_call *call) {
  struct memory *memory = call->memory;
  struct table *table = sample_table(call->sample, tables.id);
  char shown[FORMAT_MAX], count[FORMAT_MAX];
  memory->shown = 0;
  for (size_t i = 0; i < memory->count; i++)
    if (memory->order[i]->chosen)
      show(call, table, memory->order[i], 0);
  if (memory->shown < memory->total)
    sample_note(call->sample, tables.id, NULL,
                "%s of %s shown: the first ones by the order of the rows (%s)",
                format_count(shown, sizeof shown, (int64_t)memory->shown),
                format_count(count, sizeof count, (int64_t)memory->total),
                page_order_hint(call->focus));
  if (memory->denied)
    sample_note(call->sample, tables.id, tables_columns[TABLE_BLOAT].id,
                "BLOAT needs SELECT on the table%s%.64s",
                call->version >= 140000 ? ": GRANT pg_read_all_data TO " : "",
                call->version >= 140000 ? call->role : "");
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){
            {.text = numbers_sql, .read = numbers_read},
            {.table = POSTGRES_TABLES_TABLE, .make = bloat_make, .read = bloat_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .finish = finish,
    .forget = forget,
};

static const struct page_sort sorts[] = {
    {"largest", POSTGRES_TABLES_TABLE, "size"},
    {"growing", POSTGRES_TABLES_TABLE, "growth"},
    {"dead rows", POSTGRES_TABLES_TABLE, "dead"},
    {"sequential scans", POSTGRES_TABLES_TABLE, "seq_rows"},
};

const struct page page_postgres_tables = {
    .spec = {.id = "postgres.tables",
             .kind = "postgres",
             .title = "Tables",
             .question = "Which tables are large, grow, or need a vacuum?",
             .cost = "2 queries every 30s; the sizes of all files, 30 us a table",
             .interval_ms = 30000,
             .timeout_ms = 25000,
             .tables = page_tables,
             .table_count = sizeof page_tables / sizeof *page_tables,
             .sorts = sorts,
             .sort_count = sizeof sorts / sizeof *sorts},
    .watch = &postgres_page_watch,
    .own = &own,
};
