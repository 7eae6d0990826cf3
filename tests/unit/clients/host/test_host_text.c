/* Names, remembered looks and rules: pure. */
#include "clients/host/host_contract.h"
#include "clients/host/host_held.h"
#include "clients/host/host_look.h"
#include "clients/host/host_name.h"
#include "clients/host/host_rule.h"
#include "core/mem.h"
#include "support/core_test.h"

#include <fcntl.h>

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *name, *shown;
  } cases[] = {
      {"api.log.1", "api.log.1"},
      {"-rf", "-rf"},
      {"two words", "two words"},
      {"a\nb\tc", "a\\x0ab\\x09c"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"back\\slash", "back\\x5cslash"},
      {"caf\xc3\xa9", "caf\xc3\xa9"},
      {"broken\xff\xc3", "broken\\xff\\xc3"},
      {"\xe2\x80\xae"
       "gol",
       "\\xe2\\x80\\xaegol"}, /* right-to-left override */
      {"zero\xe2\x80\x8bwidth", "zero\\xe2\\x80\\x8bwidth"},
      {"\xc2\x9b"
       "31m",
       "\\xc2\\x9b31m"}, /* C1 */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char shown[128], read[128];
    check_text(host_name_show(shown, sizeof shown, cases[i].name), cases[i].shown, "case %zu", i);
    assert_true(host_name_read(read, sizeof read, shown));
    check_text(read, cases[i].name, "case %zu", i);
  }
  char small[6];
  assert_string_equal(host_name_show(small, sizeof small, "ab\n\n"), "ab"); /* cut at a unit */
  assert_string_equal(host_name_show(small, sizeof small, "\n\n"), "\\x0a");
  assert_false(host_name_read(small, sizeof small, "\\xZZ"));
  assert_false(host_name_read(small, sizeof small, "\\x00"));
  assert_false(host_name_read(small, sizeof small, "\\x0"));
  assert_false(host_name_read(small, sizeof small, "too long"));
}

static void test_a_look_is_read_back(void **state) {
  (void)state;
  struct host_look look = {.at_ms = 1700000000000, .bytes = 5, .files = 6}, read;
  host_look_add(&look,
                &(struct host_look_entry){.directory = true, .bytes = 100, .files = 3, .inode = 7},
                "");
  host_look_add(&look, &(struct host_look_entry){.directory = true, .bytes = 90}, "a b\\x0a");
  host_look_add(&look, &(struct host_look_entry){.bytes = 80, .size = 81}, "a b\\x0a/f");
  host_look_add(&look, &(struct host_look_entry){.directory = true}, ""); /* twice */
  assert_int_equal(look.count, 3);
  size_t len;
  char *text = host_look_text(&look, "/var", &len);
  assert_int_equal(strlen(text), len);
  assert_true(host_look_parse(&read, text, "/var"));
  assert_int_equal(read.at_ms, look.at_ms);
  assert_int_equal(read.count, 3);
  assert_int_equal(host_look_directory(&read, "")->inode, 7);
  assert_int_equal(host_look_directory(&read, "a b\\x0a")->bytes, 90);
  assert_null(host_look_directory(&read, "a b\\x0a/f"));
  assert_int_equal(read.items[2].size, 81);
  host_look_fini(&read);
  assert_false(host_look_parse(&read, text, "/va"));
  assert_false(host_look_parse(&read, text, "/var/log"));
  for (size_t cut = 0; cut < len; cut++) { /* a file that was cut is none, or a shorter one */
    char *part = mem_dup(text);
    part[cut] = '\0';
    if (host_look_parse(&read, part, "/var"))
      assert_true(cut > 0 && part[cut - 1] == '\n');
    host_look_fini(&read);
    free(part);
  }
  text[strlen("stacktop-usage ")] = '2'; /* another version */
  assert_false(host_look_parse(&read, text, "/var"));
  free(text);
  host_look_fini(&look);
}

static void test_proc_files(void **state) {
  (void)state;
  assert_int_equal(
      host_started_parse("1 (a) b) (c) S 0 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 9"), 4711);
  assert_int_equal(host_started_parse("1 (short) S 0"), 0);
  assert_int_equal(host_started_parse(""), 0);
  assert_int_equal(host_flags_parse("pos:\t0\nflags:\t0102001\nmnt_id:\t1\n"), 0102001);
  assert_true(host_flags_parse("flags:\t02001\n") & O_APPEND);
  assert_int_equal(host_flags_parse("pos: 0\n"), -1);
  assert_int_equal(host_flags_parse("flags:\t\n"), -1);
}

static void expect_name(const char *name, const char *words) {
  struct err err = {0};
  if (host_rule_name_check(name, &err))
    fail_msg("%s is accepted", name);
  if (!strstr(err.text, words))
    fail_msg("%s: %s", name, err.text);
}

static void test_rules(void **state) {
  (void)state;
  static const struct option options[] = {
      {.name = HOST_CLEANUP, .type = OPTION_MAP, .help = ""},
      {.name = HOST_COMPRESS, .type = OPTION_MAP, .help = ""},
  };
  static const struct target_kind kind = {
      .kind = "host", .key = "hosts", .title = "", .options = options, .option_count = 2};
  static char one[] = "/var/log/ecap/*.log.*", two[] = "/srv/**/*.gz", week[] = "7d",
              hours[] = "90m gzip";
  static char *names[] = {one, two}, *ages[] = {week, hours};
  struct target *target = target_new(&kind, "local");
  target->values[1] = (struct option_value){.names = names, .items = ages, .item_count = 2};
  struct host_rule rule;
  assert_int_equal(host_rule_count(target, HOST_COMPRESS), 2);
  host_rule_get(target, HOST_COMPRESS, 0, &rule);
  assert_string_equal(rule.directory, "/var/log/ecap");
  assert_string_equal(rule.pattern, "*.log.*");
  assert_int_equal(rule.older_ms, INT64_C(7) * 86400000);
  assert_true(!rule.recursive && rule.format == HOST_ZSTD);
  host_rule_get(target, HOST_COMPRESS, 1, &rule);
  assert_string_equal(rule.directory, "/srv");
  assert_true(rule.recursive && rule.format == HOST_GZIP && rule.older_ms == 5400000);
  target->values[1] = (struct option_value){0};
  target_free(target);

  expect_name("*.log", "absolute directory");
  expect_name("/*.log", "a rule for / is not allowed");
  expect_name("/**/*.log", "a rule for / is not allowed");
  expect_name("/var/log/", "and a pattern");
  expect_name("/var/*/x.log", "only the last part");
  expect_name("/var/../etc/*", "..");
  expect_name("/var/log/../*", ".."); /* /var */
  expect_name("/../*.log", "..");     /* / in other words */
  expect_name("/./*.log", "..");
  expect_name("//*.log", "..");
  expect_name("//**/*.log", "..");
  expect_name("/var/log/./**/*.log", "..");
  struct err fine = {0};
  assert_true(host_rule_name_check("/var/..log/.hidden/...x/*.log", &fine));
  struct err err = {0};
  assert_false(host_rule_cleanup_check("soon", &err));
  assert_false(host_rule_cleanup_check("7d gzip", &err));
  assert_non_null(strstr(err.text, "expected an age"));
  assert_false(host_rule_cleanup_check("10s", &err));
  assert_non_null(strstr(err.text, "at least 1m"));
  assert_false(host_rule_compress_check("1d bzip2", &err));
  assert_non_null(strstr(err.text, "zstd or gzip"));
  assert_true(host_rule_compress_check("1d zstd", &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_a_look_is_read_back),
      cmocka_unit_test(test_proc_files),
      cmocka_unit_test(test_rules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
