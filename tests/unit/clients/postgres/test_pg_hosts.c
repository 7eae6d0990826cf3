#include "clients/postgres/pg_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

static void expect(const char *dsn, const char *host, const char *hostaddr, const char *port) {
  struct pg_hosts hosts;
  struct pg_host_lists lists;
  struct err err = {0};
  if (!pg_hosts_read(dsn, &hosts, &err))
    fail_msg("%s: %s", dsn, err.text);
  pg_hosts_join(&hosts, &lists);
  assert_string_equal(lists.host, host);
  assert_string_equal(lists.hostaddr, hostaddr);
  assert_string_equal(lists.port, port);
  pg_host_lists_fini(&lists);
  pg_hosts_fini(&hosts);
}

static void test_read(void **state) {
  (void)state;
  expect("postgresql://u:p@db:5433/x", "db", "", "5433");
  expect("host=db", "db", "", "5432");
  expect("dbname=x", "", "", "5432"); /* the usual socket */
  expect("postgresql://a,b:6000/x", "a,b", ",", ",6000");
  expect("host=a,b port=7", "a,b", ",", "7,7");
  expect("host=a,b hostaddr=10.0.0.1,10.0.0.2", "a,b", "10.0.0.1,10.0.0.2", "5432,5432");
  expect("hostaddr=10.0.0.1", "", "10.0.0.1", "5432");
  expect("host=/run/postgresql,,::1", "/run/postgresql,,::1", ",,", "5432,5432,5432");
}

static void test_environment(void **state) {
  (void)state;
  setenv("PGHOST", "from.environment", 1);
  setenv("PGPORT", "6000", 1);
  expect("dbname=x", "from.environment", "", "6000");
  expect("host=db", "db", "", "6000");
  unsetenv("PGHOST");
  unsetenv("PGPORT");
}

static void test_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"host=a,b,c port=1,2", "host=a,b hostaddr=10.0.0.1",
                                    "service=no.such.service",
                                    "host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct pg_hosts hosts;
    struct err err = {0};
    if (pg_hosts_read(bad[i], &hosts, &err))
      fail_msg("%s", bad[i]);
    assert_int_equal(err.kind, ERR_INVALID);
    assert_int_equal(hosts.count, 0);
  }
}

static void test_addresses(void **state) {
  (void)state;
  struct pg_host name = {.name = (char[]){"db"}, .address = (char[]){""}, .port = (char[]){"5432"}};
  assert_true(pg_host_is_name(&name));
  struct pg_host socket = {.name = (char[]){"/tmp"}, .address = (char[]){""}, .port = name.port};
  assert_false(pg_host_is_name(&socket));
  struct resolve_result found = {.count = 2};
  struct sockaddr_in *v4 = (struct sockaddr_in *)&found.addresses[0];
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&found.addresses[1];
  v4->sin_family = AF_INET;
  v6->sin6_family = AF_INET6;
  inet_pton(AF_INET, "10.0.0.1", &v4->sin_addr);
  inet_pton(AF_INET6, "::1", &v6->sin6_addr);
  struct pg_hosts hosts = {0};
  struct pg_host_lists lists;
  pg_hosts_add_addresses(&hosts, &name, &found);
  pg_hosts_join(&hosts, &lists);
  assert_string_equal(lists.host, "db,db");
  assert_string_equal(lists.hostaddr, "10.0.0.1,::1");
  assert_string_equal(lists.port, "5432,5432");
  pg_host_lists_fini(&lists);
  for (int i = 0; i < 40; i++)
    pg_hosts_add_addresses(&hosts, &name, &found);
  assert_int_equal(hosts.count, PG_ADDRESSES_MAX);
  pg_hosts_fini(&hosts);
}

int main(void) {
  static const char *const variables[] = {"PGHOST", "PGPORT", "PGHOSTADDR", "PGSERVICE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
