/* The command line: what is accepted, and the error for what is not. */
#include "app/startup/options_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 24 };

/* Splits at spaces: no argument of these tests has one. */
static bool parse(const char *line, struct options *options, struct err *err) {
  static char copy[256];
  static char *argv[WORDS_MAX + 1]; /* the words stay in it */
  memset(argv, 0, sizeof argv);
  int argc = 0;
  snprintf(copy, sizeof copy, "stacktop %s", line);
  for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) && argc < WORDS_MAX;)
    argv[argc++] = word;
  return options_parse(options, argc, argv, err);
}

static struct options good(const char *line) {
  struct options options;
  struct err err;
  if (!parse(line, &options, &err))
    fail_msg("%s: %s", line, err.text);
  return options;
}

static void bad(const char *line, const char *words) {
  struct options options;
  struct err err = {0};
  if (parse(line, &options, &err))
    fail_msg("was taken: %s", line);
  if (!strstr(err.text, words))
    fail_msg("%s: \"%s\" does not say \"%s\"", line, err.text, words);
}

static void test_modes(void **state) {
  (void)state;
  assert_int_equal(good("").mode, MODE_DASHBOARD);
  assert_int_equal(good("-c x.yaml").mode, MODE_DASHBOARD);
  assert_int_equal(good("check").mode, MODE_CHECK);
  assert_int_equal(good("-c x.yaml check").mode, MODE_CHECK);
  assert_int_equal(good("config --default").mode, MODE_CONFIG);
  assert_int_equal(good("-h nonsense").mode, MODE_HELP);
  assert_int_equal(good("check --version").mode, MODE_VERSION);
}

static void test_values(void **state) {
  (void)state;
  struct options options =
      good("check --config=a.yaml --only redis:cache --timeout 1500ms --json -UC");
  assert_string_equal(options.config, "a.yaml");
  assert_string_equal(options.only, "redis:cache");
  assert_int_equal(options.timeout_ms, 1500);
  assert_true(options.json && options.no_unicode && options.no_color && !options.utc);
  options = good("check --duration 5s --plugin");
  assert_int_equal(options.duration_ms, 5000);
  assert_true(options.plugin && !options.json);
  options = good("--utc");
  assert_true(options.utc && !options.json);
  assert_null(options.config);
  assert_int_equal(options.timeout_ms, 0);
}

static void check_words(const char *line, const char *wanted) {
  char joined[256] = "";
  struct options options = good(line);
  for (size_t i = 0; i < options.word_count; i++)
    snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "[%s]", options.words[i]);
  assert_string_equal(joined, wanted);
}

static void test_words(void **state) {
  (void)state;
  check_words("plan postgres.terminate ecap 8123 age=5m",
              "[postgres.terminate][ecap][8123][age=5m]");
  check_words("-c x.yaml plan a --json b -U c", "[a][b][c]");
  check_words("plan a b -- -5 --json", "[a][b][-5][--json]");
  check_words("apply 0123abcd --confirm production", "[0123abcd]");
  check_words("apply -- 0123abcd", "[0123abcd]");
  check_words("audit --user ops*", "");
  assert_string_equal(good("apply 0123abcd --confirm=x").confirm, "x");
  assert_true(good("plan a b --json --read-only").json);
  assert_true(good("--read-only").read_only);
  assert_true(good("--readonly").read_only);
  assert_true(good("--wall").wall);
  assert_true(good("--wall").read_only);
  struct options options = good("audit --action kafka.* --target m --user o --since 2h --unknown");
  assert_string_equal(options.action, "kafka.*");
  assert_string_equal(options.target, "m");
  assert_string_equal(options.user, "o");
  assert_string_equal(options.since, "2h");
  assert_true(options.unknown_only);
}

static void test_logs(void **state) {
  (void)state;
  struct options options =
      good("logs api/web-1 --since 1h --until 14:03 --grep x --exclude y --level warn --field a=1 "
           "--field b>2 --source w --filter slow --json");
  assert_int_equal(options.mode, MODE_LOGS);
  assert_string_equal(options.words[0], "api/web-1");
  assert_string_equal(options.since, "1h");
  assert_string_equal(options.until, "14:03");
  assert_string_equal(options.grep, "x");
  assert_string_equal(options.exclude, "y");
  assert_string_equal(options.level, "warn");
  assert_int_equal(options.field_count, 2);
  assert_string_equal(options.fields[1], "b>2");
  assert_string_equal(options.source, "w");
  assert_string_equal(options.filter, "slow");
  assert_true(options.json);
  assert_true(good("logs api --follow").follow);
  assert_true(good("logs api --patterns").patterns);
  bad("logs", "logs requires a target");
  bad("logs api b", "unexpected argument \"b\"");
  bad("logs api --follow --until 1h", "--follow and --until exclude each other");
  bad("check --grep x", "--grep is only valid with `stacktop logs`");
  bad("check --since 1h", "`stacktop audit`, `stacktop logs`");
}

