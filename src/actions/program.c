#include "actions/program.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "io/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct running {
  struct step_part part; /* first */
  struct step *step;
  struct child *child; /* NULL: it has ended */
  const struct program *program;
  struct program_end end;
  struct err err;
};

static void close_running(struct step_part *part) {
  struct running *running = (struct running *)part;
  if (running->child)
    child_cancel(running->child);
  free(running);
}

static size_t running_unanswered(const struct step_part *part) {
  const struct running *running = (const struct running *)part;
  return running->program->change && running->child;
}

static bool last_line(char out[PROGRAM_LINE_MAX], const struct excerpt *excerpt) {
  const struct excerpt_view view = excerpt_view(excerpt);
  return view.left_out > 0 ? text_last_line(out, PROGRAM_LINE_MAX, view.tail, view.tail_len) > 0
                           : text_last_line(out, PROGRAM_LINE_MAX, view.head, view.head_len) > 0;
}

static void output_take(struct running *running, const struct excerpt *excerpt) {
  const struct excerpt_view view = excerpt_view(excerpt);
  running->end.output = arena_text(&running->step->arena, view.head, view.head_len);
}

/* The words of an outcome are recorded, so they must not hold a secret either. */
static void line_mask(struct running *running) {
  size_t len = strlen(running->end.line), known_len;
  char *known = mask_known(running->end.line, &len, running->program->mask, false, true);
  known_len = len;
  char *likely = mask_likely(known, &known_len);
  snprintf(running->end.line, sizeof running->end.line, "%s", likely);
  free(known);
  free(likely);
}

static void on_ended(void *arg, const struct child_result *result, const struct err *err) {
  static const enum output_stream streams[] = {
      [CHILD_STDOUT] = OUTPUT_STDOUT, [CHILD_STDERR] = OUTPUT_STDERR};
  struct running *running = arg;
  running->child = NULL;
  running->err = err ? *err : (struct err){0};
  for (size_t i = 0; result && running->program->keep && i < CHILD_STREAMS; i++)
    outcome_output(running->step->call->outcome, streams[i], &result->streams[i],
                   running->program->mask);
  if (result) {
    running->end.exit_code = result->exit_code;
    running->end.signal = result->signal;
    running->end.took_us = result->took_us;
    if (running->program->read)
      output_take(running, &result->streams[CHILD_STDOUT]);
    if (!last_line(running->end.line, &result->streams[CHILD_STDERR]))
      last_line(running->end.line, &result->streams[CHILD_STDOUT]);
    line_mask(running);
  }
  step_wake(running->step);
}

bool program_run(struct step *step, const struct program *program, struct program_end *end) {
  if (step->dropped)
    return step_wait(step, 0); /* which says why */
  struct running *running = mem_new(sizeof *running);
  const struct child_query query = {.argv = program->argv,
                                    .environment = program->environment,
                                    .input = program->input,
                                    .input_len = program->input ? strlen(program->input) : 0,
                                    .split = true,
                                    .head_max = OUTPUT_HEAD_MAX,
                                    .tail_max = OUTPUT_TAIL_MAX,
                                    .timeout_ms = program->timeout_ms};
  running->part = (struct step_part){.close = close_running, .unanswered = running_unanswered};
  running->step = step;
  running->program = program;
  step_add(step, &running->part);
  running->child = child_start(step->call->io, &query, on_ended, running);
  while (running->child) {
    if (!step_wait(step, INT64_MAX))
      return false; /* the frame closes it */
    if (step->cancelled && running->child)
      child_stop(running->child); /* which ends it soon, and only once */
  }
  *end = running->end;
  step->err = running->err;
  if (step->cancelled && step->err.kind == ERR_TIMEOUT)
    step_fail(step, ERR_TIMEOUT, "cancelled while %.80s ran; it was killed", program->argv[0]);
  step_remove(step, &running->part);
  free(running);
  return step->err.kind == ERR_NONE;
}

const char *program_end_text(struct step *step, const struct program_end *end) {
  char took[FORMAT_MAX];
  const char *line = *end->line ? end->line : "";
  format_duration(took, sizeof took, (double)end->took_us / 1e6);
  if (end->signal)
    return arena_printf(&step->arena, "was ended by signal %d (%s) after %s%s%s", end->signal,
                        strsignal(end->signal), took, *line ? ": " : "", line);
  return arena_printf(&step->arena, "ended with exit code %d after %s%s%s", end->exit_code, took,
                      end->exit_code && *line ? ": " : "", end->exit_code ? line : "");
}
