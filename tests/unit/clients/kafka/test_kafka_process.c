/* The process of a Kafka client in all the ways in which it can fail, and in those in which it must
 * not take part in ours. Most of the children here only play the client: the bootstrap address says
 * how they behave. */
#include "clients/kafka/child/kafka_child.h"
#include "clients/kafka/kafka_admin.h"
#include "clients/kafka/kafka_asking.h"
#include "clients/kafka/kafka_process.h"

#include "support/c11_threads.h"
#include "support/child_processes.h"
#include "support/tiny_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- the child's side */

static struct kafka_frame_head frame_read(char *body, size_t size) {
  struct kafka_frame_head head = {0};
  if (read(KAFKA_CHILD_FD, &head, sizeof head) != sizeof head || head.len >= size)
    _exit(0);
  for (size_t got = 0; got < head.len;) {
    ssize_t count = read(KAFKA_CHILD_FD, body + got, head.len - got);
    if (count <= 0)
      _exit(0);
    got += (size_t)count;
  }
  return head;
}

static void send_bytes(const void *bytes, size_t len) {
  if (write(KAFKA_CHILD_FD, bytes, len) != (ssize_t)len)
    _exit(0);
}

static void send_frame(struct wire_out frame) {
  if (!kafka_frame_end(&frame))
    abort();
  send_bytes(frame.bytes, frame.len);
  free(frame.bytes);
}

static void answer(const struct kafka_frame_head *head, bool good) {
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_ANSWER, head->call);
  struct err err = {ERR_CLOSED, "cancelled"};
  kafka_frame_put_err(&frame, good, &err);
  struct kafka_snapshot *snapshot = kafka_snapshot_new();
  struct kafka_admin *admin = kafka_admin_new();
  snapshot->cluster_id = "played";
  if (head->type == KAFKA_FRAME_COLLECT && good)
    kafka_snapshot_put(&frame, snapshot);
  else if (head->type == KAFKA_FRAME_ASK)
    kafka_answer_put(&frame, admin);
  kafka_snapshot_free(snapshot);
  kafka_admin_free(admin);
  send_frame(frame);
}

static void step(const struct kafka_frame_head *head) {
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_STEP, head->call);
  wire_put_text(&frame, "the play");
  send_frame(frame);
}

static void hang(void) {
  for (;;)
    pause();
}

static uint32_t ask_to_pass(const struct kafka_frame_head *head, char *body, size_t size) {
  send_frame(kafka_frame_begin(KAFKA_FRAME_PASS, head->call));
  return frame_read(body, size).type;
}

static void garbage(const struct kafka_frame_head *head, const char *kind) {
  static const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  struct kafka_frame_head bad = {KAFKA_FRAME_MAGIC, KAFKA_FRAME_ANSWER, head->call, 1000};
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_ANSWER, head->call);
  if (strcmp(kind, "text") == 0)
    send_bytes(text, sizeof text);
  if (strcmp(kind, "large") == 0)
    bad.len = (uint64_t)1 << 40;
  if (strcmp(kind, "stranger") == 0) /* another call's answer */
    bad.call += 7, bad.len = 0;
  if (strcmp(kind, "type") == 0)
    bad.type = KAFKA_FRAME_CONFIG, bad.len = 0;
  if (strcmp(kind, "flood") == 0)
    for (;;)
      step(head);
  if (strcmp(kind, "empty") == 0)
    send_frame(frame);
  else
    send_bytes(&bad, sizeof bad);
  if (strcmp(kind, "half") == 0)
    abort();
  hang();
}

static void play(const char *role, const struct kafka_frame_head *head, char *body, size_t size) {
  step(head);
  if (strncmp(role, "abort", 5) == 0)
    abort();
  if (strncmp(role, "exit", 4) == 0)
    _exit(3);
  if (strncmp(role, "threadless", 10) == 0)
    _exit(KAFKA_CHILD_NO_THREAD);
  if (strncmp(role, "hang", 4) == 0)
    hang();
  if (strncmp(role, "bad-", 4) == 0)
    garbage(head, role + 4);
  if (strncmp(role, "asks", 4) == 0 && ask_to_pass(head, body, size) != KAFKA_FRAME_GO)
    abort();
  if (strncmp(role, "asks-abort", 10) == 0)
    abort();
  if (strncmp(role, "asks-hang", 9) == 0)
    hang();
  if (strncmp(role, "late", 4) == 0 && head->type == KAFKA_FRAME_ASK) {
    struct kafka_frame_head next = frame_read(body, size); /* the cancel */
    if (next.type != KAFKA_FRAME_CANCEL || ask_to_pass(head, body, size) != KAFKA_FRAME_STAY)
      abort();
    answer(head, false);
    return;
  }
  answer(head, true);
}

