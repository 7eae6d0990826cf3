/* What a program sees is written to the history by a thread: what waits, what is lost, and the end.
 */
#include "store_fixture.h"

#include "events/event_recorder.h"
#include "events/event_report.h"
#include "io/clock.h"

#include <string.h>
#include <sys/stat.h>
#include <uv.h>

static const struct target_kind redis_kind = {.kind = "redis", .key = "redis", .title = "Redis"};

struct recording {
  struct fixture *fixture;
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  struct event_recorder *recorder;
  char said[512];
  int changes;
};

static void on_say(void *arg, enum severity severity, const char *text) {
  struct recording *own = arg;
  snprintf(own->said, sizeof own->said, "%s %s", severity_name(severity), text);
}

static void on_changed(void *arg) {
  ((struct recording *)arg)->changes++;
}

static int start(void **state) {
  static const char *const secrets[] = {"hunter22"};
  static const struct mask mask = {secrets, 1};
  struct recording *own = mem_new(sizeof *own);
  void *fixture;
  begin(&fixture);
  own->fixture = fixture;
  uv_loop_init(&own->loop);
  own->io.loop = &own->loop;
  own->config = config_new();
  struct target *target = target_new(&redis_kind, "cache");
  target->interval_ms = 2000;
  target->timeout_ms = 1000;
  config_add(own->config, target);
  own->config->events = true;
  own->config->events_keep_ms = 30 * (int64_t)24 * HOUR;
  own->config->events_bytes = 1 << 28;
  model_init(&own->model, own->config);
  own->recorder = event_recorder_new(&(struct event_recorder_options){.io = &own->io,
                                                                      .model = &own->model,
                                                                      .state = own->fixture->state,
                                                                      .place = "dashboard",
                                                                      .mask = &mask,
                                                                      .say = on_say,
                                                                      .changed = on_changed,
                                                                      .arg = own});
  *state = own;
  return 0;
}

static int stop(void **state) {
  struct recording *own = *state;
  void *fixture = own->fixture;
  model_fini(&own->model);
  config_free(own->config);
  assert_int_equal(uv_loop_close(&own->loop), 0);
  end(&fixture);
  free(own);
  return 0;
}

static void recorder_end(struct recording *own) {
  event_recorder_close(own->recorder);
  uv_run(&own->loop, UV_RUN_DEFAULT);
}

static void on_timer(uv_timer_t *timer) {
  uv_close((uv_handle_t *)timer, NULL);
}

/* The recorder does not keep the loop alive: a timer does, for at most 5 s. */
static void run_until_changes(struct recording *own, int changes) {
  uv_timer_t timer;
  uv_timer_init(&own->loop, &timer);
  uv_timer_start(&timer, on_timer, 5000, 0);
  while (own->changes < changes && !uv_is_closing((uv_handle_t *)&timer))
    uv_run(&own->loop, UV_RUN_ONCE);
  assert_true(own->changes >= changes);
  if (!uv_is_closing((uv_handle_t *)&timer))
    uv_close((uv_handle_t *)&timer, NULL);
  uv_run(&own->loop, UV_RUN_NOWAIT);
}

static void event_add(struct recording *own, enum event_topic topic, enum severity severity,
                      const char *text) {
  events_about(&own->model.events, "redis", "cache");
  events_add(&own->model.events, clock_now_ms(), severity, "cache", "%s", text);
  events_mark_finding(&own->model.events, topic, clock_now_ms() - 1000, NULL, NULL, NULL);
  event_recorder_see(own->recorder);
}

static bool last_add(void *arg, const struct event_record *record) {
  char *text = arg;
  const size_t used = strlen(text);
  snprintf(text + used, 2048 - used, "%s %s %s %s\n", event_kind_name(record->kind),
           event_state_name(record->state), severity_name(record->severity), record->text);
  return true;
}

/* The newest two, newest first. */
static void assert_newest(const struct recording *own, const char *expected) {
  const struct event_filter all = {0};
  const struct event_range range = {.way = EVENT_WAY_NEWEST, .limit = 2};
  char text[2048] = "";
  struct err err = {0};
  struct event_store *store = event_store_open_read(own->fixture->state, &err);
  if (!store || !event_store_read(store, &all, &range, clock_wall_ms(), last_add, text, &err))
    fail_msg("%s", err.text);
  assert_string_equal(text, expected);
  event_store_close(store);
}

