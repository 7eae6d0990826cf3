/* A memory file: there and back, and what is not one. And its lock. */
#include "io/file/keep_file.h"

#include "support/core_test.h"

#include "core/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW_MS = 1700000000 };

struct fixture {
  char state[64];
  struct keep_records records, read;
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  *fixture = (struct fixture){.state = "/tmp/stacktop-keep-XXXXXX"};
  assert_non_null(mkdtemp(fixture->state));
  keep_records_set(&fixture->records, "notifier/mail", "{\"told\":[]}", NULL);
  keep_records_set(&fixture->records, "alert/api down", "{}", NULL);
  *state = fixture;
  return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)status;
  (void)kind;
  (void)at;
  return remove(path);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  nftw(fixture->state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  keep_records_fini(&fixture->records);
  keep_records_fini(&fixture->read);
  free(fixture);
  return 0;
}

static bool reads(struct fixture *fixture, char *text, struct err *err) {
  keep_records_fini(&fixture->read);
  const bool good = keep_text_read(text, strlen(text), NOW_MS, &fixture->read, err);
  free(text);
  return good;
}

static void test_there_and_back(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  assert_true(reads(fixture, keep_text_make(&fixture->records, NOW_MS - 5), &err));
  assert_int_equal(fixture->read.count, 2);
  assert_int_equal(fixture->read.saved_ms, NOW_MS - 5);
  assert_string_equal(keep_records_find(&fixture->read, "notifier/mail")->text, "{\"told\":[]}");
  assert_null(keep_records_find(&fixture->read, "notifier/chat"));
}

/* Cut off anywhere, nothing of it is taken. */
static void test_a_part_is_nothing(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  char *whole = keep_text_make(&fixture->records, NOW_MS);
  for (size_t len = 0; len < strlen(whole); len++) {
    assert_false(reads(fixture, mem_printf("%.*s", (int)len, whole), &err));
    assert_int_equal(fixture->read.count, 0);
  }
  assert_false(reads(fixture, mem_printf("%smore", whole), &err));
  free(whole);
}

static void test_what_is_no_memory(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  static const struct {
    const char *text, *why;
  } cases[] = {
      {"", "not a memory file"},
      {"\x7f\x45LF\n\n", "not a memory file"},
      {"stacktop memory 2 5 0\nend\n", "version 2"},
      {"stacktop memory x\nend\n", "version 0"},
      {"stacktop memory 1 1800000000 0\nend\n", "from the future"},
      {"stacktop memory 1 -5 0\nend\n", "damaged"},
      {"stacktop memory 1 5 99999999999\nend\n", "damaged"},
      {"stacktop memory 1 5 1\na b\nend\n", "damaged"},
      {"stacktop memory 1 5 2\na\tb\na\tc\nend\n", "damaged"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_false(reads(fixture, mem_dup(cases[i].text), &err));
    assert_non_null(strstr(err.text, cases[i].why));
  }
}

static void test_what_does_not_fit_is_left_out(void **state) {
  struct fixture *fixture = *state;
  bool left_out;
  assert_false(keep_records_set(&fixture->records, "a\tb", "x", &left_out));
  assert_true(left_out);
  assert_false(keep_records_set(&fixture->records, "a", "x\ny", &left_out));
  assert_true(left_out);
  assert_false(keep_records_set(&fixture->records, "alert/api down", "{}", &left_out));
  assert_false(left_out);
}

/* Private, replaced as a whole, and only by the one that has the lock. */
static void test_one_has_the_lock(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  int64_t holder;
  struct keep_file *one = keep_file_new(fixture->state, "/etc/a.yaml");
  struct keep_file *two = keep_file_new(fixture->state, "/etc/a.yaml");
  struct keep_file *other = keep_file_new(fixture->state, "/etc/b.yaml");
  assert_int_equal(keep_file_lock(one, &holder, &err), KEEP_LOCK_OURS);
  assert_int_equal(keep_file_lock(two, &holder, &err), KEEP_LOCK_OTHERS);
  assert_int_equal(holder, getpid());
  assert_int_equal(keep_file_lock(other, &holder, &err), KEEP_LOCK_OURS);
  assert_true(keep_file_read(one, &fixture->read, &err));
  assert_int_equal(fixture->read.count, 0);
  for (int i = 0; i < 2; i++)
    assert_true(keep_file_write(one, "stacktop memory 1 5 1\na\tb\nend\n", &err));
  keep_file_free(one);
  assert_int_equal(keep_file_lock(two, &holder, &err), KEEP_LOCK_OURS);
  assert_true(keep_file_read(two, &fixture->read, &err));
  assert_string_equal(keep_records_find(&fixture->read, "a")->text, "b");
  assert_true(keep_file_write(two, "garbage", &err));
  keep_records_fini(&fixture->read);
  assert_false(keep_file_read(two, &fixture->read, &err));
  assert_non_null(strstr(err.text, "not a memory file"));
  keep_file_free(two);
  keep_file_free(other);
}

static int check_mode(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)path;
  (void)at;
  if (kind == FTW_F)
    assert_int_equal(status->st_mode & 07777, 0600);
  return 0;
}

static void test_it_is_private(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  int64_t holder;
  struct keep_file *file = keep_file_new(fixture->state, NULL);
  assert_int_equal(keep_file_lock(file, &holder, &err), KEEP_LOCK_OURS);
  assert_true(keep_file_write(file, "x", &err));
  assert_int_equal(nftw(fixture->state, check_mode, 8, FTW_PHYS), 0);
  keep_file_free(file);
}

static void test_a_state_directory_that_is_none(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  int64_t holder;
  char *path = mem_printf("%s/file", fixture->state);
  FILE *made = fopen(path, "w");
  assert_non_null(made);
  fclose(made);
  struct keep_file *file = keep_file_new(path, NULL);
  assert_int_equal(keep_file_lock(file, &holder, &err), KEEP_LOCK_FAILED);
  assert_non_null(strstr(err.text, "Not a directory"));
  keep_file_free(file);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_part_is_nothing, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_no_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_left_out, setup, teardown),
      cmocka_unit_test_setup_teardown(test_one_has_the_lock, setup, teardown),
      cmocka_unit_test_setup_teardown(test_it_is_private, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_state_directory_that_is_none, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