static int played_child(void) {
  static char config[4096], body[4096];
  struct kafka_frame_head head = frame_read(config, sizeof config);
  struct wire_in in = {config, head.len, NULL, false};
  char role[64];
  const char *bootstrap = wire_get_text(&in); /* its first field */
  if (!bootstrap)
    return 1;
  snprintf(role, sizeof role, "%.*s", (int)strcspn(bootstrap, ":"), bootstrap);
  for (;;) {
    head = frame_read(body, sizeof body);
    if (head.type == KAFKA_FRAME_COLLECT || head.type == KAFKA_FRAME_ASK)
      play(role, &head, body, sizeof body);
  }
}

/* ---- ours */

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct kafka_client *client;
  bool done, closed;
  struct err err;
  char note[200];
  struct kafka_admin *admin; /* the answer that arrived */
  bool good;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  f->io.kafka_child = KAFKA_CHILD_SELF;
  *state = f;
  return 0;
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static void close_client(struct fixture *f) {
  int64_t began = clock_now_ms();
  f->closed = false;
  kafka_client_close(f->client, on_closed, &f->closed);
  tiny_run_until(&f->loop, &f->closed);
  assert_true(clock_now_ms() - began < KAFKA_CLOSE_MS + 100);
  f->client = NULL;
}

/* Whatever happened: no child is left, not even as a zombie. */
static int teardown(void **state) {
  struct fixture *f = *state;
  pid_t pid;
  if (f->client)
    close_client(f);
  kafka_admin_free(f->admin);
  tiny_loop_end(&f->loop);
  assert_int_equal(children_count(getpid(), &pid), 0);
  free(f);
  return 0;
}

static void make(struct fixture *f, const char *role) {
  struct kafka_config config = {.bootstrap = role};
  struct err err = {0};
  f->client = kafka_client_new(&f->io, &config, &err);
  assert_non_null(f->client);
}

static void on_snapshot(void *arg, struct kafka_snapshot *snapshot, const struct err *err) {
  struct fixture *f = arg;
  f->done = true;
  f->good = snapshot != NULL;
  f->note[0] = '\0';
  if (err)
    f->err = *err;
  if (snapshot && snapshot->crash)
    snprintf(f->note, sizeof f->note, "%s", snapshot->crash);
  kafka_snapshot_free(snapshot);
}

static struct kafka_request *start(struct fixture *f, int64_t timeout_ms) {
  static char every[] = "*";
  char *globs[] = {every};
  struct kafka_query query = {
      .groups = globs, .group_count = 1, .deadline_ms = clock_now_ms() + timeout_ms};
  f->done = false;
  f->err = (struct err){0};
  return kafka_snapshot_start(f->client, &query, on_snapshot, f);
}

static int64_t collect(struct fixture *f, int64_t timeout_ms) {
  int64_t began = clock_now_ms();
  start(f, timeout_ms);
  assert_false(f->done);
  tiny_run_until(&f->loop, &f->done);
  return clock_now_ms() - began;
}

static void on_admin(void *arg, struct kafka_admin *admin, const struct err *err) {
  struct fixture *f = arg;
  f->done = true;
  f->good = !err;
  f->admin = admin;
  if (err)
    f->err = *err;
}

static struct kafka_asking *ask(struct fixture *f, int64_t timeout_ms) {
  struct kafka_admin *admin = kafka_admin_new();
  f->admin = admin;
  admin->run = kafka_run_drop_group;
  admin->group = "g";
  f->done = false;
  return kafka_admin_ask(f->client, admin, clock_now_ms() + timeout_ms, on_admin, f);
}

static void check_err(const struct fixture *f, enum err_kind kind, const char *says) {
  assert_true(f->done && !f->good);
  if (f->err.kind != kind || !strstr(f->err.text, says))
    fail_msg("%s: %s, instead of %s", err_kind_name(f->err.kind), f->err.text, says);
}

