/* Answers of PostgreSQL as rows of pages, without a server: every unit, what is not known, rates,
 * and the statements by the extension's version, after a reset, and without a right. */
#include "collectors/figures.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- any table */

enum { NAME, SIZE, AGE, SHARE, WHEN, NUMBER, RATE, GONE, COLUMNS };
static const struct column_spec columns[COLUMNS] = {
    [NAME] = {.id = "name"},
    [SIZE] = {.id = "size", .unit = UNIT_BYTES},
    [AGE] = {.id = "age", .unit = UNIT_SECONDS},
    [SHARE] = {.id = "share", .unit = UNIT_RATIO},
    [WHEN] = {.id = "moment", .unit = UNIT_TIME},
    [NUMBER] = {.id = "number", .as = FIGURE_COUNT},
    [RATE] = {.id = "rate", .unit = UNIT_PER_SECOND, .as = FIGURE_RATE},
    [GONE] = {.id = "gone", .none = "needs a right"},
};
static const struct table_spec spec = {.id = "things", .columns = columns, .column_count = COLUMNS};
static const struct table_spec *const specs[] = {&spec};
static const char *const names[] = {"parent", "name", "size", "age",  "share", "moment",
                                    "number", "rate", "gone", "none", "key"};

static struct postgres_page_call call_of(struct row_past *past, const char *encoding) {
  return (struct postgres_page_call){
      .encoding = encoding, .past = past, .sample = sample_new(specs, COUNT(specs))};
}

static const struct row *read_one(struct postgres_page_call *call, const char *const *cells) {
  struct err err = {0};
  const struct pg_rows rows = {1, COUNT(names), cells, names, "SELECT 1"};
  struct table *table = &call->sample->tables[0];
  if (!postgres_page_rows(call, "things", &rows, &err))
    fail_msg("%s", err.text);
  return &table->rows[table->row_count - 1];
}

static void test_units(void **state) {
  (void)state;
  struct row_past past = {0};
  struct postgres_page_call call = call_of(&past, "UTF8");
  const char *const cells[] = {NULL,  "a b", "8192", "1.5", "0.25", "1700000000.25",
                               "812", "100", NULL,   "x",   "k/1"};
  const struct row *row = read_one(&call, cells);
  assert_string_equal(row->key, "k/1");
  assert_null(row->parent);
  assert_string_equal(row->cells[NAME].text, "a b");
  assert_int_equal(row->cells[SIZE].integer, 8192);
  assert_true(row->cells[AGE].real == 1.5 && row->cells[SHARE].real == 0.25);
  assert_int_equal(row->cells[WHEN].integer, 1700000000250);
  assert_int_equal(row->cells[NUMBER].type, VALUE_INT);
  assert_string_equal(row->cells[RATE].text, FIGURES_NEED_TWO);
  assert_int_equal(row->cells[GONE].type, VALUE_NONE);
  assert_string_equal(row->cells[GONE].text, "needs a right");
  sample_free(call.sample);
  row_past_fini(&past);
}

/* Bytes of another encoding, garbage where a number should be, NULL as a key, a parent. */
static void test_hostile_cells(void **state) {
  (void)state;
  struct row_past past = {0};
  struct postgres_page_call call = call_of(&past, "LATIN1");
  const char *const cells[] = {
      "p", "caf\xe9\x1b[31m", "much", "nan", "inf", "today", "1e400", "-", "x", NULL, NULL};
  const struct row *row = read_one(&call, cells);
  assert_string_equal(row->key, "");
  assert_null(row->parent); /* there is no row "p" */
  assert_string_equal(row->cells[NAME].text,
                      "caf\xc3\xa9\x1b[31m"); /* sanitised where it is shown */
  for (size_t i = SIZE; i <= RATE; i++)
    assert_int_equal(row->cells[i].type, VALUE_NONE);
  sample_free(call.sample);
  row_past_fini(&past);
}

