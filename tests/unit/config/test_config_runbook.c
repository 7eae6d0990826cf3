/* Runbooks from YAML: what is read, and each error at its place. */
#include "config/runbook/config_runbook.h"
#include "config_fixture.h"

static const struct target_kind *kind_at(size_t i, const struct table_spec *const **tables,
                                         size_t *count) {
  static const struct table_spec lag = {.id = "lag", .columns = fixture_columns, .column_count = 6};
  static const struct table_spec *const of_kafka[] = {&lag};
  *tables = of_kafka;
  *count = 1;
  return i == 0 ? &fixture_kafka : NULL;
}

static bool is_named(void *arg, enum runbook_naming what, const char *name, struct err *err) {
  (void)arg;
  static const char *const names[] = {[RUNBOOK_NAMES_METRIC] = "kafka.lag",
                                      [RUNBOOK_NAMES_PAGE] = "kafka.group",
                                      [RUNBOOK_NAMES_ACTION] = "service.restart",
                                      [RUNBOOK_NAMES_KIND] = "kafka",
                                      [RUNBOOK_NAMES_ZONE] = "Europe/Berlin"};
  return strcmp(name, names[what]) == 0 || err_set(err, ERR_INVALID, "unknown name \"%s\"", name);
}

static const struct condition_lookup lookup = {.kind = kind_at};
static const struct runbook_schema schema = {.lookup = &lookup, .names = is_named};

static struct runbook *parse(const char *text, struct config_errors *errors) {
  config_errors_init(errors, "/r/lag.yaml");
  return runbook_parse("lag", errors->path, text, strlen(text), &schema, errors);
}

static const char whole[] =
    "title: Lag\n"
    "parameters:\n"
    "  group: {help: the group}\n"
    "  limit: {help: the limit, default: \"10000\"}\n"
    "steps:\n"
    "  - {name: first, check: {metric: kafka.lag, row: \"{group}\", above: \"{limit}\"}, "
    "otherwise: end}\n"
    "  - {name: second, show: {page: kafka.group, target: main, row: \"{group}\"}}\n"
    "  - {name: third, ask: \"Why {{x}}?\", choices: {a: first, b: next, c: stop}}\n"
    "  - {name: fourth, act: {action: service.restart, target: api, parameters: {x: "
    "\"{limit}\"}}}\n"
    "  - {name: fifth, wait: {metric: kafka.lag, below: 10}, deadline: 90s, otherwise: second}\n"
    "  - {name: sixth, run: [/bin/true, \"{group}\"], timeout: 5s}\n"
    "verify:\n"
    "  - {metric: kafka.lag, below: \"{limit}\"}\n";

static void test_whole(void **state) {
  (void)state;
  struct config_errors errors;
  struct runbook *book = parse(whole, &errors);
  config_errors_print(&errors, stderr);
  assert_non_null(book);
  assert_int_equal(book->step_count, 6);
  assert_int_equal(book->steps[0].otherwise, RUNBOOK_END);
  assert_int_equal(book->steps[1].otherwise, RUNBOOK_NEXT);
  assert_int_equal(book->steps[2].choices[0].place, 0);
  assert_int_equal(book->steps[2].choices[1].place, RUNBOOK_NEXT);
  assert_int_equal(book->steps[3].otherwise, RUNBOOK_STOP);
  assert_int_equal(book->steps[4].otherwise, 1);
  assert_int_equal(book->steps[4].limit_ms, 90000);
  assert_int_equal(book->steps[5].limit_ms, 5000);
  struct runbook_values values;
  struct err err;
  runbook_values_init(&values, book);
  assert_false(runbook_values_check(&values, &err)); /* group is required */
  assert_true(runbook_values_take(&values, "group={limit} $x", &err));
  assert_true(runbook_values_check(&values, &err));
  char *filled = runbook_fill(&values, book->steps[1].words[1]);
  assert_string_equal(filled, "{limit} $x"); /* nothing in a value is a placeholder */
  free(filled);
  filled = runbook_fill(&values, book->steps[2].subject);
  assert_string_equal(filled, "Why {x}?");
  free(filled);
  assert_false(runbook_values_take(&values, "grop=x", &err));
  assert_non_null(strstr(err.text, "did you mean \"group\"?"));
  assert_false(runbook_values_take(&values, "group", &err));
  assert_false(runbook_values_take(&values, "group=a\x1b[2J", &err));
  runbook_free(book);
  config_errors_fini(&errors);
}

static void test_matches_and_schedule(void **state) {
  (void)state;
  struct config_errors errors;
  char text[4096];
  snprintf(text, sizeof text,
           "%smatches:\n"
           "  - {metric: kafka.lag, row: \"ecap-*\", with: {group: \"{row}\"}}\n"
           "  - {kind: kafka, is: critical}\n"
           "  - {alert: \"* lag\", with: {group: \"g {{x}} {row} of {target}\"}}\n"
           "schedule: weekly Sun 03:00 Europe/Berlin\n"
           "within: 12h\n",
           whole);
  struct runbook *book = parse(text, &errors);
  config_errors_print(&errors, stderr);
  assert_non_null(book);
  assert_int_equal(book->match_count, 3);
  assert_string_equal(book->matches[0].metric, "kafka.lag");
  assert_string_equal(book->matches[0].with[0].value, "{row}");
  assert_string_equal(book->matches[1].is, "critical");
  assert_string_equal(book->matches[2].alert, "* lag");
  assert_true(book->scheduled);
  assert_int_equal(book->schedule.kind, SCHEDULE_WEEKLY);
  assert_string_equal(book->schedule.zone, "Europe/Berlin");
  assert_int_equal(book->within_ms, 12 * 3600 * 1000);
  runbook_free(book);
  config_errors_fini(&errors);
  snprintf(text, sizeof text, "%sschedule: daily 06:00\n", whole);
  book = parse(text, &errors);
  assert_non_null(book);
  assert_int_equal(book->within_ms, 4 * 3600 * 1000);
  runbook_free(book);
  config_errors_fini(&errors);
}

