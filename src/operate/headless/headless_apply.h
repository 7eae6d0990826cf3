/* `stacktop apply` without its input and output: applies a plan from disk once. */
#pragma once

#include "operate/headless/headless.h"

#include <uv.h>

/* Whether the plan still fits the configuration; *target is the target of the plan. */
bool headless_apply_fits(const struct plan *plan, const struct config *config,
                         const struct target **target, struct err *err) MUST_CHECK;
/* Whether changes are allowed. The pipeline checks again; checking here avoids asking for a
 * confirmation that cannot take effect. */
bool headless_apply_may(const struct headless *headless, struct err *err) MUST_CHECK;
/* Whether the target is still the server that the plan is for. If the target does not answer: true,
 * with the reason in *unknown (kind ERR_NONE otherwise); execution checks the server again. */
bool headless_apply_at(struct headless *headless, const struct plan *plan, struct err *unknown,
                       struct err *err) MUST_CHECK;
/* Whether the typed text confirms the plan, and in time. */
bool headless_apply_agreed(const struct plan *plan, const char *typed, struct err *err) MUST_CHECK;

struct headless_apply_hooks {
  void (*progress)(void *arg, const struct operation *operation);
  /* The first SIGINT, SIGTERM or SIGHUP: stops at the next safe point. */
  void (*stopping)(void *arg);
  void *arg;
};

enum { HEADLESS_SIGNALS = 3 };

/* Lives until the loop is closed. Set headless and hooks. */
struct headless_apply {
  struct headless *headless;
  struct headless_apply_hooks hooks;
  const struct operation *operation; /* valid until headless_close */
  uv_signal_t signals[HEADLESS_SIGNALS];
  int interrupts;
};

enum headless_end {
  HEADLESS_NOT_TAKEN, /* err: another process has applied it */
  HEADLESS_NOT_BEGUN, /* err: nothing was done, and the plan can be applied again */
  HEADLESS_OVER,      /* the operation has the outcome */
  HEADLESS_LEFT,      /* a second signal: the outcome is not known */
};

/* Takes the plan (confirmed with `typed`), executes it and waits for its outcome, for a limited
 * time also while that is not on disk. */
enum headless_end headless_apply_run(struct headless_apply *apply, struct plan *plan,
                                     const char *typed, struct err *err) MUST_CHECK;
