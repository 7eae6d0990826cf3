/* A real file system that hangs in the kernel: FUSE without the process behind it. */
#include "host_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

static char point[] = "/tmp/stacktop-fuse-XXXXXX";
static int device = -1; /* what the process behind it would read */

/* Mounts it where only this process sees it; false with errno where that is not allowed. */
static bool mount_hung(void) {
  char options[128];
  if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return false;
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
           geteuid(), getegid());
  return device >= 0 && mount("hung", point, "fuse", MS_NOSUID | MS_NODEV, options) == 0;
}

static void test_hang_death_and_unmount(void **state) {
  struct host_fixture *fixture = *state;
  static const struct host_system system = {
      .proc = "/proc", .probe = mount_probe, .patience_ms = 100, .hung_ms = 300};
  host_begin(fixture, &system);
  host_collect(fixture);
  const struct row *row = host_disk(fixture, point);
  assert_non_null(row);
  while (row->severity != SEVERITY_CRIT) {
    host_collect(fixture);
    row = host_disk(fixture, point);
    assert_int_equal(host_disk(fixture, "/")->cells[DISK_USED].type, VALUE_REAL);
  }
  assert_non_null(strstr(row->reason, "(the process behind fuse hung?)"));
  assert_string_equal(row->cells[DISK_TYPE].text, "fuse");

  close(device); /* the process has died */
  do {
    host_collect(fixture);
    row = host_disk(fixture, point);
  } while (strstr(row->reason, "no answer"));
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason, strerror(ENOTCONN));

  assert_int_equal(umount2(point, MNT_DETACH), 0);
  host_collect(fixture);
  row = host_disk(fixture, point); /* unmounted, it is still not the watched one */
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "not mounted: "));
  assert_int_equal(rmdir(point), 0); /* it is no longer expected */
  while (row) {
    host_collect(fixture);
    row = host_disk(fixture, point);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_hang_death_and_unmount, host_setup, host_teardown),
  };
  if (!mkdtemp(point))
    return 1;
  int status = 77;
  if (mount_hung())
    status = cmocka_run_group_tests(tests, NULL, NULL);
  else
    printf("SKIPPED no FUSE file system can be mounted here: %s\n", strerror(errno));
  rmdir(point);
  return status;
}
