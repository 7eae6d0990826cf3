/* Columns that say where they come from, without a server. */
#include "collectors/figures.h"
#include "model/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NAME, ITEMS, USED, SINCE, EVICTIONS, HITS, KILO, COLUMNS };
static const struct column_spec columns[COLUMNS] = {
    [NAME] = {.id = "name"},
    [ITEMS] = {.id = "items", .from = "items", .as = FIGURE_COUNT},
    [USED] = {.id = "used", .from = "bytes", .of = "limit", .as = FIGURE_RATIO},
    [SINCE] = {.id = "since", .from = "began", .as = FIGURE_TIME},
    [EVICTIONS] = {.id = "evictions", .from = "evicted", .as = FIGURE_RATE},
    [HITS] = {.id = "hit_ratio", .from = "hits", .of = "misses", .as = FIGURE_SHARE},
    [KILO] = {.id = "net", .from = "kilobytes", .as = FIGURE_REAL, .scale = 1024},
};
static const struct table_spec table = {
    .id = "summary", .title = "", .columns = columns, .column_count = COLUMNS};

/* An answer is "key=value key=value". */
static const char *text_of(const void *answer, const char *field) {
  static char value[64];
  char wanted[64];
  snprintf(wanted, sizeof wanted, "%s=", field);
  const char *at = strstr(answer, wanted);
  if (!at)
    return NULL;
  snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(wanted), " "),
           at + strlen(wanted));
  return value;
}

static const char *const witnesses[] = {"commands", NULL};
static const struct figures figures = {.table = &table,
                                       .text = text_of,
                                       .unsaid = "not said",
                                       .run = "run",
                                       .uptime = "uptime",
                                       .witnesses = witnesses};

static struct rates rates_between(const char *before, const char *now) {
  struct counters first, second;
  struct rates rates;
  counters_read(&first, &figures, before, 1000000);
  counters_read(&second, &figures, now, 3000000);
  rates_make(&rates, &first, &second);
  return rates;
}

static double number(size_t column, const char *answer, const struct rates *rates) {
  double number = -1;
  if (!value_number(figure_value(&figures, column, answer, rates), &number))
    fail_msg("column %zu has no number", column);
  return number;
}

static void none(size_t column, const char *answer, const struct rates *rates, const char *reason) {
  struct value value = figure_value(&figures, column, answer, rates);
  assert_int_equal(value.type, VALUE_NONE);
  if (reason)
    assert_string_equal(value.text, reason);
  else
    assert_null(value.text);
}

static void a_field_becomes_a_cell(void **state) {
  static const char answer[] = "items=12 bytes=25 limit=100 began=1700000000 kilobytes=2";
  struct rates rates = {.unknown = "needs two collections"};
  const struct table_spec *const specs[] = {&table};
  (void)state;
  struct sample *sample = sample_new(specs, 1);
  struct row *row = sample_row(sample, &sample->tables[0], "one", NULL);
  row->cells[NAME] = value_text("kept");
  figures_fill(sample, row->cells, &figures, answer, &rates);
  assert_string_equal(row->cells[NAME].text, "kept");
  assert_int_equal(row->cells[ITEMS].integer, 12);
  assert_true(row->cells[USED].real == 0.25);
  assert_true(row->cells[SINCE].integer == INT64_C(1700000000000));
  assert_true(row->cells[KILO].real == 2048);
  assert_string_equal(row->cells[EVICTIONS].text, "needs two collections");
  sample_free(sample);
}

static void what_is_not_said_or_no_number_is_no_zero(void **state) {
  struct rates rates = rates_between("", "");
  (void)state;
  for (size_t i = ITEMS; i < COLUMNS; i++)
    none(i, "", &rates, "not said");
  none(ITEMS, "items=-3", &rates, "not said");
  none(ITEMS, "items=1.5", &rates, "not said");
  none(USED, "bytes=5 limit=0", &rates, "not said");
  none(SINCE, "began=99999999999999", &rates, "not said");
}

static void counters_become_rates(void **state) {
  struct rates rates =
      rates_between("evicted=10 hits=100 misses=100", "evicted=34 hits=197 misses=103");
  (void)state;
  assert_true(number(EVICTIONS, "", &rates) == 12);
  assert_true(number(HITS, "", &rates) == 0.97);
  rates = rates_between("hits=1 misses=1", "hits=1 misses=1");
  none(HITS, "", &rates, NULL);
  none(EVICTIONS, "", &rates, "not said");
}

static void nothing_is_known_across_a_restart_or_a_reset(void **state) {
  static const struct {
    const char *before, *now, *reason;
  } cases[] = {
      {"run=a evicted=3", "run=b evicted=9", "restarted: needs two collections"},
      {"uptime=500 evicted=3", "uptime=2 evicted=9", "restarted: needs two collections"},
      {"evicted=9", "evicted=3", "counters were reset: needs two collections"},
      {"hits=1 misses=9", "hits=5 misses=3", "counters were reset: needs two collections"},
      {"evicted=3 commands=9", "evicted=9 commands=3",
       "counters were reset: needs two collections"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rates rates = rates_between(cases[i].before, cases[i].now);
    none(EVICTIONS, cases[i].now, &rates, cases[i].reason);
    none(HITS, cases[i].now, &rates, cases[i].reason);
  }
  struct counters never = {.known = false}, first;
  struct rates rates;
  counters_read(&first, &figures, "evicted=1", 5);
  rates_make(&rates, &never, &first);
  none(EVICTIONS, "", &rates, "needs two collections");
  rates_make(&rates, &first, &first); /* no time has passed */
  none(EVICTIONS, "", &rates, "needs two collections");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_field_becomes_a_cell),
      cmocka_unit_test(what_is_not_said_or_no_number_is_no_zero),
      cmocka_unit_test(counters_become_rates),
      cmocka_unit_test(nothing_is_known_across_a_restart_or_a_reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
