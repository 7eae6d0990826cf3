/* What a file system's answers, and its silence, mean for its row. */
#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HUNG_MS = 4000, NOW_MS = 1000000 };

static const struct table_spec *const specs[] = {&disk_table};

static struct mount_entry root_entry = {.point = "/",
                                        .type = "ext4",
                                        .source = "/dev/vda",
                                        .options = "rw,relatime",
                                        .super_options = "rw"};
static struct mount_entry nfs_entry = {.point = "/mnt/nas",
                                       .type = "nfs4",
                                       .source = "nas:/export",
                                       .options = "rw",
                                       .super_options = "rw,vers=4.2"};

struct bench {
  struct host_mount items[4];
  struct host_mount *pointers[4];
  size_t count;
  struct sample *sample;
};

static struct host_mount *watch(struct bench *bench, const char *path,
                                const struct mount_entry *entry, uint64_t used,
                                uint64_t available) {
  struct host_mount *mount = &bench->items[bench->count];
  *mount = (struct host_mount){.path = (char *)(uintptr_t)path, .configured = true, .wanted = true};
  mount->entry = entry;
  struct mount_facts facts = {.directory = true,
                              .total = used + available + 50,
                              .used = used,
                              .available = available,
                              .inodes = 200,
                              .inodes_free = 150};
  snprintf(facts.resolved, sizeof facts.resolved, "%s", path);
  host_mount_answer(mount, &facts, NOW_MS);
  bench->pointers[bench->count++] = mount;
  return mount;
}

static const struct row *draw(struct bench *bench, const char *key) {
  sample_free(bench->sample);
  bench->sample = sample_new(specs, 1);
  host_disks_fill(bench->sample, &bench->sample->tables[0], bench->pointers, bench->count, HUNG_MS,
                  NOW_MS);
  return table_find(&bench->sample->tables[0], key);
}

static int setup(void **state) {
  *state = calloc(1, sizeof(struct bench));
  return 0;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  sample_free(bench->sample);
  free(bench);
  return 0;
}

static void test_figures(void **state) {
  struct bench *bench = *state;
  watch(bench, "/", &root_entry, 300, 100);
  const struct row *row = draw(bench, "/");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_true(row->cells[DISK_USED].real == 0.75); /* of the used and free space, not of the size */
  assert_int_equal(row->cells[DISK_FREE].integer, 100);
  assert_int_equal(row->cells[DISK_SIZE].integer, 450);
  assert_true(row->cells[DISK_INODES].real == 0.25);
  assert_string_equal(row->cells[DISK_TYPE].text, "ext4");
  assert_string_equal(row->cells[DISK_MODE].text, "rw");
  assert_string_equal(row->cells[DISK_OPTIONS].text, "rw,relatime; rw");
  assert_int_equal(row->cells[DISK_NOTE].type, VALUE_NONE);
  assert_string_equal(row->cells[DISK_FULL_IN].text, "needs 60s of history");
  assert_null(row->cells[DISK_READ].text); /* no device: does not apply */
  bench->items[0].has_io = true;
  bench->items[0].io_rates.unknown = FIGURES_NEED_TWO;
  row = draw(bench, "/");
  assert_string_equal(row->cells[DISK_READ].text, "needs two collections");
}

static void test_without_inodes_or_blocks(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/", &root_entry, 0, 0);
  mount->facts.inodes = mount->facts.inodes_free = 0;
  const struct row *row = draw(bench, "/");
  assert_int_equal(row->cells[DISK_INODES].type, VALUE_NONE);
  assert_null(row->cells[DISK_INODES].text);
  assert_int_equal(row->cells[DISK_USED].type, VALUE_NONE);
  assert_null(row->cells[DISK_USED].text);
}

