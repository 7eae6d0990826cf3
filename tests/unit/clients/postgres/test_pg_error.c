/* Messages as real servers and libpq 15 wrote them. */
#include "clients/postgres/pg_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *message, enum err_kind kind, const char *says) {
  struct err err = {0};
  pg_error_connect(message, &err);
  if (err.kind != kind || !strstr(err.text, says))
    fail_msg("%s: \"%s\" of \"%s\"", err_kind_name(err.kind), err.text, message);
  assert_null(strpbrk(err.text, "\r\n"));
}

#define AT "connection to server at \"db\" (10.0.0.1), port 5432 failed: "

static void test_by_sqlstate(void **state) {
  (void)state;
  expect(AT "FATAL:  53300: sorry, too many clients already\nLOCATION:  InitProcess, proc.c:360\n",
         ERR_REFUSED, "too many connections: sorry, too many clients already");
  expect(AT "FATAL:  53300: remaining connection slots are reserved for roles with the SUPERUSER "
            "attribute\n",
         ERR_REFUSED, "too many connections: ");
  expect(AT "FATAL:  53300: tut mir leid, schon zu viele Verbindungen\n", ERR_REFUSED,
         "too many connections: ");
  expect(AT "FATAL:  53300: too many connections for role \"monitor\"\n", ERR_LIMIT,
         "too many connections for role \"monitor\"");
  expect(AT "FATAL:  53300: too many connections for database \"ecap\"\n", ERR_REFUSED, "ecap");
  expect(AT "FATAL:  57P03: the database system is starting up\n", ERR_REFUSED,
         "not accepting connections: the database system is starting up");
  expect(AT "FATAL:  28P01: password authentication failed for user \"a\"\n", ERR_DENIED,
         "login denied: password");
  expect(AT "FATAL:  28000: no pg_hba.conf entry for host \"::1\", user \"a\", database \"b\", no "
            "encryption\n",
         ERR_DENIED, "without TLS");
  expect(AT "FATAL:  3D000: database \"b\" does not exist\n", ERR_INVALID, "database \"b\"");
  expect(AT "FATAL:  08P01: not allowed\n", ERR_DENIED, "login denied: not allowed");
  expect(AT "FATAL:  08P01: no more connections allowed (max_client_conn)\n", ERR_REFUSED,
         "too many connections: ");
  expect(AT "FATAL:  XX000: whatever\n", ERR_PROTOCOL, "whatever");
}

static void test_by_text(void **state) {
  (void)state;
  expect(AT "Connection refused\n\tIs the server running on that host and accepting TCP/IP "
            "connections?\n",
         ERR_REFUSED, "refused: nothing listens on port 5432 of db");
  expect("connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: No such file or "
         "directory\n\tIs the server running locally and accepting connections on that socket?\n",
         ERR_REFUSED, "refused: nothing listens on /tmp/.s.PGSQL.5432");
  expect(AT "No route to host\n", ERR_UNREACHABLE, "No route");
  expect(AT "server closed the connection unexpectedly\n\tThis probably means ...\n", ERR_CLOSED,
         "the server closed the connection");
  expect(AT "received invalid response to SSL negotiation: H\n", ERR_PROTOCOL,
         "not a PostgreSQL server");
  expect(AT "server does not support SSL, but SSL was required\n", ERR_UNSUPPORTED,
         "the server does not support SSL, but sslmode requires it");
  expect(AT "SSL error: certificate verify failed\n", ERR_PROTOCOL, "certificate verify failed");
  expect(AT "fe_sendauth: no password supplied\n", ERR_DENIED, "requires a password");
  struct err err;
  pg_error_connect(AT "No route to host\n", &err);
  assert_string_equal(err.text, "No route to host"); /* the target's name is beside it */
  expect("could not create socket: Too many open files\n", ERR_LIMIT, "ulimit -n");
  expect(AT "could not create socket: Too many open files in system\n", ERR_LIMIT, "fs.file-max");
  expect("", ERR_PROTOCOL, "client library gave no reason");
  expect("\n\n", ERR_PROTOCOL, "client library gave no reason");
  expect("Connection refused", ERR_REFUSED, "nothing listens on it");
  expect("\"Connection refused", ERR_REFUSED, "nothing listens on it");
}

static void test_long_and_broken(void **state) {
  (void)state;
  char message[5000];
  memset(message, 'x', sizeof message);
  message[sizeof message - 1] = '\0';
  expect(message, ERR_PROTOCOL, "xxx");
  memcpy(message, "FATAL:  53300: ", 15);
  expect(message, ERR_REFUSED, "xxx");
  expect("FATAL:  5330: x", ERR_PROTOCOL, "5330");
  expect("FATAL:  53300:", ERR_PROTOCOL, "53300");
  struct err err = {0};
  pg_error_server("57014", "", &err);
  assert_int_equal(err.kind, ERR_TIMEOUT);
  assert_string_equal(err.text, "57014");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_sqlstate),
      cmocka_unit_test(test_by_text),
      cmocka_unit_test(test_long_and_broken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
