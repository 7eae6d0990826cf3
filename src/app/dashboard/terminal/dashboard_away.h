/* A program that takes over the terminal for a while: stacktop itself, leading through a runbook.
 * The dashboard gives the terminal back first, continues to collect without drawing, and takes the
 * terminal again when the program has ended and a person has pressed Enter. */
#pragma once

#include "app/modes/runbook/runbook_program.h"

#include <uv.h>

enum away_state {
  AWAY_NOT,
  AWAY_LISTED, /* no such program: the list of environments has it (dashboard_member.h) */
  AWAY_RUNS,
  AWAY_WAITS, /* for Enter */
};

struct dashboard_away {
  enum away_state state;
  uv_process_t process;
  int status;               /* of the program; -1: a signal ended it */
  void (*ended)(void *arg); /* the program has ended: wait for Enter */
  void *arg;
};

/* False with err: it was not started. The terminal is already given back. */
bool dashboard_away_start(struct dashboard_away *away, uv_loop_t *loop, const struct own_argv *argv,
                          struct err *err) MUST_CHECK;
/* The dashboard ends: so does the program, which keeps its state. */
void dashboard_away_end(struct dashboard_away *away, int signal_number);
/* What became of the run, as a sentence. */
const char *dashboard_away_words(const struct dashboard_away *away);
