/* The runbooks that are offered for what is selected on the screen. Owned by app, drawn by the
 * view. */
#pragma once

#include "model/runbook/runbook.h"

struct model;

enum { RUNBOOK_OFFERS_MAX = 100, RUNBOOK_WHY_MAX = 240 };

/* How well it fits: the best first. */
enum runbook_fit {
  RUNBOOK_FITS_NOT,     /* only of a run, which leads from elsewhere */
  RUNBOOK_FITS_KIND,    /* for targets of that kind */
  RUNBOOK_FITS_METRIC,  /* for that metric */
  RUNBOOK_FITS_STATE,   /* for targets of that kind in that state, whatever the reason */
  RUNBOOK_FITS_FINDING, /* for a finding of that metric, or for a target that does not answer */
  RUNBOOK_FITS_ALERT,   /* for the alert rule, or named by it */
};

struct runbook_offer {
  enum runbook_fit fit;
  char why[RUNBOOK_WHY_MAX];
  char *name, *title, *help;
  char *words[RUNBOOK_PARAMS_MAX]; /* "group=ecap-consumer-group", for the command line */
  size_t word_count;
  char *run;       /* id of a run of it that is not over; NULL: none. */
  char *run_state; /* "waits, at what is the cause", with the user */
};

enum runbook_dry { RUNBOOK_DRY_NONE, RUNBOOK_DRY_RUNS, RUNBOOK_DRY_OVER };

struct runbook_offers {
  char *subject; /* "main ecap-consumer-group" */
  bool loading;
  size_t invalid; /* runbooks with errors */
  struct runbook_offer *items;
  size_t count;
  /* Of the one that is opened: what its dry run prints. */
  size_t opened;
  enum runbook_dry dry;
  char *text;
  const char *refused; /* why nothing can be started now; NULL: it can. Static, or the lock's */
};

/* What is selected. table and key NULL: the whole target. */
struct runbook_subject {
  size_t target_index;
  const char *table, *key;
};

/* Whether the runbook is offered for it; fills fit, why and words (to be freed by
 * runbook_offer_fini). Time: of the steady clock. */
bool runbook_match(const struct runbook *runbook, const struct model *model,
                   const struct runbook_subject *subject, int64_t now_ms,
                   struct runbook_offer *offer);
void runbook_offer_fini(struct runbook_offer *offer);
void runbook_offers_fini(struct runbook_offers *offers);
/* Runs that fit, then the best first, then by name, then other runs. */
void runbook_offers_sort(struct runbook_offers *offers);
