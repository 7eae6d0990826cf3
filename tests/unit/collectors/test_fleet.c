/* The hosts of a fleet between two collections, and their rows. */
#include "collectors/fleet/fleet_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A host that has said this page after so many seconds. */
static void say(struct fleet_host *host, struct fleet_past *past, struct arena *arena, int64_t at_s,
                const char *page) {
  struct err err = {0};
  *host =
      (struct fleet_host){.key = "k", .label = "h", .state = FLEET_UP, .age_s = 0, .clock_s = NAN};
  fleet_facts_init(&host->facts, arena);
  assert_true(fleet_facts_read(&host->facts, page, strlen(page), &err));
  fleet_past_take(past, host, at_s * 1000000);
}

#define CPU(idle, user)                                        \
  "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} " idle "\n" \
  "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} " user "\n"

static void test_rates(void **state) {
  (void)state;
  struct fleet_host host;
  struct fleet_past past = {.known = false};
  struct fleet_shares shares;
  struct arena arena;
  arena_init(&arena, 1 << 20);
  say(&host, &past, &arena, 100,
      "node_boot_time_seconds 5\n" CPU("10", "10") "node_network_receive_errs_total{device=\"a\"} "
                                                   "7\n");
  assert_string_equal(host.rates_none, "needs two collections");
  assert_false(fleet_shares_make(&host.facts, &shares));
  assert_true(isnan(fleet_net(&host.facts, NET_ERRORS_IN, NET_ERRORS_OUT)));
  /* An interface that is new brings what it has counted: no rate. */
  say(&host, &past, &arena, 110,
      "node_boot_time_seconds 5\n" CPU("14", "16") "node_network_receive_errs_total{device=\"a\"} "
                                                   "27\n"
                                                   "node_network_receive_errs_total{device=\"b\"} "
                                                   "1000\n");
  assert_null(host.rates_none);
  assert_true(fleet_shares_make(&host.facts, &shares));
  assert_true(fabs(shares.used - 0.6) < 1e-9);
  assert_true(fleet_net(&host.facts, NET_ERRORS_IN, NET_ERRORS_OUT) == 2);
  /* A counter that is reset gives no rate, not a negative one. */
  say(&host, &past, &arena, 120,
      "node_boot_time_seconds 5\n" CPU("2",
                                       "1") "node_network_receive_errs_total{device=\"b\"} 5\n");
  assert_false(fleet_shares_make(&host.facts, &shares));
  assert_true(isnan(fleet_net(&host.facts, NET_ERRORS_IN, NET_ERRORS_OUT)));
  fleet_past_fini(&past);
  arena_fini(&arena);
}

/* All counters may be larger than before after a long outage. */
static void test_a_restart(void **state) {
  (void)state;
  struct fleet_host host;
  struct fleet_past past = {.known = false};
  struct fleet_shares shares;
  struct arena arena;
  arena_init(&arena, 1 << 20);
  say(&host, &past, &arena, 100, "node_boot_time_seconds 5\n" CPU("10", "10"));
  say(&host, &past, &arena, 900, "node_boot_time_seconds 200\n" CPU("300", "300"));
  assert_true(host.restarted);
  assert_string_equal(host.rates_none, "the host was restarted");
  assert_false(fleet_shares_make(&host.facts, &shares));
  say(&host, &past, &arena, 910, "node_boot_time_seconds 201\n" CPU("305", "305"));
  assert_false(host.restarted); /* its clock was set by a second */
  assert_true(fleet_shares_make(&host.facts, &shares));
  /* Another number of CPUs: a share would be of what they counted before. */
  say(&host, &past, &arena, 920,
      "node_boot_time_seconds 201\n" CPU("310", "310") "node_cpu_seconds_total{cpu=\"1\",mode="
                                                       "\"idle\"} 5000\n");
  assert_false(fleet_shares_make(&host.facts, &shares));
  fleet_past_fini(&past);
  arena_fini(&arena);
}

#define MOUNT(point, device, type, size, free, ro)                                            \
  "node_filesystem_size_bytes{mountpoint=\"" point "\",device=\"" device "\",fstype=\"" type  \
  "\"} " size "\n"                                                                            \
  "node_filesystem_free_bytes{mountpoint=\"" point "\",device=\"" device "\",fstype=\"" type  \
  "\"} " free "\n"                                                                            \
  "node_filesystem_avail_bytes{mountpoint=\"" point "\",device=\"" device "\",fstype=\"" type \
  "\"} " free "\n"                                                                            \
  "node_filesystem_readonly{mountpoint=\"" point "\",device=\"" device "\",fstype=\"" type    \
  "\"} " ro "\n"

