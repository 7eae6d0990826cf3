#include "model/outcome.h"

#include "core/format.h"
#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [VICTIM_PENDING] = "pending", [VICTIM_SENT] = "sent",       [VICTIM_DONE] = "done",
    [VICTIM_PARTLY] = "partly",   [VICTIM_GONE] = "gone",       [VICTIM_REFUSED] = "refused",
    [VICTIM_SKIPPED] = "skipped", [VICTIM_UNKNOWN] = "unknown",
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

/* What was done before it ended otherwise is not denied. */
static void victim_settle(struct victim_outcome *victim, enum victim_result result,
                          const char *words) {
  const bool unproven = victim->result == VICTIM_SENT || victim->result == VICTIM_DONE;
  const bool denies = result == VICTIM_GONE || result == VICTIM_REFUSED ||
                      result == VICTIM_SKIPPED || (result == VICTIM_UNKNOWN && !unproven);
  victim->words = words;
  if (victim->amount.done > 0 && denies) {
    victim->amount.at_least = victim->amount.at_least || result == VICTIM_UNKNOWN;
    result = VICTIM_PARTLY;
  }
  victim->result = result;
}

void outcome_set(struct outcome *outcome, size_t victim, enum victim_result result,
                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  victim_settle(&outcome->victims[victim], result, arena_vprintf(&outcome->arena, format, args));
  va_end(args);
}

void outcome_note(struct outcome *outcome, size_t victim, int64_t done, int64_t total,
                  const char *unit) {
  outcome->victims[victim].amount = (struct amount){.done = done, .total = total, .unit = unit};
}

void outcome_set_partly(struct outcome *outcome, size_t victim, const struct amount *amount,
                        const char *format, ...) {
  va_list args;
  struct victim_outcome *set = &outcome->victims[victim];
  va_start(args, format);
  set->result = VICTIM_PARTLY;
  set->words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
  if (amount)
    set->amount = *amount;
}

void outcome_set_all(struct outcome *outcome, enum victim_result from, enum victim_result to,
                     const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->victims[i].result == from)
      victim_settle(&outcome->victims[i], to, words);
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

const char *victim_result_text(enum victim_result result) {
  return result == VICTIM_PARTLY ? "partly done" : names[result];
}

const char *amount_text(char out[AMOUNT_MAX], const struct amount *amount) {
  char done[FORMAT_MAX], total[FORMAT_MAX];
  const char *least = amount->at_least ? "at least " : "";
  *out = '\0';
  if (!amount->unit)
    return out;
  format_count(done, sizeof done, amount->done);
  format_count(total, sizeof total, amount->total);
  if (amount->total <= 0)
    snprintf(out, AMOUNT_MAX, "%s%s %.40s, total unknown", least, done, amount->unit);
  else if (amount->done > amount->total) /* more came while it ran */
    snprintf(out, AMOUNT_MAX, "%s%s %.40s, %s planned", least, done, amount->unit, total);
  else
    snprintf(out, AMOUNT_MAX, "%s%s of %s %.40s", least, done, total, amount->unit);
  return out;
}

const char *victim_outcome_text(char out[VICTIM_TEXT_MAX], const struct victim_outcome *victim) {
  char amount[AMOUNT_MAX] = "";
  const char *words = victim->words ? victim->words : "";
  if (victim->result == VICTIM_PARTLY)
    amount_text(amount, &victim->amount);
  snprintf(out, VICTIM_TEXT_MAX, "%s%s%s", amount, *amount && *words ? ": " : "", words);
  return out;
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
  if (outcome_count(outcome, VICTIM_PARTLY) > 0)
    return "partial";
  if (refused + skipped == 0)
    return done == 0 && gone > 0 ? "gone" : "done";
  if (done > 0)
    return "partial";
  return refused > 0 ? "refused" : "skipped";
}

const char *outcome_word_text(const char *word) {
  return strcmp(word, "partial") == 0 ? "partly done" : word;
}
