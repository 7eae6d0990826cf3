#include "config/config_fixture.h"

#include <stdio.h>
#include <unistd.h>

enum { CONFIG_FILE_BYTES = 1 << 20, TOO_LONG = CONFIG_FILE_BYTES + 1 };

/* Section 5 of the issue that brought the configuration, letter by letter. */
static const char example[] =
    "name: ecap\n"
    "environment: production            # free text; colours the header, strengthens "
    "confirmations\n"
    "interval: 2s\n"
    "services:\n"
    "  - {name: api, address: \"api:8000\", health: \"http://api:8000/health\", runtime: {compose: "
    "api}}\n"
    "  - {name: dashboard, address: \"dashboard:8501\", runtime: {kubernetes: "
    "deployment/ecap-dashboard}}\n"
    "postgres:\n"
    "  - {name: ecap, dsn: \"postgresql://ecap_user@postgres:5432/ecap\"}      # URI, key=value or "
    "service=\n"
    "kafka:\n"
    "  - {name: main, bootstrap: \"kafka:9092\", groups: [\"ecap-*\"], properties: {client.id: "
    "stacktop}}\n"
    "redis:\n"
    "  - {name: cache, url: \"redis://redis:6379/0\"}\n"
    "hosts:\n"
    "  - {name: local, mounts: [/, /var, /tmp]}\n"
    "thresholds:\n"
    "  disk.used: {warn: 80%, crit: 90%}\n"
    "  kafka.lag: {warn: 10000, for: 5m}\n";

static void test_example(void **state) {
  (void)state;
  struct config *config = fixture_good(example);
  assert_string_equal(config->path, "/etc/stacktop/ecap.yaml");
  assert_string_equal(config->name, "ecap");
  assert_true(config_is_production(config));
  assert_int_equal(config->interval_ms, 2000);
  assert_int_equal(config->target_count, 6);
  const struct target *api = config->targets[0], *dashboard = config->targets[1];
  assert_ptr_equal(api->kind, &fixture_service);
  assert_string_equal(api->name, "api");
  assert_int_equal(api->interval_ms, 2000);
  assert_int_equal(api->timeout_ms, 0);
  assert_string_equal(target_text(api, "health"), "http://api:8000/health");
  assert_int_equal(target_number(api, "slow"), 5000);
  assert_int_equal(target_option(api, "slow")->origin.line, 0);
  assert_int_equal(target_option(api, "address")->origin.line, 5);
  assert_string_equal(target_option(dashboard, "runtime")->names[0], "kubernetes");
  assert_string_equal(target_option(dashboard, "runtime")->items[0], "deployment/ecap-dashboard");
  assert_null(target_text(dashboard, "health"));
  const struct option_value *mounts = target_option(config->targets[5], "mounts");
  assert_int_equal(mounts->item_count, 3);
  assert_string_equal(mounts->items[1], "/var");
  assert_int_equal(config->rules.count, 2);
  assert_string_equal(config->rules.items[0].metric, "disk.used");
  assert_true(config->rules.items[0].threshold.warn == 0.8);
  assert_true(config->rules.items[0].threshold.crit == 0.9);
  assert_true(config->rules.items[1].threshold.warn == 10000);
  assert_false(config->rules.items[1].threshold.has_crit);
  assert_int_equal(config->rules.items[1].threshold.for_ms, 300000);
  config_free(config);
}

struct error_case {
  const char *text;
  int line, column;
  const char *says; /* a part of the error's text */
};

