#include "model/judge/evaluate.h"
#include "model/judge/model_evaluate.h"
#include "report/json/json.h"
#include "report/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

static void read_or_fail(struct report_document *document, struct fixture_text text) {
  struct err err = {0};
  if (!report_json_read(document, text.text, text.len, &err))
    fail_msg("%s", err.text);
}

/* write -> read -> write is the same to the byte. Frees the text; returns the model that was read.
 */
static void round_trip(bool (*write)(FILE *, const struct model *, int64_t),
                       struct fixture_text first, struct report_document *document) {
  read_or_fail(document, first);
  assert_int_equal(document->now_ms, FIXTURE_NOW);
  struct fixture_text again = fixture_written(write, &document->model, document->now_ms);
  size_t same = 0;
  while (same < first.len && first.text[same] == again.text[same])
    same++;
  if (same != first.len || same != again.len)
    fail_msg("differs at %.80s\n and %.80s", first.text + same, again.text + same);
  free(first.text);
  free(again.text);
}

static void test_round_trip(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  struct report_document document;
  fixture_init(&model, &config);
  struct value *lag = &model.targets[FIXTURE_MAIN].sample->tables[0].rows[0].cells[3];
  struct value *rate = &model.targets[FIXTURE_MAIN].sample->tables[0].rows[0].cells[4];
  *lag = value_at_least(*lag);
  *rate = value_at_least(value_real(84.5));
  /* Three bytes each, once they are replaced: more than an error holds. */
  memset(model.targets[FIXTURE_CACHE].err.text, 0xFF, sizeof model.targets[0].err.text - 1);
  struct fixture_text written = fixture_written(report_json_write, &model, FIXTURE_NOW);
  assert_non_null(strstr(written.text, "\"at_least\":[\"lag\",\"rate\"]"));
  round_trip(report_json_write, written, &document);
  const struct row *group = &document.model.targets[FIXTURE_MAIN].sample->tables[0].rows[0];
  assert_true(group->cells[3].at_least && group->cells[4].at_least && !group->cells[2].at_least);

  /* The same for a view that draws them. */
  assert_int_equal(document.model.target_count, model.target_count);
  assert_string_equal(document.config->name, "ecap");
  assert_true(config_is_production(document.config));
  for (size_t i = 0; i < model.target_count; i++) {
    const struct target_state *read = &document.model.targets[i], *target_index = &model.targets[i];
    assert_int_equal(target_state_condition(read, FIXTURE_NOW),
                     target_state_condition(target_index, FIXTURE_NOW));
    assert_int_equal(target_state_age(read, FIXTURE_NOW),
                     target_state_age(target_index, FIXTURE_NOW));
    assert_int_equal(model_target_severity(&document.model, i, FIXTURE_NOW),
                     model_target_severity(&model, i, FIXTURE_NOW));
    assert_int_equal(read->err.kind, target_index->err.kind);
  }
  const struct column_spec *column =
      &document.model.targets[FIXTURE_MAIN].sample->tables[0].spec->columns[3];
  const struct threshold *threshold = model_threshold(&document.model, FIXTURE_MAIN, column);
  assert_true(threshold->warn == 10000 && !threshold->has_crit);
  assert_int_equal(column->flags, COLUMN_HISTORY);
  assert_int_equal(column->unit, UNIT_COUNT);
  column = &document.model.targets[FIXTURE_ECAP].sample->tables[0].spec->columns[3];
  assert_true(model_threshold(&document.model, FIXTURE_ECAP, column)->warn == 0.8);
  /* Of one kind, for a view that groups them. */
  assert_ptr_equal(document.model.targets[FIXTURE_API].target->kind,
                   document.model.targets[FIXTURE_DASHBOARD].target->kind);
  report_document_fini(&document);
  fixture_fini(&model, config);
}

