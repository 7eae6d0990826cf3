/* `plan` and `apply` on the loop: the scheduler collects the one target, and everything ends in
 * order. */
#pragma once

#include "actions/action_list.h"
#include "app/runtime/runtime.h"
#include "operate/headless/headless.h"

struct headless_mode {
  struct headless headless;
  struct runtime *runtime;
  struct scheduler *scheduler;  /* NULL before the target is collected */
  bool asked;                   /* the collection has ended, with or without success */
  const struct page_spec *page; /* has the rows of the action, and is collected too; NULL: none */
  size_t page_state;
};

/* Takes the config and state; removes all targets but one. The list outlives it. */
void headless_mode_open(struct headless_mode *mode, struct runtime *runtime, struct config *config,
                        char *state, const struct target *target, const struct action_list *list,
                        bool read_only);
/* The page that has the rows of an action whose table the target itself lacks; NULL: none. */
const struct page_spec *headless_mode_page(const struct action_spec *spec);
/* Ends everything including the runtime; returns the status (or exits with it if something
 * hangs). */
int headless_mode_close(struct headless_mode *mode, int status);