static const struct error_case errors_of[] = {
    /* YAML */
    {"", 1, 1, "empty"},
    {"# only remarks\n", 1, 1, "empty"},
    {"a\xFF: 1\n", 1, 2, "not UTF-8"},
    {"hosts:\n - {name: \"\xC3\xA9\x01\"}\n", 2, 13, "control character 0x01"},
    {"hosts:\n\t- {name: a}\n", 2, 1, "a tab"},
    {"hosts: [{name: a}\nredis: 1\n", 2, 1, "expected ',' or ']'"},
    {"hosts: [\n", 2, 1, "YAML syntax"},
    {"name: a: b\n", 1, 8, "unexpected \":\""},
    {"hosts: *nobody\n", 1, 8, "undefined alias"},
    {"hosts: [{name: a}]\n---\nname: b\n", 3, 1, "more than one YAML document"},
    {"- a\n", 1, 1, "must be a mapping"},
    {"just words\n", 1, 1, "must be a mapping"},
    {"? [a]\n: b\n", 1, 3, "must be text"},
    /* the file's own options */
    {"nmae: ecap\n", 1, 1, "unknown key \"nmae\"; did you mean \"name\"?"},
    {"zzz: 1\n", 1, 1, "config --default"},
    {"hosts: [{name: a}]\nservice: []\n", 2, 1, "did you mean \"services\"?"},
    {"name: a\nname: b\n", 2, 1, "duplicate key \"name\", first used in line 1"},
    {"name: [a]\n", 1, 7, "name must be text, not a list"},
    {"name:\n", 1, 6, "not empty"},
    {"interval: 2x\n", 1, 11, "not a duration"},
    {"interval: 1ms\n", 1, 11, "out of range"},
    {"state: var/stacktop\n", 1, 8, "not an absolute path"},
    {"read_only: yes\n", 1, 12, "is not a boolean"},
    {"timeout: soon\n", 1, 10, "not a duration"},
    {"name: a\n", 1, 1, "no targets; add one to"},
    {"hosts:\n", 1, 1, "no targets; add one to"},
    /* targets */
    {"services: {name: a}\n", 1, 11, "services must be a list"},
    {"services:\n  - api\n", 2, 5, "must be a mapping"},
    {"services:\n  - {name: api}\n", 2, 5, "missing key \"address\" in services: host:port"},
    {"services:\n  - {address: \"a:1\"}\n", 2, 5, "missing key \"name\" in services"},
    {"services:\n  - {name: a, address: \"a:1\", heatlh: x}\n", 2, 31, "did you mean \"health\"?"},
    {"hosts:\n  - {name: a, color: red}\n", 2, 15,
     "known: name, interval, timeout, read_only, disabled, logs, depends_on, mounts"},
    {"hosts:\n  - {name: a, logs: [/var/log/a.log, b.log]}\n", 2, 38,
     "logs: \"b.log\" is not an absolute path"},
    {"hosts:\n  - {name: a, logs: /var/log/a.log}\n", 2, 21, "logs must be a list"},
    {"hosts:\n  - {name: a, depends_on: [b]}\n", 2, 12, "depends_on: no target \"b\"; write KIND"},
    /* log filters */
    {"log_filters: {a: 1}\n", 1, 14, "log_filters must be a list"},
    {"log_filters:\n  - {grep: x}\n", 2, 5, "missing key \"name\" in log_filters"},
    {"log_filters:\n  - {name: a, gerp: x}\n", 2, 15, "did you mean \"grep\"?"},
    {"log_filters:\n  - {name: a, grep: \"(\"}\n", 2, 5,
     "log_filters: grep: at character 2: missing closing parenthesis"},
    {"log_filters:\n  - {name: a, level: loud}\n", 2, 22, "not one of trace, debug"},
    {"log_filters:\n  - {name: a, fields: [status]}\n", 2, 5, "use a form such as status=500"},
    {"log_filters:\n  - {name: a}\n  - {name: a}\n", 3, 5, "two filters named \"a\""},
    {"log_filter: []\n", 1, 1, "did you mean \"log_filters\"?"},
    {"hosts:\n  - {name: a}\n  - {name: a}\n", 3, 12, "two targets named \"a\""},
    {"hosts:\n  - {name: a, name: b}\n", 2, 15, "duplicate key"},
    {"hosts:\n  - {name: \"\"}\n", 2, 12, "is not a valid name"},
    {"hosts:\n  - {name: \"a\\nb\"}\n", 2, 12, "is not a valid name"},
    {"hosts:\n  - {name: a, disabled: yes}\n", 2, 25, "\"yes\" is not a reason; state the reason"},
    {"hosts:\n  - {name: a, interval: 2}\n", 2, 25, "not a duration"},
    {"hosts:\n  - {name: a, mounts: /}\n", 2, 23, "mounts must be a list"},
    {"hosts:\n  - {name: a, mounts: [/, [/var]]}\n", 2, 27, "mounts must be text"},
    {"hosts:\n  - &x {name: a}\n  - {<<: *x, name: b}\n", 3, 6, "merge keys"},
    {"services:\n  - {name: a, address: \"a:1\", insecure: yes}\n", 2, 41, "is not a boolean"},
    {"services:\n  - {name: a, address: \"a:1\", runtime: x}\n", 2, 40, "must be a mapping"},
    {"postgres:\n  - {name: a, dsn: x, retention: {b: \"at 1d\", c: 90d}}\n", 2, 50,
     "retention of c: \"90d\" is not a column and an age"},
    {"postgres:\n  - {name: a, dsn: x, retention: {b: \"at 9x\"}}\n", 2, 38,
     "\"9x\" is not a duration"},
    {"services:\n  - {name: a, address: \"a:1\", runtime: {kubernets: x}}\n", 2, 41,
     "did you mean \"kubernetes\"? (known: compose, kubernetes)"},
    {"services:\n  - {name: a, address: \"a:1\", health: /h}\n", 2, 39, "health: \"/h\" is no URL"},
    {"redis:\n  - {name: a, url: x, db: 16}\n", 2, 27, "out of range: 0 to 15"},
    {"redis:\n  - {name: a, url: x, db: 1.5}\n", 2, 27, "not a whole number"},
    {"services:\n  - {name: a, address: \"a:1\", runtime: {kubernetes: a/b, compose: c/d}}\n", 2,
     67, "runtime of compose: no service has a slash"},
    {"redis:\n  - {name: a, url: x, mode: y}\n", 2, 29, "not one of compose, kubernetes"},
    {"redis:\n  - {name: a, url: \"${STACKTOP_TEST_UNSET}\"}\n", 2, 20,
     "STACKTOP_TEST_UNSET is not set"},
    {"redis:\n  - {name: a, url: \"${a b}\"}\n", 2, 20, "is not a variable reference"},
    {"redis:\n  - {name: a, url: \"${A\"}\n", 2, 20, "without a closing \"}\""},
    /* layout */
    {"layout: {a: 1}\n", 1, 9, "layout must be a list"},
    {"layout:\n  - kafka\n", 2, 5, "a row of layout must be a mapping"},
    {"layout:\n  - [service]\n", 2, 6, "there is no pane \"service\"; did you mean \"services\"?"},
    {"layout:\n  - [quux]\n", 2, 6, "there is no pane \"quux\" (known: services, "},
    {"layout:\n  - [hosts: 0]\n", 2, 13, "the weight \"0\" of hosts is not a whole number from 1"},
    {"layout:\n  - [hosts: -3]\n", 2, 13, "the weight \"-3\" of hosts is not"},
    {"layout:\n  - [hosts: 101]\n", 2, 13, "from 1 to 100"},
    {"layout:\n  - [hosts: much]\n", 2, 13, "the weight \"much\" of hosts"},
    {"layout:\n  - [hosts]\n  - [events, hosts]\n", 3, 14, "names the pane \"hosts\" twice"},
    {"layout:\n  - {panes: [hosts], heigth: 2}\n", 2, 22, "unknown key \"heigth\" in a row"},
    {"layout:\n  - {panes: [hosts], height: 0}\n", 2, 30, "the weight \"0\" of height"},
    {"layout:\n  - {height: 2}\n", 2, 5, "a row of layout needs panes"},
    {"layout:\n  - []\n", 2, 5, "a row without panes"},
    {"layout:\n  - [{hosts: 1, events: 2}]\n", 2, 17, "one pane for each entry"},
    {"layuot: []\n", 1, 1, "did you mean \"layout\"?"},
    /* thresholds */
    {"thresholds: 5\n", 1, 13, "thresholds must be a mapping"},
    {"thresholds:\n  disk.usde: {warn: 1%}\n", 2, 3, "did you mean \"disk.used\"?"},
    {"thresholds:\n  redis.zzzzzzzzz: {warn: 1}\n", 2, 3,
     "known: redis.memory, redis.hit_ratio, redis.evictions"},
    {"thresholds:\n  disk.used: 80%\n", 2, 14, "must be a mapping"},
    /* of a target */
    {"hosts:\n  - name: a\n    thresholds: 5\n", 3, 17, "thresholds must be a mapping"},
    {"hosts:\n  - name: a\n    thresholds: {disk.usde: {warn: 1%}}\n", 3, 18,
     "unknown metric \"disk.usde\" of hosts; did you mean \"disk.used\"?"},
    {"hosts:\n  - name: a\n    thresholds: {kafka.lag: {warn: 1}}\n", 3, 18,
     "unknown metric \"kafka.lag\" of hosts (known: disk.used)"},
    {"hosts:\n  - name: a\n    thresholds: {disk.used: {warn: 80}}\n", 3, 36, "write 80%"},
    {"hosts:\n  - name: a\n    threshold: {disk.used: {warn: 80%}}\n", 3, 5,
     "did you mean \"thresholds\"?"},
    {"thresholds:\n  disk.used: {}\n", 2, 14, "neither warn nor crit"},
    {"thresholds:\n  disk.used: {warn: 80%, clear: 90%}\n", 2, 33,
     "clear of disk.used must not be above warn"},
    {"thresholds:\n  disk.used: {wran: 1%, crit: 2%}\n", 2, 15, "did you mean \"warn\"?"},
    {"thresholds:\n  disk.used: {warn: 80}\n", 2, 21, "write 80%"},
    {"thresholds:\n  disk.used: {warn: 5m}\n", 2, 21, "is not a share"},
    {"thresholds:\n  disk.used: {warn: -1%}\n", 2, 21, "is negative"},
    {"thresholds:\n  kafka.lag: {warn: 2GB}\n", 2, 21, "is not a number"},
    {"thresholds:\n  redis.memory: {warn: 80%}\n", 2, 24, "is not a size"},
    {"thresholds:\n  postgres.transaction: {warn: 5}\n", 2, 32, "is not a duration"},
    {"thresholds:\n  disk.used: {warn: 95%, crit: 90%}\n", 2, 21, "must be below crit"},
    {"thresholds:\n  redis.hit_ratio: {warn: 50%, crit: 90%}\n", 2, 27, "must be above crit"},
    {"thresholds:\n  kafka.lag: {warn: 1, for: long}\n", 2, 29, "not a duration"},
    {"thresholds:\n  kafka.lag: {warn: 1, below: maybe}\n", 2, 31, "is not a boolean"},
};

