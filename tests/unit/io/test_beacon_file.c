/* What a running stacktop says to others: there and back, who may say it, and what is not trusted.
 */
#include "io/file/beacon_file.h"

#include "support/core_test.h"

#include "core/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
  char folder[64], status[256], lock[256];
  struct beacon_file *file;
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  *fixture = (struct fixture){.folder = "/tmp/stacktop-beacon-XXXXXX"};
  assert_non_null(mkdtemp(fixture->folder));
  setenv("XDG_RUNTIME_DIR", fixture->folder, 1);
  fixture->file = beacon_file_new(NULL, "/etc/hosts");
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
  beacon_file_free(fixture->file);
  nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(fixture);
  return 0;
}

/* Writes it and notes the paths. */
static void write_it(struct fixture *fixture, const char *text) {
  struct err err;
  if (!beacon_file_write(fixture->file, text, &err))
    fail_msg("%s", err.text);
  char folder[128];
  snprintf(folder, sizeof folder, "%s/stacktop", fixture->folder);
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (strstr(entry->d_name, ".status"))
      snprintf(fixture->status, sizeof fixture->status, "%s/%.40s", folder, entry->d_name);
    if (strstr(entry->d_name, ".lock"))
      snprintf(fixture->lock, sizeof fixture->lock, "%s/%.40s", folder, entry->d_name);
    assert_null(strstr(entry->d_name, ".new"));
  }
  closedir(dir);
}

static void reads(const char *config, const char *wanted) {
  struct beacon_seen seen;
  struct err err;
  if (!beacon_file_read(NULL, config, &seen, &err))
    fail_msg("%s", err.text);
  assert_string_equal(seen.text, wanted);
  assert_int_equal(seen.pid, getpid());
  assert_in_range(seen.age_ms, 0, 5000);
  free(seen.text);
}

static void refuses(const char *config, const char *words) {
  struct beacon_seen seen;
  struct err err;
  if (beacon_file_read(NULL, config, &seen, &err))
    fail_msg("was read: %s", seen.text);
  if (!strstr(err.text, words))
    fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_there_and_back(void **state) {
  struct fixture *fixture = *state;
  struct stat status;
  refuses("/etc/hosts", "no stacktop with this configuration is running");
  write_it(fixture, "{\"severity\":\"ok\"}");
  reads("/etc/hosts", "{\"severity\":\"ok\"}");
  reads("/etc/../etc/hosts", "{\"severity\":\"ok\"}"); /* the same file by another path */
  refuses("/etc/passwd", "no stacktop");
  refuses(NULL, "no stacktop");
  assert_int_equal(stat(fixture->status, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  write_it(fixture, "two\nlines\nend\n"); /* the length says where it ends */
  reads("/etc/hosts", "two\nlines\nend\n");
  beacon_file_withdraw(fixture->file);
  refuses("/etc/hosts", "no stacktop");
  assert_int_equal(stat(fixture->status, &status), -1);
}

static void test_only_one_says_it(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  write_it(fixture, "first");
  struct beacon_file *other = beacon_file_new(NULL, "/etc/hosts");
  assert_false(beacon_file_write(other, "second", &err));
  assert_non_null(strstr(err.text, "another stacktop"));
  reads("/etc/hosts", "first");
  beacon_file_withdraw(fixture->file); /* it is paused: the other one takes over */
  assert_true(beacon_file_write(other, "second", &err));
  reads("/etc/hosts", "second");
  beacon_file_free(other);
  refuses("/etc/hosts", "no stacktop");
}

/* A process that is killed takes nothing back, but the kernel releases its lock. */
static void test_killed(void **state) {
  struct fixture *fixture = *state;
  const pid_t child = fork();
  if (child == 0) {
    struct err err;
    _exit(beacon_file_write(fixture->file, "left behind", &err) ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  refuses("/etc/hosts", "no stacktop");
  write_it(fixture, "mine");
  reads("/etc/hosts", "mine");
}

static void overwrite(const char *path, const char *text) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static void test_garbage(void **state) {
  struct fixture *fixture = *state;
  static const char *const bad[] = {
      "",
      "stacktop",
      "stacktop status 1\n",
      "stacktop status 1 -5 x 1 1\na\nend\n",
      "stacktop status 99999999999999999999999 1 x 1 1\na\nend\n",
      "\x1b]0;title\a\n",
  };
  write_it(fixture, "good");
  for (size_t i = 0; i < COUNT(bad); i++) {
    overwrite(fixture->status, bad[i]);
    refuses("/etc/hosts", "damaged");
  }
  overwrite(fixture->status, "stacktop status 2 1 x 1 1\na\nend\n");
  refuses("/etc/hosts", "another version");
  overwrite(fixture->status, "stacktop status 1 1 other-boot 1 1\na\nend\n");
  refuses("/etc/hosts", "no stacktop");
}

/* The header is as it was, its time is not. */
static void test_hung(void **state) {
  struct fixture *fixture = *state;
  char boot[64] = "", text[256];
  write_it(fixture, "a");
  FILE *in = fopen("/proc/sys/kernel/random/boot_id", "r");
  assert_non_null(in);
  assert_int_equal(fscanf(in, "%60s", boot), 1);
  fclose(in);
  snprintf(text, sizeof text, "stacktop status 1 77 %s 1 1\na\nend\n", boot);
  overwrite(fixture->status, text);
  refuses("/etc/hosts", "(process 77) has said nothing for");
  snprintf(text, sizeof text, "stacktop status 1 77 %s 9999999999999 1\na\nend\n", boot);
  overwrite(fixture->status, text);
  refuses("/etc/hosts", "damaged"); /* from the future */
}

static void test_others_could_have_written_it(void **state) {
  struct fixture *fixture = *state;
  char folder[160], aside[300];
  write_it(fixture, "good");
  snprintf(folder, sizeof folder, "%s/stacktop", fixture->folder);
  assert_int_equal(chmod(fixture->status, 0644), 0);
  refuses("/etc/hosts", "no stacktop");
  assert_int_equal(chmod(fixture->status, 0600), 0);
  reads("/etc/hosts", "good");
  assert_int_equal(chmod(folder, 0755), 0);
  refuses("/etc/hosts", "no stacktop");
  assert_int_equal(chmod(folder, 0700), 0);
  snprintf(aside, sizeof aside, "%s.aside", fixture->status);
  assert_int_equal(rename(fixture->status, aside), 0);
  assert_int_equal(symlink(aside, fixture->status), 0);
  refuses("/etc/hosts", "no stacktop");
  assert_int_equal(remove(fixture->status), 0);
  assert_int_equal(mkfifo(fixture->status, 0600), 0); /* does not wait for a writer */
  refuses("/etc/hosts", "no stacktop");
}

static void test_limit(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  char *big = mem_new(BEACON_TEXT_MAX + 2);
  memset(big, 'x', BEACON_TEXT_MAX + 1);
  assert_false(beacon_file_write(fixture->file, big, &err));
  big[BEACON_TEXT_MAX] = '\0';
  write_it(fixture, big);
  reads("/etc/hosts", big);
  free(big);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
      cmocka_unit_test_setup_teardown(test_only_one_says_it, setup, teardown),
      cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
      cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
      cmocka_unit_test_setup_teardown(test_hung, setup, teardown),
      cmocka_unit_test_setup_teardown(test_others_could_have_written_it, setup, teardown),
      cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
