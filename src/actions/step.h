/* A step of an action that reads from top to bottom: a survey, an execution or a verification as
 * one function that asks, reads the answer and continues.
 *
 * Each step runs on a thread of its own and takes turns with the loop: only one of the two runs at
 * any time, the other waits. A step that asks a server (redis_ask, postgres_ask, kafka_ask) gives
 * the turn to the loop and gets it back with the answer, so a step needs no locks: while it runs,
 * it may use its call, the model and the clients as any callback on the loop does. In return it
 * must not block or compute for long: the screen waits meanwhile.
 *
 *   bool survey(struct step *step) {
 *     struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
 *     const struct redisReply *length = conn ? redis_ask(conn, "SLOWLOG", "LEN") : NULL;
 *     if (!length)
 *       return false; // step->err says why
 *     ...
 *   }
 *
 * A question that fails returns NULL or false with the reason in step->err. At the deadline, and
 * when the program ends, every question fails at once and the step has to return. Everything that a
 * step opened is closed for it. */
#pragma once

#include "actions/action.h"

#include <pthread.h>
#include <semaphore.h>

struct step;

/* True: it ran to its end, whatever the result of each object. False: step->err says what stopped
 * it; objects that it has not settled get their result from that (step_settle). */
typedef bool (*step_body)(struct step *step);

/* A resource of a step: closed by the frame when the step ends, on whatever path. */
struct step_part {
  struct step_part *next;
  /* Closes and frees it, now or later on the loop. It must not call back any more. */
  void (*close)(struct step_part *part);
  /* Changes that were sent and not answered: they may have happened. NULL: it makes none. */
  size_t (*unanswered)(const struct step_part *part);
};

struct step {
  struct step_call *call;
  struct arena arena;   /* texts and numbers that live as long as the step */
  struct err err;       /* why the last question failed */
  struct sample *found; /* survey: its result; the frame takes it */
  bool cancelled;       /* a person cancels: return at the next safe point */
  bool dropped;         /* the deadline, or the end of the program: every question fails */

  /* Private to the frame. */
  step_body body;
  pthread_t thread;
  bool has_thread;
  sem_t turn_of_step, turn_of_loop;
  uv_timer_t timer;
  struct step_part *parts;
  bool running; /* step_wake is running */
  bool awake;   /* woken since the step last had the turn */
  bool report;  /* call->changed is due */
  bool finished, good, closed;
  bool verifies; /* changes were sent by the step before */
  size_t refused_waits;
};

enum { STEP_ARENA_BYTES_MAX = 16 << 20 };

/* For a step_kind. */
void step_start(struct step_call *call, step_body body);
void step_cancel(struct step_call *call);
void step_drop(struct step_call *call);

/* The step_kind NAME_step of the function NAME. timeout_ms 0: no limit, until a person cancels it.
 */
#define STEP(name, timeout) STEP_OF(name, timeout, (timeout) ? NULL : step_cancel)
/* With a time limit; a person can cancel it. */
#define STEP_CANCELLABLE(name, timeout) STEP_OF(name, timeout, step_cancel)
#define STEP_OF(name, timeout, on_cancel)            \
  static void name##_start(struct step_call *call) { \
    step_start(call, name);                          \
  }                                                  \
  static const struct step_kind name##_step = {      \
      .timeout_ms = (timeout),                       \
      .start = name##_start,                         \
      .cancel = (on_cancel),                         \
      .drop = step_drop,                             \
  };

/* All steps of an action whose file has survey, make_plan, execute and verify. */
#define STEPS_OF(survey_ms, execute_ms, verify_ms) \
  STEP(survey, survey_ms)                          \
  STEP(execute, execute_ms)                        \
  STEP(verify, verify_ms)
#define STEPS STEPS_WITH(make_plan)
#define STEPS_WITH(plan_function) \
  .survey = &survey_step, .plan = (plan_function), .execute = &execute_step, .verify = &verify_step

/* ---- for a step's body */

/* Fails the step: fills step->err and returns false. */
bool step_fail(struct step *step, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Something in the outcome or the progress changed: it is shown when the step next waits. */
void step_report(struct step *step);
/* The progress that is reported. total 0: not known; unit is static: "keys". */
void step_progress(struct step *step, int64_t done, int64_t total, const char *unit);
/* Lets the loop run before the next change: progress is shown, and a cancel arrives. */
void step_yield(struct step *step);
/* Waits; false when a person cancels or the step is dropped. */
bool step_sleep(struct step *step, int64_t ms);
/* Whether it should return at the next safe point. */
bool step_should_stop(const struct step *step);
/* An execution: the server has acknowledged everything that was pending. True. */
bool step_sent(struct step *step, const char *words);
/* A verification that holds for all objects that were sent: sets their result, and its words as the
 * outcome's proof. True. */
bool step_prove(struct step *step, enum object_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Objects that have no result yet get the one that step->err stands for: unknown where a change was
 * sent and not answered, refused with the server's words, or skipped; after a verification that
 * failed, unknown. The frame calls it when a body returns false; a body that has better words
 * settles its objects first. */
void step_settle(struct step *step);

/* ---- for clients */

void step_add(struct step *step, struct step_part *part);
void step_remove(struct step *step, struct step_part *part); /* the caller closes it */
/* Gives the turn to the loop until step_wake or, at the latest, clock_now_ms() == until_ms
 * (INT64_MAX: no limit). False with step->err when the step is dropped, before or meanwhile. May
 * return early: check the condition again. */
bool step_wait(struct step *step, int64_t until_ms);
/* On the loop: what the step waits for may have arrived. Returns when the step waits again or has
 * ended (then its parts are closed). */
void step_wake(struct step *step);
