/* Columns that declare their source, without a server. */
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

static void an_absent_or_invalid_number_is_not_zero(void **state) {
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
  /* counters that are no columns */
  struct counters second = first;
  second.at_us = 1000005;
  first.others = (const double[]){1.5, 9};
  second.others = (const double[]){1.5, 8.5};
  first.other_count = second.other_count = 2;
  rates_make(&rates, &first, &second);
  none(EVICTIONS, "evicted=1", &rates, "counters were reset: needs two collections");
  second.others = (const double[]){1.75, 9};
  rates_make(&rates, &first, &second);
  assert_null(rates.unknown);
}

/* ---- members of structs */

struct answer {
  int64_t items, limit, evicted;
  uint64_t bytes;
  uint32_t brokers;
  double age;
  const char *role;
  char name[8];
  const char *no_bytes;
};
enum { OF_ANSWER, OF_BYTES };
#define ANSWER(member) FIGURE_FIELD(OF_ANSWER, struct answer, member)
#define BYTES(member) FIGURE_FIELD(OF_BYTES, struct answer, member)
enum { M_ITEMS, M_USED, M_BYTES, M_BROKERS, M_AGE, M_ROLE, M_NAME, M_EVICTIONS, M_COLUMNS };
static const struct column_spec members[M_COLUMNS] = {
    [M_ITEMS] = {.id = "items", .field = ANSWER(items), .none = "not known"},
    [M_USED] = {.id = "used",
                .field = ANSWER(items),
                .of_field = ANSWER(limit),
                .as = FIGURE_RATIO},
    [M_BYTES] = {.id = "bytes", .field = BYTES(bytes)},
    [M_BROKERS] = {.id = "brokers", .field = ANSWER(brokers)},
    [M_AGE] = {.id = "age", .field = ANSWER(age)},
    [M_ROLE] = {.id = "role", .field = ANSWER(role)},
    [M_NAME] = {.id = "name", .field = ANSWER(name)},
    [M_EVICTIONS] = {.id = "evictions",
                     .field = ANSWER(evicted),
                     .as = FIGURE_RATE,
                     .unit = UNIT_RATIO,
                     .none = "not said"},
};
static const struct table_spec member_table = {
    .id = "members", .title = "", .columns = members, .column_count = M_COLUMNS};

static const void *part_of(const void *of, int part, const char **none) {
  const struct answer *answer = of;
  if (part != OF_BYTES || !answer->no_bytes)
    return answer;
  *none = answer->no_bytes;
  return NULL;
}
static const struct figures member_figures = {.table = &member_table, .part = part_of};

static void a_member_becomes_a_cell_by_its_type(void **state) {
  struct answer answer = {.items = 3,
                          .limit = 12,
                          .evicted = 10,
                          .bytes = 7,
                          .brokers = 2,
                          .age = 1.5,
                          .role = "primary",
                          .name = "b"};
  const struct table_spec *const specs[] = {&member_table};
  struct rates rates = {.unknown = FIGURES_NEED_TWO};
  (void)state;
  struct sample *sample = sample_new(specs, 1);
  struct row *row = sample_row(sample, &sample->tables[0], "one", NULL);
  figures_fill(sample, row->cells, &member_figures, &answer, &rates);
  assert_int_equal(row->cells[M_ITEMS].integer, 3);
  assert_true(row->cells[M_USED].real == 0.25);
  assert_int_equal(row->cells[M_BYTES].integer, 7);
  assert_int_equal(row->cells[M_BROKERS].integer, 2);
  assert_true(row->cells[M_AGE].real == 1.5);
  assert_string_equal(row->cells[M_ROLE].text, "primary");
  assert_string_equal(row->cells[M_NAME].text, "b");
  assert_string_equal(row->cells[M_EVICTIONS].text, "needs two collections");
  answer = (struct answer){.items = -1, .evicted = -1, .age = -1, .no_bytes = "no right"};
  figures_fill(sample, row->cells, &member_figures, &answer, &rates);
  assert_string_equal(row->cells[M_ITEMS].text, "not known");
  assert_string_equal(row->cells[M_BYTES].text, "no right");
  assert_string_equal(row->cells[M_EVICTIONS].text, "not said");
  static const int unknown[] = {M_USED, M_AGE, M_ROLE, M_NAME};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    assert_int_equal(row->cells[unknown[i]].type, VALUE_NONE);
    assert_null(row->cells[unknown[i]].text);
  }
  sample_free(sample);
}

static void members_are_counters_too(void **state) {
  struct answer before = {.evicted = 10}, now = {.evicted = 11};
  struct counters first, second;
  struct rates rates;
  (void)state;
  counters_read(&first, &member_figures, &before, 1000000);
  counters_read(&second, &member_figures, &now, 3000000);
  rates_make(&rates, &first, &second);
  assert_true(figure_value(&member_figures, M_EVICTIONS, &now, &rates).real == 0.5);
  now.evicted = 99;
  counters_read(&second, &member_figures, &now, 3000000);
  rates_make(&rates, &first, &second); /* a share of the time is never above 100 % */
  assert_true(figure_value(&member_figures, M_EVICTIONS, &now, &rates).real == 1);
  second.reset = 7; /* none has decreased, but the server reports a reset */
  rates_make(&rates, &first, &second);
  assert_string_equal(rates.unknown, "counters were reset: needs two collections");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_field_becomes_a_cell),
      cmocka_unit_test(an_absent_or_invalid_number_is_not_zero),
      cmocka_unit_test(counters_become_rates),
      cmocka_unit_test(nothing_is_known_across_a_restart_or_a_reset),
      cmocka_unit_test(a_member_becomes_a_cell_by_its_type),
      cmocka_unit_test(members_are_counters_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