static void test_full_in(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/", &root_entry, 300, 6000);
  struct disk_growth grows = {0}, shrinks = {0}, crawls = {0};
  for (int i = 0; i < 20; i++) {
    disk_growth_add(&grows, i * 5000, 300 + (uint64_t)i * 50, 10);
    disk_growth_add(&shrinks, i * 5000, 3000 - (uint64_t)i * 50, 10);
  }
  mount->growth = grows;
  const struct row *row = draw(bench, "/");
  assert_true(row->cells[DISK_GROWTH].real > 9.99 && row->cells[DISK_GROWTH].real < 10.01);
  assert_true(row->cells[DISK_FULL_IN].real > 599 && row->cells[DISK_FULL_IN].real < 601);
  mount->growth = shrinks;
  row = draw(bench, "/");
  assert_true(row->cells[DISK_GROWTH].real < 0);
  assert_int_equal(row->cells[DISK_FULL_IN].type, VALUE_NONE);
  assert_null(row->cells[DISK_FULL_IN].text); /* only a growing one gets full */
  for (int i = 0; i < 20; i++)
    disk_growth_add(&crawls, i * 5000, (uint64_t)i, 10);
  mount->facts.available = 1ULL << 40;
  mount->growth = crawls;
  assert_int_equal(draw(bench, "/")->cells[DISK_FULL_IN].type, VALUE_NONE); /* in 174,000 years */
}

/* Two minutes of a build say nothing about the next hour. */
static void test_forecast_reach(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/", &root_entry, 300, 20000000);
  struct disk_growth burst = {0}, steady = {0};
  for (int i = 0; i < 25; i++)
    disk_growth_add(&burst, i * 5000, 300 + (uint64_t)i * 50000, 10);
  for (int i = 0; i < GROWTH_POINTS; i++)
    disk_growth_add(&steady, i * 5000, 300 + (uint64_t)i * 50000, 10);
  mount->growth = burst;
  const struct row *row = draw(bench, "/");
  assert_true(row->cells[DISK_GROWTH].real > 9999 && row->cells[DISK_GROWTH].real < 10001);
  assert_true(row->cells[DISK_GROWTH_WINDOW].real == 120);
  assert_string_equal(row->cells[DISK_FULL_IN].text, "needs more history at this growth rate");
  mount->facts.available = 17000000; /* within the reach of two minutes */
  row = draw(bench, "/");
  assert_true(fabs(row->cells[DISK_FULL_IN].real - 1700) < 1);
  assert_int_equal(row->cells[DISK_FULL_IN].from_s, 120); /* and it says so */
  mount->facts.available = 3000000;
  assert_int_equal(draw(bench, "/")->cells[DISK_FULL_IN].from_s, 0); /* not beyond six minutes */
  mount->facts.available = 200000000;
  mount->growth = steady;
  row = draw(bench, "/");
  assert_true(fabs(row->cells[DISK_FULL_IN].real - 20000) < 5);
  assert_int_equal(row->cells[DISK_FULL_IN].from_s, 595);
}

static void silent(struct host_mount *mount, int64_t for_ms) {
  static struct mount_call call;
  mount->call = &call;
  mount->asked_ms = NOW_MS - for_ms;
  mount->answered_ms = NOW_MS - for_ms - 2000;
}

static void test_silence(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/mnt/nas", &nfs_entry, 300, 100);
  watch(bench, "/", &root_entry, 390, 10);

  silent(mount, 200); /* a short delay */
  const struct row *row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_true(row->cells[DISK_USED].real == 0.75);
  assert_true(row->cells[DISK_AGE].real == 2.2);

  silent(mount, 1500); /* slow: the last numbers, with their age */
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_string_equal(row->reason, "no answer for 1.5s (nfs4 server hung?)");
  assert_true(row->cells[DISK_USED].real == 0.75);
  assert_true(row->cells[DISK_AGE].real == 3.5);

  silent(mount, 12000); /* hung: not known */
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason, "no answer for 12s (nfs4 server hung?)");
  assert_int_equal(row->cells[DISK_USED].type, VALUE_NONE);
  assert_string_equal(row->cells[DISK_USED].text, row->reason);
  assert_string_equal(row->cells[DISK_NOTE].text, row->reason);
  assert_string_equal(row->cells[DISK_DEVICE].text, "nas:/export");
  assert_string_equal(bench->sample->tables[0].rows[0].key, "/mnt/nas"); /* before the full one */

  mount->known = false; /* it has never answered */
  silent(mount, 300);
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_string_equal(row->cells[DISK_FREE].text, "no answer for 300ms (nfs4 server hung?)");
}

