#include "model/judge/model_evaluate.h"
#include "report/json/json.h"
#include "report/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

struct document {
  struct model model;
  struct config *config;
  struct fixture_text written;
  json_t *tree;
};

static int setup(void **state) {
  struct document *document = mem_new(sizeof *document);
  fixture_init(&document->model, &document->config);
  document->written = fixture_written(report_json_write, &document->model, FIXTURE_NOW);
  json_error_t error;
  document->tree =
      json_loadb(document->written.text, document->written.len, JSON_REJECT_DUPLICATES, &error);
  if (!document->tree)
    print_error("line %d: %s\n", error.line, error.text);
  *state = document;
  return document->tree ? 0 : -1;
}

static int teardown(void **state) {
  struct document *document = *state;
  json_decref(document->tree);
  free(document->written.text);
  fixture_fini(&document->model, document->config);
  free(document);
  return 0;
}

static json_t *target(const struct document *document, size_t index) {
  return json_array_get(json_object_get(document->tree, "targets"), index);
}

static json_t *row(const struct document *document, size_t target_index, size_t table,
                   size_t index) {
  json_t *tables = json_object_get(target(document, target_index), "tables");
  return json_array_get(json_object_get(json_array_get(tables, table), "rows"), index);
}

static json_t *cell(const struct document *document, size_t target_index, size_t table,
                    size_t index, const char *column) {
  return json_object_get(json_object_get(row(document, target_index, table, index), "cells"),
                         column);
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "(none)";
}

static int64_t int_of(const json_t *object, const char *key) {
  json_t *member = json_object_get(object, key);
  return json_is_integer(member) ? json_integer_value(member) : -1;
}

static void test_head(void **state) {
  struct document *document = *state;
  assert_int_equal(int_of(document->tree, "version"), 1);
  assert_string_equal(text_of(document->tree, "stacktop"), STACKTOP_VERSION);
  assert_int_equal(int_of(document->tree, "written_ms"), FIXTURE_NOW);
  assert_string_equal(text_of(document->tree, "written"), "2026-11-24T14:43:27.123Z");
  json_t *configuration = json_object_get(document->tree, "configuration");
  assert_string_equal(text_of(configuration, "name"), "ecap");
  assert_string_equal(text_of(configuration, "environment"), "production");
  json_t *verdict = json_object_get(document->tree, "verdict");
  assert_string_equal(text_of(verdict, "severity"), "crit");
  assert_int_equal(int_of(verdict, "exit_status"), 2);
  assert_int_equal(int_of(verdict, "crit"),
                   findings_count(document->model.findings, SEVERITY_CRIT));
}

/* Not all findings are kept: the counts are lower bounds. */
static void test_counts_at_least(void **state) {
  struct document *document = *state;
  assert_null(json_object_get(json_object_get(document->tree, "verdict"), "at_least"));
  struct model model;
  struct config *config;
  fixture_init(&model, &config);
  model.findings_bytes_max = 1;
  model_evaluate(&model, FIXTURE_NOW, true);
  assert_true(findings_count_is_least(model.findings, SEVERITY_WARN));
  struct fixture_text cut = fixture_written(report_json_write, &model, FIXTURE_NOW);
  json_t *tree = json_loadb(cut.text, cut.len, JSON_REJECT_DUPLICATES, NULL);
  json_t *at_least = json_object_get(json_object_get(tree, "verdict"), "at_least");
  size_t index = 0;
  for (int severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--)
    if (findings_count_is_least(model.findings, (enum severity)severity))
      assert_string_equal(json_string_value(json_array_get(at_least, index++)),
                          severity_name((enum severity)severity));
  assert_int_equal(json_array_size(at_least), index);
  json_decref(tree);
  free(cut.text);
  fixture_fini(&model, config);
}

static void test_states(void **state) {
  struct document *document = *state;
  assert_string_equal(text_of(target(document, FIXTURE_API), "state"), "live");
  assert_int_equal(int_of(target(document, FIXTURE_API), "age_ms"), 0);
  assert_int_equal(int_of(target(document, FIXTURE_API), "cost_us"), 13000);
  assert_int_equal(int_of(target(document, FIXTURE_API), "samples"), 5);
  json_t *cache = target(document, FIXTURE_CACHE);
  assert_string_equal(text_of(cache, "state"), "down");
  assert_string_equal(text_of(json_object_get(cache, "error"), "kind"), "refused");
  assert_int_equal(int_of(cache, "failures"), 2);
  assert_int_equal(int_of(cache, "failing_since_ms"), FIXTURE_NOW - 843000);
  assert_null(json_object_get(cache, "taken_ms"));
  assert_int_equal(json_array_size(json_object_get(cache, "tables")), 0);
  json_t *waiting = target(document, FIXTURE_WAITING);
  assert_string_equal(text_of(waiting, "state"), "waiting");
  assert_string_equal(text_of(waiting, "severity"), "unknown");
  assert_int_equal(int_of(waiting, "started_ms"), FIXTURE_NOW);
  json_t *stale = target(document, FIXTURE_STALE);
  assert_string_equal(text_of(stale, "state"), "stale");
  assert_int_equal(int_of(stale, "age_ms"), 843000);
  json_t *sessions = target(document, FIXTURE_SESSIONS);
  assert_string_equal(text_of(sessions, "state"), "down");
  assert_int_equal(int_of(sessions, "age_ms"), 843000);
  assert_int_equal(json_array_size(json_object_get(sessions, "tables")), 2);
}

