#include "host_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file system per path: one that begins with "/hung" waits for the gate. */
static int gate[2];
static atomic_int asked; /* calls that a hung path has received */
static atomic_int left;  /* and that have ended */

static void fake_probe(const char *path, struct mount_facts *facts) {
  char byte;
  bool hung = strncmp(path, "/hung", 5) == 0;
  if (hung) {
    atomic_fetch_add(&asked, 1);
    if (read(gate[0], &byte, 1) != 1) { /* the test has failed; a thread cannot, in cmocka */
      facts->error = EIO;
      return;
    }
  }
  *facts = (struct mount_facts){.directory = true, .total = 500, .used = 300, .available = 100};
  if (strcmp(path, "/empty") == 0)
    facts->used = 10;
  if (strcmp(path, "/proc") == 0)
    *facts = (struct mount_facts){.directory = true};
  snprintf(facts->resolved, sizeof facts->resolved, "%s", path);
  if (hung)
    atomic_fetch_add(&left, 1);
}

static void open_gate(void) {
  assert_int_equal(write(gate[1], "x", 1), 1);
}

/* The threads' work has ended; they free their memory soon. */
static void wait_left(int count) {
  while (atomic_load(&left) < count)
    sched_yield();
}

static char fstab[256];
static char proc[] = "/tmp/stacktop-host-XXXXXX";

static void put(const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", proc, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void put_all(void) {
  put("loadavg", "1.50 0.27 0.10 8/115 6128\n");
  put("stat", "cpu 100 0 100 700 100 0 0 0\ncpu0 1\ncpu1 1\nbtime 1700000000\n");
  put("meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\nSwapTotal: 100 kB\nSwapFree: 25 kB\n");
  put("uptime", "86400.5 1\n");
  put("diskstats", " 8 1 sda1 1 0 100 0 1 0 200 0 0 1000 0\n");
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                        "2 1 0:9 / /proc rw - proc proc rw\n"
                        "3 1 0:50 / /hung/nas rw - nfs nas:/ rw\n");
}

static const struct host_system fake = {
    .proc = proc, .fstab = fstab, .probe = fake_probe, .patience_ms = 250, .hung_ms = 600};

static int setup(void **state) {
  assert_int_equal(pipe(gate), 0);
  atomic_store(&asked, 0);
  atomic_store(&left, 0);
  put_all();
  return host_setup(state);
}

static int teardown(void **state) {
  int status = host_teardown(state);
  close(gate[0]);
  close(gate[1]);
  return status;
}

static int make_proc(void **state) {
  (void)state;
  char path[256];
  assert_non_null(mkdtemp(proc));
  snprintf(fstab, sizeof fstab, "%s/fstab", proc);
  snprintf(path, sizeof path, "%s/self", proc);
  return mkdir(path, 0700);
}

static int remove_proc(void **state) {
  (void)state;
  static const char *const names[] = {"loadavg",        "stat",  "meminfo", "uptime", "diskstats",
                                      "self/mountinfo", "fstab", "self",    "."};
  char path[256];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", proc, strcmp(names[i], ".") == 0 ? "" : names[i]);
    remove(path);
  }
  return 0;
}

static void test_summary(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/");
  host_begin(fixture, &fake);
  host_collect(fixture);
  const struct row *row = host_row(fixture);
  assert_string_equal(row->key, "local");
  assert_string_equal(row->cells[HOST_LOAD_TEXT].text, "1.5 on 2 CPUs");
  assert_true(row->cells[HOST_LOAD].real == 0.75);
  assert_true(row->cells[HOST_MEMORY].real == 0.75);
  assert_int_equal(row->cells[HOST_MEMORY_USED].integer, 750 * 1024);
  assert_true(row->cells[HOST_SWAP].real == 0.75);
  assert_int_equal(row->cells[HOST_TASKS].integer, 115);
  assert_true(row->cells[HOST_UPTIME].real == 86400.5);
  assert_int_equal(row->cells[HOST_BOOT].integer, 1700000000000);
  assert_string_equal(row->cells[HOST_CPU].text, "needs two collections");
  assert_string_equal(row->cells[HOST_PRESSURE_IO].text,
                      "the kernel has no pressure figures (PSI)");
  assert_non_null(strstr(fixture->sample->server, "Linux"));

  put("stat", "cpu 200 0 150 720 130 0 0 0\ncpu0 1\ncpu1 1\n");
  host_collect(fixture);
  row = host_row(fixture);
  assert_true(fabs(row->cells[HOST_CPU].real - 0.75) < 1e-9);
  assert_true(fabs(row->cells[HOST_IOWAIT].real - 0.15) < 1e-9);
}