static void wait_children(struct fixture *f, int count) {
  pid_t pid;
  int64_t give_up = clock_now_ms() + 10000;
  while (children_count(getpid(), &pid) != count) {
    assert_true(clock_now_ms() < give_up);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    usleep(2000);
  }
}

static void wait_request(struct fixture *f, struct tiny_server *server) {
  int64_t give_up = clock_now_ms() + 10000;
  for (server->requests = 0; server->requests == 0; usleep(1000)) {
    assert_true(clock_now_ms() < give_up);
    uv_run(&f->loop, UV_RUN_NOWAIT);
  }
}

static pid_t the_child(void) {
  pid_t pid = 0;
  assert_int_equal(children_count(getpid(), &pid), 1);
  return pid;
}

/* ---- failures that it survives */

static void test_one_child_for_all_calls(void **state) {
  struct fixture *f = *state;
  pid_t pid = 0;
  make(f, "plays:1");
  assert_int_equal(children_count(getpid(), &pid), 0); /* none before it is needed */
  collect(f, 5000);
  assert_true(f->good && !*f->note);
  pid = the_child();
  for (int i = 0; i < 3; i++) {
    collect(f, 5000);
    assert_true(f->good);
  }
  assert_int_equal(the_child(), pid);
}

static void test_crash_in_a_call(void **state) {
  struct fixture *f = *state;
  make(f, "abort:1");
  assert_true(collect(f, 5000) < 2000);
  check_err(f, ERR_IO, "Kafka client crashed (SIGABRT), restarting");
}

static void test_exit_in_a_call(void **state) {
  struct fixture *f = *state;
  make(f, "exit:1");
  collect(f, 5000);
  check_err(f, ERR_IO, "Kafka client ended (exit status 3), restarting");
}

/* Each crash makes the pause longer; a call that cannot wait for its end gets the reason at once.
 */
static void test_pause_before_a_restart(void **state) {
  struct fixture *f = *state;
  make(f, "abort:1");
  collect(f, 5000);
  assert_true(collect(f, 50) < 40); /* no child in time */
  check_err(f, ERR_IO, "crashed (SIGABRT)");
  int64_t first = collect(f, 5000);
  check_err(f, ERR_IO, "crashed (SIGABRT)");
  int64_t second = collect(f, 5000);
  check_err(f, ERR_IO, "crashed (SIGABRT)");
  assert_true(first >= KAFKA_PAUSE_MS - 60 && first < KAFKA_PAUSE_MS + 400);
  assert_true(second >= 2 * KAFKA_PAUSE_MS - 60 && second < 2 * KAFKA_PAUSE_MS + 400);
}

/* No call was running at that moment; so the next answer reports it. */
static void test_crash_between_calls(void **state) {
  struct fixture *f = *state;
  make(f, "plays:1");
  collect(f, 5000);
  pid_t pid = the_child();
  kill(pid, SIGABRT);
  wait_children(f, 0);
  collect(f, 5000);
  assert_true(f->good);
  assert_string_equal(f->note, "Kafka client crashed (SIGABRT), restarting");
  assert_true(the_child() != pid);
  collect(f, 5000);
  assert_true(f->good && !*f->note); /* once */
}

/* A call that cannot wait for the next child gets the reason; the answer after that does not repeat
 * it. */
static void test_crash_is_reported_once(void **state) {
  struct fixture *f = *state;
  make(f, "plays:1");
  collect(f, 5000);
  kill(the_child(), SIGABRT);
  wait_children(f, 0);
  assert_true(collect(f, 50) < 40);
  check_err(f, ERR_IO, "crashed (SIGABRT)");
  collect(f, 5000);
  assert_true(f->good);
  assert_string_equal(f->note, "");
  kill(the_child(), SIGABRT); /* the same where the next child cannot be started */
  wait_children(f, 0);
  f->io.kafka_child = "/no/such/file";
  collect(f, 5000);
  check_err(f, ERR_IO, "cannot start the Kafka client");
  f->io.kafka_child = KAFKA_CHILD_SELF;
  collect(f, 5000);
  assert_true(f->good);
  assert_string_equal(f->note, "");
}

