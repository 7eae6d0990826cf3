#include "collectors/host/host_proc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static void test_load(void **state) {
  (void)state;
  struct host_load load;
  assert_true(host_load_parse("0.78 0.27 0.10 8/115 6128\n", &load));
  assert_near(load.one, 0.78);
  assert_near(load.five, 0.27);
  assert_near(load.fifteen, 0.10);
  assert_int_equal(load.runnable, 8);
  assert_int_equal(load.tasks, 115);
  static const char *const garbage[] = {"",
                                        "\n",
                                        "0.78",
                                        "a b c 1/2",
                                        "1 2 3 4",
                                        "-1 2 3 1/2",
                                        "nan 2 3 1/2",
                                        "inf 0 0 1/2",
                                        "1 2 3 1/9999999999999999999"};
  for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
    assert_false(host_load_parse(garbage[i], &load));
}

static const char stat_text[] = "cpu  2665 7 1348 57655 382 3 42 12 5 1\n"
                                "cpu0 944 0 479 29620 12 0 9 1 0 0\n"
                                "cpu1 1721 0 868 28035 369 0 33 10 0 0\n"
                                "intr 154885 0 0\n"
                                "ctxt 338813\n"
                                "btime 1795567992\n"
                                "processes 6123\n";

static void test_cpu(void **state) {
  (void)state;
  struct host_cpu cpu;
  assert_true(host_cpu_parse(stat_text, &cpu));
  assert_int_equal(cpu.total, 2665 + 7 + 1348 + 57655 + 382 + 3 + 42 + 12); /* guest is in user */
  assert_int_equal(cpu.idle, 57655);
  assert_int_equal(cpu.iowait, 382);
  assert_int_equal(cpu.steal, 12);
  assert_int_equal(cpu.cores, 2);
  assert_int_equal(cpu.boot_s, 1795567992);
  static const char *const garbage[] = {"",
                                        "cpu",
                                        "cpu \n",
                                        "cpu 1 2 3\ncpu0 1 2 3 4\n",
                                        "cpu0 1 2 3 4",
                                        "cpu 0 0 0 0",
                                        "xcpu 1 2 3 4 5"};
  for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
    assert_false(host_cpu_parse(garbage[i], &cpu));
  assert_true(host_cpu_parse("cpu 1 2 3 4", &cpu)); /* an old kernel, and no more lines */
  assert_int_equal(cpu.total, 10);
  assert_int_equal(cpu.cores, 0);
  assert_int_equal(cpu.boot_s, 0);
}

static void test_cpu_between(void **state) {
  (void)state;
  struct host_cpu before = {.total = 1000, .idle = 500, .iowait = 100, .steal = 10};
  struct host_cpu now = {.total = 1100, .idle = 530, .iowait = 110, .steal = 15};
  struct host_cpu_shares shares;
  assert_true(host_cpu_between(&before, &now, &shares));
  assert_near(shares.used, 0.6);
  assert_near(shares.iowait, 0.1);
  assert_near(shares.steal, 0.05);
  assert_false(host_cpu_between(&now, &now, &shares));
  assert_false(host_cpu_between(&now, &before, &shares));
  now = (struct host_cpu){.total = 1001, .idle = 400, .iowait = 90}; /* some went back */
  assert_true(host_cpu_between(&before, &now, &shares));
  assert_near(shares.used, 1);
  assert_near(shares.iowait, 0);
  now = (struct host_cpu){.total = 1001, .idle = 900, .iowait = 900};
  assert_true(host_cpu_between(&before, &now, &shares));
  assert_near(shares.used, 0);
  assert_near(shares.iowait, 1);
}