/* A value that is not available says why, and hides no other. */
static void test_missing_files(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/");
  put("loadavg", "garbage");
  put("meminfo", "");
  put("self/mountinfo", "");
  host_begin(fixture, &fake);
  char path[256];
  snprintf(path, sizeof path, "%s/stat", proc);
  assert_int_equal(remove(path), 0);
  host_collect(fixture);
  const struct row *row = host_row(fixture);
  assert_string_equal(row->cells[HOST_LOAD].text, "unexpected content");
  assert_string_equal(row->cells[HOST_MEMORY].text, "unexpected content");
  assert_non_null(strstr(row->cells[HOST_CPU].text, "No such file"));
  assert_non_null(strstr(row->cells[HOST_CORES].text, "No such file"));
  assert_int_equal(row->cells[HOST_UPTIME].type, VALUE_REAL);
  row = host_disk(fixture, "/"); /* the configured path is still asked */
  assert_true(row->cells[DISK_USED].real == 0.75);
  assert_string_equal(row->cells[DISK_TYPE].text, "not in the list of mounts");
}

/* Where nothing takes space there is no free space either: 0 B would look full. */
static void test_a_mount_without_size(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/proc");
  host_begin(fixture, &fake);
  host_collect(fixture);
  const struct row *row = host_disk(fixture, "/proc");
  assert_int_equal(row->cells[DISK_SIZE].type, VALUE_NONE);
  assert_int_equal(row->cells[DISK_FREE].type, VALUE_NONE);
  assert_int_equal(row->cells[DISK_USED].type, VALUE_NONE);
}

static void test_no_proc_at_all(void **state) {
  struct host_fixture *fixture = *state;
  static const struct host_system nowhere = {
      .proc = "/no/such/proc", .probe = fake_probe, .patience_ms = 100, .hung_ms = 300};
  host_begin(fixture, &nowhere);
  host_start_job(fixture, 5000, false);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_null(fixture->sample);
  assert_string_equal(fixture->err.text, "/no/such/proc/loadavg: No such file or directory");
}

static void test_rates(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_string_equal(host_disk(fixture, "/")->cells[DISK_READ].text, "needs two collections");
  put("diskstats", " 8 1 sda1 1 0 2100 0 1 0 200 0 0 1001 0\n");
  const struct row *row;
  do { /* for at least a millisecond */
    host_collect(fixture);
    row = host_disk(fixture, "/");
  } while (row->cells[DISK_READ].type == VALUE_NONE);
  assert_true(row->cells[DISK_READ].real > 0);
  assert_true(row->cells[DISK_WRITE].real == 0);
  assert_true(row->cells[DISK_BUSY].real > 0 && row->cells[DISK_BUSY].real <= 1);
  put("diskstats", " 8 1 sda1 1 0 10 0 1 0 200 0 0 1002 0\n"); /* another device */
  do {
    host_collect(fixture);
    row = host_disk(fixture, "/");
  } while (row->cells[DISK_READ].type != VALUE_NONE); /* and no 0 */
  assert_string_equal(row->cells[DISK_READ].text, "counters were reset: needs two collections");
}

/* Without `mounts`, the file systems that hold data; found and removed with the list of mounts. */
static void test_default_mounts(void **state) {
  struct host_fixture *fixture = *state;
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /proc rw - proc proc rw\n");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_int_equal(sample_table_view(fixture->sample, "disks")->row_count, 1);
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                        "3 1 8:2 / /new\\040one rw - ext4 /dev/sda2 rw\n");
  host_collect(fixture);
  assert_int_equal(sample_table_view(fixture->sample, "disks")->row_count, 2);
  assert_string_equal(host_disk(fixture, "/new one")->cells[DISK_DEVICE].text, "/dev/sda2");
  put("self/mountinfo", "3 1 8:2 / /new\\040one rw - ext4 /dev/sda2 rw\n");
  host_collect(fixture);
  assert_null(host_disk(fixture, "/"));
  put("self/mountinfo",
      "2 1 0:9 / /proc rw - proc proc rw\n" /* a chroot: what / lies on is hidden */
      "3 1 0:30 / /empty rw - tmpfs tmpfs rw\n");
  host_collect(fixture);
  assert_int_equal(sample_table_view(fixture->sample, "disks")->row_count, 1);
  assert_true(host_disk(fixture, "/")->cells[DISK_USED].real == 0.75);
}