static void test_cells(void **state) {
  struct document *document = *state;
  assert_true(json_is_real(cell(document, FIXTURE_API, 0, 0, "latency")));
  assert_string_equal(text_of(cell(document, FIXTURE_API, 0, 0, "availability"), "unknown"),
                      "needs two collections");
  assert_null(cell(document, FIXTURE_API, 0, 0, "error")); /* does not apply */
  assert_int_equal(json_integer_value(cell(document, FIXTURE_API, 0, 0, "pid")), 4711);
  assert_string_equal(text_of(row(document, FIXTURE_MAIN, 0, 1), "parent"), "group-0");
  assert_string_equal(text_of(row(document, FIXTURE_MAIN, 0, 0), "parent"), "(none)");
  assert_string_equal(text_of(row(document, FIXTURE_ECAP, 1, 0), "severity"), "warn");
  assert_string_equal(text_of(row(document, FIXTURE_ECAP, 1, 0), "reason"),
                      "idle in transaction 14m, blocks 2");
}

static void test_threshold_in_force(void **state) {
  struct document *document = *state;
  json_t *table = json_array_get(json_object_get(target(document, FIXTURE_MAIN), "tables"), 0);
  json_t *lag = json_array_get(json_object_get(table, "columns"), 3);
  json_t *threshold = json_object_get(lag, "threshold");
  assert_string_equal(text_of(lag, "metric"), "kafka.lag");
  assert_true(json_real_value(json_object_get(threshold, "warn")) == 10000); /* not the spec's */
  assert_int_equal(int_of(threshold, "for_ms"), 60000);
  assert_null(json_object_get(threshold, "crit"));
  assert_true(json_is_true(json_object_get(table, "truncated")));
  static const int of[] = {FIXTURE_ECAP, FIXTURE_EVIL}; /* the first has its own */
  static const double warns[] = {0.8, 0.9};
  for (size_t i = 0; i < 2; i++) {
    table = json_array_get(json_object_get(target(document, of[i]), "tables"), 0);
    json_t *hit = json_array_get(json_object_get(table, "columns"), 3);
    threshold = json_object_get(hit, "threshold");
    assert_true(json_real_value(json_object_get(threshold, "warn")) == warns[i]);
  }
}

static void test_numbers_are_kept(void **state) {
  struct document *document = *state;
  assert_true(json_integer_value(cell(document, FIXTURE_EVIL, 0, 0, "used")) == INT64_MIN);
  assert_true(json_integer_value(cell(document, FIXTURE_EVIL, 0, 0, "started")) == INT64_MAX);
  assert_true(json_real_value(cell(document, FIXTURE_EVIL, 0, 0, "ratio")) == -1e-300);
  assert_true(json_is_real(cell(document, FIXTURE_EVIL, 0, 0, "net")));
  assert_string_equal(text_of(cell(document, FIXTURE_EVIL, 0, 0, "hit"), "unknown"),
                      "not a number");
  assert_non_null(strstr(document->written.text, "\"net\":1e+15"));
  assert_non_null(strstr(document->written.text, "\"warn\":10000.0,"));
  assert_non_null(strstr(document->written.text, "\"hit\":0.5,"));
}

