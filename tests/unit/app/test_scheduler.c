/* The scheduler: how long it waits after failures, and that it collects, repeats, pauses and ends,
 * with real services on the loopback. */
#include "app/runtime/scheduler.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "model/judge/model_evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/tiny_server.h"

static void test_backoff(void **state) {
  (void)state;
  assert_int_equal(scheduler_backoff(2000, 1, 0), 2000);
  assert_int_equal(scheduler_backoff(2000, 2, 0), 4000);
  assert_int_equal(scheduler_backoff(2000, 3, 0), 8000);
  assert_int_equal(scheduler_backoff(2000, 4, 0), BACKOFF_MAX_MS);
  assert_int_equal(scheduler_backoff(2000, UINT32_MAX, 0), BACKOFF_MAX_MS);
  assert_int_equal(scheduler_backoff(60000, 5, 0), 60000); /* never more often than asked for */
  assert_int_equal(scheduler_backoff(10000, 1, 1), 8000);
  assert_int_equal(scheduler_backoff(10000, 1, 0.5), 9000);
}

static void test_next(void **state) {
  (void)state;
  assert_int_equal(scheduler_next(1000, 2000, 1000, 1010), 3000);
  assert_int_equal(scheduler_next(1000, 2000, 3000, 3010), 5000);
  assert_int_equal(scheduler_next(1000, 2000, 1000, 2999), 3000);
  assert_int_equal(scheduler_next(1000, 2000, 1000, 3000), 5000);   /* missed: the next one */
  assert_int_equal(scheduler_next(1000, 2000, 1000, 12500), 13000); /* it hung for long */
  assert_int_equal(scheduler_next(1000, 2000, 4600, 4700), 7000);   /* back after a failure */
  assert_int_equal(scheduler_next(1000, 2000, 3900, 3950), 5000);
  assert_int_equal(scheduler_next(1000, 1, 1000, 1000), 1001);
}

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  struct scheduler *scheduler;
  uint32_t wanted; /* samples until the loop is stopped; 0: never */
  bool finished;
  uv_timer_t limit;
};

static void on_changed(void *arg) {
  struct fixture *f = arg;
  if (f->wanted && f->model.targets[0].samples >= f->wanted)
    uv_stop(&f->loop);
}

static void on_finished(void *arg) {
  struct fixture *f = arg;
  f->finished = true;
  uv_stop(&f->loop);
}

static void on_limit(uv_timer_t *timer) {
  uv_stop(timer->loop);
}

static void run(struct fixture *f, uint64_t limit_ms) {
  uv_timer_start(&f->limit, on_limit, limit_ms, 0);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  uv_timer_stop(&f->limit);
}

/* Targets of that kind, whose first option is the address. */
static void begin_at(struct fixture *f, const char *kind, const char *place, size_t targets,
                     bool one_pass) {
  *f = (struct fixture){0};
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  uv_timer_init(&f->loop, &f->limit);
  f->config = config_new();
  for (size_t i = 0; i < targets; i++) {
    struct target *target = target_new(&collector_find(kind)->kind, "s");
    struct err err;
    assert_true(option_parse(&target->kind->options[0], place, &target->values[0], &err));
    target->interval_ms = 200;
    target->timeout_ms = 1000;
    config_add(f->config, target);
  }
  model_init(&f->model, f->config);
  struct scheduler_hooks hooks = {f, on_changed, on_finished};
  f->scheduler = scheduler_new(&f->io, &f->model, one_pass, hooks);
}

/* Watches ports without a listener: a service collector answers at once. */
static void begin(struct fixture *f, size_t targets, bool one_pass) {
  begin_at(f, "service", "127.0.0.1:1", targets, one_pass);
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static void end(struct fixture *f) {
  bool closed = false;
  scheduler_close(f->scheduler, on_closed, &closed);
  http_client_free(f->io.http);
  uv_close((uv_handle_t *)&f->limit, NULL);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_true(closed);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  model_fini(&f->model);
  config_free(f->config);
}

static void test_one_pass(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 3, true);
  scheduler_start(f.scheduler);
  run(&f, 5000);
  assert_true(f.finished);
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(f.model.targets[i].samples, 1);
  end(&f);
}

/* Its reason is known at once, and it is never asked. */
static void test_disabled(void **state) {
  (void)state;
  for (int one_pass = 0; one_pass < 2; one_pass++) {
    struct fixture f;
    begin(&f, 1, one_pass);
    f.config->targets[0]->disabled = mem_dup("moves to the new rack");
    scheduler_start(f.scheduler);
    scheduler_collect_now(f.scheduler);
    scheduler_collect_slot(f.scheduler, 0);
    run(&f, 300);
    assert_int_equal(f.finished, one_pass);
    assert_int_equal(f.model.targets[0].samples, 0);
    assert_int_equal(f.model.targets[0].failures, 1);
    assert_int_equal(f.model.targets[0].err.kind, ERR_DISABLED);
    assert_string_equal(f.model.targets[0].err.text, "disabled: moves to the new rack");
    model_evaluate(&f.model, clock_now_ms(), one_pass);
    assert_int_equal(model_severity(&f.model, clock_now_ms()), SEVERITY_UNKNOWN);
    end(&f);
  }
}

static void test_nothing_to_ask(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 0, true);
  scheduler_start(f.scheduler);
  run(&f, 5000);
  assert_true(f.finished);
  end(&f);
}