/* The others are live at once; the silent one holds one thread however often it comes up. */
static void test_hung_mount(void **state) {
  struct host_fixture *fixture = *state;
  host_begin(fixture, &fake);
  int64_t began = clock_now_ms();
  host_collect(fixture);
  assert_in_range(clock_now_ms() - began, 249, 5000); /* it waited for the patience, once */
  const struct row *row = host_disk(fixture, "/hung/nas");
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "(nfs server hung?)"));
  assert_true(host_disk(fixture, "/")->cells[DISK_USED].real == 0.75);
  while (row->severity != SEVERITY_CRIT) { /* until it is called hung */
    host_collect(fixture);
    assert_int_equal(host_disk(fixture, "/")->severity, SEVERITY_OK);
    row = host_disk(fixture, "/hung/nas");
  }
  int64_t quickest = INT64_MAX; /* it is no longer waited for; a busy machine may, once */
  for (int i = 0; i < 3 && quickest >= 249; i++) {
    began = clock_now_ms();
    host_collect(fixture);
    const int64_t took = clock_now_ms() - began;
    quickest = took < quickest ? took : quickest;
  }
  assert_true(quickest < 249);
  row = host_disk(fixture, "/hung/nas");
  assert_int_equal(row->cells[DISK_FREE].type, VALUE_NONE);
  assert_string_equal(sample_table_view(fixture->sample, "disks")->rows[0].key, "/hung/nas");
  assert_int_equal(atomic_load(&asked), 1);

  open_gate(); /* the server is back: its late answer counts, and lets it be asked again */
  open_gate();
  do {
    host_collect(fixture);
    row = host_disk(fixture, "/hung/nas");
  } while (row->severity != SEVERITY_OK || atomic_load(&asked) < 2);
  assert_true(row->cells[DISK_USED].real == 0.75);
  wait_left(2);
}

/* With one pass there is time to tell hung from slow, and no cancel from outside. */
static void test_one_pass(void **state) {
  struct host_fixture *fixture = *state;
  host_begin(fixture, &fake);
  int64_t began = clock_now_ms();
  host_start_job(fixture, 800, true);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_in_range(clock_now_ms() - began, 700, 5000);
  assert_int_equal(host_disk(fixture, "/hung/nas")->severity, SEVERITY_CRIT);
  open_gate();
  wait_left(1);
}

/* Exit does not wait for the kernel; the thread owns its memory. */
static void test_close_while_hung(void **state) {
  struct host_fixture *fixture = *state;
  host_begin(fixture, &fake);
  host_collect(fixture);
  int64_t began = clock_now_ms();
  host_end(fixture);
  assert_true(clock_now_ms() - began < 1000);
  uv_run(&fixture->loop, UV_RUN_DEFAULT); /* no handle is left */
  open_gate();
  wait_left(1);
}

static void test_unmounted_while_hung(void **state) {
  struct host_fixture *fixture = *state;
  host_begin(fixture, &fake);
  host_collect(fixture);
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
  host_collect(fixture);
  const struct row *row = host_disk(fixture, "/hung/nas"); /* it was bad: it is not well again */
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_string_equal(row->reason, "not mounted: /hung/nas is now on the file system of /");
  open_gate(); /* a late answer, whatever it says */
  open_gate();
  wait_left(1);
  host_collect(fixture);
  assert_int_equal(host_disk(fixture, "/hung/nas")->severity, SEVERITY_WARN);
  assert_int_equal(host_disk(fixture, "/hung/nas")->cells[DISK_USED].type, VALUE_NONE);
}

static const char root_only[] = "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
static const char with_data[] = "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                "3 1 8:2 / /data rw - ext4 /dev/sda2 rw\n";

/* The numbers of the enclosing file system are not its own, whatever was wrong before. */
static void test_a_watched_mount_is_unmounted(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/data");
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                        "3 1 8:2 / /data rw - ext4 /dev/sda2 ro\n");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_string_equal(host_disk(fixture, "/data")->reason, "has become read-only");
  put("self/mountinfo", root_only);
  host_collect(fixture);
  const struct row *row = host_disk(fixture, "/data");
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason, "not mounted: /data is now on the file system of /");
  assert_int_equal(row->cells[DISK_USED].type, VALUE_NONE);
  assert_string_equal(row->cells[DISK_USED].text, row->reason);
  put("self/mountinfo", with_data);
  host_collect(fixture);
  row = host_disk(fixture, "/data");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_true(row->cells[DISK_USED].real == 0.75);
}

