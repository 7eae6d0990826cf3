/* `actions:`: what is read, and every error with its place. */
#include "config/config_fixture.h"

#include "config/print/config_dump.h"
#include "core/mem.h"

#include <stdio.h>

#define HEAD                                  \
  "services:\n"                               \
  "  - {name: api, address: \"api:1\"}\n"     \
  "postgres:\n"                               \
  "  - {name: ecap, dsn: \"service=ecap\"}\n" \
  "actions:\n"

/* The errors of `actions`, whose first line is the sixth of the file. */
static void expect_errors(const char *actions, const char *wanted) {
  struct config_errors errors;
  char *text = mem_printf("%s%s", HEAD, actions), *all = NULL;
  size_t len = 0;
  config_errors_init(&errors, "f");
  struct config *config = config_parse("f", text, strlen(text), &fixture_schema, &errors);
  FILE *out = open_memstream(&all, &len);
  config_errors_print(&errors, out);
  fclose(out);
  if (config || strcmp(all, wanted) != 0)
    fail_msg("%s\ngives\n%s\nnot\n%s", actions, all, wanted);
  config_errors_fini(&errors);
  free(all);
  free(text);
}

#define ROWS "    rows: {kind: service, table: services}\n"
#define WITH(lines) "  - id: x\n" ROWS lines

static void test_all_of_it(void **state) {
  (void)state;
  setenv("OWN_KEY", "geheim-1", 1);
  struct config *config = fixture_good(
      HEAD "  - id: heap-dump\n"
           "    help: writes the heap\n"
           "    key: H\n"
           "    rows: {kind: service, table: services, where: {name: api}, targets: [api]}\n"
           "    ask: [{name: lines, default: \"20\"}, {name: how, choices: [all, live]}]\n"
           "    argv: [jcmd, \"{name}\", \"a{{{ask.lines}}}b\", \"{target.address}\", \"{row}\"]\n"
           "    environment: {API_KEY: \"${OWN_KEY}\"}\n"
           "    environment_files: {TOKEN: /etc/token}\n"
           "    stdin: \"{state}\"\n"
           "    danger: low\n"
           "    timeout: 5s\n"
           "    verify: {argv: [test, -s, \"/tmp/{name}\"], within: 10s}\n"
           "    output: show\n"
           "  - id: locks\n"
           "    rows: {kind: postgres, table: sessions}\n"
           "    sql: SELECT $2::text, $1::int\n"
           "    values: [\"{pid}\", \"{user}\"]\n"
           "    writes: true\n");
  assert_int_equal(config->action_count, 2);
  const struct own_action *dump = config->actions[0], *locks = config->actions[1];
  assert_string_equal(dump->spec.id, "own.heap-dump");
  assert_string_equal(dump->spec.title, "heap dump");
  assert_string_equal(dump->spec.kind, "service");
  assert_string_equal(dump->spec.table, "services");
  assert_int_equal(dump->spec.key, 'H');
  assert_int_equal(dump->spec.danger, DANGER_REVERSIBLE);
  assert_int_equal(dump->spec.param_count, 2);
  assert_true(dump->spec.params[1].required);
  assert_int_equal(dump->spec.params[1].type, OPTION_CHOICE);
  assert_string_equal(dump->spec.runs,
                      "jcmd '{name}' 'a{{{ask.lines}}}b' '{target.address}' '{row}'");
  assert_int_equal(dump->argv[2].piece_count, 3);
  assert_string_equal(dump->argv[2].pieces[0].text, "a{");
  assert_string_equal(dump->argv[2].pieces[2].text, "}b");
  assert_string_equal(dump->variables[0].value.pieces[0].text, "geheim-1");
  assert_int_equal(dump->timeout_ms, 5000);
  assert_int_equal(dump->verify_ms, 10000);
  assert_true(dump->output_private);
  assert_int_equal(locks->spec.danger, DANGER_DESTRUCTIVE); /* unless stated */
  assert_int_equal(locks->value_count, 2);
  assert_true(locks->writes);

  /* printed, it loads again and has no secret */
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  config_dump(out, config, &fixture_schema);
  fclose(out);
  assert_null(strstr(text, "geheim"));
  struct config *again = fixture_good(text);
  assert_int_equal(again->action_count, 2);
  assert_string_equal(again->actions[0]->spec.runs, dump->spec.runs);
  assert_string_equal(again->actions[1]->sql, locks->sql);
  config_free(again);
  config_free(config);
  free(text);
}

