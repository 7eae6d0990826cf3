/* Programs that are run for their effect and their output. */
#include "io/child.h"

#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  bool done;
  int calls;
  struct child_result result;
  char output[200];
  struct err err;
};

static void on_done(void *arg, const struct child_result *result, const struct err *err) {
  struct fixture *fixture = arg;
  fixture->done = true;
  fixture->calls++;
  fixture->err = err ? *err : (struct err){0};
  if (!result)
    return;
  fixture->result = *result;
  snprintf(fixture->output, sizeof fixture->output, "%s", result->output);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  tiny_loop_end(&fixture->loop); /* no handle is left */
  free(fixture);
  return 0;
}

static struct child *start(struct fixture *fixture, int64_t timeout_ms, char *const *argv) {
  const struct child_query query = {.argv = argv, .timeout_ms = timeout_ms};
  fixture->done = false;
  fixture->calls = 0;
  *fixture->output = '\0';
  struct child *child = child_start(&fixture->io, &query, on_done, fixture);
  assert_false(fixture->done); /* never before it returns */
  return child;
}

static void run(struct fixture *fixture, int64_t timeout_ms, char *const *argv) {
  start(fixture, timeout_ms, argv);
  tiny_run_until(&fixture->loop, &fixture->done);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(fixture->calls, 1);
}

#define ARGV(...) ((char *const *)(const char *const[]){__VA_ARGS__, NULL})

static void test_output_and_exit_code(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("sh", "-c", "echo out; echo err >&2; exit 3"));
  assert_int_equal(fixture->err.kind, ERR_NONE);
  assert_int_equal(fixture->result.exit_code, 3);
  assert_string_equal(fixture->output, "out\nerr\n");
  assert_true(fixture->result.took_us > 0);
}

/* No argument is taken apart, and none is seen by a shell. */
static void test_arguments_stay_as_they_are(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("printf", "[%s]", "a b", "$(id)", "; exit 1", "-x", "'"));
  assert_string_equal(fixture->output, "[a b][$(id)][; exit 1][-x][']");
}

static void test_no_input(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("cat"));
  assert_int_equal(fixture->result.exit_code, 0);
}

static void test_a_signal(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("sh", "-c", "kill -9 $$"));
  assert_int_equal(fixture->result.exit_code, -1);
  assert_int_equal(fixture->result.signal, SIGKILL);
}

static void test_there_is_none(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("/no/such/program"));
  assert_int_equal(fixture->err.kind, ERR_INVALID);
  assert_string_equal(fixture->err.text, "/no/such/program: no such file or directory");
}

static void test_the_last_bytes_are_kept(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 10000, ARGV("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; printf end"));
  assert_true(fixture->result.output_cut);
  assert_int_equal(fixture->result.output_len, CHILD_OUTPUT_MAX);
}

/* It ignores SIGTERM, and so does what it waits for. */
static void test_too_slow(void **state) {
  struct fixture *fixture = *state;
  run(fixture, 100, ARGV("sh", "-c", "trap '' TERM; sleep 1000; sleep 1000"));
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  assert_string_equal(fixture->err.text, "sh did not end within 100ms and was killed");
}

/* ---- two streams, input and environment */

struct both {
  struct fixture *fixture;
  char out[400], err[400];
  int64_t out_total;
};

static void on_both(void *arg, const struct child_result *result, const struct err *err) {
  struct both *both = arg;
  on_done(both->fixture, result, err);
  if (!result)
    return;
  const struct excerpt_view out = excerpt_view(&result->streams[CHILD_STDOUT]);
  const struct excerpt_view errors = excerpt_view(&result->streams[CHILD_STDERR]);
  snprintf(both->out, sizeof both->out, "%.*s|%.*s", (int)out.head_len, out.head, (int)out.tail_len,
           out.tail);
  snprintf(both->err, sizeof both->err, "%.*s", (int)errors.head_len, errors.head);
  both->out_total = result->streams[CHILD_STDOUT].total;
}

static void run_both(struct fixture *fixture, struct both *both, struct child_query query) {
  *both = (struct both){.fixture = fixture};
  query.split = true;
  query.head_max = 20;
  query.tail_max = 30;
  fixture->done = false;
  fixture->calls = 0;
  child_start(&fixture->io, &query, on_both, both);
  tiny_run_until(&fixture->loop, &fixture->done);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_int_equal(fixture->calls, 1);
}

