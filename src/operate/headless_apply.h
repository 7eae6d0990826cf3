/* `stacktop apply` without what it prints and asks: a plan from disk, done once. */
#pragma once

#include "operate/headless.h"

#include <uv.h>

/* Whether the plan still fits the configuration; *target is the one that it is for. */
bool headless_apply_fits(const struct plan *plan, const struct config *config,
                         const struct target **target, struct err *err) MUST_CHECK;
/* Whether anything may be changed. Asked again by the pipeline; here so that nobody is asked for
 * what cannot be. */
bool headless_apply_may(const struct headless *headless, struct err *err) MUST_CHECK;
/* Whether the target still is the server that the plan is for. One that does not answer cannot
 * tell: true, with why in *unknown (kind ERR_NONE where it is known): the effect will see. */
bool headless_apply_at(struct headless *headless, const struct plan *plan, struct err *unknown,
                       struct err *err) MUST_CHECK;
/* Whether what was typed agrees to the plan, and in time. */
bool headless_apply_agreed(const struct plan *plan, const char *typed, struct err *err) MUST_CHECK;

struct headless_apply_hooks {
  void (*progress)(void *arg, const struct operation *operation);
  /* The first SIGINT, SIGTERM or SIGHUP: it stops at the next safe point. */
  void (*stopping)(void *arg);
  void *arg;
};

enum { HEADLESS_SIGNALS = 3 };

/* Lives until the loop is closed. Set headless and hooks. */
struct headless_apply {
  struct headless *headless;
  struct headless_apply_hooks hooks;
  const struct operation *operation; /* there until headless_close */
  uv_signal_t signals[HEADLESS_SIGNALS];
  int interrupts;
};

enum headless_end {
  HEADLESS_NOT_TAKEN, /* err: somebody else has it */
  HEADLESS_NOT_BEGUN, /* err: nothing was done, and the plan can be applied again */
  HEADLESS_OVER,      /* the operation has the outcome */
  HEADLESS_LEFT,      /* a second signal came: the outcome is not known */
};

/* Takes the plan (agreed to with `typed`), executes it and waits for its outcome, also while that
 * is not on disk, for a while. */
enum headless_end headless_apply_run(struct headless_apply *apply, struct plan *plan,
                                     const char *typed, struct err *err) MUST_CHECK;
