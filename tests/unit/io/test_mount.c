#include "io/file/mount.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* df's values for /: the independent witness. */
static void ask_df(const char *options, uint64_t figures[3]) {
  char command[128];
  snprintf(command, sizeof command, "LC_ALL=C df %s / | tail -1", options);
  FILE *df = popen(command, "r");
  assert_non_null(df);
  assert_int_equal(
      fscanf(df, "%" SCNu64 " %" SCNu64 " %" SCNu64, &figures[0], &figures[1], &figures[2]), 3);
  assert_int_equal(pclose(df), 0);
}

/* Others write meanwhile: twice in a row is enough. */
static void test_equal_to_df(void **state) {
  (void)state;
  int equal = 0;
  for (int i = 0; i < 200 && equal < 2; i++) {
    struct mount_facts facts;
    uint64_t bytes[3], inodes[3];
    ask_df("-B1 --output=size,used,avail", bytes);
    ask_df("--output=itotal,iused,iavail", inodes);
    mount_probe("/", &facts);
    assert_int_equal(facts.error, 0);
    bool same = facts.total == bytes[0] && facts.used == bytes[1] && facts.available == bytes[2] &&
                facts.inodes == inodes[0] && facts.inodes_free == inodes[2];
    equal = same ? equal + 1 : 0;
  }
  assert_int_equal(equal, 2);
}

static void test_kinds_of_paths(void **state) {
  (void)state;
  struct mount_facts facts;
  mount_probe("/proc/self/exe/x", &facts); /* below a file */
  assert_int_equal(facts.error, 0);
  assert_true(facts.missing);
  mount_probe("/no/such/path", &facts);
  assert_true(facts.missing && facts.directory);
  assert_string_equal(facts.resolved, "/");
  mount_probe("/etc/passwd", &facts);
  assert_false(facts.missing || facts.directory);
  assert_string_equal(facts.resolved, "/etc/passwd");
  mount_probe("/proc/self/cwd/..", &facts); /* by a symbolic link */
  assert_int_equal(facts.error, 0);
  assert_null(strstr(facts.resolved, "self"));

  char *longer = malloc(2 * PATH_MAX);
  memset(longer, '/', 2 * PATH_MAX - 1);
  longer[2 * PATH_MAX - 1] = '\0';
  mount_probe(longer, &facts);
  assert_int_equal(facts.error, ENAMETOOLONG);
  free(longer);
}

static void test_link_loop(void **state) {
  (void)state;
  char path[] = "/tmp/stacktop-mount-XXXXXX", loop[64];
  struct mount_facts facts;
  assert_non_null(mkdtemp(path));
  snprintf(loop, sizeof loop, "%s/loop", path);
  assert_int_equal(symlink(loop, loop), 0);
  mount_probe(loop, &facts);
  assert_int_equal(facts.error, ELOOP);
  unlink(loop);
  rmdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_to_df),
      cmocka_unit_test(test_kinds_of_paths),
      cmocka_unit_test(test_link_loop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