static void test_killed_in_a_call(void **state) {
  struct fixture *f = *state;
  make(f, "hang:1");
  start(f, 5000);
  wait_children(f, 1);
  kill(the_child(), SIGKILL);
  tiny_run_until(&f->loop, &f->done);
  check_err(f, ERR_IO, "crashed (SIGKILL)");
}

/* Where memory is limited that may be the cause: the words name the limit, as it was at that
 * moment. */
static void test_limited_memory(void **state) {
  struct fixture *f = *state;
  struct rlimit before, limit;
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  limit = before;
  limit.rlim_cur = (rlim_t)1 << 47; /* room enough for a sanitizer */
  make(f, "abort:1");
  assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
  collect(f, 5000);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
  check_err(
      f, ERR_IO,
      "Kafka client crashed (SIGABRT) (memory is limited: ulimit -v 137438953472), restarting");
  collect(f, 5000);
  check_err(f, ERR_IO, "Kafka client crashed (SIGABRT), restarting");
}

static void test_no_thread(void **state) {
  struct fixture *f = *state;
  make(f, "threadless:1");
  collect(f, 5000);
  check_err(f, ERR_IO, "Kafka client ended: cannot start a thread (ulimit -u), restarting");
}

static void test_hang_in_a_call(void **state) {
  struct fixture *f = *state;
  make(f, "hang:1");
  int64_t took = collect(f, 200);
  assert_true(took >= 200 + KAFKA_LATE_MS - 20 && took < 200 + KAFKA_LATE_MS + 1000);
  check_err(f, ERR_IO, "Kafka client hung (waited for the play), restarting");
  wait_children(f, 0);
}

/* While stopped, it does not even receive the cancel. */
static void test_frozen_in_a_call(void **state) {
  struct fixture *f = *state;
  make(f, "hang:1");
  start(f, 300);
  wait_children(f, 1);
  kill(the_child(), SIGSTOP);
  tiny_run_until(&f->loop, &f->done);
  check_err(f, ERR_IO, "Kafka client hung");
  wait_children(f, 0);
}

/* A cancel returns at once; the child has a moment to become free. */
static void test_hang_after_a_cancel(void **state) {
  struct fixture *f = *state;
  const char *waited = NULL;
  make(f, "hang:1");
  struct kafka_request *request = start(f, 60000);
  wait_children(f, 1);
  for (int64_t until = clock_now_ms() + 200; clock_now_ms() < until;)
    uv_run(&f->loop, UV_RUN_NOWAIT); /* its step arrives */
  int64_t began = clock_now_ms();
  kafka_snapshot_cancel(request, &waited);
  assert_string_equal(waited, "the play");
  assert_true(clock_now_ms() - began < 20);
  wait_children(f, 0);
  assert_true(clock_now_ms() - began >= KAFKA_FREE_MS - 20);
  assert_false(f->done);
}

/* A question that is sent and cannot be answered, because the child is frozen. */
static struct kafka_request *start_frozen(struct fixture *f) {
  collect(f, 5000);
  kill(the_child(), SIGSTOP);
  struct kafka_request *request = start(f, 60000);
  uv_run(&f->loop, UV_RUN_ONCE); /* it is sent */
  return request;
}

/* A caller that cancels and asks for its step reports the reason: the next answer does not repeat
 * it. A reason that was not reported is in the next answer. */
static void test_hang_is_reported_once(void **state) {
  struct fixture *f = *state;
  const char *waited = NULL;
  make(f, "plays:1");
  kafka_snapshot_cancel(start_frozen(f), &waited);
  assert_string_equal(waited, "the request to be read");
  wait_children(f, 0);
  collect(f, 5000);
  assert_true(f->good);
  assert_string_equal(f->note, "");
  kafka_snapshot_cancel(start_frozen(f), NULL);
  wait_children(f, 0);
  collect(f, 5000);
  assert_true(f->good);
  assert_non_null(strstr(f->note, "Kafka client hung"));
  kafka_snapshot_cancel(start_frozen(f), &waited);
  kill(the_child(), SIGCONT);
  collect(f, 5000); /* it became free in time; later failures are another matter */
  kill(the_child(), SIGABRT);
  wait_children(f, 0);
  collect(f, 5000);
  assert_string_equal(f->note, "Kafka client crashed (SIGABRT), restarting");
}