/* Bytes of another database: each row says in which encoding they are. */
static void test_escaped_bytes(void **state) {
  (void)state;
  static const char *const own_names[] = {"key", "name_escaped", "encoding"};
  struct row_past past = {0};
  struct postgres_page_call call = call_of(&past, "UTF8");
  struct err err = {0};
  const char *const cells[] = {"1",  "caf\\351 \\\\", "LATIN1", "2", "caf\\351!", NULL, "3",
                               NULL, "LATIN1"};
  const struct pg_rows rows = {3, COUNT(own_names), cells, own_names, "SELECT 3"};
  assert_true(postgres_page_rows(&call, "things", &rows, &err));
  const struct table *table = &call.sample->tables[0];
  assert_string_equal(table->rows[0].cells[NAME].text, "caf\xc3\xa9 \\");
  assert_string_equal(table->rows[1].cells[NAME].text, "caf\xef\xbf\xbd!"); /* of our own */
  assert_int_equal(table->rows[2].cells[NAME].type, VALUE_NONE);
  sample_free(call.sample);
  row_past_fini(&past);
}

static struct value rate(struct row_past *past, int64_t now_us, const char *key,
                         const char *counter) {
  struct postgres_page_call call = call_of(past, "UTF8");
  call.now_us = now_us;
  row_past_begin(past);
  const char *const cells[] = {NULL, "n", NULL, NULL, NULL, NULL, NULL, counter, NULL, NULL, key};
  struct value value = read_one(&call, cells)->cells[RATE];
  if (value.type == VALUE_NONE && value.text) /* it is a literal */
    assert_true(strlen(value.text) > 0);
  sample_free(call.sample);
  return value;
}

static void test_rates(void **state) {
  (void)state;
  struct row_past past = {0};
  assert_string_equal(rate(&past, 1000000, "a", "100").text, FIGURES_NEED_TWO);
  assert_true(rate(&past, 3000000, "a", "120").real == 10);
  assert_string_equal(rate(&past, 4000000, "a", "5").text, "counters were reset");
  assert_true(rate(&past, 5000000, "a", "5").real == 0);
  assert_string_equal(rate(&past, 6000000, "b", "7").text, FIGURES_NEED_TWO); /* another row */
  assert_string_equal(rate(&past, 7000000, "a", "9").text, FIGURES_NEED_TWO); /* it was away */
  assert_int_equal(past.count, 2); /* b was in the one before */
  row_past_fini(&past);
}

static void test_keys_are_unique(void **state) {
  (void)state;
  struct row_past past = {0};
  struct postgres_page_call call = call_of(&past, "UTF8");
  const char *const keys[][2] = {{NULL, "a"}, {"a", "b"}, {NULL, "a"}, {"c", "d"}};
  for (size_t i = 0; i < COUNT(keys); i++) {
    const char *cells[COUNT(names)] = {[0] = keys[i][0], [COUNT(names) - 1] = keys[i][1]};
    read_one(&call, cells);
  }
  const struct table *table = &call.sample->tables[0];
  assert_int_equal(table->row_count, 3);
  assert_string_equal(table->rows[1].parent, "a");
  assert_null(table->rows[2].parent);
  assert_true(sample_is_faulted(call.sample, "things"));
  sample_free(call.sample);
  row_past_fini(&past);
}

static void test_unexpected_answers(void **state) {
  (void)state;
  struct row_past past = {0};
  struct postgres_page_call call = call_of(&past, "UTF8");
  struct err err = {0};
  const struct pg_rows none = {1, 0, NULL, NULL, ""};
  assert_false(postgres_page_rows(&call, "things", &none, &err));
  assert_int_equal(err.kind, ERR_PROTOCOL);
  const struct pg_rows other = {0, COUNT(names), NULL, names, ""};
  assert_false(postgres_page_rows(&call, "no such table", &other, &err));
  sample_free(call.sample);
}

/* ---- the statements */

extern const struct page page_postgres_statements;
enum { EXTENSION, RESET, NUMBERS, TEXTS };
enum { STATEMENT, WATCHED_TIME, WATCHED_CALLS, WATCHED_MEAN, TOTAL_TIME, TOTAL_CALLS };

struct statements {
  const struct postgres_page *own;
  struct page_focus focus;
  struct page_window window;
  int64_t now_us; /* of the next collection */
  struct postgres_page_call call;
};

