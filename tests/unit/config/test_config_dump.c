#include "config/config_fixture.h"
#include "config/own/config_own_options.h"
#include "config/print/config_dump.h"
#include "config/print/config_mask.h"
#include "core/mem.h"

#include <stdio.h>

static void check_mask(const char *text, const char *expected) {
  char *masked = config_mask(text);
  assert_string_equal(masked, expected);
  free(masked);
}

static void test_mask(void **state) {
  (void)state;
  check_mask("", "");
  check_mask("hunter2", "***");
  check_mask("a=b", "***"); /* a password may hold "=" */
  check_mask("abc://x:y@z", "***");
  check_mask("postgresql://ecap_user@postgres:5432/ecap",
             "postgresql://ecap_user@postgres:5432/ecap");
  check_mask("postgresql://u:pa:ss@h:5432/d?sslmode=require",
             "postgresql://u:***@h:5432/d?sslmode=require");
  check_mask("postgresql://u:p@ss/w@h/d", "postgresql://u:***@h/d");
  check_mask("postgresql:///d?host=h&password=x&sslpassword=y&user=u",
             "postgresql:///d?host=h&password=***&sslpassword=***&user=u");
  /* where "@" and "?" leave the extent of the password open, everything that may belong to it is
   * hidden */
  check_mask("postgresql://h:5432/d?password=p@ss", "postgresql://h:***");
  check_mask("postgresql://u@h:5432/d?password=p@ss&user=u", "postgresql://u@h:***");
  check_mask("postgresql://h/d?password=p@ss", "postgresql://h/d?password=***");
  check_mask("postgresql://u@h/d?password=p@ss:x", "postgresql://u@h/d?password=***");
  check_mask("postgresql://u:p@ss?w@h:1/d?sslmode=require", "postgresql://u:***");
  check_mask("redis://h/0?token=a%26b", "redis://h/0?token=***");
  check_mask("redis://:secret@redis:6379/0", "redis://:***@redis:6379/0");
  check_mask("REDIS://redis:6379/0", "REDIS://redis:6379/0");
  check_mask("host=h dbname=d password=x user=u", "host=h dbname=d password=*** user=u");
  check_mask("password = 'a \\' b' host = h", "password=*** host=h");
  check_mask("password='never closed", "password=***");
  check_mask("service=ecap", "service=ecap");
  check_mask("host=h passwort=x", "***");
}

static char *dump_of(const char *text) {
  struct config *config = fixture_good(text);
  char *dump;
  size_t size;
  FILE *out = open_memstream(&dump, &size);
  config_dump(out, config, &fixture_schema);
  fclose(out);
  config_free(config);
  return dump;
}

static const char loaded[] =
    "name: 'a: \"b\"'\n"
    "timeout: 90s\n"
    "theme: solarized\n"
    "services: [{name: api, address: \"api:8000\", health: \"http://u:p@api/h?token=t\", runtime: "
    "{compose: api}}]\n"
    "hosts: [{name: h, logs: [\"/var/log/*.log\", /var/log/messages], depends_on: [\"redis:c\"]}]\n"
    "log_filters: [{name: slow, help: a b, grep: \"[0-9]{4}\", exclude: x, level: warn, fields: "
    "[\"d>5\"], source: api, since: 60m}, {name: all}]\n"
    "postgres: [{name: db, dsn: service=x, retention: {session_tokens: \"at 1d\"}}]\n"
    "kafka: [{name: main, bootstrap: \"k:1\", groups: [\"e-*\", \"on\"], properties: "
    "{sasl.password: "
    "x, ssl.key.location: /k, client.id: \"$${x}\"}}]\n"
    "redis: [{name: c, url: \"redis://:s3cret@r/0\", password: pw, thresholds: {redis.memory: "
    "{crit: "
    "1GB}, redis.evictions: off}}]\n"
    "thresholds: {disk.used: {warn: 85%, crit: 99.5%, for: 90s, clear: 80%, clear_for: 1m}, "
    "kafka.lag: off, redis.memory: "
    "{warn: 1.5GB}, redis.hit_ratio: {crit: 10%}, postgres.transaction: {crit: 250ms}, "
    "redis.evictions: {warn: 100/s}}\n";