static void test_errors(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/mnt/nas", &nfs_entry, 300, 100);
  mount->facts = (struct mount_facts){.error = ESTALE};
  const struct row *row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason, "Stale file handle");
  assert_string_equal(row->cells[DISK_USED].text, "Stale file handle");

  mount->facts = (struct mount_facts){.error = EACCES}; /* a right is missing: a note */
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_string_equal(row->cells[DISK_USED].text, "no permission: Permission denied");
  assert_int_equal(bench->sample->note_count, 1);
  assert_string_equal(bench->sample->notes[0].text, "/mnt/nas: no permission to read its figures");

  mount->err.kind = ERR_LIMIT;
  snprintf(mount->err.text, sizeof mount->err.text, "160 calls are already waiting");
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_UNKNOWN);
  assert_string_equal(row->reason, "cannot read its figures: 160 calls are already waiting");
  assert_int_equal(row->cells[DISK_FREE].type, VALUE_NONE);
}

static void test_read_only(void **state) {
  struct bench *bench = *state;
  struct mount_entry entry = nfs_entry;
  struct host_mount *mount = watch(bench, "/mnt/nas", &entry, 300, 100);
  mount->was_writable = false;
  mount->facts.read_only = true;
  entry.options = entry.super_options = "ro"; /* as it was mounted */
  const struct row *row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_string_equal(row->cells[DISK_NOTE].text, "read-only");
  assert_string_equal(row->cells[DISK_MODE].text, "ro");
  entry.options = "rw"; /* the kernel did it before we started */
  row = draw(bench, "/mnt/nas");
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason, "has become read-only");
  entry.options = "ro"; /* it was remounted, while we looked */
  mount->was_writable = true;
  assert_int_equal(draw(bench, "/mnt/nas")->severity, SEVERITY_CRIT);
}

/* Paths on one file system have their rows, each with its place; its trouble is reported once. */
static void test_paths_of_one_file_system(void **state) {
  struct bench *bench = *state;
  watch(bench, "/var", &root_entry, 380, 20);
  watch(bench, "/mnt/nas", &nfs_entry, 390, 10);
  watch(bench, "/", &root_entry, 380, 20);
  watch(bench, "/tmp/x", &root_entry, 380, 20)->facts.missing = true;
  snprintf(bench->items[3].facts.resolved, PATH_MAX, "/tmp");
  const struct row *row = draw(bench, "/var");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_true(row->cells[DISK_USED].real == 0.95);
  assert_string_equal(row->cells[DISK_NOTE].text, "on the file system of /");
  assert_string_equal(row->cells[DISK_MOUNTED_ON].text, "/");
  row = draw(bench, "/tmp/x");
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_string_equal(row->reason, "does not exist; the figures are those of /");
  const struct table *table = &bench->sample->tables[0];
  const char *order[] = {"/tmp/x", "/mnt/nas", "/", "/var"};
  assert_int_equal(table->row_count, 4);
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(table->rows[i].key, order[i]);

  static struct mount_entry damaged;
  damaged = root_entry;
  damaged.super_options = "ro";
  for (size_t i = 0; i < bench->count; i++)
    if (bench->items[i].entry == &root_entry)
      bench->items[i].entry = &damaged;
  assert_int_equal(draw(bench, "/")->severity, SEVERITY_CRIT);
  assert_int_equal(draw(bench, "/var")->severity, SEVERITY_OK);
  bench->items[2].wanted = false; /* without the mount point's own row, the first path leads */
  assert_int_equal(draw(bench, "/var")->severity, SEVERITY_CRIT);
}

/* Found automatically: a file that something is mounted on is not a disk, and a removed one is
 * gone. */
static void test_not_a_disk(void **state) {
  struct bench *bench = *state;
  struct host_mount *mount = watch(bench, "/etc/hosts", &root_entry, 300, 100);
  mount->configured = false;
  mount->facts.directory = false;
  assert_null(draw(bench, "/etc/hosts"));
  mount->facts = (struct mount_facts){.error = ENOENT};
  assert_null(draw(bench, "/etc/hosts"));
  mount->configured = true;
  assert_non_null(draw(bench, "/etc/hosts"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_figures),
      TEST(test_without_inodes_or_blocks),
      TEST(test_full_in),
      TEST(test_forecast_reach),
      TEST(test_silence),
      TEST(test_errors),
      TEST(test_read_only),
      TEST(test_not_a_disk),
      TEST(test_paths_of_one_file_system),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
