/* One environment of several (stacktop -c A -c B), as its own process reports it. */
#pragma once

#include "model/judge/severity.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  ENVIRONMENT_NAME_MAX = 128,
  ENVIRONMENT_SUBJECT_MAX = 256,
  ENVIRONMENT_SENTENCE_MAX = 512,
  ENVIRONMENT_SILENT_MS = 5000, /* its process reports once a second: longer, and it hangs */
};

enum environment_lock { ENVIRONMENT_OPEN, ENVIRONMENT_READ_ONLY, ENVIRONMENT_UNLOCKED };

/* "open", "read-only", "unlocked". */
const char *environment_lock_name(enum environment_lock lock);

/* Texts are sanitised; "": none. */
struct environment {
  char name[ENVIRONMENT_NAME_MAX];
  char text[ENVIRONMENT_NAME_MAX]; /* `environment` of the configuration */
  char path[ENVIRONMENT_SENTENCE_MAX];
  bool production;
  bool known; /* what follows is known: its process runs, and has reported */
  enum severity severity;
  int64_t crit, warn, unknown; /* findings */
  bool at_least;               /* of them, or more */
  int64_t waiting, stale, ok, targets;
  enum severity worst; /* of the finding */
  char subject[ENVIRONMENT_SUBJECT_MAX], sentence[ENVIRONMENT_SENTENCE_MAX];
  int64_t since_ms; /* wall time */
  int64_t age_ms;   /* of the newest collection, when it was reported; -1: there is none */
  enum environment_lock lock;
  bool paused;
  bool clashes;     /* another one has the same name since a configuration was reloaded */
  int64_t running;  /* actions that are not over */
  int64_t heard_ms; /* steady time of the last report */
  char trouble[ENVIRONMENT_SENTENCE_MAX]; /* not known: why */
};

/* Why what is shown cannot be trusted now: its name is not its own, it is paused, or its process
 * hangs. NULL: it can. The text is in `out`. */
const char *environment_doubt(const struct environment *environment, int64_t now_ms, char *out,
                              unsigned long size);
/* What counts: never OK where something is not known or not from now. */
enum severity environment_severity(const struct environment *environment, int64_t now_ms);
