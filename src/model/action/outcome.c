#include "model/action/outcome.h"

#include "core/mem.h"
#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [OBJECT_PENDING] = "pending", [OBJECT_SENT] = "sent",       [OBJECT_DONE] = "done",
    [OBJECT_PARTLY] = "partly",   [OBJECT_GONE] = "gone",       [OBJECT_REFUSED] = "refused",
    [OBJECT_SKIPPED] = "skipped", [OBJECT_UNKNOWN] = "unknown",
};

void outcome_init(struct outcome *outcome, size_t objects) {
  *outcome = (struct outcome){.count = objects};
  arena_init(&outcome->arena, OUTCOME_BYTES_MAX);
  outcome->objects = mem_new(objects * sizeof *outcome->objects);
  for (size_t i = 0; i < objects; i++)
    outcome->objects[i].words = "";
}

void outcome_fini(struct outcome *outcome) {
  free(outcome->objects);
  arena_fini(&outcome->arena);
  *outcome = (struct outcome){0};
}

/* A part that was done is reported, however the object ended. */
static void object_settle(struct object_outcome *object, enum object_result result,
                          const char *words) {
  const bool unproven = object->result == OBJECT_SENT || object->result == OBJECT_DONE;
  const bool denies = result == OBJECT_GONE || result == OBJECT_REFUSED ||
                      result == OBJECT_SKIPPED || (result == OBJECT_UNKNOWN && !unproven);
  object->words = words;
  if (object->amount.done > 0 && denies) {
    object->amount.at_least = object->amount.at_least || result == OBJECT_UNKNOWN;
    result = OBJECT_PARTLY;
  }
  object->result = result;
}

void outcome_set(struct outcome *outcome, size_t object, enum object_result result,
                 const char *format, ...) {
  va_list args;
  va_start(args, format);
  object_settle(&outcome->objects[object], result, arena_vprintf(&outcome->arena, format, args));
  va_end(args);
}

void outcome_note(struct outcome *outcome, size_t object, int64_t done, int64_t total,
                  const char *unit) {
  outcome->objects[object].amount = (struct amount){.done = done, .total = total, .unit = unit};
}

void outcome_set_partly(struct outcome *outcome, size_t object, const struct amount *amount,
                        const char *format, ...) {
  va_list args;
  struct object_outcome *set = &outcome->objects[object];
  va_start(args, format);
  set->result = OBJECT_PARTLY;
  set->words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
  if (amount)
    set->amount = *amount;
}

void outcome_set_all(struct outcome *outcome, enum object_result from, enum object_result to,
                     const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *words = arena_vprintf(&outcome->arena, format, args);
  va_end(args);
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == from)
      object_settle(&outcome->objects[i], to, words);
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

/* Terminated, and without a byte that ends it early. */
static const char *output_text(struct outcome *outcome, char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    bytes[i] = bytes[i] ? bytes[i] : (char)0xFF;
  return arena_text(&outcome->arena, bytes, len);
}

void outcome_output(struct outcome *outcome, enum output_stream stream,
                    const struct excerpt *excerpt, const struct mask *mask) {
  const struct excerpt_view view = excerpt_view(excerpt);
  if (excerpt->total == 0 || outcome->output_count == OUTPUTS_MAX)
    return;
  struct output *output = &outcome->outputs[outcome->output_count++];
  *output = (struct output){
      .stream = stream, .left_out = view.left_out, .len = view.head_len, .tail_len = view.tail_len};
  char *head = mask_known(view.head, &output->len, mask, false, view.left_out > 0);
  char *tail = mask_known(view.tail, &output->tail_len, mask, view.left_out > 0, false);
  output->text = output_text(outcome, head, output->len);
  output->tail = output_text(outcome, tail, output->tail_len);
  output->len = strlen(output->text); /* "" where the arena is full */
  output->tail_len = strlen(output->tail);
  free(head);
  free(tail);
}

const char *output_stream_name(enum output_stream stream) {
  return stream == OUTPUT_STDERR ? "stderr" : "stdout";
}

size_t outcome_count(const struct outcome *outcome, enum object_result result) {
  size_t count = 0;
  for (size_t i = 0; i < outcome->count; i++)
    count += outcome->objects[i].result == result;
  return count;
}

const char *object_result_name(enum object_result result) {
  return names[result];
}

const char *object_result_text(enum object_result result) {
  return result == OBJECT_PARTLY ? "partly done" : names[result];
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
  else if (amount->done > amount->total) /* more were found while it ran */
    snprintf(out, AMOUNT_MAX, "%s%s %.40s, %s planned", least, done, amount->unit, total);
  else
    snprintf(out, AMOUNT_MAX, "%s%s of %s %.40s", least, done, total, amount->unit);
  return out;
}

const char *object_outcome_text(char out[OBJECT_TEXT_MAX], const struct object_outcome *object) {
  char amount[AMOUNT_MAX] = "";
  const char *words = object->words ? object->words : "";
  if (object->result == OBJECT_PARTLY)
    amount_text(amount, &object->amount);
  snprintf(out, OBJECT_TEXT_MAX, "%s%s%s", amount, *amount && *words ? ": " : "", words);
  return out;
}

enum object_result object_result_parse(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return (enum object_result)i;
  return OBJECT_UNKNOWN;
}

const char *outcome_word(const struct outcome *outcome) {
  size_t done = outcome_count(outcome, OBJECT_DONE), gone = outcome_count(outcome, OBJECT_GONE);
  size_t refused = outcome_count(outcome, OBJECT_REFUSED);
  size_t skipped = outcome_count(outcome, OBJECT_SKIPPED) + outcome_count(outcome, OBJECT_PENDING);
  if (outcome_count(outcome, OBJECT_UNKNOWN) + outcome_count(outcome, OBJECT_SENT) > 0)
    return "unknown";
  if (outcome_count(outcome, OBJECT_PARTLY) > 0)
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