static void test_record_keeps_the_past(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  struct report_document document;
  fixture_init(&model, &config);
  round_trip(report_json_record, fixture_written(report_json_record, &model, FIXTURE_NOW),
             &document);
  const struct history_ring *ring =
      history_find(document.model.targets[FIXTURE_API].history, 0, "api", 2);
  assert_non_null(ring);
  assert_int_equal(ring->count, 5);
  assert_true(history_value(ring, 0) == 0.012f && history_value(ring, 4) == 0.016f);
  ring = history_find(document.model.targets[FIXTURE_DASHBOARD].history, 0, "dashboard", 2);
  assert_true(ring && isnan(history_value(ring, 0))); /* it was not known */
  report_document_fini(&document);

  /* Without: one value, as after one collection. */
  struct fixture_text plain = fixture_written(report_json_write, &model, FIXTURE_NOW);
  read_or_fail(&document, plain);
  ring = history_find(document.model.targets[FIXTURE_API].history, 0, "api", 2);
  assert_true(ring && ring->count == 1 && history_value(ring, 0) == 0.012f);
  report_document_fini(&document);
  free(plain.text);
  fixture_fini(&model, config);
}

static void test_judged_again_it_is_the_same(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  struct report_document document;
  fixture_init(&model, &config);
  struct fixture_text text = fixture_written(report_json_write, &model, FIXTURE_NOW);
  read_or_fail(&document, text);
  struct findings *anew = evaluate(&document.model, document.now_ms, false);
  assert_int_equal(anew->count, document.model.findings->count);
  for (size_t i = 0; i < anew->count; i++) {
    assert_string_equal(anew->items[i].sentence, document.model.findings->items[i].sentence);
    assert_int_equal(anew->items[i].pending, document.model.findings->items[i].pending);
    assert_int_equal(anew->items[i].since_ms, document.model.findings->items[i].since_ms);
  }
  findings_free(anew);
  report_document_fini(&document);
  free(text.text);
  fixture_fini(&model, config);
}

static void test_twenty_thousand_rows(void **state) {
  (void)state;
  struct config *config = config_new();
  fixture_target(config, &fixture_kafka, "main");
  struct model model;
  model_init(&model, config);
  fixture_publish(&model, 0, fixture_kafka_sample(20, 1000), 1, FIXTURE_NOW);
  model_evaluate(&model, FIXTURE_NOW, true);
  struct report_document document;
  round_trip(report_json_write, fixture_written(report_json_write, &model, FIXTURE_NOW), &document);
  assert_int_equal(document.model.targets[0].sample->tables[0].row_count, 20020);
  report_document_fini(&document);
  fixture_fini(&model, config);
}

struct error_case {
  const char *text, *error;
};

#define TARGET(rest) "{\"version\":1,\"targets\":[{\"kind\":\"k\",\"name\":\"n\"" rest "}]}"
#define TABLE(rest) TARGET(",\"taken_ms\":1,\"tables\":[{\"id\":\"t\"" rest "}]")
#define ROWS(rest) TABLE(",\"columns\":[{\"id\":\"c\"},{\"id\":\"lag\"}],\"rows\":[" rest "]")

