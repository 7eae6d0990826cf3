/* Which row a person means, and whether it may be missing because not all was read. */
#include "app/modes/show_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct column_spec columns[] = {{.id = "name", .title = "NAME"}};
static const struct table_spec all = {
    .id = "all", .title = "All", .flags = TABLE_SUMMARY, .columns = columns, .column_count = 1};
static const struct table_spec groups = {
    .id = "groups", .title = "Groups", .columns = columns, .column_count = 1};
static const struct table_spec *const tables[] = {&all, &groups};

static int setup(void **state) {
  struct sample *sample = sample_new(tables, 2);
  const char *const names[] = {"group a", "group b"};
  struct row *row = sample_row(sample, sample_table(sample, "all"), "main", NULL);
  row->cells[0] = value_text("main");
  for (size_t i = 0; i < 2; i++) {
    row = sample_row(sample, sample_table(sample, "groups"), names[i] + 6, NULL);
    row->cells[0] = value_text(names[i]);
  }
  *state = sample;
  return 0;
}

static int teardown(void **state) {
  sample_free(*state);
  return 0;
}

static void test_rows(void **state) {
  const struct table *table = sample_table_view(*state, "groups");
  struct err err;
  assert_ptr_equal(show_row(table, "groups", "b", &err), &table->rows[1]);
  assert_ptr_equal(show_row(table, "groups", "group b", &err), &table->rows[1]);
  assert_null(show_row(table, "groups", "c", &err));
  assert_string_equal(err.text, "no row of groups is named \"c\"; there are: group a, group b");
}

static void check(struct sample *sample, const char *expected, enum severity severity) {
  const char *why = NULL;
  enum severity found;
  assert_int_equal(show_is_incomplete(sample, "groups", &why, &found), expected != NULL);
  if (!expected)
    return;
  assert_string_equal(why, expected);
  assert_int_equal(found, severity);
}

static void test_what_was_not_read(void **state) {
  struct sample *sample = *state;
  struct row *row = &sample_table(sample, "all")->rows[0];
  check(sample, NULL, SEVERITY_OK);
  sample_note(sample, "groups", NULL, "some groups: needs DESCRIBE");
  sample_fault(sample, "all", SEVERITY_CRIT, "of another table");
  row->severity = SEVERITY_CRIT; /* a fault that is known hides no rows */
  row->reason = "2 partitions offline";
  check(sample, NULL, SEVERITY_OK);
  sample_table(sample, "groups")->truncated = true;
  check(sample, "there are more rows than are read", SEVERITY_UNKNOWN);
  row->severity = SEVERITY_UNKNOWN;
  row->reason = "only 2 of 3 brokers answered";
  check(sample, "only 2 of 3 brokers answered", SEVERITY_UNKNOWN);
  sample_fault(sample, "groups", SEVERITY_CRIT, "cannot list groups: timeout");
  check(sample, "cannot list groups: timeout", SEVERITY_CRIT);
}

static void test_a_fault_of_the_whole_target(void **state) {
  sample_fault(*state, NULL, SEVERITY_WARN, "the client crashed");
  check(*state, "the client crashed", SEVERITY_WARN);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_rows),
      TEST(test_what_was_not_read),
      TEST(test_a_fault_of_the_whole_target),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