static const char dumped[] =
    "name: \"a: \\\"b\\\"\"\n"
    "interval: 2s\n"
    "theme: solarized\n"
    "services:\n"
    "  - name: api\n"
    "    interval: 2s\n"
    "    timeout: 90s\n"
    "    address: \"api:8000\"\n"
    "    health: \"http://u:***@api/h?token=***\"\n"
    "    insecure: false\n"
    "    slow: 5s\n"
    "    runtime: {compose: api}\n"
    "postgres:\n"
    "  - name: db\n"
    "    interval: 2s\n"
    "    timeout: 90s\n"
    "    dsn: \"service=x\"\n"
    "    retention: {session_tokens: \"at 1d\"}\n"
    "kafka:\n"
    "  - name: main\n"
    "    interval: 2s\n"
    "    timeout: 90s\n"
    "    bootstrap: \"k:1\"\n"
    "    groups: [\"e-*\", \"on\"]\n"
    "    properties: {sasl.password: \"***\", ssl.key.location: \"***\", "
    "client.id: \"$${x}\"}\n"
    "redis:\n"
    "  - name: c\n"
    "    interval: 2s\n"
    "    timeout: 90s\n"
    "    url: \"redis://:***@r/0\"\n"
    "    password: \"***\"\n"
    "    db: 0\n"
    "    thresholds:\n"
    "      redis.memory: {crit: 1GB}\n"
    "      redis.evictions: off\n"
    "hosts:\n"
    "  - name: h\n"
    "    interval: 2s\n"
    "    timeout: 90s\n"
    "    logs: [\"/var/log/*.log\", /var/log/messages]\n"
    "    depends_on: [\"redis:c\"]\n"
    "log_filters:\n"
    "  - name: slow\n"
    "    help: \"a b\"\n"
    "    grep: \"[0-9]{4}\"\n"
    "    exclude: x\n"
    "    level: warn\n"
    "    fields: [\"d>5\"]\n"
    "    source: api\n"
    "    since: 1h\n"
    "  - name: all\n"
    "thresholds:\n"
    "  disk.used: {warn: 85%, crit: 99.5%, for: 90s, clear: 80%, clear_for: 1m}\n"
    "  kafka.lag: off\n"
    "  redis.memory: {warn: 1536MB}\n"
    "  redis.hit_ratio: {crit: 10%, below: true}\n"
    "  postgres.transaction: {crit: 250ms}\n"
    "  redis.evictions: {warn: 100/s}\n";

static void test_dump(void **state) {
  (void)state;
  char *first = dump_of(loaded);
  assert_string_equal(first, dumped);
  char *second = dump_of(first);
  assert_string_equal(second, first);
  free(first);
  free(second);
}

static char *default_text(void) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  config_print_default(out, &fixture_schema);
  fclose(out);
  return text;
}

static void test_default_loads(void **state) {
  (void)state;
  char *text = default_text();
  struct config *config = fixture_good(text);
  assert_int_equal(config->interval_ms, 2000);
  assert_int_equal(config->target_count, 1);
  assert_ptr_equal(config->targets[0]->kind, &fixture_host);
  config_free(config);
  free(text);
}

/* Every option states its values and its default. */
static void test_default_shows_what_is_allowed(void **state) {
  (void)state;
  static const char *const lines[] = {
      "\ninterval: 2s  # time between collections (200ms to 1d, default 2s)\n",
      "\n#timeout: 2s  # time limit of one collection; default: depends on the kind (50ms to 1h)\n",
      "\n#    insecure: false  # no verification (true | false, default false)\n",
      "\n#    slow: 5s  #  (1ms to 1m, default 5s)\n",
      "\n#    runtime: {compose: value}  # who runs it (compose | kubernetes)\n",
      "\n#    db: 0  #  (0 to 15, default 0)\n",
      "\n#    dsn: \"...\"  # required: URI or key=value\n",
  };
  char *text = default_text();
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (!strstr(text, lines[i]))
      fail_msg("no line \"%s\" in\n%s", lines[i], text);
  free(text);
}

/* With every "#" removed except those of comments. */
static char *switched_on(void) {
  char *text = default_text();
  for (char *line = text; line && *line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (line[0] == '#' && line[1] != '#')
      memmove(line, line + 1, strlen(line));
  }
  return text;
}

/* It must still load: nothing in it is invented. */
static void test_default_switched_on_loads(void **state) {
  (void)state;
  char *text = switched_on();
  struct config *config = fixture_good(text);
  assert_int_equal(config->target_count, 5);
  assert_int_equal(config->rules.count, 6);
  assert_true(config->rules.items[0].threshold.crit == 0.9);
  config_free(config);
  free(text);
}

/* ---- origins */

static char *origins_of(const char *text) {
  static const char *const others[] = {"mouse: false, by -M", NULL};
  struct config *config = fixture_good(text);
  char *dump;
  size_t size;
  FILE *out = open_memstream(&dump, &size);
  config_dump_origins(out, config, &fixture_schema,
                      &(struct config_dump_effects){.state = "/var/lib/x", .others = others});
  fclose(out);
  config_free(config);
  return dump;
}

/* Whether a line "name: ..." ends with that origin. */
static bool has_origin(const char *dump, const char *name, const char *origin) {
  const size_t len = strlen(name);
  for (const char *line = dump; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    const char *at = line + strspn(line, " -");
    const size_t length = strcspn(line, "\n");
    char *whole = mem_printf("%.*s", (int)length, line);
    const bool found = strncmp(at, name, len) == 0 && at[len] == ':' && strstr(whole, origin);
    free(whole);
    if (found)
      return true;
  }
  return false;
}

