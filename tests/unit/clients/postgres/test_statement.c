#include "support/core_test.h"

#include "clients/postgres/statement.h"

#include <string.h>

static void assert_masked(const char *text, const char *wanted) {
  char out[1024];
  size_t used = statement_without_literals(out, sizeof out, text);
  if (strcmp(out, wanted) != 0)
    fail_msg("%s\n became %s\n not    %s", text, out, wanted);
  assert_int_equal(used, strlen(wanted));
}

static void test_literals(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"SELECT 1", "SELECT 1"},
      {"", ""},
      {"SELECT 'it''s', 2.5e3", "SELECT '***', 2.5e3"},
      {"SELECT E'a\\'b', e'\\\\', 'c'", "SELECT E'***', e'***', '***'"},
      {"SELECT U&'\\0441', B'01', x'1F', N'n'", "SELECT U&'***', B'***', x'***', N'***'"},
      {"SELECT $$a'b$$, $x1$ $$ $x$ $x1$, 'c'", "SELECT '***', '***', '***'"},
      {"SELECT $1, a$b$c, $2", "SELECT $1, a$b$c, $2"},
      {"SELECT \"it's\", \"a\"\"b'\", 'c'", "SELECT \"it's\", \"a\"\"b'\", '***'"},
      {"SELECT 1 -- it's 'x'\n, 'y'", "SELECT 1 /*...*/\n, '***'"},
      {"SELECT /* it's /* ' */ ' */ 'x'", "SELECT /*...*/ '***'"},
      {"SELECT 'a'\n'b'", "SELECT '***'\n'***'"},
      {"DO $body$ BEGIN PERFORM 'x'; END $body$", "DO '***'"},
      {"UPDATE t SET note = 'x', key = y WHERE id = 7",
       "UPDATE t SET note = '***', key = y WHERE id = 7"},
      {"SELECT 'gr\303\274n', gr\303\274n", "SELECT '***', gr\303\274n"},
      {"SELECT 'caf\351'", "SELECT '***'"}, /* LATIN1 */
      {"SELECT '\\\\', 'b'", "SELECT '***', '***'"},
      {"SELECT 'C:\\dir', 'b'", "SELECT '***', '***'"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    assert_masked(pairs[i][0], pairs[i][1]);
}

/* A text that is cut anywhere keeps nothing of a literal. */
static void test_a_sequence_without_an_end(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"SELECT 'hidden", "SELECT '***'"},
      {"SELECT 'hidden''", "SELECT '***'"},
      {"SELECT E'hidden\\", "SELECT E'***'"},
      {"SELECT E'hidden\\'", "SELECT E'***'"},
      {"SELECT $a$hidden$a", "SELECT '***'"},
      {"SELECT $a$hidden$", "SELECT '***'"},
      {"SELECT /* hidden", "SELECT /*...*/"},
      {"SELECT /* hidden *", "SELECT /*...*/"},
      {"SELECT /*", "SELECT /*...*/"},
      {"SELECT -- hidden", "SELECT /*...*/"},
      /* without standard_conforming_strings it continues after the escaped quote */
      {"SELECT 'a\\' hidden', 'hidden'", "SELECT '***'"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    assert_masked(pairs[i][0], pairs[i][1]);
    assert_null(strstr(pairs[i][1], "hidden"));
  }
}

static void test_passwords(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"ALTER ROLE x PASSWORD 's3cret' VALID UNTIL '2030-01-01'",
       "ALTER ROLE x PASSWORD '***' VALID UNTIL '***'"},
      {"create user x with encrypted password E's'",
       "create user x with encrypted password E'***'"},
      {"ALTER USER x PASSWORD $$s$$", "ALTER USER x PASSWORD '***'"},
      {"ALTER USER x PASSWORD NULL", "ALTER USER x PASSWORD NULL"},
      {"ALTER USER x PASSWORD s3cret!'b",
       "ALTER USER x PASSWORD '***'"}, /* an error, but a query is returned */
      {"ALTER USER x PASSWORD \"s3cret\"", "ALTER USER x PASSWORD '***'"},
      {"ALTER USER x PASSWORD 12345", "ALTER USER x PASSWORD '***'"},
      {"SET app.password = s3cret", "SET app.password = '***'"},
      {"SET LOCAL app.api_key TO 's3cret'; SELECT 1", "SET LOCAL app.api_key TO '***'; SELECT 1"},
      {"SET work_mem = 5", "SET work_mem = 5"},
      {"SELECT 1; ALTER ROLE x PASSWORD 5", "SELECT 1; ALTER ROLE x PASSWORD '***'"},
      {"CREATE TABLE users (password text)", "CREATE TABLE users (password text)"},
      {"SELECT password FROM users", "SELECT password FROM users"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    assert_masked(pairs[i][0], pairs[i][1]);
}

