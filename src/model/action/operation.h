/* An operation: one running action, from the key to its verification. The pipeline (operate) owns
 * and changes operations; the view shows them and sends requests. */
#pragma once

#include "core/err.h"
#include "model/action/outcome.h"
#include "model/action/plan.h"
#include "model/sample.h"

/* The rows or the target that an action is requested for. */
struct subject {
  size_t target_index;
  const char *table; /* id; NULL: the target itself */
  /* Of the rows: the marked ones, else the selected one. Without a table: names of several targets
   * of this one's kind, in the order of the configuration, or none. */
  const char *const *keys;
  size_t key_count;
  size_t hidden; /* of these, the number that the filter hides */
};

enum operation_phase {
  OPERATION_FORM,    /* parameters are being entered */
  OPERATION_SURVEY,  /* the survey is running */
  OPERATION_CHOICE,  /* candidates are being picked */
  OPERATION_PLAN,    /* the plan is shown for confirmation */
  OPERATION_INTENT,  /* the intent is being written */
  OPERATION_EXECUTE, /* running */
  OPERATION_VERIFY,  /* verifying */
  OPERATION_OUTCOME, /* the outcome is being written */
  OPERATION_ENDED,   /* has an outcome, or err if it never started */
};

struct operation {
  uint32_t id; /* unique in this process */
  const struct action_spec *action;
  enum operation_phase phase;
  int64_t phase_ms; /* since when it is in this phase */
  size_t target_index;
  char *table; /* of the subject; NULL */
  char **keys; /* owned copies */
  size_t key_count, hidden;
  char **texts;    /* parameters as typed, one per parameter of the action; NULL: unset */
  int param_wrong; /* FORM: the parameter that err is about; -1: none */
  struct sample
      *found;    /* CHOICE and later: the survey's sample; its first table has the candidates */
  char **chosen; /* keys of the picked candidates */
  size_t chosen_count;
  struct plan *plan; /* PLAN and later */
  bool began;        /* EXECUTE was reached: there is an outcome */
  bool cancelling;   /* stops at the next safe point */
  bool stoppable;    /* the step in progress ends when a person cancels */
  struct outcome outcome;
  struct progress progress;
  /* FORM, CHOICE, PLAN: what is wrong with the input; ENDED without an outcome: why there is none;
   * ENDED with an outcome: what ended it early. */
  struct err err;
  struct err unrecorded;         /* ENDED: why the outcome is not yet on disk; ERR_NONE: it is */
  int64_t execute_ms, verify_ms; /* duration so far or in total; -1: not reached */
  char audit_id[64];             /* "" before the intent is written */
};

/* A line of the menu: an action, and why it is unavailable (NULL: it is available). */
struct action_offer {
  const struct action_spec *action;
  bool of_rows; /* it is for the rows of the subject, which are not a whole target */
  const char *why;
};

enum { OPERATIONS_MAX = 8 };

enum lock_state {
  LOCK_OPEN, /* changes are allowed */
  LOCK_READ_ONLY,
  LOCK_UNLOCKED, /* read-only, but unlocked for a while */
};

struct operations {
  const struct action_spec *const *specs; /* all actions; NULL-terminated, may be NULL */
  /* Whether the action is available for the subject now; NULL: not known, as in a document. */
  bool (*may)(void *arg, const struct action_spec *spec, const struct subject *subject);
  void *may_arg;
  struct operation *items[OPERATIONS_MAX]; /* in order of their start; ended ones are removed when
                                              they are dismissed */
  size_t count;
  struct operation *front; /* the one in the dialog; NULL: none */
  bool menu;               /* the action menu is open */
  struct subject menu_subject;
  char *menu_title; /* "pid 8123", "3 sessions" */
  const struct action_offer *offers;
  size_t offer_count;
  enum lock_state lock;
  const char *lock_why; /* "--read-only", "STACKTOP_READ_ONLY is set"; static; NULL while open */
  int64_t lock_ms;      /* UNLOCKED: when it locks again without further action */
  size_t unrecorded;    /* outcomes that are not yet on disk */
};

/* For display: "reading the current state", "waiting for confirmation", "running", ... */
const char *operation_phase_text(enum operation_phase phase);
