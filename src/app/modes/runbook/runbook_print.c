#include "app/modes/runbook/runbook_session.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/quote.h"
#include "core/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2048, WORD_MAX = 512 };

void runbook_put(const struct options *options, const char *indent, const char *text) {
  char clean[LINE_MAX_BYTES];
  for (const char *at = text; *at;) {
    const size_t length = strcspn(at, "\n");
    text_sanitize(clean, sizeof clean, at, length, options->no_unicode);
    printf("%s%s\n", indent, clean);
    at += length + (at[length] == '\n');
  }
}

void runbook_printf(const struct options *options, const char *indent, const char *format, ...) {
  char text[LINE_MAX_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  runbook_put(options, indent, text);
}

static void add(char out[RUNBOOK_SAID_MAX], const char *text) {
  const size_t used = strlen(out);
  snprintf(out + used, RUNBOOK_SAID_MAX - used, "%s%s", used ? " " : "", text);
}

/* values NULL: with its placeholders. */
static void add_filled(char out[RUNBOOK_SAID_MAX], const struct runbook_values *values,
                       const char *text, bool quoted) {
  char word[WORD_MAX];
  char *filled = values ? runbook_fill(values, text) : mem_dup(text);
  add(out, quoted ? quote_word(word, sizeof word, filled) : filled);
  free(filled);
}

static void add_condition(char out[RUNBOOK_SAID_MAX], const struct runbook_condition *condition,
                          const struct runbook_values *values) {
  const char *subject = condition->metric ? condition->metric : condition->target;
  add_filled(out, values, subject ? subject : "", false);
  if (condition->metric && (condition->target || condition->row))
    add(out, "of");
  if (condition->metric && condition->target)
    add_filled(out, values, condition->target, false);
  if (condition->row)
    add_filled(out, values, condition->row, false);
  add(out, condition->is && strcmp(condition->is, "ok") != 0 ? "is at least"
           : condition->is                                   ? "is"
           : condition->above                                ? "above"
                                                             : "below");
  add_filled(out, values,
             condition->is      ? condition->is
             : condition->above ? condition->above
             : condition->below ? condition->below
                                : "",
             false);
}

const char *runbook_step_text(char out[RUNBOOK_SAID_MAX], const struct runbook_step *step,
                              const struct runbook_values *values) {
  char duration[DURATION_TEXT_MAX];
  snprintf(out, RUNBOOK_SAID_MAX, "%s", runbook_kind_name(step->kind));
  if (step->kind == RUNBOOK_CHECK || step->kind == RUNBOOK_WAIT)
    add_condition(out, &step->condition, values);
  if (step->subject)
    add_filled(out, values, step->subject, false);
  for (size_t i = 0; i < step->word_count; i++)
    add_filled(out, values, step->words[i], true);
  for (size_t i = 0; i < step->pair_count; i++) {
    char *pair = mem_printf("%s=%s", step->pairs[i].name, step->pairs[i].value);
    add_filled(out, values, pair, true);
    free(pair);
  }
  if (step->kind == RUNBOOK_WAIT || step->kind == RUNBOOK_RUN) {
    add(out, step->kind == RUNBOOK_WAIT ? "(at most" : "(time limit");
    add(out, duration_text(duration, step->limit_ms));
    snprintf(out + strlen(out), RUNBOOK_SAID_MAX - strlen(out), ")");
  }
  return out;
}

const char *runbook_place_text(const struct runbook *runbook, int place) {
  return place >= 0              ? runbook->steps[place].name
         : place == RUNBOOK_END  ? "the end"
         : place == RUNBOOK_STOP ? "stop"
                                 : "the next step";
}

void runbook_put_resume(const struct runbook_session *session) {
  char quoted[LINE_MAX_BYTES];
  fputs("  stacktop ", stdout);
  if (session->config->path)
    printf("-c %s ", quote_word(quoted, sizeof quoted, session->config->path));
  printf("runbook resume %s\n", runbook_file_head(session->file)->id);
}
