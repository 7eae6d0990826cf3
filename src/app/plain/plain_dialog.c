/* The operation in front, as lines: parameters, candidates, plan, confirmation, outcome.
 *
 * Nothing is confirmed by accident: a confirmation comes from a terminal, alone, not pasted, and
 * some time after its question; what was typed before the question is dropped. */
#include "app/plain/plain.h"

#include "core/mem.h"
#include "core/text/words.h"
#include "io/clock.h"
#include "report/cell.h"
#include "report/plan/outcome_text.h"
#include "report/plan/plan_text.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CANDIDATES_SHOWN = 200 };

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

static void request(struct plain *plain, struct request request) {
  dashboard_operations_request(&plain->operations, &request);
}

static void dismiss(struct plain *plain) {
  request(plain, (struct request){.kind = REQUEST_DISMISS});
}

/* A terminal that is no dumb one marks pastes while it is asked. */
static void marks_pastes(const struct plain *plain, bool on) {
  const char *term = getenv("TERM");
  if (plain->terminal && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0)
    fputs(on ? paste_on : paste_off, stdout);
}

static void ask(struct plain *plain, enum plain_question question) {
  struct plain_dialog *dialog = &plain->dialog;
  if (dialog->question == QUESTION_NONE)
    marks_pastes(plain, true);
  if (plain->terminal && question == QUESTION_PLAN)
    tcflush(STDIN_FILENO, TCIFLUSH);
  plain->used = 0;
  dialog->question = question;
  dialog->asked_ms = clock_now_ms();
}

static void asked(struct plain *plain) {
  if (plain->dialog.question != QUESTION_NONE)
    marks_pastes(plain, false);
  plain->dialog.question = QUESTION_NONE;
}

void plain_dialog_fini(struct plain_dialog *dialog) {
  for (size_t i = 0; i < PLAIN_PARAMS_MAX; i++)
    free(dialog->texts[i]);
  free(dialog->given);
  free(dialog->plan);
  free(dialog->leaves);
  *dialog = (struct plain_dialog){0};
}

/* ---- parameters */

/* The text of NAME=VALUE among the words; the caller frees it. NULL: it is not there. */
static char *given_of(const struct plain_dialog *dialog, const char *name) {
  struct err err;
  size_t count = 0;
  char **words = dialog->given ? words_split(dialog->given, &count, &err) : NULL;
  char *found = NULL;
  for (size_t i = 0; i < count && !found; i++)
    if (strncmp(words[i], name, strlen(name)) == 0 && words[i][strlen(name)] == '=')
      found = mem_dup(words[i] + strlen(name) + 1);
  free(words);
  return found;
}

static void form_send(struct plain *plain, const struct operation *operation) {
  asked(plain);
  free(plain->dialog.given);
  plain->dialog.given = NULL;
  request(plain, (struct request){.kind = REQUEST_FORM,
                                  .texts = (const char *const *)plain->dialog.texts,
                                  .text_count = operation->action->param_count});
}

static void param_ask(struct plain *plain, const struct operation *operation) {
  struct plain_dialog *dialog = &plain->dialog;
  const struct option *param = &operation->action->params[dialog->param];
  const char *preset = dialog->texts[dialog->param];
  char allowed[OPTION_ALLOWED_MAX];
  option_allowed(param, allowed);
  plain_say(plain, "%s: %s%s%s%s", param->name, param->help, *allowed ? " (" : "", allowed,
            *allowed ? ")" : "");
  if (*preset)
    plain_say(plain, "Type a value, or only Enter for %s. cancel ends it.", preset);
  else
    plain_say(plain, "Type a value%s. cancel ends it.",
              param->required ? "" : ", or only Enter for none");
  ask(plain, QUESTION_PARAM);
}

/* From the first parameter that was not given. */
static void params_next(struct plain *plain, const struct operation *operation) {
  struct plain_dialog *dialog = &plain->dialog;
  for (; dialog->param < operation->action->param_count; dialog->param++) {
    char *given = given_of(dialog, operation->action->params[dialog->param].name);
    if (!given) {
      param_ask(plain, operation);
      return;
    }
    free(dialog->texts[dialog->param]);
    dialog->texts[dialog->param] = given;
  }
  form_send(plain, operation);
}

static void form_begin(struct plain *plain, const struct operation *operation) {
  struct plain_dialog *dialog = &plain->dialog;
  for (size_t i = 0; i < operation->action->param_count && i < PLAIN_PARAMS_MAX; i++) {
    free(dialog->texts[i]);
    dialog->texts[i] = mem_dup(operation->texts && operation->texts[i] ? operation->texts[i] : "");
  }
  dialog->param = 0;
  params_next(plain, operation);
}

/* The form was refused: the parameter that is wrong is asked for again. */
static void form_again(struct plain *plain, const struct operation *operation) {
  plain_say(plain, "%s", operation->err.text);
  plain->dialog.param = operation->param_wrong > 0 ? (size_t)operation->param_wrong : 0;
  param_ask(plain, operation);
}

