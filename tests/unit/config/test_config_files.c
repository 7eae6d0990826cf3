/* Includes, secrets outside of the file, and who may read it. */
#include "config/config_file.h"
#include "config/config_literal.h"
#include "config/print/config_dump.h"
#include "config_fixture.h"
#include "core/mem.h"
#include "core/text/names.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
  char folder[64];
  char *errors; /* what the last load printed */
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stacktop-config-XXXXXX");
  *state = fixture;
  return mkdtemp(fixture->folder) ? 0 : -1;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  DIR *folder = opendir(fixture->folder);
  for (const struct dirent *entry; folder && (entry = readdir(folder));)
    if (*entry->d_name != '.')
      unlinkat(dirfd(folder), entry->d_name, 0);
  if (folder)
    closedir(folder);
  rmdir(fixture->folder);
  free(fixture->errors);
  free(fixture);
  return 0;
}

static char *path_of(const struct fixture *fixture, const char *name) {
  return mem_printf("%s/%s", fixture->folder, name);
}

static void put(const struct fixture *fixture, const char *name, const char *text, mode_t mode) {
  char *path = path_of(fixture, name);
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(chmod(path, mode), 0);
  free(path);
}

static char *play_command(const char *const *argv, int64_t timeout_ms, size_t most,
                          struct err *err) {
  (void)timeout_ms;
  (void)most;
  if (strcmp(argv[0], "pass") == 0)
    return mem_dup("from pass\n");
  err_set(err, ERR_INVALID, "the command %s exited with status 1", argv[0]);
  return NULL;
}

static struct config *load(struct fixture *fixture, const char *name) {
  struct config_schema schema = fixture_schema;
  struct config_errors errors;
  char *path = path_of(fixture, name);
  size_t size;
  schema.command_run = play_command;
  config_errors_init(&errors, path);
  struct config *config = config_load(path, &schema, &errors);
  free(fixture->errors);
  FILE *out = open_memstream(&fixture->errors, &size);
  config_errors_print(&errors, out);
  fclose(out);
  assert_true(!config == (errors.count > 0));
  config_errors_fini(&errors);
  free(path);
  return config;
}

/* The load fails, and says that of that place. */
static void refuse(struct fixture *fixture, const char *name, const char *place,
                   const char *words) {
  struct config *config = load(fixture, name);
  assert_null(config);
  char *found = strstr(fixture->errors, place);
  if (!found || !strstr(found, words))
    fail_msg("expected \"%s ... %s\"; got:\n%s", place, words, fixture->errors);
}

static void test_the_file_wins_over_what_it_includes(void **state) {
  struct fixture *fixture = *state;
  put(fixture, "team.yaml",
      "interval: 5s\nenvironment: team\nhosts: [{name: one}]\n"
      "thresholds: {kafka.lag: {warn: 10}, disk.used: {warn: 60%}}\n",
      0644);
  put(fixture, "z.yaml", "environment: later\nhosts: [{name: two}]\n", 0644);
  put(fixture, "main.yaml",
      "include: [team.yaml, \"[z].yaml\", \"none.d/*.yaml\"]\ninterval: 3s\n"
      "hosts: [{name: three}]\nthresholds: {disk.used: {warn: 70%}}\n",
      0644);
  struct config *config = load(fixture, "main.yaml");
  assert_non_null(config);
  assert_string_equal(config->name, "main");
  assert_int_equal(config->interval_ms, 3000);
  assert_string_equal(config->environment, "later");
  assert_int_equal(config->target_count, 3);
  assert_string_equal(config->targets[2]->name, "three");
  assert_int_equal(config->rules.count, 2);
  assert_true(fabs(config->rules.items[1].threshold.warn - 0.7) < 1e-9);
  assert_int_equal(config->file_count, 3);
  char *dump;
  size_t size;
  FILE *out = open_memstream(&dump, &size);
  config_dump_origins(out, config, &fixture_schema, &(struct config_dump_effects){0});
  fclose(out);
  assert_non_null(strstr(dump, "interval: 3s  # /tmp/"));
  assert_non_null(strstr(dump, "environment: later  # /tmp/"));
  assert_non_null(strstr(dump, "z.yaml:1\n"));
  assert_non_null(strstr(dump, "kafka.lag: {warn: 10}  # "));
  assert_non_null(strstr(dump, "team.yaml:4\n"));
  assert_non_null(strstr(dump, "read_only: false  # default\n"));
  free(dump);
  config_free(config);
}