static void test_memory(void **state) {
  (void)state;
  struct host_memory memory;
  assert_true(host_memory_parse("MemTotal:       24684084 kB\nMemFree:        23776900 kB\n"
                                "MemAvailable:   24196664 kB\nSwapCached:            0 kB\n"
                                "SwapTotal:       2097148 kB\nSwapFree:        1048574 kB\n",
                                &memory));
  assert_int_equal(memory.total, 24684084LL * 1024);
  assert_int_equal(memory.available, 24196664LL * 1024);
  assert_true(memory.has_available);
  assert_int_equal(memory.swap_total, 2097148LL * 1024);
  assert_int_equal(memory.swap_free, 1048574LL * 1024);
  assert_true(host_memory_parse("MemTotal: 100 kB\nMemFree: 50 kB\n", &memory));
  assert_false(memory.has_available);
  assert_int_equal(memory.swap_total, 0);
  assert_true(host_memory_parse("MemTotal: 100 kB\nMemAvailable: 200 kB\nSwapTotal: 1 kB\n"
                                "SwapFree: 2 kB\n",
                                &memory));
  assert_int_equal(memory.available, memory.total); /* no share beyond 0..1 */
  assert_int_equal(memory.swap_total, 0);
  static const char *const garbage[] = {"",
                                        "MemTotal:",
                                        "MemTotal: x kB",
                                        "MemTotal: 0 kB",
                                        " MemTotal: 1 kB",
                                        "MemTotal: 9223372036854775807 kB"};
  for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
    assert_false(host_memory_parse(garbage[i], &memory));
}

static void test_uptime(void **state) {
  (void)state;
  double seconds;
  assert_true(host_uptime_parse("350735.47 234388.90\n", &seconds));
  assert_near(seconds, 350735.47);
  assert_false(host_uptime_parse("", &seconds));
  assert_false(host_uptime_parse("-5", &seconds));
}

static void test_pressure(void **state) {
  (void)state;
  struct host_pressure pressure;
  assert_true(host_pressure_parse("some avg10=1.58 avg60=0.49 avg300=0.47 total=3411709\n"
                                  "full avg10=0.50 avg60=0.48 avg300=0.46 total=3275175\n",
                                  &pressure));
  assert_near(pressure.some, 0.0158);
  assert_near(pressure.full, 0.005);
  assert_true(pressure.has_full);
  assert_true(host_pressure_parse("some avg10=200.00\n", &pressure));
  assert_near(pressure.some, 1);
  assert_false(pressure.has_full);
  assert_false(host_pressure_parse("", &pressure));
  assert_false(host_pressure_parse("full avg10=1.00\n", &pressure));
  assert_false(host_pressure_parse("some avg10=x\n", &pressure));
}

static const char diskstats[] = "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                                " 254       0 vda 46144 7883 2120122 7105 13017 6723 1674600 6976 "
                                "0 5748 14734 4270 69 7 564 1 8\n"
                                "   8       2 sda2 1 2 30 4 5 6 70 8 9 100 11\n"
                                "   8      16 sdb 1 2 3\n";

static void test_disk_io(void **state) {
  (void)state;
  struct host_disk_io io;
  assert_true(host_disk_io_find(diskstats, 254, 0, "/dev/root", &io));
  assert_int_equal(io.read_bytes, 2120122LL * 512);
  assert_int_equal(io.written_bytes, 1674600LL * 512);
  assert_int_equal(io.busy_ms, 5748);
  assert_true(host_disk_io_find(diskstats, 0, 45, "/dev/sda2", &io)); /* btrfs */
  assert_int_equal(io.read_bytes, 30 * 512);
  assert_false(host_disk_io_find(diskstats, 0, 45, "server:/export", &io));
  assert_false(host_disk_io_find(diskstats, 0, 45, "/dev/sda", &io)); /* not sda2 */
  assert_false(host_disk_io_find(diskstats, 8, 16, "/dev/sdb", &io)); /* cut off */
  assert_false(host_disk_io_find("", 8, 16, "/dev/sdb", &io));
}

/* The kernel's numbers, or a container's replacements, at the end of their range. */
static void test_extremes(void **state) {
  (void)state;
  struct host_cpu cpu, none = {0};
  struct host_cpu_shares shares;
  assert_true(host_cpu_parse("cpu  9223372036854775807 0 9223372036854775807 9223372036854775807 "
                             "9223372036854775807 0 0 9223372036854775807\n"
                             "btime 9223372036854775807\n",
                             &cpu));
  assert_true(cpu.total == INT64_MAX); /* and did not wrap around */
  assert_true(host_cpu_between(&none, &cpu, &shares));
  assert_true(shares.iowait >= 0 && shares.iowait <= 1);
  assert_true(shares.used >= 0 && shares.used <= 1);
  assert_true(cpu.boot_s == INT64_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_extremes),    cmocka_unit_test(test_load),
      cmocka_unit_test(test_cpu),         cmocka_unit_test(test_memory),
      cmocka_unit_test(test_cpu_between), cmocka_unit_test(test_uptime),
      cmocka_unit_test(test_pressure),    cmocka_unit_test(test_disk_io),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