static const char here[] = "  # /etc/stacktop/ecap.yaml:";

/* The line of the file that an origin names has the key. */
static void check_place(const char *line, const char *origin, const char *text) {
  const long number = strtol(origin + strlen(here), NULL, 10);
  const char *key = line + strspn(line, " -{"), *source = text;
  for (long i = 1; i < number; i++)
    source = strchr(source, '\n') + 1;
  char *name = mem_printf("%.*s", (int)strcspn(key, ":"), key);
  char *whole = mem_printf("%.*s", (int)strcspn(source, "\n"), source);
  if (strncmp(line, "  - {", 5) != 0 && strcmp(name, "name") != 0 && strcmp(name, "id") != 0 &&
      !strstr(whole, name))
    fail_msg("%s: its origin is the line \"%s\"", line, whole);
  free(name);
  free(whole);
}

/* Every line with a value says where that is from. */
static void check_lines(const char *dump, const char *text) {
  for (const char *at = dump; *at; at += strcspn(at, "\n"), at += *at == '\n') {
    char *line = mem_printf("%.*s", (int)strcspn(at, "\n"), at);
    const char *origin = strstr(line, here);
    if (*line && *line != '#' && line[strlen(line) - 1] != ':' && !strstr(line, "  # "))
      fail_msg("no origin: %s", line);
    if (origin)
      check_place(line, origin, text);
    free(line);
  }
}

static void check_table(const char *dump, const struct option *options, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!has_origin(dump, options[i].name, here))
      fail_msg("no origin in the file for %s in\n%s", options[i].name, dump);
}

static char *replaced(char *text, const char *from, const char *to) {
  char *at;
  while ((at = strstr(text, from))) {
    char *more = mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    text = more;
  }
  return text;
}

/* A new option of any table is in `config --default`, so it is here: without an origin this fails.
 * What is only printed where it is not the default is set to something else first. */
static void test_every_value_has_its_origin(void **state) {
  (void)state;
  char *text = switched_on();
  text = replaced(text, "read_only: false", "read_only: true");
  text = replaced(text, "        below: false", "        below: true");
  text = replaced(text, "depends_on: []", "depends_on: [\"host:local\"]");
  text = replaced(text, "per_row: false", "per_row: true");
  text = replaced(text, "crit: 20%", "crit: 2%");
  char *dump = origins_of(text);
  check_lines(dump, text);
  check_table(dump, config_options, CONFIG_OPTION_COUNT);
  check_table(dump, target_common_options, TARGET_COMMON_COUNT);
  for (size_t i = 0; i < fixture_schema.kind_count; i++)
    check_table(dump, fixture_kinds[i]->options, fixture_kinds[i]->option_count);
  check_table(dump, log_filter_options, LOG_FILTER_OPTION_COUNT);
  check_table(dump, check_options, CHECK_EXPECT);
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
    if (i != OWN_OPTION_ASK)
      check_table(dump, &own_options[i], 1);
  for (size_t i = 0; i < fixture_schema.metric_count; i++)
    assert_true(has_origin(dump, fixture_metrics[i]->metric, here));
  assert_true(has_origin(dump, "row-details", here));
  assert_non_null(strstr(dump, "panes: [services: 1, kafka: 2]}  # /etc/stacktop/ecap.yaml:"));
  assert_non_null(strstr(dump, "      - {name: lines, help: \"number of classes\", default: 20}"
                               "  # /etc/stacktop/ecap.yaml:"));
  assert_non_null(strstr(dump, "\n# mouse: false, by -M\n"));
  free(dump);
  free(text);
}

static void test_what_is_not_set_has_its_default(void **state) {
  (void)state;
  static const char text[] =
      "hosts: [{name: h}]\n"
      "postgres: [{name: p, dsn: service=x, checks: [{name: c, sql: SELECT 1, "
      "expect: x}]}]\n"
      "actions: [{id: x, rows: {kind: hosts}, argv: [/bin/true]}]\n";
  char *dump = origins_of(text);
  check_lines(dump, text);
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    if (config_options[i].fallback && !has_origin(dump, config_options[i].name, "  # default"))
      fail_msg("no default origin for %s in\n%s", config_options[i].name, dump);
  assert_true(has_origin(dump, "danger", "  # default"));
  assert_true(has_origin(dump, "expect", "  # /etc/stacktop/ecap.yaml:2"));
  assert_true(has_origin(dump, "disk.used", "  # default"));
  free(dump);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_value_has_its_origin),
      cmocka_unit_test(test_what_is_not_set_has_its_default),
      cmocka_unit_test(test_mask),
      cmocka_unit_test(test_dump),
      cmocka_unit_test(test_default_loads),
      cmocka_unit_test(test_default_shows_what_is_allowed),
      cmocka_unit_test(test_default_switched_on_loads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