static const struct error_case error_cases[] = {
    {"", "line 1, column 0: "},
    {"{\"version\":1,\n \"targets\":[}", "line 2, column 13: "},
    {"{\"version\":1} x", "line 1, column 15: end of file expected near 'x'"},
    {"{\"version\":1,\"version\":1}", "line 1, column 22: duplicate object key"},
    {"{\"version\":1,\"a\":\"\xff\"}", "line 1, column 18: unable to decode byte 0xff"},
    {"[]", "expected an object"},
    {"{}", "version: expected the version of a stacktop document"},
    {"{\"version\":\"1\"}", "version: expected the version of a stacktop document"},
    {"{\"version\":0}", "version: expected an integer from 1 to "},
    {"{\"version\":2}", "version 2; this stacktop reads up to 1"},
    {"{\"version\":1,\"written_ms\":1e3}", "written_ms: expected an integer"},
    {"{\"version\":1,\"written_ms\":-1}", "written_ms: expected an integer from 0 to 2534"},
    {"{\"version\":1,\"configuration\":3}", "configuration: expected an object"},
    {"{\"version\":1,\"configuration\":{\"name\":[]}}", "configuration.name: expected a text"},
    {"{\"version\":1,\"targets\":{}}", "targets: expected an array"},
    {"{\"version\":1,\"targets\":[3]}", "targets[0]: expected an object"},
    {"{\"version\":1,\"targets\":[{\"kind\":\"k\"}]}", "targets[0].name: expected a text"},
    {TARGET(",\"samples\":-1"), "targets[0].samples: expected an integer from 0 to 4294967295"},
    {TARGET(",\"error\":{\"kind\":\"io\"}"), "targets[0].error.text: expected a text"},
    {TARGET(",\"taken_ms\":1,\"notes\":[{}]"), "targets[0].notes[0].text: expected a text"},
    {TABLE(""), "targets[0].tables[0].columns: expected 1 to 256 columns"},
    {TABLE(",\"columns\":[{\"id\":\"c\"},{\"id\":\"c\"}]"),
     "targets[0].tables[0].columns[1]: a duplicate column id"},
    {TABLE(",\"columns\":[{\"id\":\"c\",\"threshold\":{\"warn\":\"80%\"}}]"),
     "targets[0].tables[0].columns[0].threshold.warn: expected a number"},
    {ROWS("{}"), "targets[0].tables[0].rows[0].key: expected a text"},
    {ROWS("{\"key\":\"a\",\"parent\":\"a\"}"),
     "targets[0].tables[0].rows[0].parent: no row with that key before it"},
    {ROWS("{\"key\":\"a\"},{\"key\":\"b\",\"cells\":{\"lag\":[]}}"),
     "targets[0].tables[0].rows[1].cells.lag: expected a number, a text, null or {"},
    {ROWS("{\"key\":\"a\",\"cells\":{\"lag\":{\"why\":\"\"}}}"),
     "targets[0].tables[0].rows[0].cells.lag.unknown: expected a text"},
    {ROWS("{\"key\":\"a\",\"cells\":{\"lag\":99999999999999999999}}"), "line 1, column "},
    {"{\"version\":1,\"findings\":[{\"target\":0}]}", "findings[0].target: expected the index"},
    {"{\"version\":1,\"targets\":[{\"kind\":\"k\",\"name\":\"n\"}],\"findings\":[{\"target\":1}]}",
     "findings[0].target: expected an integer from 0 to 0"},
    {"{\"version\":1,\"events\":[{\"at_ms\":1,\"severity\":\"ok\",\"subject\":\"s\"}]}",
     "events[0].text: expected a text"},
};

static void test_errors_name_the_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof error_cases / sizeof *error_cases; i++) {
    struct report_document document;
    struct err err = {0};
    const struct error_case *each = &error_cases[i];
    if (report_json_read(&document, each->text, strlen(each->text), &err))
      fail_msg("%s was read", each->text);
    if (strncmp(err.text, each->error, strlen(each->error)) != 0)
      fail_msg("%s\n  says    %s\n  and not %s", each->text, err.text, each->error);
  }
}

/* Unknown additions of a later version; and optional parts that are missing. */
static void test_unknown_and_absent(void **state) {
  (void)state;
  static const char text[] = "{\"version\":1,\"colour\":{\"deep\":[[[1]]]},\"targets\":[{\"kind\":"
                             "\"k\",\"name\":\"n\",\"x\":1,"
                             "\"taken_ms\":5,\"error\":null,\"tables\":[{\"id\":\"t\",\"columns\":["
                             "{\"id\":\"c\",\"unit\":\"furlongs\","
                             "\"flags\":[\"plus\",\"sideways\",7]},{\"id\":\"d\",\"threshold\":{"
                             "\"warn\":1}}],\"rows\":[{\"key\":\"a\","
                             "\"severity\":\"dire\",\"cells\":{\"c\":null,\"d\":2,\"e\":[3]}},{"
                             "\"key\":\"b\",\"parent\":\"a\"}]}]}]}";
  struct report_document document;
  read_or_fail(&document, (struct fixture_text){(char *)text, sizeof text - 1});
  const struct table *table = &document.model.targets[0].sample->tables[0];
  assert_string_equal(table->spec->title, "t");
  assert_string_equal(document.model.targets[0].target->kind->title, "k");
  assert_int_equal(table->spec->columns[0].unit, UNIT_NONE);
  assert_int_equal(table->spec->columns[0].flags, COLUMN_PLUS);
  assert_null(model_threshold(&document.model, 0, &table->spec->columns[1])); /* has no metric */
  assert_int_equal(table->rows[0].severity, SEVERITY_UNKNOWN);
  assert_string_equal(table->rows[0].reason, "no reason given");
  assert_true(table->rows[0].cells[0].type == VALUE_NONE && !table->rows[0].cells[0].text);
  assert_int_equal(table->rows[0].cells[1].integer, 2);
  assert_int_equal(table->row_count, 2);
  assert_int_equal(document.model.findings->count, 0);
  report_document_fini(&document);
}

