/* Shared by the modes without a screen that change something (`plan` and `apply`): one target of
 * the configuration, a pipeline, and their shutdown. */
#pragma once

#include "operate/lock.h"
#include "operate/pipeline/pipeline.h"

struct headless_options {
  struct io *io;
  struct config *config; /* taken: all targets but this one are removed */
  char *state;           /* taken */
  const struct target *target;
  bool read_only;
  const struct action *const *actions; /* ends with NULL; outlives headless_fini */
  /* Collects the target once; returns when the model has the result (headless_wait). */
  void (*collect)(void *arg);
  void (*look)(void *arg); /* begins to collect it, again */
  void *arg;
};

struct headless {
  struct io *io;
  struct config *config; /* with that target only, at index 0 */
  struct model model;
  struct lock lock;
  struct audit *audit;
  struct pipeline *pipeline;
  char *state;
  const struct action *const *actions;
  void (*collect)(void *arg);
  void (*look)(void *arg);
  void *collect_arg;
  void (*news)(void *arg); /* an operation has changed; may be NULL */
  void *news_arg;
};

void headless_open(struct headless *headless, const struct headless_options *options);
/* Runs the loop until done(arg) is true; it is called after each change. */
void headless_wait(struct headless *headless, bool (*done)(void *arg), void *arg);
/* Closes the pipeline and the audit. What the collector uses stays. */
void headless_close(struct headless *headless);
/* Frees the rest, once the loop is closed. */
void headless_fini(struct headless *headless);