static void test_hostile_texts(void **state) {
  struct document *document = *state;
  json_t *cells = json_object_get(row(document, FIXTURE_EVIL, 0, 0), "cells");
  assert_string_equal(text_of(cells, "version"),
                      "1\x1b]0;owned\x07\n\xEF\xBF\xBD\xEF\xBF\xBD|\xc2\x9b"
                      "31m");
  /* surrogate, beyond the last, overlong: each byte alone; then one that is right */
  assert_string_equal(
      text_of(json_object_get(row(document, FIXTURE_EVIL, 1, 0), "cells"), "query"),
      "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
      "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xf0\x9f\x92\xa9");
  /* As it is, it has no effect on a terminal. */
  const char *text = document->written.text;
  for (size_t i = 0; i < document->written.len; i++) {
    unsigned char byte = (unsigned char)text[i];
    assert_true(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
    assert_false(byte == 0xc2 && (unsigned char)text[i + 1] < 0xa0);
  }
  assert_null(strstr(text, "\xe2\x80\xae"));
  assert_non_null(strstr(text, "\\u202eright to left\xEF\xBF\xBD"));
  assert_non_null(strstr(text, "\\udb40\\udc61")); /* a tag character, as surrogates */
}

static void test_no_secret(void **state) {
  struct document *document = *state;
  assert_null(strstr(document->written.text, "hunter2"));
  assert_null(strstr(document->written.text, "dsn"));
}

static void test_findings(void **state) {
  struct document *document = *state;
  json_t *findings = json_object_get(document->tree, "findings");
  assert_int_equal(json_array_size(findings), document->model.findings->count);
  json_t *first = json_array_get(findings, 0);
  assert_string_equal(text_of(first, "severity"), "crit");
  json_t *of =
      json_array_get(json_object_get(document->tree, "targets"), (size_t)int_of(first, "target"));
  assert_string_equal(text_of(first, "name"), text_of(of, "name"));
  assert_string_equal(text_of(first, "kind"), text_of(of, "kind"));
  json_t *events = json_object_get(document->tree, "events");
  assert_int_equal(json_array_size(events), document->model.events.count);
  assert_true(int_of(json_array_get(events, 0), "at_ms") <=
              int_of(json_array_get(events, 1), "at_ms"));
}

/* All times of the model are written by the host's clock, which was set by an hour since the start;
 * ages stay. */
static void test_a_corrected_clock(void **state) {
  struct document *document = *state;
  struct model model = document->model;
  model.wall_offset_ms = 3600000;
  struct fixture_text again = fixture_written(report_json_write, &model, FIXTURE_NOW);
  json_t *tree = json_loads(again.text, 0, NULL);
  assert_non_null(tree);
  assert_string_equal(text_of(tree, "written"), "2026-11-24T15:43:27.123Z");
  static const char *const lists[] = {"findings", "events"}, *const keys[] = {"since_ms", "at_ms"};
  for (size_t i = 0; i < 2; i++) {
    const json_t *before = json_array_get(json_object_get(document->tree, lists[i]), 0);
    const json_t *after = json_array_get(json_object_get(tree, lists[i]), 0);
    assert_int_equal(int_of(after, keys[i]), int_of(before, keys[i]) + 3600000);
  }
  const json_t *before = json_array_get(json_object_get(document->tree, "targets"), 0);
  const json_t *after = json_array_get(json_object_get(tree, "targets"), 0);
  assert_int_equal(int_of(after, "taken_ms"), int_of(before, "taken_ms") + 3600000);
  assert_int_equal(int_of(after, "age_ms"), int_of(before, "age_ms"));
  json_decref(tree);
  free(again.text);
}

static void test_record_is_one_line(void **state) {
  struct document *document = *state;
  struct fixture_text record = fixture_written(report_json_record, &document->model, FIXTURE_NOW);
  assert_ptr_equal(strchr(record.text, '\n'), record.text + record.len - 1);
  assert_non_null(strstr(record.text, "\"past\":{\"latency\":[0.016,0.015,0.014,0.013,0.012]}"));
  assert_null(strstr(document->written.text, "\"past\""));
  free(record.text);
}

static void test_no_targets(void **state) {
  (void)state;
  struct config *config = config_new();
  struct model model;
  model_init(&model, config);
  struct fixture_text written = fixture_written(report_json_write, &model, FIXTURE_NOW);
  json_t *tree = json_loadb(written.text, written.len, 0, NULL);
  assert_int_equal(json_array_size(json_object_get(tree, "targets")), 0);
  assert_null(json_object_get(json_object_get(tree, "configuration"), "name"));
  json_decref(tree);
  free(written.text);
  fixture_fini(&model, config);
}

static void check_documented(const char *manual, json_t *value) {
  const char *key;
  json_t *member;
  size_t index;
  json_array_foreach(value, index, member) check_documented(manual, member);
  json_object_foreach(value, key, member) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "`%s`", key);
    if (!strstr(manual, quoted))
      fail_msg("docs/json.md does not say what %s is", quoted);
    if (strcmp(key, "cells") != 0 && strcmp(key, "past") != 0)
      check_documented(manual, member);
  }
}

static void test_every_key_is_documented(void **state) {
  struct document *document = *state;
  char *manual = mem_new(64 << 10);
  FILE *in = fopen("../../../docs/json.md", "r");
  assert_non_null(in);
  assert_true(fread(manual, 1, (64 << 10) - 1, in) > 0);
  fclose(in);
  check_documented(manual, document->tree);
  struct fixture_text record = fixture_written(report_json_record, &document->model, FIXTURE_NOW);
  json_t *tree = json_loadb(record.text, record.len, 0, NULL);
  check_documented(manual, tree);
  json_decref(tree);
  free(record.text);
  free(manual);
}

static void test_a_full_disk_is_reported(void **state) {
  struct document *document = *state;
  FILE *full = fopen("/dev/full", "w");
  if (!full)
    skip();
  assert_false(report_json_write(full, &document->model, FIXTURE_NOW));
  fclose(full);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_head),
      cmocka_unit_test(test_counts_at_least),
      cmocka_unit_test(test_states),
      cmocka_unit_test(test_cells),
      cmocka_unit_test(test_threshold_in_force),
      cmocka_unit_test(test_numbers_are_kept),
      cmocka_unit_test(test_hostile_texts),
      cmocka_unit_test(test_no_secret),
      cmocka_unit_test(test_findings),
      cmocka_unit_test(test_a_corrected_clock),
      cmocka_unit_test(test_record_is_one_line),
      cmocka_unit_test(test_no_targets),
      cmocka_unit_test(test_every_key_is_documented),
      cmocka_unit_test(test_a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
