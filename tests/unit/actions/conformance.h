/* What holds for every action on a server that is asked over one connection, whatever goes wrong:
 * at each question the server hangs, and the step is dropped, or a person cancels; each identity of
 * the plan differs. */
#pragma once

#include "act_driver.h"
#include "support/relay.h"

struct conformance {
  struct driver *driver;
  struct relay *relay; /* that the driver's target connects through */
  const struct action *const *actions;
  size_t count;
  void (*prepare)(void);      /* makes sure that each action has work; opens the driver */
  void (*finish)(void);       /* closes it */
  bool (*plan)(size_t index); /* surveys and plans; false: no work for it on this server */
  void (*expect_unchanged)(void);
};

enum {
  CONFORMANCE_ASKS_MAX = 6,
  CONFORMANCE_TURNS = 5
}; /* a verification may repeat its questions */

static inline void conformance_turn(struct driver *driver) {
  for (int turn = 0; turn < CONFORMANCE_TURNS && !driver->ended; turn++)
    uv_run(&driver->loop, UV_RUN_NOWAIT);
}

/* The step is running; true when the server hangs at a question, false when the step has ended. */
static inline bool conformance_reached(const struct conformance *test) {
  const int64_t give_up = clock_now_ms() + DRIVER_MS;
  while (!test->driver->ended && !test->relay->hold->held) {
    uv_run(&test->driver->loop, UV_RUN_NOWAIT);
    assert_true(clock_now_ms() < give_up);
  }
  conformance_turn(test->driver);
  return !test->driver->ended;
}

/* All objects have a result that the step may leave; returns whether a change may have happened. */
static inline bool conformance_settled(const struct conformance *test, const char *id, bool ended) {
  const struct outcome *outcome = &test->driver->outcome;
  bool changed = false;
  for (size_t i = 0; i < outcome->count; i++) {
    enum object_result result = outcome->objects[i].result;
    if (result == OBJECT_PENDING || (result == OBJECT_DONE && !ended))
      fail_msg("%s: object %zu is %s: %s", id, i, object_result_name(result),
               outcome->objects[i].words);
    changed |= result != OBJECT_SKIPPED && result != OBJECT_REFUSED && result != OBJECT_GONE;
  }
  return changed;
}

/* The change has reached the server, and no answer comes: what was done is not known. change: how
 * the request begins that is not answered. */
static inline void conformance_unanswered(const struct conformance *test, int port, size_t index,
                                          const char *change) {
  *test->relay = (struct relay){.cut = change, .cut_after = 1};
  relay_start(test->relay, port);
  test->prepare();
  test->plan(index);
  assert_false(driver_execute(test->driver));
  assert_int_equal(test->driver->outcome.count, 1);
  driver_expect(test->driver, 0, OBJECT_UNKNOWN, "sent, but no answer");
  test->finish();
  relay_end(test->relay);
}

static inline void conformance_pretend_sent(struct driver *driver) {
  if (driver->has_outcome)
    outcome_fini(&driver->outcome);
  outcome_init(&driver->outcome, driver->plan->object_count);
  driver->has_outcome = true;
  outcome_set_all(&driver->outcome, OBJECT_PENDING, OBJECT_SENT, "sent");
}

/* Ends the step that hangs: drops it, or cancels and lets the server answer. */
static inline void conformance_end(const struct conformance *test, bool cancels) {
  struct driver *driver = test->driver;
  if (!cancels) {
    driver_drop(driver);
  } else {
    driver->step->cancel(&driver->call);
    test->relay->hold->after = 0;
    driver_wait(driver);
    assert_false(driver->late);
  }
}

/* Hangs at the n-th question of the step (0: survey, 1: execute, 2: verify). False where the step
 * has fewer. */
static inline bool conformance_at(const struct conformance *test, size_t index, int which, int n,
                                  bool cancels) {
  struct driver *driver = test->driver;
  const struct action *action = test->actions[index];
  bool reached = false;
  test->prepare();
  if (test->plan(index)) {
    const struct step_kind *step = which == 0   ? action->survey
                                   : which == 1 ? action->execute
                                                : action->verify;
    test->relay->hold->held = 0;
    test->relay->hold->after = n;
    if (which == 1)
      driver_execute_begin(driver);
    if (which == 2)
      conformance_pretend_sent(driver);
    if (which != 1)
      driver_begin(driver, step);
    reached = (!cancels || step->cancel) && conformance_reached(test);
    if (reached)
      conformance_end(test, cancels);
    else if (!driver->ended)
      driver_drop(driver);
    test->relay->hold->after = 0;
    if (reached && which == 1 && !conformance_settled(test, action->spec.id, cancels))
      test->expect_unchanged();
    if (reached && which == 2 && !cancels)
      for (size_t i = 0; i < driver->outcome.count; i++)
        if (driver->outcome.objects[i].result != OBJECT_UNKNOWN)
          fail_msg("%s: proved without an answer: %s", action->spec.id,
                   driver->outcome.objects[i].words);
    if (reached && which != 1)
      test->expect_unchanged();
  }
  test->finish();
  return reached;
}

/* Every step of every action, hung at every question. Prints how many questions there were. */
static inline void conformance_hang(const struct conformance *test, bool cancels) {
  static const char *const names[] = {"survey", "execute", "verify"};
  for (size_t index = 0; index < test->count; index++)
    for (int which = 0; which < 3; which++) {
      int n = 1;
      while (n <= CONFORMANCE_ASKS_MAX && conformance_at(test, index, which, n, cancels))
        n++;
      print_message("  %s, %s: hung at %d questions\n", test->actions[index]->spec.id, names[which],
                    n - 1);
    }
}

static inline void conformance_identity_set(struct driver *driver, const char *name,
                                            const char *value) {
  struct plan *plan = driver->plan;
  bool known = false;
  for (size_t i = 0; i < plan->identity_count; i++)
    if (strcmp(plan->identities[i], name) == 0)
      for (size_t object = 0; object < plan->object_count; object++) {
        plan->objects[object].identities[i] = value;
        known = true;
      }
  if (!known)
    fail_msg("%s has no identity %s", plan->action->id, name);
}

/* With another value of that identity nothing is done. words: in the error, or in the result of
 * each object. */
static inline void conformance_identity(const struct conformance *test, size_t index,
                                        const char *name, const char *value, const char *words) {
  struct driver *driver = test->driver;
  test->prepare();
  if (test->plan(index)) {
    conformance_identity_set(driver, name, value);
    driver_execute(driver);
    if (conformance_settled(test, test->actions[index]->spec.id, true))
      fail_msg("%s with another %s: %s", test->actions[index]->spec.id, name,
               driver->outcome.objects[0].words);
    expect_in(driver->outcome.objects[0].words, words);
    test->expect_unchanged();
  }
  test->finish();
}