/* A single collection has seen no mount before: fstab says which are expected. */
static void test_not_mounted_at_the_start(void **state) {
  struct host_fixture *fixture = *state;
  put("fstab", "# a comment\n/dev/sda2\t/data ext4 defaults 0 2\n/dev/sdb1 /usb ext4 noauto 0 0\n");
  put("self/mountinfo", root_only);
  host_watch(fixture, "/data");
  host_watch(fixture, "/usb");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_int_equal(host_disk(fixture, "/data")->severity, SEVERITY_CRIT);
  assert_string_equal(host_disk(fixture, "/usb")->cells[DISK_NOTE].text, "on the file system of /");
  put("fstab", "");
}

static void test_facts(void **state) {
  struct host_fixture *fixture = *state;
  put("self/mountinfo", with_data);
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_string_equal(fixture->sample->facts[FACT_MEMBERS], "mounts /, /data");
  put("self/mountinfo", root_only);
  host_collect(fixture);
  assert_string_equal(fixture->sample->facts[FACT_MEMBERS], "mounts /");
  assert_null(host_disk(fixture, "/data")); /* it was well: an event says that it has disappeared */
}

/* One that was found automatically is shown when it fills. */
static void test_a_tmpfs(void **state) {
  struct host_fixture *fixture = *state;
  put("self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                        "2 1 0:30 / /dev/shm rw - tmpfs tmpfs rw\n"
                        "3 1 0:31 / /empty rw - tmpfs tmpfs rw\n"
                        "4 1 0:32 / /var/lib/kubelet/pods/x rw - tmpfs tmpfs rw\n");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_true(host_disk(fixture, "/dev/shm")->cells[DISK_USED].real == 0.75);
  assert_null(host_disk(fixture, "/empty"));
  assert_null(host_disk(fixture, "/var/lib/kubelet/pods/x"));
}

static void test_cancel(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/hung/nas");
  host_watch(fixture, "/");
  host_begin(fixture, &fake);
  for (int i = 0; i < 3; i++) { /* while it reads, and while it waits */
    host_start_job(fixture, 5000, false);
    if (i == 2)
      while (atomic_load(&asked) == 0)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    if (fixture->done) { /* the patience ended first, on a busy machine */
      i--;
      continue;
    }
    struct err err = {0};
    collector_host.cancel(fixture->host, &err);
    assert_false(fixture->done);
  }
  do /* a busy machine may take longer than the patience */
    host_collect(fixture);
  while (host_disk(fixture, "/")->cells[DISK_USED].type != VALUE_REAL);
  assert_true(host_disk(fixture, "/")->cells[DISK_USED].real == 0.75);
  assert_int_equal(atomic_load(&asked), 1);
  open_gate();
  wait_left(1);
}

static void test_configured_paths(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/data/");
  host_watch(fixture, "/data");
  host_watch(fixture, "//");
  host_begin(fixture, &fake);
  host_collect(fixture);
  assert_int_equal(sample_table_view(fixture->sample, "disks")->row_count, 2);
  assert_string_equal(host_disk(fixture, "/data")->cells[DISK_NOTE].text,
                      "on the file system of /");
  assert_non_null(host_disk(fixture, "/"));
}

static void test_bad_path(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "var");
  struct err err = {0};
  assert_null(collector_host.open(&fixture->io, fixture->target, &err));
  assert_int_equal(err.kind, ERR_INVALID);
  assert_string_equal(err.text, "mounts: \"var\" is not an absolute path");
}

/* The real machine. */
static void test_this_host(void **state) {
  struct host_fixture *fixture = *state;
  host_watch(fixture, "/"); /* in a chroot it is in no list of mounts */
  host_begin(fixture, NULL);
  host_collect(fixture);
  const struct row *row = host_row(fixture), *disk = host_disk(fixture, "/");
  double memory, used;
  assert_true(value_number(row->cells[HOST_MEMORY], &memory) && memory > 0 && memory < 1);
  assert_true(row->cells[HOST_CORES].integer > 0);
  assert_non_null(disk);
  assert_true(value_number(disk->cells[DISK_USED], &used) && used > 0 && used <= 1);
  assert_true(fixture->sample->requests > 0);
  assert_int_equal(strlen(fixture->sample->facts[FACT_START]), 36); /* the boot id */
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_summary),
      TEST(test_missing_files),
      TEST(test_a_mount_without_size),
      TEST(test_no_proc_at_all),
      TEST(test_rates),
      TEST(test_default_mounts),
      TEST(test_hung_mount),
      TEST(test_one_pass),
      TEST(test_close_while_hung),
      TEST(test_cancel),
      TEST(test_unmounted_while_hung),
      TEST(test_a_watched_mount_is_unmounted),
      TEST(test_not_mounted_at_the_start),
      TEST(test_facts),
      TEST(test_a_tmpfs),
      TEST(test_configured_paths),
      TEST(test_bad_path),
      TEST(test_this_host),
  };
  return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