static bool error_is_right(const struct error_case *each) {
  struct config_errors errors;
  config_errors_init(&errors, "f.yaml");
  struct config *config =
      config_parse("f.yaml", each->text, strlen(each->text), &fixture_schema, &errors);
  bool as_expected = !config && errors.count == 1 && errors.items[0].line == each->line &&
                     errors.items[0].column == each->column &&
                     strstr(errors.items[0].text, each->says);
  if (!as_expected) {
    print_error("--- %s--- expected once %d:%d: %s; got:\n", each->text, each->line, each->column,
                each->says);
    config_errors_print(&errors, stderr);
  }
  config_errors_fini(&errors);
  config_free(config);
  return as_expected;
}

static void test_errors(void **state) {
  (void)state;
  unsetenv("STACKTOP_TEST_UNSET");
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof errors_of / sizeof *errors_of; i++)
    wrong += !error_is_right(&errors_of[i]);
  assert_int_equal(wrong, 0);
}

static void test_layout(void **state) {
  (void)state;
  static const char text[] = "hosts:\n  - {name: a}\nlayout:\n  - [services, hosts: 3]\n"
                             "  - {height: 2, panes: [events]}\n";
  struct config_errors errors;
  config_errors_init(&errors, "f.yaml");
  struct config *config = config_parse("f.yaml", text, strlen(text), &fixture_schema, &errors);
  config_errors_print(&errors, stderr);
  assert_non_null(config);
  assert_int_equal(config->layout_count, 2);
  assert_int_equal(config->layout[0].weight, 1);
  assert_int_equal(config->layout[0].count, 2);
  assert_int_equal(config->layout[0].cells[0].weight, 1);
  assert_int_equal(config->layout[0].cells[1].weight, 3);
  assert_int_equal(config->layout[1].weight, 2);
  assert_string_equal(config->layout[1].cells[0].pane, "events");
  config_free(config);
  config_errors_fini(&errors);
}

