/* What is said in clear before TLS. Against real servers: tests/e2e/test_tls.py. */
#include "io/tls/tls_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int judge(enum tls_start start, int step, const char *text) {
  return tls_talk_judge(start, step, text, strlen(text));
}

static void test_verdicts(void **state) {
  (void)state;
  assert_int_equal(judge(TLS_START_SMTP, 0, "220 mail"), 0); /* no end of the line yet */
  assert_int_equal(judge(TLS_START_SMTP, 0, "220 mail\r\n"), 1);
  assert_int_equal(judge(TLS_START_SMTP, 0, "554 no\r\n"), -1);
  assert_int_equal(judge(TLS_START_SMTP, 1, "250-mail\r\n250-SIZE\r\n"), 0);
  assert_int_equal(judge(TLS_START_SMTP, 1, "250-mail\r\n250 STARTTLS\r\n"), 1);
  assert_int_equal(judge(TLS_START_SMTP, 2, "454 not now\r\n"), -1);
  assert_int_equal(judge(TLS_START_IMAP, 0, "* OK ready\r\n"), 1);
  assert_int_equal(judge(TLS_START_IMAP, 1, "* CAPABILITY x\r\n"), 0);
  assert_int_equal(judge(TLS_START_IMAP, 1, "a1 OK go\r\n"), 1);
  assert_int_equal(judge(TLS_START_IMAP, 1, "a1 BAD no\r\n"), -1);
  assert_int_equal(judge(TLS_START_POSTGRES, 0, "S"), 1);
  assert_int_equal(judge(TLS_START_POSTGRES, 0, "N"), -1);
  assert_int_equal(judge(TLS_START_POSTGRES, 0, "Sx"), -1); /* said before TLS: CVE-2021-23222 */
}

/* Commands behind the answer to STARTTLS are not taken for what comes by TLS. */
static void test_a_conversation(void **state) {
  (void)state;
  int ends[2];
  char said[64];
  struct tls_talk talk;
  struct err err = {0};
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  tls_talk_begin(&talk, TLS_START_SMTP);
  assert_int_equal(tls_talk_go(&talk, ends[0], &err), TLS_TALK_READS);
  assert_string_equal(tls_talk_step(&talk), "connected, but no greeting");
  assert_int_equal(write(ends[1], "220 mail\r\n", 10), 10);
  assert_int_equal(tls_talk_go(&talk, ends[0], &err), TLS_TALK_READS);
  assert_int_equal(read(ends[1], said, sizeof said), 15);
  assert_memory_equal(said, "EHLO stacktop\r\n", 15);
  assert_int_equal(write(ends[1], "250 ok\r\n", 8), 8);
  assert_int_equal(tls_talk_go(&talk, ends[0], &err), TLS_TALK_READS);
  assert_int_equal(write(ends[1], "220 go\r\n", 8), 8);
  assert_int_equal(tls_talk_go(&talk, ends[0], &err), TLS_TALK_DONE);
  close(ends[0]);
  close(ends[1]);
}

static void test_a_flood(void **state) {
  (void)state;
  int ends[2];
  char many[TLS_TALK_MAX];
  struct tls_talk talk;
  struct err err = {0};
  memset(many, '2', sizeof many);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_int_equal(write(ends[1], many, sizeof many), (ssize_t)sizeof many);
  tls_talk_begin(&talk, TLS_START_SMTP);
  assert_int_equal(tls_talk_go(&talk, ends[0], &err), TLS_TALK_FAILED);
  assert_int_equal(err.kind, ERR_PROTOCOL);
  close(ends[1]);
  tls_talk_begin(&talk, TLS_START_IMAP);
  while (tls_talk_go(&talk, ends[0], &err) == TLS_TALK_READS)
    ;
  close(ends[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_verdicts),
      cmocka_unit_test(test_a_conversation),
      cmocka_unit_test(test_a_flood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