static void check_garbage(struct fixture *f, const char *role, const char *says) {
  make(f, role);
  assert_true(collect(f, 8000) < 4000);
  check_err(f, ERR_IO, says);
  wait_children(f, 0);
}

static const char no_answer[] = "Kafka client sent an invalid answer, restarting";
#define GARBAGE_TEST(name, role, says)            \
  static void test_garbage_##name(void **state) { \
    check_garbage(*state, role, says);            \
  }
GARBAGE_TEST(text, "bad-text:1", no_answer)
GARBAGE_TEST(large, "bad-large:1", no_answer)
GARBAGE_TEST(stranger, "bad-stranger:1", no_answer)
GARBAGE_TEST(type, "bad-type:1", no_answer)
GARBAGE_TEST(flood, "bad-flood:1", no_answer)
GARBAGE_TEST(empty, "bad-empty:1", no_answer)
GARBAGE_TEST(half, "bad-half:1", "crashed (SIGABRT)")

static void test_cannot_be_started(void **state) {
  struct fixture *f = *state;
  f->io.kafka_child = "/no/such/file";
  make(f, "plays:1");
  assert_true(collect(f, 5000) < 500);
  check_err(f, ERR_IO, "cannot start the Kafka client: no such file");
  close_client(f);
  f->io.kafka_child = NULL; /* a program without that mode */
  make(f, "plays:1");
  collect(f, 5000);
  check_err(f, ERR_IO, "cannot start the Kafka client");
}

/* ---- changes */

static void test_change_passes(void **state) {
  struct fixture *f = *state;
  make(f, "asks:1");
  ask(f, 5000);
  tiny_run_until(&f->loop, &f->done);
  assert_true(f->good && kafka_admin_sent(f->admin) && !f->admin->unsure);
}

static void test_crash_before_the_gate(void **state) {
  struct fixture *f = *state;
  make(f, "abort:1");
  ask(f, 5000);
  tiny_run_until(&f->loop, &f->done);
  check_err(f, ERR_IO, "Kafka client crashed (SIGABRT), restarting; nothing was sent");
  assert_true(!kafka_admin_sent(f->admin) && !f->admin->unsure);
}

static void test_crash_behind_the_gate(void **state) {
  struct fixture *f = *state;
  make(f, "asks-abort:1");
  ask(f, 5000);
  tiny_run_until(&f->loop, &f->done);
  check_err(f, ERR_IO, "Kafka client crashed (SIGABRT), restarting");
  assert_null(strstr(f->err.text, "nothing"));
  assert_true(kafka_admin_sent(f->admin) && f->admin->unsure);
}

static void test_hang_behind_the_gate(void **state) {
  struct fixture *f = *state;
  make(f, "asks-hang:1");
  ask(f, 300);
  tiny_run_until(&f->loop, &f->done);
  check_err(f, ERR_IO, "Kafka client hung");
  assert_true(f->admin->unsure);
}

/* A request for permission after the cancel is denied (the child would abort), and it keeps
 * serving. */
static void test_cancel_before_the_gate(void **state) {
  struct fixture *f = *state;
  make(f, "late:1");
  collect(f, 5000);
  pid_t pid = the_child();
  struct kafka_asking *asking = ask(f, 5000);
  for (int64_t until = clock_now_ms() + 50; clock_now_ms() < until;)
    uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_false(kafka_admin_cancel(asking));
  collect(f, 5000);
  assert_true(f->good && !*f->note);
  assert_int_equal(the_child(), pid);
}

static void test_cancel_behind_the_gate(void **state) {
  struct fixture *f = *state;
  make(f, "asks-hang:1");
  struct kafka_asking *asking = ask(f, 5000);
  for (int64_t until = clock_now_ms() + 500; clock_now_ms() < until;)
    uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_true(kafka_admin_cancel(asking));
}

/* ---- its end */

static void test_close_while_it_hangs(void **state) {
  struct fixture *f = *state;
  make(f, "hang:1");
  struct kafka_request *request = start(f, 60000);
  wait_children(f, 1);
  kill(the_child(), SIGSTOP);
  kafka_snapshot_cancel(request, NULL);
  close_client(f);
}

