/* The handover between threads: also a test for ThreadSanitizer. */
#include "io/worker.h"

#include "support/tiny_server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct worker_pool *pool;
  int gate[2]; /* a task reads a byte of it, and so waits until one is written */
  int done, expected;
  bool all_done, closed;
  struct worker_pool *close_in_done;
};

static atomic_int dropped; /* tasks that were freed by drop, on any thread */

struct call {
  struct worker_task task;
  int gate, in, out;
  pthread_t thread;
};

static void call_work(struct worker_task *task) {
  struct call *call = (struct call *)task;
  char byte;
  if (call->gate >= 0 && read(call->gate, &byte, 1) != 1)
    return; /* the test has failed */
  call->out = call->in * 2;
  call->thread = pthread_self();
}

static void on_pool_closed(void *arg) {
  *(bool *)arg = true;
}

static void call_done(struct worker_task *task) {
  struct call *call = (struct call *)task;
  struct fixture *fixture = task->owner;
  assert_int_equal(call->out, call->in * 2);
  assert_false(pthread_equal(call->thread, pthread_self()));
  fixture->done++;
  fixture->all_done = fixture->done == fixture->expected;
  if (fixture->close_in_done)
    worker_pool_close(fixture->close_in_done, on_pool_closed, &fixture->closed);
  fixture->close_in_done = NULL;
  free(call);
}

static void call_drop(struct worker_task *task) {
  free(task);
  atomic_fetch_add(&dropped, 1);
}

static bool start(struct fixture *fixture, int number, bool gated, struct err *err) {
  struct call *call = calloc(1, sizeof *call);
  call->task = (struct worker_task){
      .work = call_work, .done = call_done, .drop = call_drop, .owner = fixture};
  call->gate = gated ? fixture->gate[0] : -1;
  call->in = number;
  if (worker_start(fixture->pool, &call->task, err))
    return true;
  free(call);
  return false;
}

static void open_gate(struct fixture *fixture, int times) {
  for (int i = 0; i < times; i++)
    assert_int_equal(write(fixture->gate[1], "x", 1), 1);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->pool = worker_pool_new(&fixture->io, 4);
  assert_int_equal(pipe(fixture->gate), 0);
  atomic_store(&dropped, 0);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (!fixture->closed) {
    worker_pool_close(fixture->pool, on_pool_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
  }
  tiny_loop_end(&fixture->loop);
  close(fixture->gate[0]);
  close(fixture->gate[1]);
  free(fixture);
  return 0;
}

static void test_each_is_done_once(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  fixture->expected = 4;
  for (int i = 0; i < 4; i++)
    assert_true(start(fixture, i, false, &err));
  tiny_run_until(&fixture->loop, &fixture->all_done);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_int_equal(fixture->done, 4);
  assert_int_equal(atomic_load(&dropped), 0);
}

/* A task that hangs blocks no other; those that hang count for the limit. */
static void test_stuck_calls(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  for (int i = 0; i < 3; i++)
    assert_true(start(fixture, i, true, &err));
  fixture->expected = 1;
  assert_true(start(fixture, 7, false, &err));
  tiny_run_until(&fixture->loop, &fixture->all_done);
  assert_true(start(fixture, 3, true, &err));
  assert_false(start(fixture, 4, false, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_string_equal(err.text, "4 calls are already waiting");
  fixture->expected = 5;
  fixture->all_done = false;
  open_gate(fixture, 4);
  tiny_run_until(&fixture->loop, &fixture->all_done);
}

/* The pool closes at once; the threads free their memory when they return. */
static void test_close_leaves_stuck_calls_behind(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  assert_true(start(fixture, 1, true, &err));
  assert_true(start(fixture, 2, true, &err));
  worker_pool_close(fixture->pool, on_pool_closed, &fixture->closed);
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_int_equal(atomic_load(&dropped), 0);
  open_gate(fixture, 2);
  while (atomic_load(&dropped) < 2)
    sched_yield();
  assert_int_equal(fixture->done, 0);
}

static void test_close_from_within_done(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  for (int i = 0; i < 3; i++)
    assert_true(start(fixture, i, false, &err));
  fixture->close_in_done = fixture->pool;
  tiny_run_until(&fixture->loop, &fixture->closed);
  while (atomic_load(&dropped) <
         2) /* the two that were not yet started, here or on their threads */
    sched_yield();
  assert_int_equal(fixture->done, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_each_is_done_once),
      TEST(test_stuck_calls),
      TEST(test_close_leaves_stuck_calls_behind),
      TEST(test_close_from_within_done),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
