/* Calls to a client's thread and back, many at once: each ends exactly once, and ThreadSanitizer
 * sees the hand-over (./run tsan -R kafka_worker). No broker is there or needed. */
#include "io/kafka.h"
#include "io/kafka_conf.h"
#include "io/kafka_worker.h"

#include "io/c11_threads.h"
#include "io/tiny_server.h"

#include <sched.h>

enum { CALLS = 2000 };

struct fixture {
  uv_loop_t loop;
  uv_async_t async;
  struct kafka_worker *worker;
  int finished;        /* the loop's */
  atomic_int dropped;  /* by either side */
  bool over, released; /* all have ended; the thread has, too */
};

struct call {
  struct kafka_call call; /* first, so that one is the other */
  struct fixture *fixture;
  bool ran;
};

static bool call_run(struct kafka_session *session, struct kafka_call *call, struct err *err) {
  (void)session, (void)err;
  ((struct call *)call)->ran = true;
  return true;
}

/* As a call that waits for a broker. */
static bool call_wait(struct kafka_session *session, struct kafka_call *call, struct err *err) {
  (void)session, (void)err;
  atomic_store(&call->watch.step, "runs");
  while (!atomic_load(&call->watch.cancelled))
    sched_yield();
  return true;
}

static void call_finished(struct kafka_call *call) {
  assert_true(call->good && ((struct call *)call)->ran);
  ((struct call *)call)->fixture->finished++;
  free(call);
}

static void call_drop(struct kafka_call *call) {
  atomic_fetch_add(&((struct call *)call)->fixture->dropped, 1);
  free(call);
}

static const struct kafka_work quick_work = {call_run, call_finished, call_drop};
static const struct kafka_work waiting_work = {call_wait, call_finished, call_drop};

static struct kafka_call *call_start(struct fixture *fixture, const struct kafka_work *work) {
  struct call *call = calloc(1, sizeof *call);
  call->fixture = fixture;
  call->call.work = work;
  kafka_worker_call(fixture->worker, &call->call);
  return &call->call;
}

static void take_all(struct fixture *fixture) {
  struct kafka_call *call;
  while ((call = kafka_worker_take(fixture->worker)))
    call->work->finished(call);
}

static void on_async(uv_async_t *async) {
  struct fixture *fixture = async->data;
  take_all(fixture);
  fixture->over = fixture->finished + atomic_load(&fixture->dropped) == CALLS;
  fixture->released = kafka_worker_ended(fixture->worker);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct kafka_config config = {.bootstrap = "127.0.0.1:1"};
  struct err err = {0};
  uv_loop_init(&fixture->loop);
  uv_async_init(&fixture->loop, &fixture->async, on_async);
  fixture->async.data = fixture;
  rd_kafka_conf_t *conf = kafka_conf_new(&config, &err);
  assert_non_null(conf);
  fixture->worker = kafka_worker_new(conf, &fixture->async);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  uv_close((uv_handle_t *)&fixture->async, NULL);
  tiny_loop_end(&fixture->loop);
  free(fixture);
  return 0;
}

static void end(struct fixture *fixture) {
  if (kafka_worker_end(fixture->worker))
    tiny_run_until(&fixture->loop, &fixture->released);
  kafka_worker_leave(fixture->worker);
}

/* Every third call is cancelled: waiting, running, or done and not yet taken. None is after its
 * end: take_all comes only between a start and its cancel. */
static void test_each_ends_once(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i < CALLS; i++) {
    if (i % 2)
      take_all(fixture);
    struct kafka_call *call = call_start(fixture, &quick_work);
    if (i % 3 == 0)
      kafka_worker_cancel(fixture->worker, call);
  }
  /* What is cancelled while it runs is dropped without a word: the last call tells. */
  while (!fixture->over) {
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    fixture->over = fixture->finished + atomic_load(&fixture->dropped) == CALLS;
  }
  assert_true(fixture->finished >= CALLS - CALLS / 3 - 1);
  end(fixture);
}

static void test_cancelled_while_it_runs(void **state) {
  struct fixture *fixture = *state;
  struct kafka_call *call = call_start(fixture, &waiting_work);
  while (!atomic_load(&call->watch.step))
    sched_yield();
  kafka_worker_cancel(fixture->worker, call);
  end(fixture);
  assert_int_equal(fixture->finished, 0);
  assert_int_equal(atomic_load(&fixture->dropped), 1);
}

/* A worker that nobody called has no thread. */
static void test_ends_without_a_call(void **state) {
  end(*state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_ends_once, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cancelled_while_it_runs, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ends_without_a_call, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