/* Started, killed, reaped, closed: a hundred times, and nothing is left over. */
static void test_nothing_leaks(void **state) {
  struct fixture *f = *state;
  make(f, "plays:1");
  collect(f, 5000);
  close_client(f);
  int before = descriptors_count();
  for (int i = 0; i < 100; i++) {
    make(f, i % 4 == 1 ? "abort:1" : i % 4 == 2 ? "bad-text:1" : "plays:1");
    if (i % 4 == 3)
      f->io.kafka_child = "/no/such/file";
    collect(f, 5000);
    f->io.kafka_child = KAFKA_CHILD_SELF;
    if (i % 4 == 0)
      kill(the_child(), SIGKILL);
    if (i % 8 != 0)
      close_client(f);
    else
      wait_children(f, 0), close_client(f);
  }
  pid_t pid;
  assert_int_equal(children_count(getpid(), &pid), 0);
  assert_int_equal(descriptors_count(), before);
}

static void on_crash_close(void *arg, struct kafka_snapshot *snapshot, const struct err *err) {
  struct fixture *f = arg;
  assert_null(snapshot);
  f->err = *err;
  kafka_client_close(f->client, on_closed, &f->closed);
  f->client = NULL;
}

static void test_close_in_the_callback(void **state) {
  struct fixture *f = *state;
  static char every[] = "*";
  char *globs[] = {every};
  struct kafka_query query = {
      .groups = globs, .group_count = 1, .deadline_ms = clock_now_ms() + 5000};
  for (int i = 0; i < 2; i++) {
    f->closed = false;
    make(f, i ? "bad-text:1" : "abort:1");
    kafka_snapshot_start(f->client, &query, on_crash_close, f);
    tiny_run_until(&f->loop, &f->closed);
  }
}

/* ---- the real one */

static bool file_has(pid_t pid, const char *name, const char *text) {
  char path[64];
  static char bytes[1 << 16];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t len = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  return memmem(bytes, len, text, strlen(text)) != NULL;
}

static void check_link(pid_t pid, int fd, const char *wanted) {
  char path[64], to[256] = "";
  snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
  ssize_t len = readlink(path, to, sizeof to - 1);
  if (wanted ? len < 0 || strcmp(to, wanted) != 0 : len >= 0)
    fail_msg("its descriptor %d is %s", fd, to);
}

static void test_takes_no_part_in_ours(void **state) {
  struct fixture *f = *state;
  char names[][24] = {"sasl.password"}, values[][24] = {"s3cr3t-of-mine"};
  char *name_list[] = {names[0]}, *value_list[] = {values[0]};
  struct tiny_server server = {0};
  tiny_listen(&server, &f->loop, "127.0.0.1");
  char bootstrap[32];
  snprintf(bootstrap, sizeof bootstrap, "127.0.0.1:%d", server.port);
  struct kafka_config config = {bootstrap, name_list, value_list, 1};
  struct err err = {0};
  assert_int_equal(dup2(STDIN_FILENO, 200), 200); /* as a library leaves them: not close-on-exec */
  setenv("STACKTOP_REAL_CHILD", "1", 1);
  f->client = kafka_client_new(&f->io, &config, &err);
  assert_non_null(f->client);
  struct kafka_request *request = start(f, 60000);
  wait_request(f, &server);
  unsetenv("STACKTOP_REAL_CHILD");
  close(200);
  pid_t pid = the_child();
  for (int fd = 0; fd < KAFKA_CHILD_FD; fd++)
    check_link(pid, fd, "/dev/null");
  check_link(pid, 200, NULL);
  assert_true(getsid(pid) == pid && getpgid(pid) == pid);
  assert_false(file_has(pid, "cmdline", "s3cr3t"));
  assert_false(file_has(pid, "environ", "s3cr3t"));
  assert_true(file_has(pid, "limits", "Max core file size        0 "));
  /* a cancel arrives while librdkafka waits: the same child serves the next call */
  kafka_snapshot_cancel(request, NULL);
  collect(f, 300);
  check_err(f, ERR_TIMEOUT, "");
  assert_int_equal(the_child(), pid);
  tiny_stop(&server);
}