static void test_mounts(void **state) {
  (void)state;
  enum { HOSTS = 2 };
  static const char page[] = MOUNT("/", "/dev/a", "ext4", "100", "50", "0") /* shown */
      MOUNT("/srv/bind", "/dev/a", "ext4", "100", "50", "0")                /* the same device */
      MOUNT("/sys", "sysfs", "sysfs", "0", "0", "0")                        /* without data */
      MOUNT("/snap/x", "/dev/loop1", "squashfs", "10", "0", "1")            /* always full */
      MOUNT("/dev/shm", "tmpfs", "tmpfs", "10", "9", "0")                   /* not filling */
      MOUNT("/run/x", "tmpfs", "tmpfs", "10", "1", "0")                     /* filling */
      MOUNT("/data", "filer:/export", "nfs4", "1000", "50", "0");
  struct fleet_past pasts[HOSTS] = {{.known = false}};
  struct fleet_host hosts[HOSTS];
  struct arena arena;
  arena_init(&arena, 1 << 20);
  for (int i = 0; i < HOSTS; i++) {
    say(&hosts[i], &pasts[i], &arena, 100, page);
    hosts[i].key = hosts[i].label = i ? "b" : "a";
  }
  struct sample *sample = fleet_sample(&(struct fleet_found){
      .name = "f", .source = "s", .hosts = hosts, .count = HOSTS, .now_ms = 1000000});
  const struct table *mounts = &sample->tables[2];
  assert_int_equal(mounts->row_count, 6);
  assert_non_null(table_find(mounts, "a /"));
  assert_null(table_find(mounts, "a /srv/bind"));
  assert_non_null(table_find(mounts, "a /run/x"));
  /* One file system of a server is one finding. */
  assert_null(table_find(mounts, "a /data")->parent);
  assert_string_equal(table_find(mounts, "b /data")->parent, "a /data");
  assert_true(table_find(mounts, "a /")->cells[MOUNT_USED].real == 0.5);
  assert_string_equal(sample->tables[0].rows[0].cells[SUMMARY_MOUNT_WORST].text, "a:/data 95%");
  sample_free(sample);
  /* It was writable. */
  say(&hosts[0], &pasts[0], &arena, 110, MOUNT("/", "/dev/a", "ext4", "100", "50", "1"));
  sample = fleet_sample(&(struct fleet_found){
      .name = "f", .source = "s", .hosts = hosts, .count = 1, .now_ms = 1000000});
  assert_int_equal(sample->tables[2].rows[0].severity, SEVERITY_CRIT);
  assert_string_equal(sample->tables[2].rows[0].reason, "has become read-only");
  sample_free(sample);
  for (int i = 0; i < HOSTS; i++)
    fleet_past_fini(&pasts[i]);
  arena_fini(&arena);
}

static void test_states(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct fleet_host hosts[] = {
      {.key = "a", .label = "a", .state = FLEET_UNKNOWN, .error = "a web page"},
      {.key = "b", .label = "b", .state = FLEET_GONE, .error = "lost"},
      {.key = "c", .label = "c", .state = FLEET_DOWN, .error = "refused"},
      {.key = "d", .label = "d", .state = FLEET_UP}};
  for (size_t i = 0; i < 4; i++) {
    hosts[i].age_s = hosts[i].clock_s = NAN;
    fleet_facts_init(&hosts[i].facts, &arena);
  }
  struct sample *sample = fleet_sample(
      &(struct fleet_found){.name = "f", .source = "s", .hosts = hosts, .count = 4, .now_ms = 1});
  const struct table *table = &sample->tables[1];
  static const struct {
    const char *key, *reason;
    enum severity severity;
  } wanted[] = {{"c", "expected but not answering: refused", SEVERITY_CRIT},
                {"b", "expected but not answering: lost", SEVERITY_WARN},
                {"a", "its figures are not known: a web page", SEVERITY_UNKNOWN},
                {"d", NULL, SEVERITY_OK}};
  assert_int_equal(table->row_count, 4);
  for (size_t i = 0; i < 4; i++) {
    const struct row *row = &table->rows[i];
    assert_string_equal(row->key, wanted[i].key);
    assert_int_equal(row->severity, wanted[i].severity);
    if (wanted[i].reason)
      assert_string_equal(row->reason, wanted[i].reason);
    for (size_t k = HOST_CPU; k < HOST_AGE; k++) /* no false zero, no gap without a reason */
      assert_true(row->cells[k].type == VALUE_NONE && (row->cells[k].text || k == HOST_SWAP));
  }
  const struct value *summary = sample->tables[0].rows[0].cells;
  assert_int_equal(summary[SUMMARY_UP].integer, 1);
  assert_int_equal(summary[SUMMARY_DOWN].integer, 2);
  assert_int_equal(summary[SUMMARY_UNKNOWN].integer, 1);
  sample_free(sample);
  arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rates),
      cmocka_unit_test(test_a_restart),
      cmocka_unit_test(test_mounts),
      cmocka_unit_test(test_states),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