static void test_keys_and_names(void **state) {
  (void)state;
  expect_errors(
      "  - {}\n",
      "f:6:5: missing key \"id\" in actions: the action is own.ID: in menus, commands and "
      "the audit log\n"
      "f:6:5: missing key \"rows\" in actions: kind of its targets; table, if it is for rows; "
      "where (values of columns) and targets (names) limit it\n");
  expect_errors("  - {id: X Y, rows: {kind: service}, argv: [a]}\n",
                "f:6:10: id: \"X Y\" is not an id; use lower-case letters, digits and -\n");
  expect_errors(WITH("    argvs: [a]\n"),
                "f:8:5: unknown key \"argvs\" in actions; did you mean \"argv\"?\n");
  expect_errors(WITH("    argv: [a]\n") WITH("    argv: [a]\n"),
                "f:9:9: two actions have the id \"x\"\n");
  expect_errors(WITH("    argv: [a]\n    key: h\n"),
                "f:9:10: key: \"h\" is not a capital letter, A to Z\n");
  expect_errors(WITH("    argv: [a]\n    key: N\n"), "f:9:10: key N is taken: next row\n");
  expect_errors(WITH("    argv: [a]\n    key: R\n"),
                "f:9:10: key R is already that of service.restart\n");
  expect_errors(WITH("    argv: [a]\n    key: H\n") "  - {id: y, key: H, rows: {kind: service}, "
                                                    "argv: [a]}\n",
                "f:10:18: key H is already that of own.x\n");
  expect_errors(WITH("    argv: [a]\n    danger: high\n"),
                "f:9:13: danger: \"high\" is not one of destructive, low\n");
}

static void test_rows(void **state) {
  (void)state;
  expect_errors("  - {id: x, rows: {kind: servise}, argv: [a]}\n",
                "f:6:26: unknown kind \"servise\"; did you mean \"service\"?\n");
  expect_errors("  - {id: x, rows: {table: services}, argv: [a]}\n",
                "f:6:19: missing key \"kind\" in rows: the kind of its targets\n");
  expect_errors("  - {id: x, rows: {kind: service, table: session}, argv: [a]}\n",
                "f:6:42: services has no table \"session\" (known: services)\n");
  expect_errors(
      "  - {id: x, rows: {kind: service, table: services, where: {nam: api}}, argv: [a]}\n",
      "f:6:60: the table services has no column \"nam\"; did you mean \"name\"?\n");
  expect_errors("  - {id: x, rows: {kind: service, where: {name: api}}, argv: [a]}\n",
                "f:6:42: where needs a table\n");
  expect_errors("  - {id: x, rows: {kind: service, targets: [apo]}, argv: [a]}\n",
                "f:6:45: services has no target \"apo\"; did you mean \"api\"?\n");
}

static void test_placeholders(void **state) {
  (void)state;
  expect_errors(WITH("    argv: [a, \"{nam}\", \"{name\", \"x}\", \"{}\"]\n"),
                "f:8:15: argv: the table services has no column \"nam\"; did you mean \"name\"?\n"
                "f:8:24: argv: \"{name\" is not a placeholder; write {column}, or {{ for a brace\n"
                "f:8:33: argv: \"}\" without \"{\"; write }} for a brace\n"
                "f:8:39: argv: \"{}\" is not a placeholder; write {column}, or {{ for a brace\n");
  expect_errors("  - {id: x, rows: {kind: service}, argv: [a, \"{name}\"]}\n",
                "f:6:46: argv: {name} names a column, but the action is for the target itself; add "
                "table: to rows, or use {target}\n");
  expect_errors(
      WITH("    argv: [a, \"{ask.line}\"]\n    ask: [{name: lines}]\n"),
      "f:8:15: argv: the action asks for nothing named \"line\"; did you mean \"lines\"?\n");
  expect_errors(WITH("    argv: [a, \"{target.adress}\"]\n"),
                "f:8:15: argv: services has no option \"adress\"; did you mean \"address\"?\n");
  expect_errors(
      "  - {id: x, rows: {kind: postgres}, argv: [a, \"{target.dsn}\", \"{target.retention}\"]}\n",
      "f:6:47: argv: {target.dsn} may hold a secret, and what is filled in is shown and "
      "recorded\n"
      "f:6:63: argv: {target.retention} has several values; it cannot fill one place\n");
  expect_errors(WITH("    argv: [\"{name}\"]\n"),
                "f:8:12: argv must begin with the name of a program, which no value can change\n");
  expect_errors(WITH("    argv: [a]\n    ask: [{name: api_key}]\n"),
                "f:9:18: \"api_key\" looks like a secret, and its value is shown and recorded; use "
                "environment_files\n");
}

