/* Where ssh leads to, and what its words mean. */
#include "clients/docker/docker_ssh.h"

#include "clients/docker/docker.h"
#include "clients/docker/docker_gate.h"
#include "io/clock.h"
#include "support/core_test.h"

#include <stdio.h>

static void test_places(void **state) {
  static const struct {
    const char *text, *host, *port; /* host NULL: refused, with port's words */
  } cases[] = {
      {"host", "host", ""},
      {"deploy@10.0.0.7", "deploy@10.0.0.7", ""},
      {"deploy@10.0.0.7:2222/", "deploy@10.0.0.7", "2222"},
      {"me.too_+-@a-b.example", "me.too_+-@a-b.example", ""},
      {"[::1]:22", "::1", "22"},
      {"me@[fe80::1]", "me@fe80::1", ""},
      {"", NULL, "not a user and a host"},
      {"@host", NULL, "not a user and a host"},
      {"-host", NULL, "not a user and a host"},
      {"-me@host", NULL, "not a user and a host"},
      {"me@-oProxyCommand=x", NULL, "not a user and a host"},
      {"me@ho st", NULL, "not a user and a host"},
      {"me@host\n", NULL, "not a user and a host"},
      {"me;id@host", NULL, "not a user and a host"},
      {"me@host%h", NULL, "not a user and a host"},
      {"a@b@host", NULL, "not a user and a host"},
      {"\033[31m@host", NULL, "not a user and a host"},
      {"me:secret@host", NULL, "takes no password"},
      {"host/run/docker.sock", NULL, "takes no path"},
      {"host:", NULL, "not a port"},
      {"host:0", NULL, "not a port"},
      {"host:65536", NULL, "not a port"},
      {"host:22x", NULL, "not a port"},
      {"host:-1", NULL, "not a port"},
      {"[::1", NULL, "not a user and a host"},
      {"host/", "host", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct docker_ssh_login login;
    struct err err = {0};
    const bool good = docker_ssh_login_read(cases[i].text, &login, &err);
    if (good != (cases[i].host != NULL))
      fail_msg("%s: %s", cases[i].text, good ? "taken" : err.text);
    if (good) {
      assert_string_equal(login.host, cases[i].host);
      assert_string_equal(login.port, cases[i].port);
    } else if (!strstr(err.text, cases[i].port)) {
      fail_msg("%s: %s", cases[i].text, err.text);
    }
  }
}

/* Which failures mean that no engine has got anything: only those are "not sent". */
static void test_words(void **state) {
  static const struct docker_ssh_login login = {.host = "me@host"};
  static const struct {
    const char *words, *expected;
    bool ended, unsent;
    enum err_kind kind;
    const char *text;
  } cases[] = {
      {"me@host: Permission denied (publickey).",
       "ssh me@host: Permission denied (publickey); ssh has to log in without a password", true,
       true, ERR_CLOSED, "closed"},
      {"ssh: connect to host host port 22: Connection refused",
       "ssh me@host: connect to host host port 22: Connection refused", true, true, ERR_CLOSED, ""},
      {"Read from remote host host: Connection timed out",
       "ssh me@host: Read from remote host host: Connection timed out", true, false, ERR_CLOSED,
       "closed"},
      {"ssh: connect to host host port 22: No route to host",
       "ssh me@host: connect to host host port 22: No route to host", true, true, ERR_CLOSED, ""},
      {"bash: line 1: docker: command not found",
       "ssh me@host: bash: line 1: docker: command not found; docker has to be in PATH on that "
       "host",
       true, true, ERR_CLOSED, ""},
      {"Connection to host closed by remote host.",
       "ssh me@host: Connection to host closed by remote host", true, false, ERR_CLOSED, "closed"},
      {"Permission denied (publickey).", "ssh me@host: closed (Permission denied (publickey))",
       false, false, ERR_CLOSED, "closed"}, /* it has not ended: it may try the next key */
      {"", "ssh me@host: no answer within 5s", false, false, ERR_TIMEOUT,
       "connected, but no response within 5s"},
      {"x", "ssh me@host: no answer within 5s: x", true, false, ERR_TIMEOUT, "no y within 5s"},
      {"", "ssh me@host: closed", false, false, ERR_CLOSED, "closed"},
  };
  char longest[600];
  struct err err, better;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    err_set(&err, cases[i].kind, "%s", cases[i].text);
    docker_ssh_error(&login, cases[i].words, cases[i].ended, &err, &better);
    assert_string_equal(better.text, cases[i].expected);
    assert_int_equal(docker_was_not_sent(&better), cases[i].unsent);
  }
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  err_set(&err, ERR_CLOSED, "%s", longest);
  docker_ssh_error(&login, longest, true, &err, &better);
  assert_int_equal(better.kind, ERR_CLOSED);
}

/* ---- the gate */

struct waiter {
  struct docker_turn turn;
  int went, late;
};

static void on_go(void *arg) {
  ((struct waiter *)arg)->went++;
}

static void on_late(void *arg) {
  ((struct waiter *)arg)->late++;
}

static bool enter(struct io *io, struct waiter *waiter, const char *place, int64_t for_ms) {
  const bool brief = waiter->turn.brief;
  *waiter = (struct waiter){0};
  waiter->turn = (struct docker_turn){.go = on_go,
                                      .late = on_late,
                                      .arg = waiter,
                                      .end_ms = clock_now_ms() + for_ms,
                                      .brief = brief};
  return docker_gate_enter(io, place, &waiter->turn);
}

static void run_until(uv_loop_t *loop, const int *count) {
  while (*count == 0)
    uv_run(loop, UV_RUN_ONCE);
}

static void test_a_few_at_a_time(void **state) {
  uv_loop_t loop;
  struct io io = {.loop = &loop};
  struct waiter waiters[DOCKER_GATE_MAX + 3] = {0}, other = {0};
  (void)state;
  uv_loop_init(&loop);
  waiters[1].turn.brief = true;
  for (size_t i = 0; i < DOCKER_GATE_MAX; i++)
    assert_true(enter(&io, &waiters[i], "ssh://a", 60000));
  struct waiter *late = &waiters[DOCKER_GATE_MAX], *first = late + 1, *second = late + 2;
  assert_false(enter(&io, late, "ssh://a", 1));
  assert_false(enter(&io, first, "ssh://a", 60000));
  assert_false(enter(&io, second, "ssh://a", 60000));
  assert_true(enter(&io, &other, "ssh://b", 60000)); /* another host has its own */
  run_until(&loop, &late->late);
  assert_int_equal(first->went, 0);
  docker_gate_leave(&waiters[0].turn);
  assert_int_equal(first->went, 0); /* not from within the call */
  run_until(&loop, &first->went);
  assert_int_equal(second->went, 0);
  run_until(&loop, &second->went); /* the stream has had its time to log in */
  assert_int_equal(late->went + first->late + second->late, 0);
  for (size_t i = 0; i < DOCKER_GATE_MAX + 3; i++)
    docker_gate_leave(&waiters[i].turn);
  docker_gate_leave(&other.turn);
  assert_null(io.docker_gates);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_a_few_at_a_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