static void test_all_errors_at_once(void **state) {
  (void)state;
  static const char text[] = "thresholds: {disk.used: {warn: 80}}\n"
                             "nmae: x\n"
                             "services:\n"
                             "  - {name: a}\n"
                             "  - {name: a, address: \"a:1\", slow: never}\n";
  struct config_errors errors;
  config_errors_init(&errors, "dir/f\033.yaml");
  assert_null(config_parse("f.yaml", text, strlen(text), &fixture_schema, &errors));
  char *printed;
  size_t size;
  FILE *out = open_memstream(&printed, &size);
  config_errors_print(&errors, out);
  fclose(out);
  assert_string_equal(
      printed,
      "dir/f\xEF\xBF\xBD.yaml:1:32: warn of disk.used: \"80\" is more than 100%; write 80% (or "
      "0.8 for 80%)\n"
      "dir/f\xEF\xBF\xBD.yaml:2:1: unknown key \"nmae\"; did you mean \"name\"?\n"
      "dir/f\xEF\xBF\xBD.yaml:4:5: missing key \"address\" in services: host:port\n"
      "dir/f\xEF\xBF\xBD.yaml:5:12: services has two targets named \"a\"; names must be unique "
      "in a list\n"
      "dir/f\xEF\xBF\xBD.yaml:5:37: slow: \"never\" is not a duration; use a number and a unit, "
      "such as 300ms or 2s\n");
  free(printed);
  config_errors_fini(&errors);
}