static void refused_by_limit(const char *text, size_t len, const char *error) {
  struct report_document document;
  struct err err = {0};
  assert_false(report_json_read(&document, text, len, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_non_null(strstr(err.text, error));
}

static void test_limits(void **state) {
  (void)state;
  size_t len = 2 * (size_t)REPORT_JSON_VALUES_MAX + 2;
  char *text = mem_new(len);
  memset(text, '[', len);
  refused_by_limit(text, len, "levels deep");
  refused_by_limit(text, (size_t)REPORT_JSON_MAX + 1, "at most"); /* not even looked at */
  for (size_t i = 1; i < len; i++)
    text[i] = i % 2 ? '1' : ',';
  refused_by_limit(text, len, "values");

  /* Brackets inside a text do not count as levels. */
  struct report_document document;
  struct err err = {0};
  int length = snprintf(text, len, "{\"version\":1,\"a\":\"\\\\\\\"%0100d\"}", 0);
  for (char *at = text; (at = strchr(at, '0')); at++)
    *at = '[';
  assert_true(report_json_read(&document, text, (size_t)length, &err));
  report_document_fini(&document);
  free(text);
}

/* Cut at each byte, and with each byte of the first part corrupted: an error or a model, no crash.
 */
static void test_cut_and_spoilt(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  struct err err;
  struct report_document document;
  fixture_init(&model, &config);
  struct fixture_text whole = fixture_written(report_json_write, &model, FIXTURE_NOW);
  for (size_t len = 0; len + 1 < whole.len; len += len < 2000 ? 1 : 97) {
    err = (struct err){0};
    assert_false(report_json_read(&document, whole.text, len, &err));
    assert_true(*err.text);
  }
  for (size_t i = 0; i < whole.len; i += i < 2000 ? 1 : 97) {
    char kept = whole.text[i];
    whole.text[i] = (char)(kept ^ 0x11);
    if (report_json_read(&document, whole.text, whole.len, &err))
      report_document_fini(&document);
    whole.text[i] = kept;
  }
  free(whole.text);
  fixture_fini(&model, config);
}

/* A collector's fault must not make a recording unreadable. */
static void test_two_rows_of_one_key(void **state) {
  (void)state;
  static const char text[] =
      "{\"version\":1,\"history\":true,\"targets\":[{\"kind\":\"k\",\"name\":\"n\",\"taken_ms\":5,"
      "\"tables\":["
      "{\"id\":\"t\",\"columns\":[{\"id\":\"c\",\"flags\":[\"history\"]}],\"rows\":["
      "{\"key\":\"a\",\"cells\":{\"c\":1},\"past\":{\"c\":[1,2]}},"
      "{\"key\":\"a\",\"cells\":{\"c\":2},\"past\":{\"c\":[3]}}]}]}]}";
  struct report_document document, again;
  read_or_fail(&document, (struct fixture_text){(char *)text, sizeof text - 1});
  struct fixture_text first = fixture_written(report_json_record, &document.model, 0);
  read_or_fail(&again, first);
  struct fixture_text second = fixture_written(report_json_record, &again.model, 0);
  assert_string_equal(first.text, second.text);
  free(first.text);
  free(second.text);
  report_document_fini(&document);
  report_document_fini(&again);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_record_keeps_the_past),
      cmocka_unit_test(test_judged_again_it_is_the_same),
      cmocka_unit_test(test_twenty_thousand_rows),
      cmocka_unit_test(test_errors_name_the_place),
      cmocka_unit_test(test_unknown_and_absent),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_cut_and_spoilt),
      cmocka_unit_test(test_two_rows_of_one_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
