/* Who acts, where the files are, and what syslog gets. */
#include "audit_fixture.h"

#include "audit/audit_process.h"
#include "audit/audit_syslog.h"

#include <sys/socket.h>
#include <sys/un.h>

static void clear_environment(void) {
  static const char *const names[] = {"SUDO_USER",  "DOAS_USER",      "SSH_CONNECTION",
                                      "SSH_CLIENT", "XDG_STATE_HOME", "HOME"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unsetenv(names[i]);
}

static void test_who(void **state) {
  (void)state;
  char buffer[1024], host[256] = "";
  struct audit_who who;
  clear_environment();
  audit_who_self(&who, buffer, sizeof buffer);
  gethostname(host, sizeof host - 1);
  assert_string_equal(who.user, getuid() == 0 ? "root" : who.user);
  assert_string_equal(who.host, host);
  assert_int_equal(who.uid, getuid());
  assert_int_equal(who.pid, getpid());
  assert_true(who.pid_start > 0);
  assert_null(who.ssh);
  setenv("SUDO_USER", "ann", 1);
  setenv("SSH_CONNECTION", "10.0.0.7 51234 10.0.0.1 22", 1);
  audit_who_self(&who, buffer, sizeof buffer);
  assert_string_equal(who.login, "ann");
  assert_string_equal(who.ssh, "10.0.0.7 51234");
  setenv("SUDO_USER", who.user, 1); /* the same says nothing */
  unsetenv("SSH_CONNECTION");
  setenv("SSH_CLIENT", "fe80::1 51234 22", 1);
  audit_who_self(&who, buffer, sizeof buffer);
  assert_null(who.login);
  assert_string_equal(who.ssh, "fe80::1 51234");
}

static void test_no_room(void **state) {
  (void)state;
  char buffer[8];
  struct audit_who who;
  clear_environment();
  setenv("SSH_CLIENT", "10.0.0.7 51234 22", 1);
  audit_who_self(&who, buffer, sizeof buffer);
  assert_null(who.ssh);
}

static void expect_folder(const char *expected) {
  char *folder = state_folder();
  if (expected)
    assert_string_equal(folder, expected);
  else
    assert_null(folder);
  free(folder);
}

static void test_state_folder(void **state) {
  (void)state;
  clear_environment();
  expect_folder(NULL);
  setenv("HOME", "", 1);
  expect_folder(NULL);
  setenv("HOME", "/home/ops", 1);
  expect_folder("/home/ops/.local/state/stacktop");
  setenv("XDG_STATE_HOME", "relative", 1);
  expect_folder("/home/ops/.local/state/stacktop");
  setenv("XDG_STATE_HOME", "/var/state", 1);
  expect_folder("/var/state/stacktop");
}

/* A name with parentheses and blanks in it does no harm. */
static void test_process_start(void **state) {
  (void)state;
  int64_t before = process_start(getpid());
  FILE *name = fopen("/proc/self/comm", "we");
  assert_non_null(name);
  fputs("a) R 1 (b", name);
  fclose(name);
  assert_true(before > 0);
  assert_int_equal(process_start(getpid()), before);
  assert_int_equal(process_start((1 << 22) + 1), 0);
}

static void test_the_line_for_syslog(void **state) {
  (void)state;
  char out[AUDIT_SYSLOG_MAX];
  struct audit_record record = fixture_outcome("a-1");
  record.title = "Terminate \"x\"\n\x1b[2J";
  record.error = "lost";
  assert_string_equal(
      audit_syslog_line(out, &record),
      "outcome result=done id=a-1 user=ops login=ann ssh=\"10.0.0.7 51234\" environment=production "
      "action=postgres.terminate target=ecap count=2 unit=sessions "
      "title=\"Terminate 'x' \xef\xbf\xbd[2J\" error=lost");
  static char big[5000];
  memset(big, 'x', sizeof big - 1);
  record.id = record.title = record.error = record.target = record.environment = record.unit = big;
  audit_syslog_line(out, &record);
  assert_true(strlen(out) < AUDIT_SYSLOG_MAX);
  record = fixture_intent("a-1");
  assert_memory_equal(audit_syslog_line(out, &record), "intent id=a-1 user=ops ", 23);
}

/* A logger of the test's own, where the machine has none. */
static void test_syslog(void **state) {
  struct fixture *fixture = *state;
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
  int logger = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (access("/dev/log", F_OK) == 0 ||
      bind(logger, (struct sockaddr *)&address, sizeof address) != 0) {
    print_message("no logger of the test's own can stand at /dev/log: the sending is not tested\n");
    close(logger);
    return;
  }
  fixture_close(fixture);
  fixture_open(fixture, fixture->path, true);
  struct audit_record intent = fixture_intent("a-1"), outcome = fixture_outcome("a-1");
  audit_append(fixture->audit, &intent, fixture_done, fixture);
  audit_append(fixture->audit, &outcome, fixture_done, fixture);
  fixture_close(fixture); /* waits for them, too */
  char text[2][2048] = {"", ""};
  for (int i = 0; i < 2; i++)
    (void)!recv(logger, text[i], sizeof text[i] - 1, 0);
  close(logger);
  unlink("/dev/log");
  assert_memory_equal(text[0], "<85>", 4); /* LOG_AUTHPRIV | LOG_NOTICE */
  assert_non_null(strstr(text[0], " stacktop["));
  assert_non_null(strstr(text[0], "]: intent id=a-1 user=ops"));
  assert_non_null(strstr(text[1], "]: outcome result=done id=a-1"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who),
      cmocka_unit_test(test_no_room),
      cmocka_unit_test(test_state_folder),
      cmocka_unit_test(test_process_start),
      cmocka_unit_test(test_the_line_for_syslog),
      cmocka_unit_test_setup_teardown(test_syslog, fixture_setup, fixture_teardown),
  };
  return cmocka_run_group_tests_name("who", tests, NULL, NULL);
}