/* The whole with a line replaced: the error at that place. */
static void bad(const char *line, int number, const char *words) {
  struct config_errors errors;
  char text[4096] = "", *copy = strdup(whole);
  int at = 1;
  for (char *rest = copy, *each; (each = strsep(&rest, "\n")); at++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", at == number ? line : each);
  free(copy);
  struct runbook *book = parse(text, &errors);
  if (book)
    fail_msg("was taken: %s", line);
  bool found = false;
  for (size_t i = 0; i < errors.count; i++)
    found = found || (errors.items[i].line == number && strstr(errors.items[i].text, words));
  if (!found) {
    config_errors_print(&errors, stderr);
    fail_msg("%s: no error in line %d has \"%s\"", line, number, words);
  }
  config_errors_fini(&errors);
}

static void test_errors(void **state) {
  (void)state;
  bad("titel: Lag", 1, "did you mean \"title\"?");
  bad("  - {name: second, check: {metric: kafka.lagg, above: 1}}", 7,
      "did you mean \"kafka.lag\"?");
  bad("  - {name: second, check: {metric: kafka.lag}}", 7, "either above or below");
  bad("  - {name: second, check: {metric: kafka.lag, above: 5m}}", 7, "above:");
  bad("  - {name: second, check: {metric: kafka.lag, above: 1, colum: x}}", 7, "unknown key");
  bad("  - {name: first, show: {page: kafka.group, target: x}}", 7, "two steps are named");
  bad("  - {name: second, show: {page: kafka.grop, target: x}}", 7, "unknown name \"kafka.grop\"");
  bad("  - {name: second, show: {page: \"{group}\", target: x}}", 7, "cannot choose");
  bad("  - {name: second, show: {page: kafka.group}}", 7, "missing key \"target\"");
  bad("  - {name: second, act: {action: x.y, target: x}}", 7, "unknown name \"x.y\"");
  bad("  - {name: second, ask: what, choices: {a: first, b: firts}}", 7, "did you mean \"first\"?");
  bad("  - {name: second, ask: what, choices: {a: first}}", 7, "two choices");
  bad("  - {name: second, ask: what}", 7, "missing key \"choices\"");
  bad("  - {name: second, run: ls | sort}", 7, "no shell reads it");
  bad("  - {name: second, run: [\"{group}\"]}", 7, "which no value can change");
  bad("  - {name: second, run: [sh, -c, \"echo {group}\"]}", 7, "interpreter");
  bad("  - {name: second, run: [/usr/bin/ssh, host, \"{group}\"]}", 7, "interpreter");
  bad("  - {name: second, run: [ls, \"{grop}\"]}", 7, "did you mean \"group\"?");
  bad("  - {name: second, run: [ls, \"{group\"]}", 7, "a single {");
  bad("  - {name: second, run: [ls], deadline: 5s}", 7, "only for a step with wait");
  bad("  - {name: second, run: [ls], timeout: 5}", 7, "timeout:");
  bad("  - {name: second, run: [ls], check: {metric: kafka.lag, above: 1}}", 7, "exactly one of");
  bad("  - {name: second}", 7, "exactly one of");
  bad("  - {name: stop, run: [ls]}", 7, "reserved");
  bad("  - {run: [ls]}", 7, "missing key \"name\"");
  bad("  group: {help: x, defualt: y}", 3, "did you mean \"default\"?");
  bad("  gr oup: {help: x}", 3, "not a name of a parameter");
  bad("matches: [{metric: kafka.lagg}]", 1, "unknown name \"kafka.lagg\"");
  bad("matches: [{kind: kafak}]", 1, "unknown name \"kafak\"");
  bad("matches: [{is: critical}]", 1, "exactly one of metric, kind and alert");
  bad("matches: [{kind: kafka, metric: kafka.lag}]", 1, "exactly one of metric, kind and alert");
  bad("matches: [{kind: kafka, is: crit}]", 1, "did you mean \"critical\"?");
  bad("matches: [{kind: kafka, with: {grop: x}}]", 1, "did you mean \"group\"?");
  bad("matches: [{kind: kafka, with: {group: \"{group}\"}}]", 1, "only {target} and {row}");
  bad("matches: [{kind: kafka, wiht: {}}]", 1, "did you mean \"with\"?");
  bad("matches: {kind: kafka}", 1, "must be a list");
  bad("schedule: hourly", 1, "is not a schedule; use");
  bad("schedule: daily 06:00 Europe/Bonn", 1, "unknown name \"Europe/Bonn\"");
  bad("within: 5m", 1, "only for a runbook with a schedule");
}

static void test_all_errors_at_once(void **state) {
  (void)state;
  struct config_errors errors;
  assert_null(parse("titel: x\nsteps:\n  - {nmae: a, run: ls}\n", &errors));
  assert_true(errors.count >= 5);
  config_errors_fini(&errors);
  assert_null(parse("", &errors));
  config_errors_fini(&errors);
  assert_null(parse("title: x\nsteps: []\nverify: []\n", &errors));
  config_errors_fini(&errors);
  assert_null(parse("[a, b]\n", &errors));
  config_errors_fini(&errors);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole), cmocka_unit_test(test_matches_and_schedule),
      cmocka_unit_test(test_errors), cmocka_unit_test(test_all_errors_at_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
