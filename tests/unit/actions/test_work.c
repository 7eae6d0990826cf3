/* step_work: a step waits for a thread, and is not held by one that hangs. */
#include "act_driver.h"
#include "actions/work.h"

#include <stdatomic.h>

static struct driver driver;
static int gate[2];
static atomic_int freed, returned;

static const struct target_kind kind = {.kind = "fake", .key = "fakes", .title = "Fake"};

/* What the work does: read the gate, or count to a number, until it is stopped. */
enum behaviour { COUNTS, HANGS };
static enum behaviour behaviour;
static bool changes;
static int64_t stall_ms;

struct counting {
  struct step_work work; /* first */
  long sum;
};

static void counting_run(struct step_work *work) {
  struct counting *counting = (struct counting *)work;
  char byte;
  if (behaviour == HANGS) { /* as a file server that does not answer: `stop` is not seen */
    if (read(gate[0], &byte, 1) != 1)
      counting->sum = -1;
  } else {
    while (atomic_load(&work->done) < 50 && !atomic_load(&work->stop)) {
      usleep(10000);
      counting->sum++;
      atomic_fetch_add(&work->done, 1);
    }
  }
  atomic_fetch_add(&returned, 1);
}

static void counting_drop(struct step_work *work) {
  free((struct counting *)work);
  atomic_fetch_add(&freed, 1);
}

static bool execute(struct step *step) {
  struct counting *counting = mem_new(sizeof *counting);
  counting->work = (struct step_work){.run = counting_run,
                                      .drop = counting_drop,
                                      .change = changes,
                                      .unit = "files",
                                      .stall_ms = stall_ms};
  atomic_store(&counting->work.total, 50);
  if (!step_work(step, &counting->work))
    return false;
  outcome_set(step->call->outcome, 0, step->cancelled ? OBJECT_SKIPPED : OBJECT_DONE, "%ld",
              counting->sum);
  counting_drop(&counting->work);
  return true;
}

STEP_CANCELLABLE(execute, 30000)

static const struct action action = {
    .spec = {.id = "fake.work", .kind = "fake", .title = "work", .past = "worked", .what = ""},
    .execute = &execute_step,
};

static void begin(void) {
  driver.action = &action;
  driver.plan = plan_new(&action.spec, "main", NULL, false);
  static const struct plan_column columns[] = {{"X", false}};
  static const char *const identities[] = {"x"};
  ACTION_OBJECTS(driver.plan, columns, identities);
  assert_non_null(plan_object(driver.plan, "one", "one"));
  driver_execute_begin(&driver);
}

static int setup(void **state) {
  (void)state;
  assert_int_equal(pipe(gate), 0);
  atomic_store(&freed, 0);
  atomic_store(&returned, 0);
  behaviour = COUNTS;
  changes = false;
  stall_ms = 0;
  driver_open(&driver, &kind, NULL);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&driver); /* no handle is left */
  close(gate[0]);
  close(gate[1]);
  return 0;
}

static int64_t most_done;
static int reports;
static void on_change(struct driver *now) {
  reports++;
  most_done = now->progress.done > most_done ? now->progress.done : most_done;
}

static void test_work_with_progress(void **state) {
  (void)state;
  reports = 0;
  driver.on_change = on_change;
  begin();
  assert_true(driver_wait(&driver));
  assert_int_equal(driver.outcome.objects[0].result, OBJECT_DONE);
  assert_string_equal(object_words(&driver, 0), "50");
  assert_int_equal(atomic_load(&freed), 1);
  assert_true(reports >= 2 && most_done == 50);
  assert_string_equal(driver.progress.unit, "files");
}

static void test_cancelled_work_returns_at_its_safe_point(void **state) {
  (void)state;
  begin();
  while (driver.progress.done == 0)
    driver_turn(&driver);
  driver.step->cancel(&driver.call);
  assert_true(driver_wait(&driver));
  assert_int_equal(driver.outcome.objects[0].result, OBJECT_SKIPPED);
  assert_true(atoi(object_words(&driver, 0)) < 50);
  assert_int_equal(atomic_load(&freed), 1);
}

static void free_hung(void) {
  assert_int_equal(write(gate[1], "x", 1), 1);
  while (atomic_load(&freed) == 0)
    usleep(1000);
}

/* A change that hangs may have happened; reading is only skipped. */
static void expect_abandoned(enum object_result result) {
  assert_int_equal(driver.outcome.objects[0].result, result);
  assert_int_equal(atomic_load(&freed), 0); /* it is still the thread's */
  free_hung();
  assert_int_equal(atomic_load(&freed), 1);
}

static void test_work_that_hangs_is_abandoned_after_a_cancel(void **state) {
  (void)state;
  behaviour = HANGS;
  changes = true;
  begin();
  driver_turn(&driver);
  driver.step->cancel(&driver.call);
  assert_false(driver_wait(&driver));
  expect_words(&driver, "the file system does not answer");
  expect_abandoned(OBJECT_UNKNOWN);
}

static void test_work_that_hangs_is_abandoned_at_the_deadline(void **state) {
  (void)state;
  behaviour = HANGS;
  changes = true;
  begin();
  driver_turn(&driver);
  driver_drop(&driver);
  expect_abandoned(OBJECT_UNKNOWN);
}

/* Work that counts is not stalled, however long it takes. */
static void test_work_that_stalls_is_abandoned(void **state) {
  (void)state;
  stall_ms = 300;
  begin();
  assert_true(driver_wait(&driver)); /* takes 500 ms */
  driver_forget(&driver);
  atomic_store(&freed, 0);
  behaviour = HANGS;
  begin();
  assert_false(driver_wait(&driver));
  expect_words(&driver, "does not answer");
  expect_abandoned(OBJECT_SKIPPED);
}

static void test_reading_that_hangs_has_changed_nothing(void **state) {
  (void)state;
  behaviour = HANGS;
  begin();
  driver_turn(&driver);
  driver_drop(&driver);
  expect_abandoned(OBJECT_SKIPPED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_work_with_progress),
      TEST(test_cancelled_work_returns_at_its_safe_point),
      TEST(test_work_that_hangs_is_abandoned_after_a_cancel),
      TEST(test_work_that_hangs_is_abandoned_at_the_deadline),
      TEST(test_work_that_stalls_is_abandoned),
      TEST(test_reading_that_hangs_has_changed_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
