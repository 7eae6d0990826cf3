/* What is read of a node_exporter's page, the addresses of a fleet, and the keys of its hosts. */
#include "clients/fleet/fleet_addresses.h"
#include "clients/fleet/fleet_contract.h"
#include "clients/fleet/fleet_facts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool read_page(struct fleet_facts *facts, struct arena *arena, const char *page,
                      struct err *err) {
  arena_init(arena, 1 << 20);
  fleet_facts_init(facts, arena);
  return fleet_facts_read(facts, page, strlen(page), err);
}

static void test_a_page(void **state) {
  (void)state;
  static const char page[] =
      "# TYPE node_cpu_seconds_total counter\n"
      "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 100\n"
      "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 40\n"
      "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 50.5\n"
      "node_cpu_seconds_total{cpu=\"1\",mode=\"iowait\"} 9.5\n"
      "node_filesystem_size_bytes{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 1000\n"
      "node_filesystem_free_bytes{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 300\n"
      "node_filesystem_avail_bytes{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 200\n"
      "node_filesystem_files{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 10\n"
      "node_filesystem_files_free{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 4\n"
      "node_filesystem_device_error{device=\"x\",fstype=\"nfs\",mountpoint=\"/m\"} 1\n"
      "node_load1 NaN\n"
      "node_load5 1.5\n"
      "node_network_receive_errs_total{device=\"lo\"} 7\n"
      "node_network_receive_errs_total{device=\"eth0\"} 3\n"
      "node_uname_info{nodename=\"a\\nb\",release=\"6.1\",sysname=\"Linux\",machine=\"x86_64\"} 1\n"
      "node_memory_MemTotal_bytes 4e+09\n";
  struct fleet_facts facts;
  struct arena arena;
  struct err err = {0};
  assert_true(read_page(&facts, &arena, page, &err));
  assert_true(facts.cores == 2 && facts.sums[SUM_CPU] == 200 && facts.sums[SUM_IDLE] == 150.5);
  assert_true(facts.sums[SUM_IOWAIT] == 9.5 && isnan(facts.sums[SUM_STEAL]));
  assert_true(isnan(facts.load1) && facts.load5 == 1.5 && isnan(facts.boot_s));
  assert_true(facts.memory_total == 4e9 && isnan(facts.memory_available));
  assert_int_equal(facts.mount_count, 2);
  /* 700 used of 900 that users other than root have, as df */
  assert_true(fabs(fleet_mount_used(&facts.mounts[0]) - 7.0 / 9) < 1e-9);
  assert_true(fleet_mount_inodes_used(&facts.mounts[0]) == 0.6);
  assert_true(isnan(fleet_mount_used(&facts.mounts[1])) && facts.mounts[1].failed == 1);
  assert_int_equal(facts.interface_count, 1);
  assert_true(facts.interfaces[0].sums[NET_ERRORS_IN] == 3);
  assert_string_equal(facts.hostname, "a\nb");
  arena_fini(&arena);
}