static void begin(struct statements *s) {
  *s = (struct statements){.own = page_postgres_statements.own};
  page_focus_init(&s->focus, &page_postgres_statements.spec, NULL, NULL, NULL);
  s->call = (struct postgres_page_call){.focus = &s->focus,
                                        .window = &s->window,
                                        .role = "watcher",
                                        .database = "app",
                                        .encoding = "UTF8",
                                        .block_size = 8192,
                                        .first = true,
                                        .memory = mem_new(s->own->memory)};
}

static void end(struct statements *s) {
  s->own->forget(s->call.memory);
  free(s->call.memory);
  page_focus_fini(&s->focus);
}

static bool extension(struct statements *s, const char *version, const char *loaded,
                      struct err *err) {
  const char *const cells[] = {version, version ? "\"my stats\"" : NULL, "5000", "off", loaded};
  const struct pg_rows rows = {1, COUNT(cells), cells, NULL, ""};
  *err = (struct err){0};
  return s->own->queries[EXTENSION].read(&s->call, &rows, err);
}

static void assert_sql(struct statements *s, size_t query, const char *part) {
  struct err err = {0};
  char *sql = s->own->queries[query].make(&s->call, &err);
  assert_non_null(sql);
  if (!strstr(sql, part))
    fail_msg("no \"%s\" in %s", part, sql);
  free(sql);
}

static void test_versions_of_the_extension(void **state) {
  (void)state;
  struct statements s;
  struct err err = {0};
  begin(&s);
  assert_true(extension(&s, "1.4", "t", &err));
  assert_sql(&s, NUMBERS, "s.calls, s.total_time, s.rows");
  assert_sql(&s, NUMBERS, "true, s.calls");
  assert_null(s.own->queries[RESET].make(&s.call, &err));
  assert_true(extension(&s, "1.8", "t", &err));
  assert_sql(&s, NUMBERS, "s.calls, s.total_exec_time, s.rows");
  assert_sql(&s, NUMBERS, "s.wal_bytes");
  assert_true(extension(&s, "1.10", "t", &err));
  assert_sql(&s, NUMBERS, "s.toplevel");
  assert_sql(&s, NUMBERS, "s.blk_read_time");
  assert_sql(&s, RESET, "\"my stats\".pg_stat_statements_info");
  assert_true(extension(&s, "1.12", "t", &err));
  assert_sql(&s, NUMBERS, "s.shared_blk_read_time");
  assert_false(extension(&s, "1.3", "t", &err));
  assert_non_null(strstr(err.text, "ALTER EXTENSION pg_stat_statements UPDATE"));
  assert_false(extension(&s, NULL, "f", &err));
  assert_int_equal(err.kind, ERR_UNSUPPORTED);
  assert_non_null(strstr(err.text, "CREATE EXTENSION pg_stat_statements in it, after adding"));
  assert_false(extension(&s, "1.10", "f", &err));
  assert_non_null(strstr(err.text, "shared_preload_libraries"));
  end(&s);
}

/* One collection: queryid, calls and milliseconds of each statement; NULL: hidden. The table. */
static const struct table *collect(struct statements *s, const char *const (*given)[3],
                                   size_t count) {
  const char *cells[8 * 14];
  struct err err = {0};
  for (size_t i = 0; i < count; i++) {
    const char *const row[] = {given[i][0], "10", "5", "t", given[i][1], given[i][2], "1",
                               "3",         "1",  "0", "0", "0",         "postgres",  "app"};
    memcpy(&cells[i * COUNT(row)], row, sizeof row);
  }
  const struct pg_rows rows = {count, 14, cells, NULL, ""};
  s->now_us += 10000000;
  page_window_start(&s->window, &s->focus, s->call.first, s->now_us, s->now_us / 1000);
  s->call.sample = sample_new(page_postgres_statements.spec.tables, 2);
  assert_true(s->own->queries[NUMBERS].read(&s->call, &rows, &err));
  free(s->own->queries[TEXTS].make(&s->call, &err));
  s->own->finish(&s->call);
  s->call.first = false;
  page_window_keep(&s->window);
  return &s->call.sample->tables[1];
}