static void test_no_shell(void **state) {
  (void)state;
  expect_errors(
      WITH("    argv: \"jcmd {name} | head\"\n"),
      "f:8:11: argv must be a list of words, [program, argument]: no shell reads it, so |, "
      ">, $ and * have no meaning; put the commands into a script\n");
  expect_errors(WITH("    argv: jcmd\n"),
                "f:8:11: argv must be a list of words, [program, argument], not a text\n");
  expect_errors(
      WITH("    argv: [jcmd, x, \"|\", head]\n"),
      "f:8:21: argv: no shell reads it, so \"|\" would be an argument of the program; put "
      "the commands into a script\n");
  expect_errors(
      WITH("    argv: [sh, -c, \"echo {name}\"]\n"),
      "f:8:20: argv: a value in a script of sh would become a part of the script; pass it "
      "as an argument of its own after it, in environment or in stdin\n");
  expect_errors(WITH("    argv: [docker, exec, x, /bin/bash, -c, \"echo {name}\"]\n"),
                "f:8:44: argv: a value in a script of bash would become a part of the script; pass "
                "it as an argument of its own after it, in environment or in stdin\n");
  expect_errors(WITH("    argv: [ssh, host, uptime, \"{name}\"]\n"),
                "f:8:31: argv: ssh gives its arguments to a shell on the other host, so a value "
                "could become a command; pass it in stdin\n");
  struct config *config =
      fixture_good(HEAD WITH("    argv: [sh, -c, 'echo \"$1\" | cat', sh, \"{name}\"]\n"));
  config_free(config);
}

static void test_secrets(void **state) {
  (void)state;
  setenv("OWN_KEY", "geheim-1", 1);
  setenv("OWN_DIR", "/srv", 1);
  expect_errors(
      WITH("    argv: [curl, \"${OWN_KEY}\", \"${OWN_DIR}\"]\n"),
      "f:8:18: argv: ${OWN_KEY} looks like a secret, and every user of the host can read it "
      "there; pass it in environment, environment_files or stdin\n");
  expect_errors(
      WITH("    argv: [curl, -H, \"Authorization: Bearer abc\", --sort-key=x]\n"),
      "f:8:22: argv: it looks like a secret, and every user of the host can read it there; "
      "pass it in environment_files or stdin\n");
  expect_errors(
      "  - {id: x, rows: {kind: postgres}, sql: \"SELECT '${OWN_KEY}'\"}\n",
      "f:6:42: sql: ${OWN_KEY} looks like a secret, and every user of the host can read it "
      "there; pass it in environment, environment_files or stdin\n");
  expect_errors(WITH("    argv: [a]\n    environment_files: {KEY: key}\n"),
                "f:9:30: \"key\" is not an absolute path\n");
  expect_errors(WITH("    argv: [a]\n    environment: {\"A B\": x}\n"),
                "f:9:19: \"A B\" is not the name of a variable\n");
}

static void test_one_way(void **state) {
  (void)state;
  expect_errors(WITH(""), "f:6:5: an action has either argv or sql\n");
  expect_errors("  - {id: x, rows: {kind: postgres}, argv: [a], sql: SELECT 1}\n",
                "f:6:53: an action has either argv or sql, not both\n");
  expect_errors("  - {id: x, rows: {kind: service}, sql: SELECT 1}\n",
                "f:6:41: sql is for the kind postgres, not service\n");
  expect_errors(
      "  - {id: x, rows: {kind: postgres, table: sessions}, sql: \"SELECT $1, $2\", values: "
      "[\"{pid}\"]}\n",
      "f:6:84: sql has $1 to $2, but there are 1 values\n");
  expect_errors("  - {id: x, rows: {kind: postgres}, sql: SELECT 1, stdin: a}\n",
                "f:6:59: stdin is for argv, not for sql\n");
  expect_errors(WITH("    argv: [a]\n    values: [b]\n"),
                "f:9:13: values is for sql, not for argv\n");
  expect_errors(
      WITH("    argv: [a]\n    verify: {within: 1s}\n"),
      "f:9:13: missing key \"argv\" in verify: the program that says whether it is done\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_of_it), cmocka_unit_test(test_keys_and_names),
      cmocka_unit_test(test_rows),      cmocka_unit_test(test_placeholders),
      cmocka_unit_test(test_no_shell),  cmocka_unit_test(test_secrets),
      cmocka_unit_test(test_one_way),
  };
  return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
