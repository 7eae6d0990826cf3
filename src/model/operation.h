/* An operation: one action on its way from the key to the proof. The pipeline (app) owns and
 * changes them; the view shows what it sees here, and asks by requests. */
#pragma once

#include "core/err.h"
#include "model/outcome.h"
#include "model/plan.h"
#include "model/sample.h"

/* Whom an action is called for. */
struct subject {
  size_t target_index;
  const char *table;       /* id; NULL: the target itself */
  const char *const *keys; /* of the rows: the marked ones, else the selected one */
  size_t key_count;
  size_t hidden; /* of these, how many the filter hides */
};

enum operation_phase {
  OPERATION_FORM,    /* parameters are asked for */
  OPERATION_SURVEY,  /* reading what the plan needs */
  OPERATION_CHOICE,  /* to be picked from what was found */
  OPERATION_PLAN,    /* the plan is shown: agree or not */
  OPERATION_INTENT,  /* the intent is being written */
  OPERATION_EXECUTE, /* under way */
  OPERATION_VERIFY,  /* looking for the proof */
  OPERATION_OUTCOME, /* the outcome is being written */
  OPERATION_ENDED,   /* outcome, or err when it never began */
};

struct operation {
  uint32_t id; /* unique in this process */
  const struct action_spec *action;
  enum operation_phase phase;
  int64_t phase_ms; /* since when */
  size_t target_index;
  char *table; /* of the subject; NULL */
  char **keys; /* owned copies */
  size_t key_count, hidden;
  char **texts;         /* parameters as typed, one a param of the action; NULL: unset */
  int param_wrong;      /* FORM: which of them err is about; -1: none */
  struct sample *found; /* CHOICE and later: the survey's; its first table has the candidates */
  char **chosen;        /* keys of the picked ones */
  size_t chosen_count;
  struct plan *plan; /* PLAN and later */
  bool began;        /* EXECUTE was reached: there is an outcome */
  bool cancelling;   /* stops at the next safe point */
  struct outcome outcome;
  struct progress progress;
  /* FORM, CHOICE, PLAN: what is wrong with what was given; ENDED without an outcome: why there is
   * none; with one: what ended it early. */
  struct err err;
  struct err unrecorded;         /* ENDED: why the outcome is not on disk yet; ERR_NONE: it is */
  int64_t execute_ms, verify_ms; /* how long they took, or take; -1: not reached */
  char audit_id[64];             /* "" before the intent is written */
};

/* A line of the menu: an action, and why it cannot be done now (NULL: it can). */
struct action_offer {
  const struct action_spec *action;
  const char *why;
};

enum { OPERATIONS_MAX = 8 };

enum lock_state {
  LOCK_OPEN, /* things may be changed */
  LOCK_READ_ONLY,
  LOCK_UNLOCKED, /* was read-only, for a while it is not */
};

struct operations {
  const struct action_spec *const *specs;  /* all there are; NULL-terminated, may be NULL */
  struct operation *items[OPERATIONS_MAX]; /* in order of their start; ended ones leave when they
                                              are dismissed */
  size_t count;
  struct operation *front; /* the one that has the dialog; NULL: none */
  bool menu;               /* the list of offers is open */
  struct subject menu_subject;
  char *menu_title; /* "pid 8123", "3 sessions" */
  const struct action_offer *offers;
  size_t offer_count;
  enum lock_state lock;
  const char *lock_why; /* "--read-only", "STACKTOP_READ_ONLY is set"; static; NULL while open */
  int64_t lock_ms;      /* UNLOCKED: when it locks again if nothing is done */
  size_t unrecorded;    /* outcomes that are not on disk yet */
};

/* In words: "reading what is there", "waiting for your word", "under way", ... */
const char *operation_phase_text(enum operation_phase phase);
