/* Changes of a container: which there are, whether one may be made, and what became of it. Pure.
 *
 * A container is addressed by its id, which is never used again. It is not touched if it was
 * started, stopped or replaced by others since the plan was made. A restart by the engine itself,
 * as in a crash loop, is no reason to leave it alone: its count of restarts, which starts again at
 * 0 with each start by a person, tells the two apart. */
#pragma once

#include "clients/docker/docker_read.h"
#include "model/action/outcome.h"

enum docker_wanted { DOCKER_UP, DOCKER_DOWN, DOCKER_PAUSED };

enum {
  DOCKER_HEALTHY_MS = 120000, /* the most that is waited for a container's health check */
  DOCKER_EFFECT_MS = 60000,   /* for the engine's answer, which comes when the container ended */
  DOCKER_LOOK_AGAIN_MS = 100,
  DOCKER_WORDS_MAX = 320,
  DOCKER_RUN_MAX = 48,
  DOCKER_ID_SHOWN = 12,
};

struct docker_verb {
  const char *name;          /* "restart" */
  const char *title;         /* of a plan */
  const char *command;       /* of the docker command line */
  const char *path;          /* after the container's id */
  const char *from;          /* states in which it makes sense, each between blanks */
  enum docker_wanted wanted; /* what the container is to be afterwards */
  bool new_run;              /* it begins another run */
  const char *undo;          /* the name of the one that undoes it; NULL: none */
  const char *blast, *loss;  /* NULL: nothing to say */
};
const struct docker_verb *docker_verb_named(const char *name); /* asserts that there is one */
bool docker_state_fits(const struct docker_verb *verb, const char *state);

/* What a plan remembers of a container. */
struct docker_planned {
  const char *run;      /* when its run began, as the engine writes it */
  const char *state;    /* as the engine calls it */
  const char *restarts; /* by the engine */
};
/* Whether it is in the state, and the run, that was planned for; otherwise words say what has
 * become of it. */
bool docker_is_as_planned(const struct docker_verb *verb, const struct docker_planned *planned,
                          const struct docker_detail *now, char words[DOCKER_WORDS_MAX]);

/* What is waited for after a change. */
struct docker_wait {
  const struct docker_verb *verb;
  int64_t began_ms;         /* on the steady clock, as now_ms */
  int64_t ran_ms;           /* since when the same run of it has been seen; 0: not yet */
  char run[DOCKER_RUN_MAX]; /* which one that is; "": not yet */
};
/* What one look at the container means: OBJECT_DONE, OBJECT_PARTLY, or OBJECT_PENDING where it may
 * still become what is wanted. The words then say how it is: "still running, health check
 * starting". */
enum object_result docker_settled(struct docker_wait *wait, const struct docker_detail *now,
                                  int64_t now_ms, char words[DOCKER_WORDS_MAX]);
/* The same where it no longer exists (docker run --rm). */
enum object_result docker_settled_gone(const struct docker_wait *wait,
                                       char words[DOCKER_WORDS_MAX]);

/* Who undoes a stop of it: sentences about "it"; NULL: none does. */
const char *docker_undone_by_engine(const struct docker_detail *detail);
/* In out where the container is of a compose project. */
const char *docker_undone_by_compose(char out[DOCKER_WORDS_MAX],
                                     const struct docker_detail *detail);