static void test_time_watched_and_reset(void **state) {
  (void)state;
  struct statements s;
  struct err err;
  begin(&s);
  assert_true(extension(&s, "1.10", "t", &err));
  const char *const first[][3] = {{"4294967296", "10", "1000"}, {"-1", "5", "50"}};
  const struct table *table = collect(&s, first, 2);
  assert_int_equal(table->row_count, 2);
  assert_string_equal(table->rows[0].key, "4294967296/10/5/top"); /* the most total time */
  assert_string_equal(table->rows[0].cells[STATEMENT].text, "00000001");
  assert_string_equal(table->rows[1].cells[STATEMENT].text, "ffffffff");
  assert_string_equal(table->rows[0].cells[WATCHED_TIME].text, FIGURES_NEED_TWO);
  assert_true(table->rows[0].cells[TOTAL_TIME].real == 1);
  sample_free(s.call.sample);
  /* The second one takes the time now; a new one counts from its beginning. */
  const char *const second[][3] = {
      {"4294967296", "10", "1000"}, {"-1", "9", "250"}, {"7", "2", "100"}};
  table = collect(&s, second, 3);
  assert_string_equal(table->rows[0].key, "-1/10/5/top");
  assert_int_equal(table->rows[0].cells[WATCHED_CALLS].integer, 4);
  assert_true(table->rows[0].cells[WATCHED_MEAN].real == 0.05);
  assert_int_equal(table->rows[0].cells[TOTAL_CALLS].integer, 9);
  assert_string_equal(table->rows[1].key, "7/10/5/top");
  assert_int_equal(table->rows[1].cells[WATCHED_CALLS].integer, 2);
  assert_int_equal(table->rows[2].cells[WATCHED_CALLS].integer, 0);
  sample_free(s.call.sample);
  /* It was reset: at least what it has now, and not less than nothing. */
  const char *const third[][3] = {{"-1", "3", "30"}};
  table = collect(&s, third, 1);
  assert_int_equal(table->row_count, 1);
  assert_int_equal(table->rows[0].cells[WATCHED_CALLS].integer, 3);
  assert_true(table->rows[0].cells[WATCHED_CALLS].at_least);
  sample_free(s.call.sample);
  end(&s);
}

enum { SUMMARY_WATCHED, SUMMARY_FROM, SUMMARY_TO, SUMMARY_WINDOW };

static void assert_window(const struct statements *s, double seconds, int64_t from_s, int64_t to_s,
                          const char *kind) {
  const struct value *cells = s->call.sample->tables[0].rows[0].cells;
  assert_true(cells[SUMMARY_WATCHED].real == seconds);
  assert_int_equal(cells[SUMMARY_FROM].integer, from_s * 1000);
  assert_int_equal(cells[SUMMARY_TO].integer, to_s * 1000);
  assert_string_equal(cells[SUMMARY_WINDOW].text, kind);
}

/* m, m, m: from here, until here, and a new one; the order of the rows does not matter. */
static void test_between_two_marks(void **state) {
  (void)state;
  struct statements s;
  struct err err;
  begin(&s);
  assert_true(extension(&s, "1.10", "t", &err));
  const char *const given[][1][3] = {{{"7", "10", "100"}}, {{"7", "20", "200"}},
                                     {{"7", "25", "300"}}, {{"7", "32", "400"}},
                                     {{"7", "40", "500"}}, {{"7", "41", "600"}}};
  const int64_t grown[] = {-1, -1, 5, 12, 12, -1}; /* calls in the window; -1: not known */
  static const char *const kinds[] = {"since opened",  "since the mark", "since the mark",
                                      "between marks", "between marks",  "since the mark"};
  const int64_t from_s[] = {10, 20, 20, 20, 20, 60}, to_s[] = {10, 20, 30, 40, 40, 60};
  for (int i = 0; i < 6; i++) {
    s.focus.marks += i == 1 || i == 3 || i == 5;
    page_focus_sort(&s.focus, "statements", i % 2 ? "total_calls" : "watched_time", i == 4);
    const struct value *cells = collect(&s, given[i], 1)->rows[0].cells;
    if (grown[i] < 0)
      assert_string_equal(cells[WATCHED_CALLS].text, FIGURES_NEED_TWO);
    else
      assert_int_equal(cells[WATCHED_CALLS].integer, grown[i]);
    assert_false(cells[WATCHED_CALLS].at_least);
    assert_int_equal(cells[TOTAL_CALLS].integer, strtoll(given[i][0][1], NULL, 10));
    assert_window(&s, (double)(to_s[i] - from_s[i]), from_s[i], to_s[i], kinds[i]);
    sample_free(s.call.sample);
  }
  end(&s);
}

