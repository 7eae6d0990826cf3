/* What may follow in the line after `:`: commands, ids of actions and pages, then targets, rows,
 * parameters and their values. The name that unlocks is never completed: it has to be typed. */
#pragma once

#include "ui/draw/frame.h"

enum { COMMAND_CANDIDATES_MAX = 64 };

struct command_candidates {
  size_t start;                              /* of the word in the text that they complete */
  const char *words[COMMAND_CANDIDATES_MAX]; /* whole words, quoted where needed; in the arena */
  size_t count;
  bool more;     /* than there is room for */
  size_t common; /* bytes that all of them begin with */
};

/* commands: NULL-terminated names of what is no action and no page; may be NULL. */
void command_complete(struct command_candidates *found, const struct frame *frame,
                      const char *const *commands, const char *text);