static void test_two_streams(void **state) {
  struct fixture *fixture = *state;
  struct both both;
  run_both(fixture, &both,
           (struct child_query){.argv = ARGV("sh", "-c", "echo out; echo err >&2; exit 3"),
                                .timeout_ms = 10000});
  assert_int_equal(fixture->result.exit_code, 3);
  assert_string_equal(both.out, "out\n|");
  assert_string_equal(both.err, "err\n");
  run_both(fixture, &both,
           (struct child_query){.argv = ARGV("seq", "100000"), .timeout_ms = 10000});
  assert_string_equal(both.out, "1\n2\n3\n4\n5\n6\n7\n8\n9\n|99997\n99998\n99999\n100000\n");
  assert_int_equal(both.out_total, 588895);
}

static void test_its_input(void **state) {
  struct fixture *fixture = *state;
  struct both both;
  run_both(fixture, &both,
           (struct child_query){
               .argv = ARGV("cat"), .input = "a\0b", .input_len = 3, .timeout_ms = 10000});
  assert_int_equal(both.out_total, 3);
  /* more than a pipe holds, and it is not read */
  char *big = calloc(1, 1 << 20);
  run_both(fixture, &both,
           (struct child_query){
               .argv = ARGV("true"), .input = big, .input_len = 1 << 20, .timeout_ms = 10000});
  assert_int_equal(fixture->result.exit_code, 0);
  run_both(fixture, &both,
           (struct child_query){
               .argv = ARGV("wc", "-c"), .input = big, .input_len = 1 << 20, .timeout_ms = 10000});
  assert_string_equal(both.out, "1048576\n|");
  free(big);
}

static void test_its_environment(void **state) {
  struct fixture *fixture = *state;
  struct both both;
  char *const *environment = ARGV("PATH=/usr/bin:/bin", "WORD=a b");
  setenv("STACKTOP_TEST_SECRET", "hidden", 1);
  run_both(
      fixture, &both,
      (struct child_query){.argv = ARGV("env"), .environment = environment, .timeout_ms = 10000});
  assert_string_equal(both.out, "PATH=/usr/bin:/bin\nWORD=a b\n|");
}

/* What it wrote until then is there. The program ends at once, what it started ignores SIGTERM. */
static void test_its_group_is_killed_at_the_deadline(void **state) {
  struct fixture *fixture = *state;
  struct both both;
  run_both(fixture, &both,
           (struct child_query){
               .argv = ARGV("sh", "-c", "(trap '' TERM; echo $$; sleep 1000; sleep 1000) & wait"),
               .timeout_ms = 300});
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  const int group = atoi(both.out);
  assert_true(group > 1);
  for (int i = 0; i < 500 && kill(-group, 0) == 0; i++)
    usleep(10000); /* until init has buried it */
  assert_int_not_equal(kill(-group, 0), 0);
}

static void test_cancelled(void **state) {
  struct fixture *fixture = *state;
  struct child *child = start(fixture, 10000, ARGV("sleep", "1000"));
  child_cancel(child);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_false(fixture->done);
  child = start(fixture, 10000, ARGV("/no/such/program"));
  child_cancel(child);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_false(fixture->done);
}

/* What it leaves behind keeps its output open, and is not waited for. */
static void test_a_daemon_is_not_waited_for(void **state) {
  struct fixture *fixture = *state;
  int pid = 0;
  run(fixture, 10000, ARGV("sh", "-c", "sleep 1000 & echo $!"));
  assert_int_equal(fixture->result.exit_code, 0);
  assert_int_equal(sscanf(fixture->output, "%d", &pid), 1);
  assert_int_equal(kill(pid, 0), 0); /* it lives */
  kill(pid, SIGKILL);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_output_and_exit_code),
      TEST(test_arguments_stay_as_they_are),
      TEST(test_no_input),
      TEST(test_a_signal),
      TEST(test_there_is_none),
      TEST(test_the_last_bytes_are_kept),
      TEST(test_too_slow),
      TEST(test_two_streams),
      TEST(test_its_input),
      TEST(test_its_environment),
      TEST(test_its_group_is_killed_at_the_deadline),
      TEST(test_cancelled),
      TEST(test_a_daemon_is_not_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