/* A reset between the marks gives a lower bound; one after them changes nothing. */
static void test_a_reset_and_marks(void **state) {
  (void)state;
  struct statements s;
  struct err err;
  begin(&s);
  assert_true(extension(&s, "1.10", "t", &err));
  const char *const given[][1][3] = {{{"7", "10", "100"}}, {{"7", "4", "40"}}, {{"7", "6", "60"}},
                                     {{"7", "1", "10"}},   {{"7", "2", "20"}}, {{"7", "5", "50"}}};
  for (int i = 0; i < 6; i++) {
    s.focus.marks += i == 0 || i == 2 || i == 4;
    const struct value calls = collect(&s, given[i], 1)->rows[0].cells[WATCHED_CALLS];
    if (i == 2 || i == 3)
      assert_true(calls.integer == 6 && calls.at_least);
    if (i == 5)
      assert_true(calls.integer == 3 && !calls.at_least);
    sample_free(s.call.sample);
  }
  end(&s);
}

static void test_limit_and_order(void **state) {
  (void)state;
  struct statements s;
  struct err err;
  begin(&s);
  assert_true(extension(&s, "1.10", "t", &err));
  s.focus.rows = 1;
  page_focus_sort(&s.focus, "statements", "total_calls", false);
  const char *const given[][3] = {{"1", "10", "1000"}, {"2", "50", "50"}};
  const struct table *table = collect(&s, given, 2);
  assert_int_equal(table->row_count, 1);
  assert_string_equal(table->rows[0].key, "2/10/5/top");
  assert_non_null(strstr(s.call.sample->notes[0].text, "1 of 2 shown"));
  sample_free(s.call.sample);
  page_focus_sort(&s.focus, "statements", "total_calls", true);
  table = collect(&s, given, 2);
  assert_string_equal(table->rows[0].key, "1/10/5/top");
  sample_free(s.call.sample);
  end(&s);
}

/* Those of other roles are one row, whose sum is theirs also in the next collection. */
static void test_hidden(void **state) {
  (void)state;
  struct statements s;
  struct err err;
  begin(&s);
  assert_true(extension(&s, "1.10", "t", &err));
  const char *const given[][3] = {{NULL, "10", "1000"}, {NULL, "5", "50"}, {"1", "1", "1"}};
  for (int round = 0; round < 2; round++) {
    const struct table *table = collect(&s, given, 3);
    const struct row *row = table_find(table, "hidden/10/5/top");
    assert_non_null(row);
    assert_int_equal(table->row_count, 2);
    assert_int_equal(row->cells[TOTAL_CALLS].integer, 15);
    if (round == 1)
      assert_int_equal(row->cells[WATCHED_CALLS].integer, 0);
    assert_non_null(strstr(s.call.sample->notes[0].text, "GRANT pg_monitor TO watcher"));
    sample_free(s.call.sample);
  }
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_units),
      cmocka_unit_test(test_hostile_cells),
      cmocka_unit_test(test_escaped_bytes),
      cmocka_unit_test(test_rates),
      cmocka_unit_test(test_keys_are_unique),
      cmocka_unit_test(test_unexpected_answers),
      cmocka_unit_test(test_versions_of_the_extension),
      cmocka_unit_test(test_time_watched_and_reset),
      cmocka_unit_test(test_between_two_marks),
      cmocka_unit_test(test_a_reset_and_marks),
      cmocka_unit_test(test_limit_and_order),
      cmocka_unit_test(test_hidden),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
