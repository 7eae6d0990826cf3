#include "support/core_test.h"

#include "model/sample.h"

static const struct column_spec columns[] = {{.id = "name"}, {.id = "lag"}, {.id = "lag_max"}};
static const struct table_spec groups = {.id = "groups", .columns = columns, .column_count = 3};
static const struct table_spec other = {.id = "group", .columns = columns, .column_count = 1};
static const struct table_spec *const specs[] = {&groups, &other};

static void test_tables(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  assert_int_equal(sample->table_count, 2);
  assert_ptr_equal(sample_table(sample, "groups"), &sample->tables[0]);
  assert_ptr_equal(sample_table_view(sample, "group"), &sample->tables[1]);
  assert_null(sample_table(sample, "grou"));
  assert_int_equal(table_column(&groups, "lag"), 1);
  assert_int_equal(table_column(&groups, "la"), -1);
  sample_free(sample);
  sample_free(NULL);
}

static void test_rows(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  struct table *table = sample_table(sample, "groups");
  char key[16] = "first";
  for (int i = 0; i < 100; i++) {
    struct row *row = sample_row(sample, table, key, i ? "first" : NULL);
    assert_non_null(row);
    assert_int_equal(row->severity, SEVERITY_OK);
    for (size_t c = 0; c < 3; c++) { /* does not apply, until a value is set */
      assert_int_equal(row->cells[c].type, VALUE_NONE);
      assert_null(row->cells[c].text);
    }
    row->cells[1] = value_int(i);
    snprintf(key, sizeof key, "row %d", i); /* keys are copies */
  }
  assert_int_equal(table->row_count, 100);
  assert_null(table_find(table, "first")->parent);
  assert_string_equal(table_find(table, "row 41")->parent, "first");
  assert_int_equal(table_find(table, "row 41")->cells[1].integer, 42);
  assert_null(table_find(table, "row 99"));
  assert_int_equal(sample_table(sample, "group")->row_count, 0);
  sample_free(sample);
}

/* A full sample says so and keeps its contents. */
static void test_full(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  struct table *table = sample_table(sample, "groups");
  sample->arena.ceiling = 1000;
  int kept = 0;
  while (kept < 100 && sample_row(sample, table, "key", "parent"))
    kept++;
  assert_in_range(kept, 5, 15);
  assert_int_equal(table->row_count, kept);
  assert_true(table->truncated);
  assert_string_equal(table->rows[kept - 1].parent, "parent");
  assert_null(sample_row(sample, table, "key", NULL));
  assert_string_equal(sample_copy(sample, "a text that would have been too long anyway, since all "
                                          "of the room has been taken up by then"),
                      "");
  sample_note(sample, NULL, NULL, "a note that does not fit %0200d", 1);
  for (size_t i = 0; i < sample->note_count; i++)
    assert_true(*sample->notes[i].text); /* no note rather than an empty one */
  sample_free(sample);
}

static void test_texts(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  assert_string_equal(sample_text(sample, "abc", 2), "ab");
  assert_string_equal(sample_text(sample, NULL, 0), "");
  assert_string_equal(sample_copy(sample, NULL), "");
  assert_string_equal(sample_printf(sample, "%d", 1), "1");
  char *huge = malloc(3 * SAMPLE_TEXT_MAX);
  memset(huge, 'x', 3 * SAMPLE_TEXT_MAX);
  huge[3 * SAMPLE_TEXT_MAX - 1] = '\0';
  assert_int_equal(strlen(sample_copy(sample, huge)), SAMPLE_TEXT_MAX);
  assert_int_equal(strlen(sample_text(sample, huge, 2 * SAMPLE_TEXT_MAX)), SAMPLE_TEXT_MAX);
  free(huge);
  sample_free(sample);
}

static void test_notes(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  sample_note(sample, "groups", "lag", "needs %s", "pg_monitor");
  sample_note(sample, "groups", NULL, "needs pg_monitor"); /* once is enough */
  assert_int_equal(sample->note_count, 1);
  assert_string_equal(sample->notes[0].text, "needs pg_monitor");
  assert_string_equal(sample->notes[0].column, "lag");
  for (int i = 0; i < 2 * SAMPLE_NOTES_MAX; i++)
    sample_note(sample, NULL, NULL, "note %d", i);
  assert_int_equal(sample->note_count, SAMPLE_NOTES_MAX);
  sample_free(sample);
}

/* A fault is never lost: not to many notes, not to a full sample, not to other faults. */
static void test_faults(void **state) {
  (void)state;
  struct sample *sample = sample_new(specs, 2);
  for (int i = 0; i < SAMPLE_NOTES_MAX; i++)
    sample_note(sample, NULL, NULL, "note %d", i);
  assert_false(sample_is_faulted(sample, "groups"));
  sample_fault(sample, "groups", SEVERITY_UNKNOWN, "offsets of %d of %d partitions", 12, 18);
  assert_int_equal(sample->note_count, SAMPLE_NOTES_MAX);
  assert_string_equal(sample->notes[0].text, "offsets of 12 of 18 partitions");
  assert_string_equal(sample->notes[1].text, "note 0");
  assert_true(sample_is_faulted(sample, "groups"));
  assert_false(sample_is_faulted(sample, "group"));
  sample_fault(sample, "groups", SEVERITY_WARN, "offsets of 12 of 18 partitions");
  assert_int_equal(sample->notes[0].severity, SEVERITY_WARN); /* the same one, but worse */
  assert_string_equal(sample->notes[1].text, "note 0");
  for (int i = 0; i < SAMPLE_NOTES_MAX; i++)
    sample_fault(sample, "groups", SEVERITY_UNKNOWN, "fault %d", i);
  sample_fault(sample, NULL, SEVERITY_CRIT, "one too many");
  assert_int_equal(sample->notes[SAMPLE_NOTES_MAX - 1].severity, SEVERITY_CRIT);
  assert_true(sample_is_faulted(sample, "group")); /* the whole target's */
  sample_free(sample);

  sample = sample_new(specs, 2);
  sample->arena.ceiling = 100;
  while (*sample_printf(sample, "%s", "some text of a server"))
    continue;
  sample_fault(sample, "groups", SEVERITY_UNKNOWN, "a fault that does not fit %0200d", 1);
  assert_true(sample_is_faulted(sample, "groups"));
  assert_true(*sample->notes[0].text);
  sample_free(sample);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables), cmocka_unit_test(test_rows),  cmocka_unit_test(test_full),
      cmocka_unit_test(test_texts),  cmocka_unit_test(test_notes), cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
