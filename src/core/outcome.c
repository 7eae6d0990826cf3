#include "core/outcome.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [VICTIM_PENDING] = "pending", [VICTIM_SENT] = "sent",       [VICTIM_DONE] = "done",
    [VICTIM_GONE] = "gone",       [VICTIM_REFUSED] = "refused", [VICTIM_SKIPPED] = "skipped",
    [VICTIM_UNKNOWN] = "unknown",
};

void outcome_init(struct outcome *outcome, size_t victims) {
  *outcome = (struct outcome){.count = victims};
  arena_init(&outcome->arena, OUTCOME_BYTES_MAX);
  outcome->victims = mem_new(victims * sizeof *outcome->victims);
  for (size_t i = 0; i < victims; i++)
    outcome->victims[i].words = "";
}

void outcome_fini(struct outcome *outcome) {
  free(outcome->victims);
  arena_fini(&outcome->arena);
  *outcome = (struct outcome){0};
}

void outcome_set(struct outcome *outcome, size_t victim, enum victim_result result,
                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  outcome->victims[victim].result = result;
  outcome->victims[victim].words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
}

void outcome_set_all(struct outcome *outcome, enum victim_result from, enum victim_result to,
                     const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->victims[i].result == from)
      outcome->victims[i] = (struct victim_outcome){to, words};
}

void outcome_proof(struct outcome *outcome, const char *format, ...) {
  va_list args;
  va_start(args, format);
  outcome->proof = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
}

void outcome_undo(struct outcome *outcome, const char *format, ...) {
  va_list args;
  va_start(args, format);
  outcome->undo = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
}

size_t outcome_count(const struct outcome *outcome, enum victim_result result) {
  size_t count = 0;
  for (size_t i = 0; i < outcome->count; i++)
    count += outcome->victims[i].result == result;
  return count;
}

const char *victim_result_name(enum victim_result result) {
  return names[result];
}

enum victim_result victim_result_parse(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return (enum victim_result)i;
  return VICTIM_UNKNOWN;
}

const char *outcome_word(const struct outcome *outcome) {
  size_t done = outcome_count(outcome, VICTIM_DONE), gone = outcome_count(outcome, VICTIM_GONE);
  size_t refused = outcome_count(outcome, VICTIM_REFUSED);
  size_t skipped = outcome_count(outcome, VICTIM_SKIPPED) + outcome_count(outcome, VICTIM_PENDING);
  if (outcome_count(outcome, VICTIM_UNKNOWN) + outcome_count(outcome, VICTIM_SENT) > 0)
    return "unknown";
  if (refused + skipped == 0)
    return done == 0 && gone > 0 ? "gone" : "done";
  if (done > 0)
    return "partial";
  return refused > 0 ? "refused" : "skipped";
}