static void test_what_is_none(void **state) {
  (void)state;
  static const struct {
    const char *page, *says;
  } cases[] = {
      {"<html>It works</html>", "not a metric"},
      {"", "it is not a node_exporter: 0 metrics"},
      {"go_goroutines 7\nup 1\n", "it is not a node_exporter: 2 metrics, none of node_*"},
      {"node_load1 1\nnode_load5 1.", NULL}, /* 1. is a number */
      {"node_load1 1\nnode_filesystem_size_bytes{device=\"/dev/s", "line 2 is not a metric"},
      {"{\"status\": \"success\"}", "not a metric"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct fleet_facts facts;
    struct arena arena;
    struct err err = {0};
    assert_int_equal(read_page(&facts, &arena, cases[i].page, &err), !cases[i].says);
    if (cases[i].says)
      assert_non_null(strstr(err.text, cases[i].says));
    arena_fini(&arena);
  }
}

static void test_many_mounts(void **state) {
  (void)state;
  struct fleet_facts facts;
  struct arena arena;
  struct err err = {0};
  const size_t size = 256 * (FLEET_MOUNTS_MAX + 10);
  char *page = malloc(size);
  size_t at = 0;
  for (int i = 0; i < FLEET_MOUNTS_MAX + 5; i++)
    at += (size_t)snprintf(page + at, size - at,
                           "node_filesystem_size_bytes{device=\"d%d\",mountpoint=\"/m%d\"} 1\n", i,
                           i);
  assert_true(read_page(&facts, &arena, page, &err));
  assert_int_equal(facts.mount_count, FLEET_MOUNTS_MAX);
  assert_true(facts.cut);
  arena_fini(&arena);
  free(page);
}

static void check_addresses(const char *text, const char *const *wanted) {
  struct fleet_addresses addresses;
  struct err err = {0};
  char *copy = strdup(text);
  assert_true(fleet_addresses_make(&addresses, &copy, 1, &err));
  size_t i = 0;
  for (; wanted[2 * i]; i++) {
    assert_true(i < addresses.count);
    assert_string_equal(addresses.items[i].url, wanted[2 * i]);
    assert_string_equal(addresses.items[i].label, wanted[2 * i + 1]);
  }
  assert_int_equal(addresses.count, i);
  fleet_addresses_fini(&addresses);
  free(copy);
}

static void test_addresses(void **state) {
  (void)state;
  check_addresses("db1", (const char *const[]){"http://db1:9100/metrics", "db1", NULL});
  check_addresses("db1:9100", (const char *const[]){"http://db1:9100/metrics", "db1", NULL});
  check_addresses("[::1]", (const char *const[]){"http://[::1]:9100/metrics", "[::1]", NULL});
  check_addresses("[::1]:99", (const char *const[]){"http://[::1]:99/metrics", "[::1]:99", NULL});
  check_addresses("https://gw/x",
                  (const char *const[]){"https://gw/x", "gw/x", NULL}); /* the port of https */
  check_addresses("w[09-11]",
                  (const char *const[]){"http://w09:9100/metrics", "w09", "http://w10:9100/metrics",
                                        "w10", "http://w11:9100/metrics", "w11", NULL});
  check_addresses("h:[8-9]", (const char *const[]){"http://h:8/metrics", "h:8",
                                                   "http://h:9/metrics", "h:9", NULL});
  check_addresses("[1-2].[9-10]", (const char *const[]){"http://1.9:9100/metrics", "1.9",
                                                        "http://1.10:9100/metrics", "1.10",
                                                        "http://2.9:9100/metrics", "2.9",
                                                        "http://2.10:9100/metrics", "2.10", NULL});
}

static void test_wrong_addresses(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"h[3-1]", "ends before it begins"},
      {"h[1-9999]", "more than 5000 addresses"},
      {"ftp://h", "http"},
      {"http://me:secret@h", "set username"},
      {"h[1-99999999].[1-99999999]", "more than"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err err = {0};
    assert_false(fleet_address_check(cases[i].text, &err));
    assert_non_null(strstr(err.text, cases[i].says));
    assert_null(strstr(err.text, "secret"));
  }
}

static void test_keys(void **state) {
  (void)state;
  static const struct fleet_identity cases[] = {
      {"db1:9100", "node", "db1:9100"}, {"db 1", "a/b%", "10.0.0.1:9100"}, {"", "", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char key[FLEET_KEY_MAX];
    struct fleet_identity again = {.host = ""};
    fleet_key_make(&cases[i], key);
    assert_null(strchr(key, ' '));
    assert_true(fleet_key_read(key, &again));
    assert_string_equal(again.host, cases[i].host);
    assert_string_equal(again.job, cases[i].job);
    assert_string_equal(again.instance, cases[i].instance);
  }
  struct fleet_identity again;
  assert_false(fleet_key_read("node", &again));
  assert_false(fleet_key_read("a/b/c/d", &again));
  assert_false(fleet_key_read("a/%4", &again));
  assert_false(fleet_key_read("a/%00", &again));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_page),          cmocka_unit_test(test_what_is_none),
      cmocka_unit_test(test_many_mounts),     cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_wrong_addresses), cmocka_unit_test(test_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