static void param_answer(struct plain *plain, const struct operation *operation, const char *line) {
  struct plain_dialog *dialog = &plain->dialog;
  if (strcmp(line, "cancel") == 0) {
    asked(plain);
    dismiss(plain);
    return;
  }
  if (*line) {
    free(dialog->texts[dialog->param]);
    dialog->texts[dialog->param] = mem_dup(line);
  }
  dialog->param++;
  params_next(plain, operation);
}

/* ---- candidates */

static bool is_parent(const struct table *table, size_t index) {
  for (size_t i = index + 1; i < table->row_count; i++)
    if (table->rows[i].parent && strcmp(table->rows[i].parent, table->rows[index].key) == 0)
      return true;
  return false;
}

/* "1. slot_a, active no, retained 412 MB" */
static void candidate_say(const struct plain *plain, const struct table *table, size_t number,
                          const struct row *row) {
  char line[2048] = "", text[FORMAT_MAX];
  size_t used = 0;
  for (size_t i = 0; i < table->spec->column_count && used < sizeof line; i++) {
    const struct column_spec *column = &table->spec->columns[i];
    const struct value value = cell_value(row, i);
    if (value.type == VALUE_NONE)
      continue;
    const char *shown =
        value.type == VALUE_TEXT
            ? value.text
            : format_value(text, sizeof text, value, column->unit, column->flags & COLUMN_PLUS);
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s%s%s", used ? ", " : "",
                             i > 0 ? column->title : "", i > 0 ? " " : "", shown);
  }
  plain_say(plain, "%zu. %s", number, line);
}

static void choice_begin(struct plain *plain, const struct operation *operation) {
  struct plain_dialog *dialog = &plain->dialog;
  const struct table *table =
      operation->found && operation->found->table_count > 0 ? &operation->found->tables[0] : NULL;
  const bool reads = operation->action->danger == DANGER_NONE;
  free(dialog->leaves);
  dialog->leaves = mem_new(((table ? table->row_count : 0) + 1) * sizeof *dialog->leaves);
  dialog->leaf_count = 0;
  for (size_t i = 0; table && i < table->row_count; i++) {
    if (!reads && is_parent(table, i))
      continue;
    dialog->leaves[dialog->leaf_count++] = i;
    if (dialog->leaf_count <= CANDIDATES_SHOWN)
      candidate_say(plain, table, dialog->leaf_count, &table->rows[i]);
  }
  if (dialog->leaf_count > CANDIDATES_SHOWN)
    plain_say(plain, "and %zu more; the numbers continue", dialog->leaf_count - CANDIDATES_SHOWN);
  for (size_t i = 0; operation->found && i < operation->found->note_count; i++)
    plain_say(plain, "%s", operation->found->notes[i].text);
  if (reads || dialog->leaf_count == 0) {
    if (dialog->leaf_count == 0)
      plain_say(plain, "nothing was found");
    dismiss(plain);
    return;
  }
  if (operation->action->choice == CHOICE_ONE)
    plain_say(plain, "Type a number, or only Enter to cancel.");
  else
    plain_say(plain, "Type numbers, such as 1 3 5-8, or all; only Enter cancels.");
  ask(plain, QUESTION_CHOICE);
}

/* "3" or "5-8"; false: it is neither, or there is no such number. */
static bool range_read(const char *word, size_t count, size_t *first, size_t *last) {
  char *end;
  *first = *last = strtoul(word, &end, 10);
  if (*end == '-')
    *last = strtoul(end + 1, &end, 10);
  return *word >= '0' && *word <= '9' && *end == '\0' && *first >= 1 && *last >= *first &&
         *last <= count;
}

static void choice_answer(struct plain *plain, const struct operation *operation,
                          const char *line) {
  const struct plain_dialog *dialog = &plain->dialog;
  const struct table *table = &operation->found->tables[0];
  const bool one = operation->action->choice == CHOICE_ONE;
  struct err err;
  size_t count = 0, picked = 0, first, last;
  char **words = words_split(line, &count, &err);
  const char **keys = mem_new((dialog->leaf_count + 1) * sizeof *keys);
  bool *taken = mem_new((dialog->leaf_count + 1) * sizeof *taken), good = words != NULL;
  for (size_t i = 0; i < count && good; i++) {
    good = range_read(words[i], dialog->leaf_count, &first, &last);
    if (!one && strcmp(words[i], "all") == 0) {
      first = 1;
      last = dialog->leaf_count;
      good = true;
    }
    for (size_t number = first; good && number <= last; number++) {
      if (!taken[number - 1])
        keys[picked++] = table->rows[dialog->leaves[number - 1]].key;
      taken[number - 1] = true;
    }
  }
  if (count == 0 || !words) {
    asked(plain);
    plain_say(plain, "cancelled, nothing was done");
    dismiss(plain);
  } else if (!good || (one && picked != 1)) {
    plain_say(plain, "not a number from 1 to %zu; again, or only Enter to cancel",
              dialog->leaf_count);
  } else {
    asked(plain);
    request(plain, (struct request){.kind = REQUEST_CHOOSE, .texts = keys, .text_count = picked});
  }
  free(taken);
  free(keys);
  free(words);
}

/* ---- the plan */

