/* The private folder of a socket: those of dead owners go, and nothing else does. */
#include "io/file/folder.h"

#include "io/file/leftovers.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char place[64];
static pid_t dead; /* the id of a process that has ended */

static int setup(void **state) {
  (void)state;
  snprintf(place, sizeof place, "/tmp/test-folder-XXXXXX");
  assert_non_null(mkdtemp(place));
  setenv("XDG_RUNTIME_DIR", place, 1);
  dead = fork();
  if (dead == 0)
    _exit(0);
  waitpid(dead, NULL, 0);
  return 0;
}

static int teardown(void **state) {
  char command[128];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", place);
  return system(command);
}

static const char *made(char path[160], pid_t owner, const char *end, mode_t mode) {
  snprintf(path, 160, "%s/stacktop-kubectl-%d%s", place, (int)owner, end);
  assert_int_equal(mkdir(path, mode), 0);
  return path;
}

static void file(const char *folder, const char *name) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  const int made_file = open(path, O_CREAT | O_WRONLY, 0600);
  assert_true(made_file >= 0);
  close(made_file);
}

static bool there(const char *path) {
  struct stat stat;
  return lstat(path, &stat) == 0;
}

static void test_made_and_removed(void **state) {
  struct leftovers leftovers = {0};
  struct io io = {.leftovers = &leftovers};
  struct folder folder;
  struct stat stat_now;
  struct err err;
  (void)state;
  assert_true(folder_make(&folder, &io, "kubectl", &err));
  assert_true(stat(folder.path, &stat_now) == 0 && (stat_now.st_mode & 0777) == 0700);
  assert_true(leftovers.items[0].used);
  file(folder.path, "s");
  assert_int_equal(folder_sweep(place, "kubectl"), 0); /* its owner lives */
  assert_true(there(folder.socket));
  char path[FOLDER_PATH_MAX];
  snprintf(path, sizeof path, "%s", folder.path);
  folder_remove(&folder, &io);
  folder_remove(&folder, &io);
  assert_false(there(path) || leftovers.items[0].used);
}

/* What a signal handler does. */
static void test_cleared(void **state) {
  struct leftovers leftovers = {0};
  struct io io = {.leftovers = &leftovers};
  struct folder folders[2];
  struct err err;
  (void)state;
  for (size_t i = 0; i < 2; i++)
    assert_true(folder_make(&folders[i], &io, "kubectl", &err));
  file(folders[0].path, "s");
  leftovers_clear(&leftovers);
  assert_false(there(folders[0].path) || there(folders[1].path));
  for (size_t i = 0; i < 2; i++)
    folder_remove(&folders[i], &io);
}

static void test_of_a_dead_owner(void **state) {
  struct io io = {0};
  struct folder folder;
  struct err err;
  char one[160], other[160];
  (void)state;
  file(made(one, dead, "-abcdef", 0700), "s");
  made(other, dead, "-ghijkl", 0700);
  folder_sweep_all("ssh"); /* another program's */
  assert_true(there(one) && there(other));
  folder_sweep_all("kubectl"); /* the next start */
  assert_true(folder_make(&folder, &io, "kubectl", &err));
  assert_false(there(one) || there(other));
  folder_remove(&folder, &io);
}

static void test_what_stays(void **state) {
  char path[160], target[160], link[200], locked[160], full[160];
  (void)state;
  made(path, getpid(), "-living", 0700);
  made(path, dead, "-public", 0755); /* not one of ours: others can enter it */
  made(path, dead, "-longer7", 0700);
  made(path, dead, "", 0700);
  file(made(full, dead, "-filled", 0700), "other");
  file(made(target, 1, "x-target", 0700), "s");
  snprintf(link, sizeof link, "%s/stacktop-kubectl-%d-linked", place, (int)dead);
  assert_int_equal(symlink(target, link), 0);
  /* its owner lives in another PID namespace */
  const int lock = open(made(locked, dead, "-locked", 0700), O_RDONLY | O_DIRECTORY);
  assert_int_equal(flock(lock, LOCK_EX), 0);
  if (geteuid() == 0) {
    made(path, dead, "-theirs", 0700);
    assert_int_equal(chown(path, 65534, 65534), 0);
  }
  assert_int_equal(folder_sweep(place, "kubectl"), 0);
  assert_true(there(path) && there(target) && there(link) && there(locked) && there(full));
  snprintf(path, sizeof path, "%.150s/s", target);
  assert_true(there(path));
  close(lock);
  assert_int_equal(folder_sweep(place, "kubectl"), 1); /* now it is dead */
  assert_int_equal(folder_sweep("/nowhere", "kubectl"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_made_and_removed, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cleared, setup, teardown),
      cmocka_unit_test_setup_teardown(test_of_a_dead_owner, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_stays, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