static void test_bad_includes(void **state) {
  struct fixture *fixture = *state;
  put(fixture, "a.yaml", "include: b.yaml\nhosts: [{name: x}]\n", 0644);
  put(fixture, "b.yaml", "include: [c.yaml]\nfoo: 1\n", 0644);
  put(fixture, "c.yaml", "include: a.yaml\nhosts: [{name: x}]\n", 0644);
  refuse(fixture, "a.yaml", "c.yaml:1:10: include: ", "a.yaml includes itself by way of ");
  refuse(fixture, "a.yaml", "a.yaml:2:16: ", "two targets named \"x\"");
  refuse(fixture, "a.yaml", "named \"x\"", "; first in ");
  refuse(fixture, "a.yaml", "b.yaml:2:1: ", "unknown key \"foo\"");
  put(fixture, "a.yaml", "include: [a.yaml, none.yaml, d.yaml, d.yaml]\n", 0644);
  put(fixture, "d.yaml", "hosts: [{name: x}]\n", 0644);
  refuse(fixture, "a.yaml", "a.yaml:1:11: ", "includes itself");
  refuse(fixture, "a.yaml", "a.yaml:1:19: ", "No such file");
  refuse(fixture, "a.yaml", "a.yaml:1:38: ", "is included twice");
  for (int i = 0; i < 12; i++) {
    char name[16], text[64];
    snprintf(name, sizeof name, "n%d.yaml", i);
    snprintf(text, sizeof text, "include: n%d.yaml\nhosts: [{name: h%d}]\n", i + 1, i);
    put(fixture, name, text, 0644);
  }
  refuse(fixture, "n0.yaml", "n8.yaml:1:10: ", "more than 8 levels");
}

static void test_secrets_from_elsewhere(void **state) {
  struct fixture *fixture = *state;
  put(fixture, "pw", "from file\n", 0600);
  put(fixture, "main.yaml",
      "secrets: {a: {file: pw}, b: {command: [pass, show, x]}}\n"
      "redis:\n"
      "  - {name: f, url: \"redis://x\", password: \"${secret:a}\"}\n"
      "  - {name: c, url: \"redis://x\", password: \"${secret:b}\"}\n"
      "  - {name: d, url: \"redis://x\", password: \"${file:pw}\"}\n",
      0644);
  struct config *config = load(fixture, "main.yaml");
  assert_non_null(config);
  assert_string_equal(target_text(config->targets[0], "password"), "from file");
  assert_string_equal(target_text(config->targets[1], "password"), "from pass");
  assert_string_equal(target_text(config->targets[2], "password"), "from file");
  assert_int_equal(target_option(config->targets[1], "password")->origin.by, ORIGIN_COMMAND);
  config_free(config);
  put(fixture, "pw", "from file\n", 0644);
  refuse(fixture, "main.yaml", "main.yaml:5:", "others can read the secret in ");
  refuse(fixture, "main.yaml", "main.yaml:5:", "run: chmod 600 ");
  put(fixture, "main.yaml",
      "secrets: {a: {command: [gone]}, b: {}, c: {file: x, command: [y]}}\n"
      "redis: [{name: f, url: \"redis://x\", password: \"${secret:a}\"},\n"
      "        {name: g, url: \"redis://x\", password: \"${secret:aa}\"}]\n",
      0644);
  refuse(fixture, "main.yaml", "main.yaml:2:", "secret \"a\": the command gone exited");
  refuse(fixture, "main.yaml", "main.yaml:3:", "unknown secret \"aa\"; did you mean \"a\"?");
  refuse(fixture, "main.yaml", "main.yaml:1:36: ", "either file or command");
  refuse(fixture, "main.yaml", "main.yaml:1:43: ", "either file or command");
  put(fixture, "main.yaml",
      "secrets: {a: {command: [pass]}}\n"
      "redis: [{name: f, url: \"redis://x\", password: \"${secret:a}\"}]\n",
      0666);
  refuse(fixture, "main.yaml", "main.yaml:1:14: ", "others can write this file");
}