static void test_errors_have_a_ceiling(void **state) {
  (void)state;
  char text[8000] = "";
  for (int i = 0; i < 150; i++)
    sprintf(text + strlen(text), "unknown%d: 1\n", i);
  struct config_errors errors;
  config_errors_init(&errors, "f.yaml");
  assert_null(config_parse("f.yaml", text, strlen(text), &fixture_schema, &errors));
  assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
  assert_int_equal(errors.dropped, 50);
  config_errors_fini(&errors);
}

static void test_environment(void **state) {
  (void)state;
  setenv("STACKTOP_TEST_PASSWORD", "p@${HOME}", 1);
  setenv("STACKTOP_TEST_EMPTY", "", 1);
  unsetenv("STACKTOP_TEST_UNSET");
  struct config *config = fixture_good(
      "environment: ${STACKTOP_TEST_UNSET:-staging}\n"
      "interval: ${STACKTOP_TEST_EMPTY:-3s}\n"
      "redis: [{name: a, url: 'redis://:${STACKTOP_TEST_PASSWORD}@h$$/', password: \"$${x}\"}]\n");
  assert_string_equal(config->environment, "staging");
  assert_int_equal(config->interval_ms, 3000);
  assert_string_equal(target_text(config->targets[0], "url"), "redis://:p@${HOME}@h$$/");
  assert_string_equal(target_text(config->targets[0], "password"), "${x}");
  config_free(config);
}

static void test_defaults_and_inheritance(void **state) {
  (void)state;
  struct config *config =
      fixture_good("interval: 5s\ntimeout: 1s\n"
                   "services:\n" /* all entries commented out */
                   "thresholds: {redis.hit_ratio: {warn: 0.9}, disk.used: off}\n"
                   "hosts:\n"
                   " - {name: a, mounts: &m [/]}\n"
                   " - {name: b, interval: 1m, timeout: 300ms, mounts: *m}\n"
                   "redis: [{name: a, url: \"\"}]\n");
  assert_string_equal(config->name, "ecap"); /* the file's */
  assert_null(config->environment);
  assert_int_equal(config->targets[0]->interval_ms, 5000);
  assert_int_equal(config->targets[0]->timeout_ms, 1000);
  assert_int_equal(config->targets[1]->interval_ms, 60000);
  assert_int_equal(config->targets[1]->timeout_ms, 300);
  assert_string_equal(target_option(config->targets[1], "mounts")->items[0], "/");
  assert_true(config->rules.items[0].threshold.below); /* by the metric's nature */
  assert_null(rules_find(&config->targets[0]->rules, &config->rules, &fixture_columns[0]));
  config_free(config);
}

