/* A Kafka target without its collector: its options, and its table of groups as the collector's. */
#pragma once

#include "act_driver.h"
#include "support/core_test.h"

static const struct option fixture_options[] = {
    {.name = "bootstrap", .type = OPTION_TEXT, .required = true, .help = "brokers"},
    {.name = "properties", .type = OPTION_MAP, .help = "librdkafka's"},
};

static const struct target_kind fixture_kind = {.kind = "kafka",
                                                .key = "kafka",
                                                .title = "Kafka",
                                                .options = fixture_options,
                                                .option_count = sizeof fixture_options /
                                                                sizeof *fixture_options};

enum { FIX_NAME, FIX_STATE, FIX_MEMBERS, FIX_COMMITTED, FIX_COLUMNS };

static const struct column_spec fixture_columns[FIX_COLUMNS] = {
    {.id = "name", .title = "GROUP"},
    {.id = "state", .title = "STATE"},
    {.id = "members", .title = "MEMBERS"},
    {.id = "committed", .title = "COMMITTED"},
};

static const struct table_spec fixture_table = {
    .id = "lag", .title = "Groups", .columns = fixture_columns, .column_count = FIX_COLUMNS};

static inline struct sample *fixture_sample(void) {
  static const struct table_spec *const specs[] = {&fixture_table};
  return sample_new(specs, 1);
}

static inline void fixture_row(struct sample *sample, const char *key, const char *parent,
                               const char *name, const char *state, int64_t number) {
  struct row *row = sample_row(sample, sample_table(sample, "lag"), key, parent);
  assert_non_null(row);
  row->cells[FIX_NAME] = value_text(sample_copy(sample, name));
  if (state) {
    row->cells[FIX_STATE] = value_text(sample_copy(sample, state));
    row->cells[FIX_MEMBERS] = value_int(number);
  } else if (number >= 0) {
    row->cells[FIX_COMMITTED] = value_int(number);
  }
}

/* All lines of a plan, one after the other. For the caller to free. */
struct fixture_lines {
  char *text;
};

static inline void fixture_line(void *arg, enum plan_part part, bool strong, const char *text) {
  struct fixture_lines *lines = arg;
  (void)part, (void)strong;
  char *longer = mem_printf("%s%s\n", lines->text, text);
  free(lines->text);
  lines->text = longer;
}

static inline char *fixture_plan_text(const struct plan *plan) {
  struct fixture_lines lines = {mem_dup("")};
  plan_lines(plan, fixture_line, &lines);
  return lines.text;
}

static inline void assert_in_plan(const struct plan *plan, const char *wanted) {
  char *text = fixture_plan_text(plan);
  bool found = strstr(text, wanted) != NULL;
  if (!found)
    print_error("not in the plan: %s\n----\n%s----\n", wanted, text);
  free(text);
  assert_true(found);
}
