/* Changes of what a server has and how it is configured, as events. */
#include "model_fixture.h"

/* One inventory of "name", "value" pairs, ended by NULL. */
static void fill(struct sample *sample, const char *id, unsigned flags, const char *const *pairs) {
  struct inventory *inventory = sample_inventory(sample, id, flags, 40);
  assert_non_null(inventory);
  for (size_t i = 0; pairs[i]; i += 2)
    sample_item(sample, inventory, pairs[i], pairs[i + 1], false);
}

static void publish(struct model_fixture *fixture, unsigned flags, const char *const *pairs) {
  struct sample *sample = lag_sample(fixture);
  fill(sample, "things", flags, pairs);
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
}
#define PUBLISH(flags, ...) publish(fixture, flags, (const char *const[]){__VA_ARGS__, NULL})

static void expect(struct model_fixture *fixture, size_t count, const char *text) {
  assert_int_equal(fixture->model.events.count, count);
  const struct event *event = events_get(&fixture->model.events, 0);
  assert_string_equal(event->text, text);
  assert_string_equal(event->subject, "main");
  assert_true(event->change && event->severity == SEVERITY_OK);
}

static void test_a_different_value(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(0, "setting work_mem", "4MB", "setting jit", "on");
  PUBLISH(0, "setting jit", "on", "setting work_mem", "4MB");
  assert_int_equal(fixture->model.events.count, 0);
  PUBLISH(0, "setting work_mem", "64MB", "setting jit", "on");
  expect(fixture, 1, "setting work_mem changed: 4MB -> 64MB");
  PUBLISH(0, "setting work_mem", "", "setting jit", "on", "setting new", "1");
  expect(fixture, 2, "setting work_mem changed: 64MB -> (empty)");
}

static void test_an_item_comes_and_goes(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(INVENTORY_COMES_AND_GOES, "role app", "");
  PUBLISH(INVENTORY_COMES_AND_GOES, "role app", "", "role mallory", "");
  expect(fixture, 1, "role mallory appeared");
  PUBLISH(INVENTORY_COMES_AND_GOES, "role mallory", "");
  expect(fixture, 2, "role app is gone");
}

static void test_the_parts_of_a_list(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(INVENTORY_LISTS, "table orders", "id bigint\ntotal numeric(10,2)\nnote text");
  PUBLISH(INVENTORY_LISTS, "table orders", "note text\ntotal bigint\nid bigint\ndiscount real");
  expect(fixture, 1, "table orders changed: total: numeric(10,2) -> bigint, + discount real");
  PUBLISH(INVENTORY_LISTS, "table orders", "id bigint\nnote text\ntotal bigint\ndiscount real");
  assert_int_equal(fixture->model.events.count, 1); /* the order only */
  PUBLISH(INVENTORY_LISTS, "table orders", "");
  expect(fixture, 2,
         "table orders changed: - id bigint, - note text, - total bigint, - discount real");
}

/* An incomplete answer has no inventory: the next one is compared with the last complete one, also
 * after an outage. */
static void test_a_gap_hides_no_change_and_makes_none(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(INVENTORY_COMES_AND_GOES, "role app", "login");
  publish_lag(fixture, 1, value_int(1));
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  publish_lag(fixture, 1, value_int(1));
  const size_t count = fixture->model.events.count; /* "up again" */
  PUBLISH(INVENTORY_COMES_AND_GOES, "role app", "");
  expect(fixture, count + 1, "role app changed: login -> (empty)");
}

static void test_another_server_is_no_storm(void **state) {
  struct model_fixture *fixture = *state;
  static const char *const servers[] = {"A", "B"};
  for (size_t i = 0; i < 2; i++) {
    struct sample *sample = lag_sample(fixture);
    sample_fact(sample, FACT_SERVER, servers[i]);
    fill(sample, "things", INVENTORY_COMES_AND_GOES,
         (const char *const[]){"role", servers[i], NULL});
    model_publish(&fixture->model, 1, sample, fixture->now_ms);
  }
  expect(fixture, 1, "different server: was A, now B");
}

static void test_the_rest_is_counted(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(INVENTORY_COMES_AND_GOES, "first", "");
  struct sample *sample = lag_sample(fixture);
  struct inventory *inventory =
      sample_inventory(sample, "things", INVENTORY_COMES_AND_GOES, INVENTORY_EVENTS_MAX + 36);
  for (int i = 0; i < INVENTORY_EVENTS_MAX + 36; i++)
    sample_item(sample, inventory, sample_printf(sample, "topic t%d", i), NULL, false);
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  expect(fixture, INVENTORY_EVENTS_MAX + 1, "and 37 more changes, not logged one by one");
}