static char *plan_text(const struct plain *plain, const struct plan *plan) {
  char *text = NULL;
  size_t length = 0;
  const struct report_text_options options = plain_text(plain);
  FILE *out = open_memstream(&text, &length);
  if (!out)
    mem_failed();
  (void)!report_plan_text(out, plan, &options);
  fclose(out);
  return text;
}

static void plan_begin(struct plain *plain, const struct operation *operation) {
  struct plain_dialog *dialog = &plain->dialog;
  char phrase[PLAN_PHRASE_MAX], *text = plan_text(plain, operation->plan);
  const bool same = dialog->plan && strcmp(dialog->plan, text) == 0;
  plan_phrase(operation->plan, phrase);
  if (operation->err.kind != ERR_NONE)
    plain_say(plain, "Not executed: %s", operation->err.text);
  if (same)
    plain_say(plain, "Planned again from current data: the plan is the same.");
  else
    fputs(text, stdout);
  free(dialog->plan);
  dialog->plan = text;
  if (!plain->terminal) {
    plain_say(plain, "An action is confirmed at a terminal only: nothing was done");
    dismiss(plain);
    return;
  }
  plain_say(plain, "Nothing has been done. Type %s and Enter to do it, anything else cancels.",
            phrase);
  ask(plain, QUESTION_PLAN);
}

static void plan_answer(struct plain *plain, const struct operation *operation, const char *line,
                        bool alone) {
  const int64_t now_ms = clock_now_ms();
  if (!alone || now_ms - plain->dialog.asked_ms < PLAIN_QUIET_MS) {
    plain_say(plain,
              "A paste or a line that was typed before the question is no answer. Type it now.");
    ask(plain, QUESTION_PLAN);
  } else if (!plan_agreed(operation->plan, line)) {
    asked(plain);
    plain_say(plain, "%s, nothing was done",
              *line ? "that does not match: cancelled" : "cancelled");
    dismiss(plain);
  } else if (plan_is_old(operation->plan, now_ms)) {
    asked(plain);
    plain_say(plain, "The plan is older than 30 seconds and is made again from current data.");
    plain->dialog.phase = OPERATION_SURVEY;
    request(plain, (struct request){.kind = REQUEST_REPLAN});
  } else {
    asked(plain);
    request(plain, (struct request){.kind = REQUEST_AGREE, .text = line});
  }
}

/* ---- its end */

static void outcome_say(struct plain *plain, const struct operation *operation) {
  const struct report_text_options options = plain_text(plain);
  if (operation->began) {
    (void)!report_outcome_text(stdout, operation->plan, &operation->outcome, &options);
    (void)!report_output_text(stdout, &operation->outcome, &options);
  }
  if (operation->err.kind != ERR_NONE)
    plain_say(plain, "%s%s", operation->err.text, operation->began ? "" : ". Nothing was done");
  if (operation->unrecorded.kind != ERR_NONE)
    plain_say(plain, "%s", operation->unrecorded.text);
  if (operation->began && operation->outcome.undo)
    plain_say(plain, "undo plans its undo");
}

static void phase_begin(struct plain *plain, const struct operation *operation) {
  switch (operation->phase) {
  case OPERATION_FORM:
    form_begin(plain, operation);
    break;
  case OPERATION_CHOICE:
    choice_begin(plain, operation);
    break;
  case OPERATION_PLAN:
    plan_begin(plain, operation);
    break;
  case OPERATION_EXECUTE:
  case OPERATION_VERIFY:
    plain_say(plain, "%s: %s", operation->action->title, operation_phase_text(operation->phase));
    break;
  case OPERATION_ENDED:
    asked(plain);
    outcome_say(plain, operation);
    dismiss(plain);
    break;
  default:
    break;
  }
}

void plain_dialog_turn(struct plain *plain) {
  struct plain_dialog *dialog = &plain->dialog;
  const struct operation *front = plain->model.operations.front;
  if (!front) {
    asked(plain);
    if (dialog->id)
      plain_dialog_fini(dialog);
    return;
  }
  if (front->id != dialog->id) {
    char *given = dialog->given;
    dialog->given = NULL;
    plain_dialog_fini(dialog);
    *dialog = (struct plain_dialog){.id = front->id, .phase = front->phase, .given = given};
    phase_begin(plain, front);
  } else if (front->phase != dialog->phase) {
    asked(plain);
    dialog->phase = front->phase;
    phase_begin(plain, front);
  } else if (front->phase == OPERATION_FORM && dialog->question == QUESTION_NONE &&
             front->err.kind != ERR_NONE) {
    form_again(plain, front);
  }
}

bool plain_dialog_answer(struct plain *plain, const char *line, bool alone) {
  const struct operation *front = plain->model.operations.front;
  if (!front || plain->dialog.question == QUESTION_NONE)
    return false;
  if (strchr(line, '\033')) {
    plain_say(plain, "A paste is not an answer. Type it.");
    return true;
  }
  if (plain->dialog.question == QUESTION_PARAM)
    param_answer(plain, front, line);
  else if (plain->dialog.question == QUESTION_CHOICE)
    choice_answer(plain, front, line);
  else
    plan_answer(plain, front, line, alone);
  return true;
}
