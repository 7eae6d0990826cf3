#include "config/config_fixture.h"
#include "config/print/config_dump.h"
#include "config/print/config_mask.h"

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

/* With every "#" removed except those of comments, it must still load: nothing in it is invented.
 */
static void test_default_switched_on_loads(void **state) {
  (void)state;
  char *text = default_text();
  for (char *line = text; line && *line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (line[0] == '#' && line[1] != '#')
      memmove(line, line + 1, strlen(line));
  }
  struct config *config = fixture_good(text);
  assert_int_equal(config->target_count, 5);
  assert_int_equal(config->rules.count, 6);
  assert_true(config->rules.items[0].threshold.crit == 0.9);
  config_free(config);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mask),
      cmocka_unit_test(test_dump),
      cmocka_unit_test(test_default_loads),
      cmocka_unit_test(test_default_shows_what_is_allowed),
      cmocka_unit_test(test_default_switched_on_loads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