static void test_show(void **state) {
  (void)state;
  assert_int_equal(good("show").mode, MODE_SHOW);
  assert_int_equal(good("show").word_count, 0);
  check_words("show postgres.session ecap 8123", "[postgres.session][ecap][8123]");
  struct options options =
      good("show a b --csv --sort total_time --limit 20 --table t --duration 5s --timeout 2s");
  assert_true(options.csv);
  assert_string_equal(options.sort, "total_time");
  assert_string_equal(options.table, "t");
  assert_int_equal(options.limit, 20);
  assert_int_equal(options.duration_ms, 5000);
  assert_int_equal(options.timeout_ms, 2000);
  assert_true(good("show a b --json").json);
  bad("show a", "show requires a page and a target");
  bad("show a b c d", "unexpected argument \"d\"");
  bad("show a b --csv --json", "--csv and --json exclude each other");
  bad("show a b --limit 0", "--limit: \"0\" is not a number from 1 to 100000");
  bad("show a b --limit 3x", "--limit: \"3x\"");
  bad("check --csv", "--csv is only valid with `stacktop show`");
}

/* ---- the help */

static void test_status(void **state) {
  (void)state;
  const struct options options = good("status --tmux --no-check --width 40 --timeout 2s");
  assert_int_equal(options.mode, MODE_STATUS);
  assert_true(options.tmux && options.no_check && options.width == 40);
  assert_int_equal(good("status").width, OPTIONS_WIDTH);
  assert_true(good("status --json").json);
  bad("status --width 3", "--width: \"3\" is not a number from 8 to 1000");
  bad("status --width 40x", "is not a number");
  bad("status --tmux --json", "exclude each other");
  bad("check --tmux", "--tmux is only valid with `stacktop status`");
  bad("status now", "unexpected argument");
}

static void test_init(void **state) {
  (void)state;
  const struct options options = good("init --output f.yaml --yes");
  assert_int_equal(options.mode, MODE_INIT);
  assert_true(options.yes && options.word_count == 1);
  assert_string_equal(options.words[0], "f.yaml");
  assert_true(good("config --schema").schema_config);
  bad("init a b", "unexpected argument");
  bad("init --output", "--output requires the name of a file");
  bad("config --schema --check", "exclude each other");
}

static void test_help(void **state) {
  (void)state;
  assert_int_equal(good("plan -h").help_of, MODE_PLAN);
  assert_int_equal(good("plan a --help").help_of, MODE_PLAN);
  assert_int_equal(good("-h plan").help_of, MODE_DASHBOARD);
  for (int mode = MODE_DASHBOARD; mode < MODE_THEMES; mode++) {
    char *text, *line;
    size_t len, lines = 0;
    FILE *out = open_memstream(&text, &len);
    options_usage(out, (enum mode)mode);
    fclose(out);
    assert_ptr_equal(strstr(text, "usage: stacktop"), text);
    for (char *rest = text; (line = strsep(&rest, "\n")) && rest; lines++)
      if (strlen(line) > 92)
        fail_msg("is long: %s", line);
    assert_in_range(lines, 2, 23);
    free(text);
  }
}

static void test_plugin_is_requested(void **state) {
  (void)state;
  static char stacktop[] = "stacktop", check[] = "check", nonsense[] = "--nonsense",
              plugin[] = "--plugin", shortened[] = "--plug", end[] = "--";
  char *all[] = {stacktop, check, nonsense, plugin};
  assert_true(options_want_plugin(4, all));
  assert_false(options_want_plugin(3, all));
  char *less[] = {stacktop, check, shortened, nonsense};
  assert_true(options_want_plugin(4, less));
  char *behind[] = {stacktop, check, end, plugin};
  assert_false(options_want_plugin(4, behind));
}

static void test_refused(void **state) {
  (void)state;
  bad("chek", "unknown command \"chek\"");
  bad("check twice", "unexpected argument \"twice\"");
  bad("check -- more", "unexpected argument \"more\"");
  bad("-x", "unknown option -x");
  bad("--nonsense", "unknown option --nonsense");
  bad("-c", "-c requires a value");
  bad("check --only", "--only requires a value");
  bad("check --timeout soon", "\"soon\" is not a duration");
  bad("check --timeout 0s", "out of range");
  bad("check --timeout 2h", "out of range");
  bad("check --duration 9223372036854775807s", "\"9223372036854775807s\" is not a duration");
  bad("check --duration 10ms", "--duration: 10ms is out of range: 500ms to 1h");
  bad("check --duration 2h", "out of range");
  bad("check --plugin --json", "exclude each other");
  bad("--plugin", "--plugin is only valid with `stacktop check`");
  bad("--json", "--json is only valid with `stacktop check`, `stacktop actions`");
  bad("check --unknown", "--unknown is only valid with `stacktop audit`");
  bad("plan a b --confirm y", "--confirm is only valid with `stacktop apply`");
  bad("plan", "plan requires an action and a target");
  bad("apply --confirm y", "apply requires the hash of a plan");
  bad("apply 12345678 more", "unexpected argument \"more\"");
  bad("aply", "did you mean \"apply\"?");
  bad("-- plan", "unexpected argument \"plan\"");
  /* each option knows its subcommands, whatever follows it */
  bad("check --unknown --json", "--unknown is only valid with `stacktop audit`");
  bad("config --only redis", "--only is only valid with `stacktop check`");
  bad("check --default", "--default is only valid with `stacktop config`");
  bad("check --check", "--check is only valid with `stacktop config`");
  bad("config --check --default", "exclude each other");
}