static void test_again_and_again(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 1, false);
  f.wanted = 3;
  int64_t start = clock_now_ms();
  scheduler_start(f.scheduler);
  run(&f, 5000);
  assert_int_equal(f.model.targets[0].samples, 3);
  assert_true(clock_now_ms() - start >= 400); /* two intervals */
  end(&f);
}

static void test_paused(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 1, false);
  f.wanted = 1;
  scheduler_start(f.scheduler);
  run(&f, 5000);
  scheduler_pause(f.scheduler);
  scheduler_collect_now(f.scheduler);
  f.wanted = 2;
  run(&f, 500); /* more than two intervals */
  assert_int_equal(f.model.targets[0].samples, 1);
  scheduler_resume(f.scheduler);
  run(&f, 5000);
  assert_int_equal(f.model.targets[0].samples, 2);
  end(&f);
}

/* A collection from before the pause is not shown in it. */
static void test_paused_while_it_asks(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 1, false);
  scheduler_start(f.scheduler);
  scheduler_pause(f.scheduler);
  f.wanted = 1;
  run(&f, 500);
  assert_int_equal(f.model.targets[0].samples, 0);
  assert_int_equal(f.model.targets[0].started_ms, 0);
  scheduler_resume(f.scheduler);
  run(&f, 5000);
  assert_int_equal(f.model.targets[0].samples, 1);
  end(&f);
}

/* Requested again and again, as by a key that is held down. */
static void test_not_too_often(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 1, false);
  f.config->targets[0]->interval_ms = 60000;
  f.wanted = 1;
  scheduler_start(f.scheduler);
  run(&f, 5000);
  f.wanted = 0;
  for (size_t i = 0; i < 20; i++) {
    scheduler_collect_now(f.scheduler);
    run(&f, 5);
  }
  assert_in_range(f.model.targets[0].samples, 1, 2);
  end(&f);
}

/* Something was changed there: a running collection may have seen the state before. */
static void test_one_asked_again_at_once(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 2, false);
  f.config->targets[0]->interval_ms = f.config->targets[1]->interval_ms = 60000;
  f.wanted = 2;
  scheduler_start(f.scheduler);
  scheduler_collect_slot(f.scheduler, 0);
  scheduler_collect_slot(f.scheduler, 0);
  run(&f, 5000);
  assert_int_equal(f.model.targets[0].samples, 2);
  f.wanted = 3;
  scheduler_collect_slot(f.scheduler, 0); /* however short a time after the last */
  run(&f, 5000);
  assert_int_equal(f.model.targets[0].samples, 3);
  assert_int_equal(f.model.targets[1].samples, 1);
  scheduler_pause(f.scheduler);
  f.wanted = 4;
  scheduler_collect_slot(f.scheduler, 0);
  run(&f, 100);
  assert_int_equal(f.model.targets[0].samples, 3);
  end(&f);
}

/* We were stopped longer than the deadline: the answer has been there all the time. */
static void test_stopped_while_it_asks(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 1, false);
  f.config->targets[0]->timeout_ms = 100;
  scheduler_start(f.scheduler);
  const struct timespec stopped = {.tv_sec = 1, .tv_nsec = 300000000};
  nanosleep(&stopped, NULL);
  f.wanted = 1;
  run(&f, 5000);
  const struct sample *sample = f.model.targets[0].sample;
  assert_non_null(sample);
  const struct table *table = &sample->tables[0];
  assert_string_equal(table->rows[0].cells[table_column(table->spec, "state")].text, "refused");
  end(&f);
}

static void test_closed_while_it_asks(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, 2, false);
  scheduler_start(f.scheduler);
  end(&f); /* no turn of the loop in between */
}

/* A server that gets a wrong password each second may lock the user out. */
static void test_a_wrong_password_is_asked_less_and_less_often(void **state) {
  (void)state;
  struct fixture f;
  struct tiny_server server = {.reply = "-WRONGPASS invalid username-password pair\r\n"};
  uv_loop_t loop;
  char url[64];
  int port;
  uv_loop_init(&loop);
  port = tiny_free_port(&loop);
  snprintf(url, sizeof url, "redis://u:p@127.0.0.1:%d", port);
  begin_at(&f, "redis", url, 1, false);
  assert_true(tiny_listen_at(&server, &f.loop, "127.0.0.1", port));
  const struct target_state *target = &f.model.targets[0];
  scheduler_start(f.scheduler);
  for (uint32_t failures = 1; failures <= 3; failures++) {
    while (target->failures < failures)
      uv_run(&f.loop, UV_RUN_ONCE);
    assert_int_equal(target->failures, failures);
    assert_int_equal(target->err.kind, ERR_DENIED);
    assert_true(target->next_ms - clock_now_ms() >
                (100 << (failures - 1))); /* of 200 ms, doubled */
  }
  tiny_stop(&server);
  end(&f);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_backoff),
      cmocka_unit_test(test_next),
      cmocka_unit_test(test_one_pass),
      cmocka_unit_test(test_disabled),
      cmocka_unit_test(test_nothing_to_ask),
      cmocka_unit_test(test_again_and_again),
      cmocka_unit_test(test_paused),
      cmocka_unit_test(test_paused_while_it_asks),
      cmocka_unit_test(test_not_too_often),
      cmocka_unit_test(test_one_asked_again_at_once),
      cmocka_unit_test(test_stopped_while_it_asks),
      cmocka_unit_test(test_closed_while_it_asks),
      cmocka_unit_test(test_a_wrong_password_is_asked_less_and_less_often),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