static void test_the_screen(void **state) {
  (void)state;
  char out[256];
  statement_for_screen(out, sizeof out, "SELECT 'open' -- now");
  assert_string_equal(out, "SELECT 'open' -- now");
  statement_for_screen(out, sizeof out, "alter role x PassWord 's'");
  assert_string_equal(out, "alter role x PassWord '***'");
  statement_for_screen(out, sizeof out, "SELECT dblink('host=a password=b')");
  assert_string_equal(out, "SELECT dblink('***')");
  statement_for_screen(out, sizeof out, "SELECT dblink('postgres://u:p@h/d')");
  assert_string_equal(out, "SELECT dblink('***')");
}

static void test_it_fits(void **state) {
  (void)state;
  char out[16];
  for (size_t size = 1; size <= sizeof out; size++) {
    memset(out, 'x', sizeof out);
    size_t used = statement_without_literals(out, size, "SELECT 'hidden' FROM t");
    assert_true(used < size);
    assert_int_equal(out[used], '\0');
    assert_memory_equal(out, "SELECT '***' FROM", used);
    used = statement_for_screen(out, size, "SELECT 'open', 'and more'");
    assert_true(used < size && out[used] == '\0');
  }
}

static void what_has_a_plan(void **state) {
  static const struct {
    const char *text, *verb;
    bool planned;
  } cases[] = {
      {"SELECT 1", "SELECT", true},
      {" \n-- VACUUM t\n /* DROP /* x */ */ ((select 1))", "SELECT", true},
      {"with x as (values (1)) table x", "WITH", true},
      {"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "MERGE", true},
      {"VALUES (1)", "VALUES", true},
      {"TABLE t", "TABLE", true},
      {"INSERT INTO t VALUES (1)", "INSERT", true},
      {"VACUUM t", "VACUUM", false},
      {"ANALYZE SELECT 1", "ANALYZE", false},
      {"EXPLAIN ANALYZE SELECT 1", "EXPLAIN", false},
      {"EXECUTE p", "EXECUTE", false},
      {"CREATE TABLE t AS SELECT 1", "CREATE", false},
      {"SELECTED", "SELECTED", false},
      {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNO", false},
      {"-- SELECT 1", "", false},
      {"; SELECT 1", "", false},
      {"", "", false},
      {"/* SELECT", "", false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char verb[STATEMENT_VERB_MAX];
    assert_int_equal(statement_has_plan(cases[i].text, verb), cases[i].planned);
    assert_string_equal(verb, cases[i].verb);
  }
}

static void parameters_are_counted(void **state) {
  static const struct {
    const char *text;
    size_t most;
  } cases[] = {
      {"SELECT $1, $12, $3", 12},
      {"SELECT 1", 0},
      {"SELECT '$1', \"$2\", a$3, $tag$ $4 $tag$ -- $5\n /* $6 */", 0},
      {"SELECT '$1', $2::text, x=$1", 2},
      {"SELECT $", 0},
      {"SELECT $99999999999999999999999", 99999},
      {"SELECT '$1", 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(statement_parameters(cases[i].text), cases[i].most);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_has_a_plan), cmocka_unit_test(parameters_are_counted),
      cmocka_unit_test(test_literals),   cmocka_unit_test(test_a_sequence_without_an_end),
      cmocka_unit_test(test_passwords),  cmocka_unit_test(test_the_screen),
      cmocka_unit_test(test_it_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