static void test_no_color(void **state) {
  (void)state;
  setenv("NO_COLOR", "", 1);
  assert_false(good("").no_color);
  setenv("NO_COLOR", "1", 1);
  assert_true(good("").no_color);
  unsetenv("NO_COLOR");
  assert_false(good("").no_color);
}

static void test_runbook(void **state) {
  (void)state;
  const struct options options = good("runbook run lag group=x --dry-run limit=5");
  assert_int_equal(options.mode, MODE_RUNBOOK);
  assert_true(options.dry_run);
  assert_string_equal(options.command, "run");
  assert_int_equal(options.word_count, 3);
  assert_string_equal(options.words[2], "limit=5");
  assert_string_equal(good("runbook list").command, "list");
  const struct options brief = good("runbook lag group=x");
  assert_string_equal(brief.command, "run");
  assert_string_equal(brief.words[0], "lag");
  assert_int_equal(brief.word_count, 2);
  assert_string_equal(good("runbook run due").words[0], "due");
  assert_true(good("runbook due --json").json);
  bad("runbook", "requires the name of a runbook, or list, show");
  bad("runbook list --json", "--json is only valid with `stacktop runbook due`");
  bad("runbook show", "usage: stacktop runbook show NAME");
  bad("runbook abandon a b", "usage: stacktop runbook abandon ID");
  bad("runbook list --dry-run", "--dry-run is only valid with `stacktop runbook run`");
  bad("plan a b --dry-run", "--dry-run is only valid with `stacktop runbook`");
  bad("runbook run lag --yes", "--yes is only valid with `stacktop init`");
}

/* ---- the table */

static const char *word_of(unsigned modes) {
  for (size_t i = 0; i < mode_word_count; i++)
    if (modes & 1U << mode_words[i].mode)
      return mode_words[i].word;
  return "";
}

static bool is_in_a_help(const char *name) {
  char dashed[64];
  bool found = false;
  snprintf(dashed, sizeof dashed, "--%s", name);
  for (int mode = MODE_DASHBOARD; mode < MODE_THEMES && !found; mode++) {
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    options_usage(out, (enum mode)mode);
    fclose(out);
    found = strstr(text, dashed);
    free(text);
  }
  return found;
}

/* Each row is taken where its modes say, changes its member and nothing else, and is in a help. A
 * word that is missing after it is another matter. */
static void test_every_row(void **state) {
  (void)state;
  for (size_t i = 0; i < option_row_count; i++) {
    const struct option_row *row = &option_rows[i];
    const bool valued = row->form != ARGUMENT_FLAG && row->form != ARGUMENT_LEAVE;
    char line[128];
    struct options options, without;
    struct err err = {0}, ignored;
    snprintf(line, sizeof line, "%s --%s%s", word_of(row->modes), row->name,
             !valued                          ? ""
             : row->form == ARGUMENT_DURATION ? "=5s"
                                              : "=9");
    const bool taken = parse(line, &options, &err);
    if (!taken && (strstr(err.text, "unknown option") || strstr(err.text, "only valid with `")))
      fail_msg("%s: %s", line, err.text);
    if (!row->alias && !is_in_a_help(row->name))
      fail_msg("--%s is in no help", row->name);
    if (row->form == ARGUMENT_LEAVE) {
      assert_int_equal(options.mode, row->leave);
      continue;
    }
    (void)!parse(word_of(row->modes), &without, &ignored);
    const char *after = (const char *)&options + row->member;
    const size_t size = row->form == ARGUMENT_FLAG ? sizeof(bool) : sizeof(void *);
    if (memcmp(after, (const char *)&without + row->member, size) == 0)
      fail_msg("--%s changes nothing", row->name);
  }
}

static void test_lists_of_names_say_that_they_are_cut(void **state) {
  (void)state;
  bad("--json", "more: see `man stacktop`");
  bad("zzzzzz", "known: check, config");
  bad("zzzzzz", "alarms and 1 more: see `stacktop -h`");
  bad("logs api --field 1 --field 2 --field 3 --field 4 --field 5 --field 6 --field 7 --field 8 "
      "--field 9",
      "more than 8 times --field");
  bad("check --only a --only b", "--only is given twice; separate several by commas");
}

int main(void) {
  unsetenv("NO_COLOR");
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row),
                                     cmocka_unit_test(test_lists_of_names_say_that_they_are_cut),
                                     cmocka_unit_test(test_runbook),
                                     cmocka_unit_test(test_modes),
                                     cmocka_unit_test(test_values),
                                     cmocka_unit_test(test_words),
                                     cmocka_unit_test(test_logs),
                                     cmocka_unit_test(test_show),
                                     cmocka_unit_test(test_status),
                                     cmocka_unit_test(test_init),
                                     cmocka_unit_test(test_help),
                                     cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_plugin_is_requested),
                                     cmocka_unit_test(test_no_color)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
