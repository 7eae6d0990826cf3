/* Pages as CSV, JSON and text. */
#include "core/mem.h"
#include "report/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct column_spec page_columns[] = {
    {.id = "name", .title = "NAME", .help = "n"},
    {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .help = "s"},
    {.id = "ratio", .title = "RATIO", .unit = UNIT_RATIO, .help = "r"},
};
static const struct table_spec page_table = {
    .id = "things", .title = "Things", .columns = page_columns, .column_count = 3};
static const struct table_spec *const page_tables[] = {&page_table};
static const struct page_sort page_sorts[] = {{"large", "things", "size"}};
static const struct page_spec page_spec = {.id = "kafka.things",
                                           .kind = "kafka",
                                           .title = "Things",
                                           .question = "Which things?",
                                           .cost = "1 request every 2s",
                                           .tables = page_tables,
                                           .table_count = 1,
                                           .sorts = page_sorts,
                                           .sort_count = 1};

static struct sample *things(void) {
  struct sample *sample = sample_new(page_tables, 1);
  struct row *row = sample_row(sample, &sample->tables[0], "k,1", NULL);
  row->cells[0] = value_text("say \"hi\",\n\x1b[31mred");
  row->cells[1] = value_int(4096);
  row->cells[2] = value_real(0.1);
  row = sample_row(sample, &sample->tables[0], "k2", NULL);
  row->cells[0] = value_text(" blank");
  row->cells[1] = value_none("needs a right");
  sample->requests = 1;
  return sample;
}

static char *text_of(bool (*write)(FILE *out, const void *arg), const void *arg) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  assert_true(write(out, arg));
  fclose(out);
  return text;
}

static bool as_csv(FILE *out, const void *arg) {
  return report_csv(out, arg);
}

static void test_csv(void **state) {
  (void)state;
  struct sample *sample = things();
  char *text = text_of(as_csv, &sample->tables[0]);
  assert_string_equal(text, "key,name,size,ratio\r\n"
                            "\"k,1\",\"say \"\"hi\"\", \xEF\xBF\xBD[31mred\",4096,"
                            "0.10000000000000001\r\n"
                            "k2,\" blank\",,\r\n");
  free(text);
  sample_free(sample);
}

static bool as_json(FILE *out, const void *arg) {
  return report_page_json(out, arg, 1, 5000);
}

static bool as_text(FILE *out, const void *arg) {
  return report_page_text(out, arg, 1, 5000, &(struct report_text_options){.ascii = false});
}

static void expect(const char *text, const char *part) {
  if (!strstr(text, part))
    fail_msg("no \"%s\" in:\n%s", part, text);
}

static void test_json_and_text(void **state) {
  (void)state;
  static const struct target_kind kind = {.kind = "kafka", .key = "kafka", .title = "Kafka"};
  struct config *config = config_new();
  struct model model;
  config_add(config, target_new(&kind, "main"));
  model_init(&model, config);
  model_page_open(&model, 0, &page_spec, "groups", "a/b", "a");
  struct sample *sample = things();
  sample_fault(sample, "things", SEVERITY_UNKNOWN, "cannot read half of them");
  model_publish(&model, 1, sample, 4000);
  char *text = text_of(as_json, &model);
  expect(text, "\"page\":{\"id\":\"kafka.things\",\"kind\":\"kafka\"");
  expect(text, "\"orders\":[{\"name\":\"large\",\"table\":\"things\",\"column\":\"size\"}]");
  expect(text, "\"row\":{\"table\":\"groups\",\"key\":\"a/b\",\"label\":\"a\"}");
  expect(text, "\"target\":{\"kind\":\"kafka\",\"name\":\"main\"");
  expect(text, "\"size\":{\"unknown\":\"needs a right\"}");
  free(text);
  text = text_of(as_text, &model);
  expect(text, "Things of main a");
  expect(text, "4.0 kB");
  expect(text, "?     cannot read half of them");
  assert_null(strchr(text, '\x1b'));
  free(text);
  struct err err;
  err_set(&err, ERR_DENIED, "run GRANT");
  model_fail(&model, 1, &err, 5000);
  text = text_of(as_text, &model);
  expect(text, "run GRANT");
  free(text);
  model_fini(&model);
  config_free(config);
}

static bool list_text(FILE *out, const void *arg) {
  return report_pages_text(out, arg, &(struct report_text_options){.ascii = false});
}

static bool list_json(FILE *out, const void *arg) {
  return report_pages_json(out, arg);
}

static bool events_csv(FILE *out, const void *arg) {
  size_t count;
  const bool good = report_events_csv(out, arg, "info", &count);
  assert_int_equal(count, 2);
  return good && report_events_csv(out, arg, "", &count);
}

static bool events_json(FILE *out, const void *arg) {
  size_t count;
  return report_events_json(out, arg, "WORK_MEM", &count);
}

/* The newest first; a change is neither good nor bad. */
static void test_events(void **state) {
  (void)state;
  struct model model = {.wall_offset_ms = 1000};
  events_add(&model.events, 0, SEVERITY_WARN, "local", "load 90%%, above 80%%");
  events_add_change(&model.events, 1500, "ecap", "setting work_mem changed: 4MB -> 64MB");
  events_add_change(&model.events, 2000, "ecap", "role \"x\" appeared\n\x1b[2J");
  char *text = text_of(events_csv, &model);
  static const char changes[] =
      "1970-01-01T00:00:03.000Z,info,ecap,\"role \"\"x\"\" appeared \xEF\xBF\xBD[2J\"\r\n"
      "1970-01-01T00:00:02.500Z,info,ecap,setting work_mem changed: 4MB -> 64MB\r\n";
  char expected[1024];
  snprintf(expected, sizeof expected, "%s%s%s%s%s", "time,severity,subject,text\r\n", changes,
           "time,severity,subject,text\r\n", changes,
           "1970-01-01T00:00:01.000Z,warn,local,\"load 90%, above 80%\"\r\n");
  assert_string_equal(text, expected);
  free(text);
  text = text_of(events_json, &model);
  expect(text,
         "{\"at_ms\":2500,\"severity\":\"info\",\"subject\":\"ecap\",\"text\":\"setting work_mem "
         "changed: 4MB -> 64MB\"}");
  free(text);
  events_fini(&model.events);
}

static void test_list(void **state) {
  (void)state;
  static const struct page_spec *const specs[] = {&page_spec, NULL};
  char *text = text_of(list_text, specs);
  assert_string_equal(text, "kafka.things\n     Which things?\n     cost: 1 request every 2s\n"
                            "     orders: large\n");
  free(text);
  text = text_of(list_json, specs);
  expect(text, "{\"version\":1,\"pages\":[");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_csv),
      cmocka_unit_test(test_json_and_text),
      cmocka_unit_test(test_events),
      cmocka_unit_test(test_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