static void test_what_is_seen_is_on_disk_at_the_end(void **state) {
  struct recording *own = *state;
  event_add(own, EVENT_BEGINS, SEVERITY_CRIT, "refused, password hunter22");
  run_until_changes(own, 1);
  assert_newest(own, "finding open crit refused, password ***\n");
  event_add(own, EVENT_ENDS, SEVERITY_OK, "up again");
  recorder_end(own);
  assert_newest(own, "finding ended crit refused, password ***\n");
}

/* It waits as long as the program lives, and is said once. */
static void test_a_state_that_cannot_be_written(void **state) {
  struct recording *own = *state;
  FILE *file = fopen(own->fixture->state, "w");
  assert_non_null(file);
  fclose(file);
  event_add(own, EVENT_BEGINS, SEVERITY_WARN, "slow");
  run_until_changes(own, 1);
  assert_non_null(strstr(own->said, "warn events are not recorded: "));
  assert_non_null(event_recorder_trouble(own->recorder));
  event_add(own, EVENT_BEGINS, SEVERITY_CRIT, "refused");
  assert_int_equal(unlink(own->fixture->state), 0);
  recorder_end(own);
  assert_newest(own, "finding open crit refused\n");
}

static const char *moment(char text[32], int number) {
  snprintf(text, 32, "moment %d", number);
  return text;
}

/* Beyond what the model keeps, and below beyond EVENT_BATCH_MAX: counted, and in the history. */
static void test_events_that_the_model_no_longer_has(void **state) {
  struct recording *own = *state;
  char text[32];
  for (int i = 0; i < EVENTS_MAX + 88; i++)
    events_add(&own->model.events, clock_now_ms(), SEVERITY_WARN, "cache", "%s", moment(text, i));
  event_recorder_see(own->recorder);
  run_until_changes(own, 2);
  recorder_end(own);
  assert_newest(own, "stacktop moment warn 88 events of the time before could not be recorded\n"
                     "stacktop moment warn moment 599\n");
}

static void test_what_is_lost_is_counted(void **state) {
  struct recording *own = *state;
  char text[32];
  for (int i = 0; i < EVENT_BATCH_MAX; i++)
    event_add(own, EVENT_MOMENT, SEVERITY_WARN, moment(text, i));
  for (int i = 0; i < 3; i++)
    event_add(own, EVENT_MOMENT, SEVERITY_WARN, "too much");
  run_until_changes(own, 2);
  recorder_end(own);
  assert_newest(own, "stacktop moment warn 3 events of the time before could not be recorded\n"
                     "stacktop moment warn moment 1999\n");
}

/* A cause keeps the most that were under it at once. */
static void test_findings_under_a_cause(void **state) {
  struct recording *own = *state;
  event_add(own, EVENT_BEGINS, SEVERITY_CRIT, "refused");
  struct finding *cause = findings_add(own->model.findings, 0, NULL, NULL, NULL);
  cause->severity = SEVERITY_CRIT;
  cause->subject = cause->sentence = "cache";
  for (size_t caused = 3; caused > 0; caused--) {
    cause->caused = caused;
    event_recorder_see(own->recorder);
  }
  recorder_end(own);
  struct err err;
  struct event_store *store = event_store_open_read(own->fixture->state, &err);
  struct alarm_report report;
  assert_true(
      event_report_read(store, clock_wall_ms() - HOUR, clock_wall_ms() + 1000, &report, &err));
  assert_int_equal(report.causes.total, 1);
  assert_int_equal(report.causes.items[0].count, 3);
  alarm_report_fini(&report);
  event_store_close(store);
}

static void test_nothing_is_recorded_if_it_is_off(void **state) {
  struct recording *own = *state;
  recorder_end(own);
  own->config->events = false;
  own->recorder = event_recorder_new(&(struct event_recorder_options){
      .io = &own->io, .model = &own->model, .state = own->fixture->folder, .arg = own});
  event_add(own, EVENT_BEGINS, SEVERITY_WARN, "slow");
  recorder_end(own);
  char *path = event_store_path(own->fixture->folder);
  assert_int_equal(access(path, F_OK), -1);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_is_seen_is_on_disk_at_the_end, start, stop),
      cmocka_unit_test_setup_teardown(test_a_state_that_cannot_be_written, start, stop),
      cmocka_unit_test_setup_teardown(test_events_that_the_model_no_longer_has, start, stop),
      cmocka_unit_test_setup_teardown(test_what_is_lost_is_counted, start, stop),
      cmocka_unit_test_setup_teardown(test_findings_under_a_cause, start, stop),
      cmocka_unit_test_setup_teardown(test_nothing_is_recorded_if_it_is_off, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