static void test_a_secret_that_others_can_read(void **state) {
  struct fixture *fixture = *state;
  const char *with = "redis: [{name: f, url: \"redis://u:hunter2@x\"}]\n";
  put(fixture, "main.yaml", with, 0644);
  refuse(fixture, "main.yaml", "main.yaml:1:24: url contains a secret", "run: chmod 600 ");
  assert_null(strstr(fixture->errors, "hunter2"));
  put(fixture, "outer.yaml", "include: main.yaml\n", 0600);
  refuse(fixture, "outer.yaml", "main.yaml:1:24: url contains a secret", "mode 0644");
  setenv("STACKTOP_READABLE_SECRETS", "1", 1);
  config_free(load(fixture, "main.yaml"));
  assert_string_equal(fixture->errors, "");
  unsetenv("STACKTOP_READABLE_SECRETS");
  put(fixture, "main.yaml", with, 0600);
  config_free(load(fixture, "main.yaml"));
  assert_string_equal(fixture->errors, "");
  assert_false(config_mode_is_shared(0640, 0));
  assert_true(config_mode_is_shared(0640, 1000));
  assert_true(config_mode_is_shared(0604, 0));
  assert_false(config_mode_is_shared(0600, 1000));
}

static void test_what_is_a_secret(void **state) {
  (void)state;
  static const struct option secret = {.name = "dsn", .type = OPTION_SECRET},
                             text = {.name = "health", .type = OPTION_TEXT},
                             map = {.name = "properties", .type = OPTION_MAP},
                             body = {.name = "body", .type = OPTION_SECRET, .hidden = true};
  static const struct {
    const struct option *option;
    const char *name, *text;
    bool secret;
  } cases[] = {
      {&secret, NULL, "postgresql://u:p@h/d", true},
      {&secret, NULL, "postgresql://u@h/d", false},
      {&secret, NULL, "postgresql://u:${PW}@h/d", false},
      {&secret, NULL, "postgresql://u:${PW:-ecap}@h/d", true},
      {&secret, NULL, "postgresql://u:${secret:pg}@h/d", false},
      {&secret, NULL, "host=h user=u  password=x", true},
      {&secret, NULL, "host=h   user=u", false},
      {&secret, NULL, "host=h password='${PW}'", false},
      {&secret, NULL, "${DSN}", false},
      {&secret, NULL, "${BASE}/db", false},
      {&secret, NULL, "hunter2", true},
      {&secret, NULL, "", false},
      {&secret, NULL, "redis://h:6379/0", false},
      {&text, NULL, "http://u:p@h/health", true},
      {&text, NULL, "http://h/health?token=abc", true},
      {&text, NULL, "http://h/health?token=${T}", false},
      {&text, NULL, "password", false},
      {&map, "sasl.password", "x", true},
      {&map, "sasl.password", "${P}", false},
      {&map, "ssl.key.location", "/etc/key.pem", false},
      {&map, "client.id", "x", false},
      {&body, NULL, "{\"ping\": 1}", false},
      {&body, NULL, "{\"token\": 1}", true},
      {&body, NULL, "https://hooks/T0/B1", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (config_text_is_secret(cases[i].option, cases[i].name, cases[i].text) != cases[i].secret)
      fail_msg("%s %s", cases[i].option->name, cases[i].text);
}

static void test_lists_say_that_they_are_cut(void **state) {
  (void)state;
  struct names few = {0}, many = {0};
  names_add(&few, "a");
  names_add(&few, "b");
  assert_string_equal(names_end(&few, "x"), "a, b");
  for (int i = 0; i < 40; i++)
    names_add(&many, "some_name");
  assert_non_null(strstr(names_end(&many, "`stacktop config --default`"),
                         " and 28 more: see `stacktop config --default`"));
}

static void test_byte_order_mark(void **state) {
  (void)state;
  struct config *config = fixture_good("\xEF\xBB\xBFhosts: [{name: x}]\n");
  assert_int_equal(config->target_count, 1);
  assert_int_equal(config->targets[0]->origin.column, 16);
  config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_the_file_wins_over_what_it_includes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bad_includes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_secrets_from_elsewhere, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_secret_that_others_can_read, setup, teardown),
      cmocka_unit_test(test_what_is_a_secret),
      cmocka_unit_test(test_lists_say_that_they_are_cut),
      cmocka_unit_test(test_byte_order_mark),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