/* No descriptor is left for a connection: the limit is named, not the broker, and it passes. */
static void test_no_descriptors(void **state) {
  struct fixture *f = *state;
  char bootstrap[32];
  struct rlimit before, none;
  snprintf(bootstrap, sizeof bootstrap, "127.0.0.1:%d", tiny_free_port(&f->loop));
  setenv("STACKTOP_REAL_CHILD", "1", 1);
  make(f, bootstrap);
  collect(f, 5000);
  unsetenv("STACKTOP_REAL_CHILD");
  check_err(f, ERR_REFUSED, "");
  assert_int_equal(prlimit(the_child(), RLIMIT_NOFILE, NULL, &before), 0);
  none = before;
  none.rlim_cur = KAFKA_CHILD_FD + 1;
  assert_int_equal(prlimit(the_child(), RLIMIT_NOFILE, &none, NULL), 0);
  collect(f, 5000);
  check_err(f, ERR_LIMIT, "too many open files: the limit of this process is 4 (ulimit -n)");
  assert_int_equal(prlimit(the_child(), RLIMIT_NOFILE, &before, NULL), 0);
  collect(f, 5000);
  check_err(f, ERR_REFUSED, "");
}

/* A separate stacktop that is killed with its client in the middle of something. */
static pid_t other_stacktop(const char *role, pid_t *child) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    void *state;
    setup(&state);
    struct fixture *f = state;
    make(f, role);
    start(f, 60000);
    wait_children(f, 1);
    pid_t found = the_child();
    if (write(ends[1], &found, sizeof found) != sizeof found)
      _exit(1);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    _exit(0);
  }
  close(ends[1]);
  assert_int_equal(read(ends[0], child, sizeof *child), sizeof *child);
  close(ends[0]);
  return pid;
}

static void test_dies_with_its_parent(void **state) {
  struct fixture *f = *state;
  char bootstrap[32], status;
  struct tiny_server server = {0};
  tiny_listen(&server, &f->loop, "127.0.0.1");
  snprintf(bootstrap, sizeof bootstrap, "127.0.0.1:%d", server.port);
  for (int frozen = 0; frozen < 2; frozen++) {
    pid_t child, parent, other;
    setenv("STACKTOP_REAL_CHILD", "1", 1);
    other = other_stacktop(bootstrap, &child);
    unsetenv("STACKTOP_REAL_CHILD");
    wait_request(f, &server);
    if (frozen)
      kill(child, SIGSTOP);
    kill(other, SIGKILL);
    assert_int_equal(waitpid(other, NULL, 0), other);
    int64_t give_up = clock_now_ms() + 2000;
    while (process_stat(child, &parent, &status) && status != 'Z') {
      assert_true(clock_now_ms() < give_up);
      usleep(2000);
    }
  }
  tiny_stop(&server);
}

int main(int argc, char **argv) {
  if (kafka_child_wanted(argc, argv))
    return getenv("STACKTOP_REAL_CHILD") ? kafka_child_main() : played_child();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_one_child_for_all_calls),
      TEST(test_crash_in_a_call),
      TEST(test_exit_in_a_call),
      TEST(test_pause_before_a_restart),
      TEST(test_crash_between_calls),
      TEST(test_crash_is_reported_once),
      TEST(test_killed_in_a_call),
      TEST(test_limited_memory),
      TEST(test_no_thread),
      TEST(test_hang_in_a_call),
      TEST(test_frozen_in_a_call),
      TEST(test_hang_after_a_cancel),
      TEST(test_hang_is_reported_once),
      TEST(test_garbage_text),
      TEST(test_garbage_large),
      TEST(test_garbage_stranger),
      TEST(test_garbage_type),
      TEST(test_garbage_flood),
      TEST(test_garbage_empty),
      TEST(test_garbage_half),
      TEST(test_cannot_be_started),
      TEST(test_change_passes),
      TEST(test_crash_before_the_gate),
      TEST(test_crash_behind_the_gate),
      TEST(test_hang_behind_the_gate),
      TEST(test_cancel_before_the_gate),
      TEST(test_cancel_behind_the_gate),
      TEST(test_close_while_it_hangs),
      TEST(test_close_in_the_callback),
      TEST(test_nothing_leaks),
      TEST(test_no_descriptors),
      TEST(test_takes_no_part_in_ours),
      TEST(test_dies_with_its_parent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