static void test_bombs(void **state) {
  (void)state;
  char *text = malloc(TOO_LONG);
  strcpy(text, "hosts:\n - {name: a0, mounts: &m [");
  for (int i = 0; i < 999; i++)
    strcat(text, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,");
  strcat(text, "/]}\n");
  for (int i = 1; i < 900; i++)
    sprintf(text + strlen(text), " - {name: a%d, mounts: *m}\n", i);
  struct config_errors errors;
  config_errors_init(&errors, "f.yaml");
  assert_null(config_parse("f.yaml", text, strlen(text), &fixture_schema, &errors));
  assert_non_null(strstr(errors.items[0].text, "aliases"));
  config_errors_fini(&errors);
  /* Deep nesting, and a file that is too long. */
  memset(text, '[', CONFIG_FILE_BYTES); /* libyaml alone would take hours */
  config_errors_init(&errors, "f.yaml");
  assert_null(config_parse("f.yaml", text, CONFIG_FILE_BYTES, &fixture_schema, &errors));
  assert_int_equal(errors.count, 1);
  assert_non_null(strstr(errors.items[0].text, "nested more than"));
  config_errors_fini(&errors);
  memset(text, '#', TOO_LONG);
  config_errors_init(&errors, "f.yaml");
  assert_null(config_parse("f.yaml", text, TOO_LONG, &fixture_schema, &errors));
  assert_non_null(strstr(errors.items[0].text, "1 MiB"));
  config_errors_fini(&errors);
  free(text);
}

static void test_files(void **state) {
  (void)state;
  struct config_errors errors;
  config_errors_init(&errors, "/nowhere/x.yaml");
  assert_null(config_load("/nowhere/x.yaml", &fixture_schema, &errors));
  assert_string_equal(errors.items[0].text, "cannot read the file: No such file or directory; "
                                            "`stacktop init FILE` writes a first one");
  assert_int_equal(errors.items[0].line, 0);
  config_errors_fini(&errors);
  config_errors_init(&errors, "/tmp");
  assert_null(config_load("/tmp", &fixture_schema, &errors));
  assert_string_equal(errors.items[0].text, "cannot read the file: Is a directory");
  config_errors_fini(&errors);
  config_errors_init(&errors, "/dev/zero");
  assert_null(config_load("/dev/zero", &fixture_schema, &errors));
  assert_non_null(strstr(errors.items[0].text, "1 MiB"));
  config_errors_fini(&errors);
  char path[] = "/tmp/stacktop-test-XXXXXX";
  int fd = mkstemp(path);
  assert_int_equal(write(fd, example, strlen(example)), strlen(example));
  close(fd);
  config_errors_init(&errors, path);
  struct config *config = config_load(path, &fixture_schema, &errors);
  assert_non_null(config);
  config_free(config);
  config_errors_fini(&errors);
  unlink(path);
}

static bool only_light(const char *name, struct err *err) {
  return strcmp(name, "light") == 0 || err_set(err, ERR_INVALID, "unknown theme \"%s\"", name);
}

/* Where themes are checked, a bad one is an error with its place, beside all others. */
static void test_theme(void **state) {
  (void)state;
  struct config_schema schema = fixture_schema;
  schema.theme_check = only_light;
  static const struct {
    const char *text, *errors;
  } cases[] = {
      {"theme: light\nhosts: [{name: a}]\n", ""},
      {"theme: ''\nhosts: [{name: a}]\n", ""},
      {"hosts: [{name: a}]\n", ""},
      {"theme: dark\nnmae: x\nhosts: [{name: a}]\n",
       "f.yaml:1:8: theme: unknown theme \"dark\"\n"
       "f.yaml:2:1: unknown key \"nmae\"; did you mean \"name\"?\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct config_errors errors;
    config_errors_init(&errors, "f.yaml");
    struct config *config =
        config_parse("f.yaml", cases[i].text, strlen(cases[i].text), &schema, &errors);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_errors_print(&errors, out);
    fclose(out);
    assert_string_equal(text, cases[i].errors);
    assert_int_equal(config != NULL, !*cases[i].errors);
    free(text);
    config_free(config);
    config_errors_fini(&errors);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_example),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_theme),
      cmocka_unit_test(test_layout),
      cmocka_unit_test(test_all_errors_at_once),
      cmocka_unit_test(test_errors_have_a_ceiling),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_defaults_and_inheritance),
      cmocka_unit_test(test_bombs),
      cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