static void test_a_secret_is_never_shown(void **state) {
  struct model_fixture *fixture = *state;
  static const char *const values[] = {"password=hunter2", "password=hunter3"};
  for (size_t i = 0; i < 2; i++) {
    struct sample *sample = lag_sample(fixture);
    struct inventory *inventory = sample_inventory(sample, "things", 0, 1);
    sample_item(sample, inventory, "setting primary_conninfo", values[i], true);
    assert_null(strstr(inventory->items[0].value, "hunter"));
    model_publish(&fixture->model, 1, sample, fixture->now_ms);
  }
  expect(fixture, 1, "setting primary_conninfo changed (its value is not shown)");
}

/* Names and values are the server's: a value is cut at a whole character, a list may have blanks
 * and empty lines. */
static void test_values_of_any_length(void **state) {
  struct model_fixture *fixture = *state;
  char value[2000], text[2200];
  memset(value, 'x', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  memcpy(value + INVENTORY_VALUE_SHOWN - 1, "\xc3\xa9", 2);
  PUBLISH(0, "a", "1");
  PUBLISH(0, "a", value);
  snprintf(text, sizeof text, "a changed: 1 -> %.*s...", INVENTORY_VALUE_SHOWN - 1, value);
  expect(fixture, 1, text);
  PUBLISH(INVENTORY_LISTS, "a", value); /* the same as before */
  PUBLISH(INVENTORY_LISTS, "a", "\n\n \n  b\n");
  assert_int_equal(fixture->model.events.count, 2);
}

/* A name twice: not comparable, so not compared. */
static void test_ambiguous_names(void **state) {
  struct model_fixture *fixture = *state;
  PUBLISH(0, "a", "1");
  PUBLISH(0, "a", "1", "a", "2");
  assert_int_equal(fixture->model.events.count, 0);
  PUBLISH(0, "a", "3");
  assert_int_equal(fixture->model.events.count, 0);
  PUBLISH(0, "a", "4");
  expect(fixture, 1, "a changed: 3 -> 4");
}

/* Of a table, the columns that are watched: a cell without a value is not known, a row that comes
 * or goes is no change, and an incomplete table says nothing. */
static void test_cells_that_are_watched(void **state) {
  struct model_fixture *fixture = *state;
  static const struct column_spec columns[] = {
      {.id = "name", .title = "SERVICE"},
      {.id = "image", .title = "IMAGE", .flags = COLUMN_CHANGES},
      {.id = "cpu", .title = "CPU", .unit = UNIT_RATIO},
      {.id = "expires", .title = "CERT EXPIRES", .unit = UNIT_TIME, .flags = COLUMN_CHANGES}};
  static const struct table_spec spec = {
      .id = "services", .title = "Services", .columns = columns, .column_count = COUNT(columns)};
  static const struct table_spec *const specs[] = {&spec};
  static const struct step {
    const char *name, *image;
    int64_t expires;
    bool fault;
    const char *event;
  } steps[] = {
      {"web", "web:1", 1000, false, NULL},
      {"web", "web:2", 1000, false, "web image changed: web:1 -> web:2"},
      {"web", NULL, 1000, false, NULL},
      {"web", "web:9", 1000, true, NULL},
      {"web", "web:3", 1000, false, "web image changed: web:2 -> web:3"},
      {"other", "web:4", 1000, false, NULL},
      {"other", "web:4", 86401000, false,
       "other cert expires changed: 1970-01-01 00:00:01 -> 1970-01-02 00:00:01"},
  };
  size_t count = 0;
  for (size_t i = 0; i < COUNT(steps); i++) {
    struct sample *sample = sample_new(specs, 1);
    struct row *row = sample_row(sample, &sample->tables[0], steps[i].name, NULL);
    row->cells[0] = value_text(row->key);
    row->cells[1] = steps[i].image ? value_text(steps[i].image) : value_none("not known");
    row->cells[2] = value_real((double)i / 10);
    row->cells[3] = value_int(steps[i].expires);
    if (steps[i].fault)
      sample_fault(sample, "services", SEVERITY_UNKNOWN, "incomplete");
    model_publish(&fixture->model, 1, sample, fixture->now_ms);
    count += steps[i].event != NULL;
    if (steps[i].event)
      expect(fixture, count, steps[i].event);
    assert_int_equal(fixture->model.events.count, count);
  }
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      CASE(test_a_different_value),
      CASE(test_an_item_comes_and_goes),
      CASE(test_the_parts_of_a_list),
      CASE(test_a_gap_hides_no_change_and_makes_none),
      CASE(test_another_server_is_no_storm),
      CASE(test_the_rest_is_counted),
      CASE(test_a_secret_is_never_shown),
      CASE(test_values_of_any_length),
      CASE(test_ambiguous_names),
      CASE(test_cells_that_are_watched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
