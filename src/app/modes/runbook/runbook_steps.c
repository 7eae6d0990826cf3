/* The steps of a run. */
#include "app/modes/act/apply_mode.h"
#include "app/modes/act/ask.h"
#include "app/modes/runbook/runbook_program.h"
#include "app/modes/runbook/runbook_session.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "collectors/lookup.h"
#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "io/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECK_MS = 15000, PLAN_MS = 120000, PROGRESS_MS = 10000, ROW_MAX = 512, WORDS_MAX = 512 };

static enum runbook_go go(bool good) {
  return good ? RUNBOOK_GO_ON : RUNBOOK_GO_BROKEN;
}

/* ---- check, wait, verify */

static void on_progress(void *arg, const struct condition_result *result, int64_t left_ms) {
  struct runbook_session *session = arg;
  char left[FORMAT_MAX], text[WORDS_MAX], clean[WORDS_MAX];
  const int64_t now_ms = clock_now_ms();
  const bool line = isatty(STDERR_FILENO);
  format_duration(left, sizeof left, (double)(left_ms > 0 ? left_ms : 0) / 1000);
  snprintf(text, sizeof text, "waiting: %.200s (%s left)", result->words, left);
  text_sanitize(clean, sizeof clean, text, strlen(text), session->options->no_unicode);
  if (line)
    fprintf(stderr, "\r\033[K%.*s", (int)text_fit(clean, 79, NULL), clean);
  else if (session->noted_ms == 0 || now_ms - session->noted_ms >= PROGRESS_MS)
    fprintf(stderr, "%s\n", clean);
  if (!line && (session->noted_ms == 0 || now_ms - session->noted_ms >= PROGRESS_MS))
    session->noted_ms = now_ms;
}

static void progress_end(struct runbook_session *session) {
  session->noted_ms = 0;
  if (isatty(STDERR_FILENO))
    fputs("\r\033[K", stderr);
}

static bool judge(struct runbook_session *session, const struct runbook_condition *condition,
                  bool every, bool until, int64_t limit_ms, struct condition_result *result,
                  struct err *err) {
  struct runbook_judge judge;
  const bool good = runbook_judge_init(&judge, condition, &session->values, &collector_lookup, err);
  if (good)
    runbook_figures_judge(&session->figures, &judge.condition, every, until, limit_ms,
                          until ? on_progress : NULL, session, result);
  if (until)
    progress_end(session);
  runbook_judge_fini(&judge);
  return good;
}

/* What a person wants where the condition is not known: *again, or the step has ended. */
static enum runbook_go check_unknown(struct runbook_session *session, bool *again,
                                     struct err *err) {
  static const char *const choices[] = {"check again", "continue as if it holds",
                                        "continue as if it does not hold", "stop the run here",
                                        NULL};
  static const enum runbook_result results[] = {RUNBOOK_THEN, RUNBOOK_THEN, RUNBOOK_OTHERWISE,
                                                RUNBOOK_HALT};
  const int choice =
      session->terminal < 0
          ? -1
          : runbook_choose(session, "The condition cannot be checked. What now?", choices);
  *again = choice == 0;
  if (choice < 0)
    return RUNBOOK_GO_WAIT;
  return *again ? RUNBOOK_GO_ON
                : go(runbook_result(session, results[choice], 0, "skipped",
                                    "not known; a person decided", err));
}

static enum runbook_go check_go(struct runbook_session *session, const struct runbook_step *step,
                                struct err *err) {
  struct condition_result result;
  enum runbook_go went;
  char words[WORDS_MAX];
  bool again;
  do {
    if (!judge(session, &step->condition, false, false, CHECK_MS, &result, err))
      return RUNBOOK_GO_BROKEN;
    if (session->figures.interrupts > 0)
      return RUNBOOK_GO_WAIT;
    if (result.answer != CONDITION_NOT_KNOWN) {
      const bool yes = result.answer == CONDITION_YES;
      snprintf(words, sizeof words, "%s: %.300s", yes ? "holds" : "does not hold", result.words);
      runbook_put(session->options, "  ", words);
      return go(
          runbook_result(session, yes ? RUNBOOK_THEN : RUNBOOK_OTHERWISE, 0, "done", words, err));
    }
    runbook_put(session->options, "  ", result.words);
    went = check_unknown(session, &again, err);
  } while (again);
  return went;
}

static enum runbook_go wait_go(struct runbook_session *session, const struct runbook_step *step,
                               struct err *err) {
  struct condition_result result;
  const int64_t began_ms = clock_now_ms();
  if (!judge(session, &step->condition, true, true, step->limit_ms, &result, err))
    return RUNBOOK_GO_BROKEN;
  if (session->figures.interrupts > 0)
    return RUNBOOK_GO_WAIT;
  char words[WORDS_MAX], took[FORMAT_MAX];
  const bool yes = result.answer == CONDITION_YES;
  format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
  snprintf(words, sizeof words, "%s after %s: %.300s", yes ? "holds" : "deadline passed", took,
           result.words);
  runbook_put(session->options, "  ", words);
  return go(runbook_result(session, yes ? RUNBOOK_THEN : RUNBOOK_OTHERWISE, 0,
                           yes ? "done" : "refused", words, err));
}

/* How many conditions hold, and how many are about systems that are not there. */
struct verified {
  size_t held, skipped;
};

static void verify_print(struct runbook_session *session, const struct runbook_condition *condition,
                         const struct condition_result *result, struct err *err) {
  struct runbook_judge text;
  char words[CONDITION_TEXT_MAX];
  if (runbook_judge_init(&text, condition, &session->values, &collector_lookup, err))
    runbook_printf(session->options, "  ", "%s: %s (%s)", condition_text(words, &text.condition),
                   result->answer == CONDITION_YES  ? "holds"
                   : result->answer == CONDITION_NO ? "does not hold"
                                                    : "not known",
                   result->words);
  runbook_judge_fini(&text);
}

static enum runbook_go verify_one(struct runbook_session *session,
                                  const struct runbook_condition *condition,
                                  struct verified *verified, struct err *err) {
  struct condition_result result;
  char why[RUNBOOK_SKIPPED_MAX];
  if (runbook_condition_skipped(why, condition, &session->values, session->config,
                                &collector_lookup)) {
    verified->skipped++;
    runbook_printf(session->options, "  ", "%s: %s",
                   condition->metric ? condition->metric : "state", why);
    return RUNBOOK_GO_ON;
  }
  if (!judge(session, condition, true, false, CHECK_MS, &result, err))
    return RUNBOOK_GO_BROKEN;
  if (session->figures.interrupts > 0)
    return RUNBOOK_GO_WAIT;
  verify_print(session, condition, &result, err);
  verified->held += result.answer == CONDITION_YES;
  return RUNBOOK_GO_ON;
}

enum runbook_go runbook_verify(struct runbook_session *session, struct err *err) {
  const struct runbook *runbook = session->runbook;
  const bool halted = session->run.halted;
  struct verified verified = {0};
  char words[WORDS_MAX];
  if (!halted && runbook->verify_count > 0)
    printf("\nVerify\n");
  for (size_t i = 0; !halted && i < runbook->verify_count; i++) {
    const enum runbook_go went = verify_one(session, &runbook->verify[i], &verified, err);
    if (went != RUNBOOK_GO_ON)
      return went;
  }
  const size_t wanted = runbook->verify_count - verified.skipped;
  const enum runbook_over over = halted                    ? RUNBOOK_STOPPED
                                 : verified.held == wanted ? RUNBOOK_DONE
                                                           : RUNBOOK_FAILED;
  snprintf(words, sizeof words, "%zu of %zu conditions hold", verified.held, wanted);
  if (!halted && !runbook_record_verified(session, over == RUNBOOK_DONE, words, err))
    return RUNBOOK_GO_BROKEN;
  return go(runbook_note(session,
                         (struct runbook_event){.kind = RUNBOOK_EVENT_OVER,
                                                .over = over,
                                                .words = halted ? NULL : words},
                         err));
}

/* ---- show */

static void add_filled(struct own_argv *argv, const struct runbook_values *values,
                       const char *text) {
  char *filled = runbook_fill(values, text);
  own_argv_add(argv, filled);
  free(filled);
}

static enum runbook_go show_go(struct runbook_session *session, const struct runbook_step *step,
                               struct err *err) {
  static const char *const command[] = {"show", NULL};
  struct own_argv argv;
  own_argv_init(&argv, session->options, session->config->path, command);
  own_argv_add(&argv, step->subject);
  for (size_t i = 0; i < step->word_count; i++)
    add_filled(&argv, &session->values, step->words[i]);
  const int status = own_run(session->runtime, &argv, NULL);
  own_argv_fini(&argv);
  char words[WORDS_MAX];
  snprintf(words, sizeof words, status == 0 ? "shown" : "not or not fully shown (status %d)",
           status);
  if (status != 0)
    runbook_put(session->options, "  ", words);
  return go(runbook_result(session, status == 0 ? RUNBOOK_THEN : RUNBOOK_OTHERWISE, 0,
                           status == 0 ? "done" : "refused", words, err));
}

/* ---- ask */

static enum runbook_go ask_go(struct runbook_session *session, const struct runbook_step *step,
                              struct err *err) {
  const char *texts[RUNBOOK_CHOICES_MAX + 1] = {NULL};
  char *filled[RUNBOOK_CHOICES_MAX], words[WORDS_MAX];
  char *question = runbook_fill(&session->values, step->subject);
  for (size_t i = 0; i < step->choice_count; i++)
    texts[i] = filled[i] = runbook_fill(&session->values, step->choices[i].text);
  const int choice = runbook_choose(session, question, texts);
  snprintf(words, sizeof words, "chosen: %.300s", choice >= 0 ? texts[choice] : "nothing");
  for (size_t i = 0; i < step->choice_count; i++)
    free(filled[i]);
  free(question);
  if (choice < 0)
    return RUNBOOK_GO_WAIT;
  return go(runbook_result(session, RUNBOOK_CHOICE, (size_t)choice, "done", words, err));
}

/* ---- run */

/* The words of the program. False with err: a value would become an option. */
static bool argv_fill(const struct runbook_session *session, const struct runbook_step *step,
                      char **argv, struct err *err) {
  bool good = true, ended = false;
  for (size_t i = 0; i < step->word_count; i++) {
    argv[i] = runbook_fill(&session->values, step->words[i]);
    ended = ended || strcmp(argv[i], "--") == 0;
    if (good && !ended && *step->words[i] == '{' && *argv[i] == '-')
      good =
          err_set(err, ERR_INVALID, "%s: the value \"%.60s\" would become an option of the program",
                  step->name, argv[i]);
  }
  argv[step->word_count] = NULL;
  return good;
}

static void output_put(const struct runbook_session *session, const struct captured *captured) {
  if (captured->output)
    runbook_put(session->options, "  | ", captured->output);
  if (captured->errors)
    runbook_put(session->options, "  ! ", captured->errors);
}

static bool y_typed(struct runbook_session *session, const char *prompt) {
  char line[8];
  fflush(NULL);
  return ask_line(session->terminal, prompt, line, sizeof line) && strcmp(line, "y") == 0;
}

static enum runbook_go program_go(struct runbook_session *session, const struct runbook_step *step,
                                  char **argv, struct err *err) {
  const struct runbook_event effect = {.kind = RUNBOOK_EVENT_EFFECT};
  struct captured captured;
  char words[WORDS_MAX];
  if (!y_typed(session, "Type y to run it, anything else to cancel: "))
    return runbook_decide(session, false, "it was not run", err);
  if (!runbook_note(session, effect, err))
    return RUNBOOK_GO_BROKEN;
  char **environment = environment_shared(NULL, 0);
  program_capture(session->runtime, argv, environment, step->limit_ms, &captured);
  free(environment);
  output_put(session, &captured);
  if (captured.status >= 0)
    snprintf(words, sizeof words, "exit status %d", captured.status);
  else
    snprintf(words, sizeof words, "%.300s", captured.err.text);
  const bool timeout = captured.err.kind == ERR_TIMEOUT;
  const int status = captured.status;
  captured_fini(&captured);
  runbook_put(session->options, "  ", words);
  if (timeout)
    return runbook_decide(session, true, words, err);
  return go(runbook_result(session, status == 0 ? RUNBOOK_THEN : RUNBOOK_OTHERWISE, 0,
                           status == 0 ? "done" : "refused", words, err));
}

static enum runbook_go run_go(struct runbook_session *session, const struct runbook_step *step,
                              struct err *err) {
  char *argv[RUNBOOK_WORDS_MAX + 1] = {NULL};
  struct err why;
  enum runbook_go went;
  if (session->lock.why) {
    snprintf(why.text, sizeof why.text, "read-only (%.200s): it was not run", session->lock.why);
    went = runbook_decide(session, false, why.text, err);
  } else if (!argv_fill(session, step, argv, &why)) {
    went = runbook_decide(session, false, why.text, err);
  } else {
    went = program_go(session, step, argv, err);
  }
  for (size_t i = 0; i < step->word_count; i++)
    free(argv[i]);
  return went;
}

/* ---- act */

static void act_words(struct own_argv *argv, const struct runbook_session *session,
                      const struct runbook_step *step, const char *row) {
  own_argv_add(argv, step->subject);
  for (size_t i = 0; i < step->word_count; i++)
    add_filled(argv, &session->values, step->words[i]);
  if (row && *row)
    own_argv_add(argv, row);
  for (size_t i = 0; i < step->pair_count; i++) {
    char *pair = mem_printf("%s=%s", step->pairs[i].name, step->pairs[i].value);
    add_filled(argv, &session->values, pair);
    free(pair);
  }
}

static bool hash_read(const char *text, char hash[RUNBOOK_HASH_MAX], struct err *err) {
  const struct json_limits limits = {.bytes = 4 << 20, .values = 200000, .depth = 16};
  json_t *json = json_tree_new(text, strlen(text), &limits, err);
  const struct json_node top = {.json = json, .err = err};
  const char *found = NULL;
  const bool good = json && json_read_text(&top, "hash", &found);
  if (good)
    snprintf(hash, RUNBOOK_HASH_MAX, "%s", found);
  json_decref(json);
  return good;
}

/* The plan's hash. False with err; the reasons are printed. */
static bool plan_make(struct runbook_session *session, const struct runbook_step *step,
                      const char *row, char hash[RUNBOOK_HASH_MAX], struct err *err) {
  static const char *const command[] = {"plan", "--json", NULL};
  struct own_argv argv;
  struct captured captured;
  own_argv_init(&argv, session->options, session->config->path, command);
  act_words(&argv, session, step, row);
  program_capture(session->runtime, argv.words, NULL, PLAN_MS, &captured);
  own_argv_fini(&argv);
  bool good = captured.status == 0 && hash_read(captured.output, hash, err);
  if (captured.status < 0)
    *err = captured.err;
  else if (captured.status != 0)
    err_set(err, ERR_INVALID, "there is no plan");
  if (!good && captured.errors)
    runbook_put(session->options, "  ", captured.errors);
  captured_fini(&captured);
  return good;
}

static enum runbook_go act_end(struct runbook_session *session, int status, struct err *err) {
  switch (status) {
  case 0:
    return go(
        runbook_result(session, RUNBOOK_THEN, 0, "done", "see the record of the action", err));
  case EXIT_OUTCOME_UNKNOWN:
  case -1:
    return runbook_decide(session, true,
                          "the outcome of the action is not known: look at the server, then decide",
                          err);
  case EXIT_OUTCOME_PARTLY:
    return runbook_decide(session, false, "the action was partly done", err);
  default:
    return runbook_decide(session, false, "the action was not done", err);
  }
}

static enum runbook_go plan_apply(struct runbook_session *session, const char *hash,
                                  struct err *err) {
  static const char *const command[] = {"apply", NULL};
  struct own_argv argv;
  if (!runbook_note(session, (struct runbook_event){.kind = RUNBOOK_EVENT_EFFECT, .hash = hash},
                    err))
    return RUNBOOK_GO_BROKEN;
  own_argv_init(&argv, session->options, session->config->path, command);
  own_argv_add(&argv, hash);
  const int status = own_run(session->runtime, &argv, NULL);
  own_argv_fini(&argv);
  return act_end(session, status, err);
}

/* An action that only reads prints what it finds. */
static enum runbook_go find_go(struct runbook_session *session, const struct runbook_step *step,
                               struct err *err) {
  static const char *const command[] = {"plan", NULL};
  struct own_argv argv;
  own_argv_init(&argv, session->options, session->config->path, command);
  act_words(&argv, session, step, NULL);
  const int status = own_run(session->runtime, &argv, NULL);
  own_argv_fini(&argv);
  return status == 0 ? go(runbook_result(session, RUNBOOK_THEN, 0, "done", "shown", err))
                     : runbook_decide(session, false, "nothing was found", err);
}

static enum runbook_go act_go(struct runbook_session *session, const struct runbook_step *step,
                              struct err *err) {
  const struct action *action = action_find_in(session->list->actions, step->subject);
  char hash[RUNBOOK_HASH_MAX], row[ROW_MAX] = "";
  struct err why;
  if (action && action->spec.danger == DANGER_NONE)
    return find_go(session, step, err);
  while (!plan_make(session, step, row, hash, &why)) {
    const bool picks = action && (action->spec.choice != CHOICE_NONE || action->spec.table);
    fflush(NULL);
    if (!picks ||
        !ask_line(session->terminal,
                  "Row for the action (its first word), Enter alone for none: ", row, sizeof row) ||
        !*row)
      return runbook_decide(session, false, why.text, err);
  }
  return plan_apply(session, hash, err);
}

/* ---- the step */

static bool needs_person(const struct runbook_step *step) {
  return step->kind == RUNBOOK_ACT || step->kind == RUNBOOK_ASK || step->kind == RUNBOOK_RUN;
}

static bool step_begin(struct runbook_session *session, struct err *err) {
  struct runbook_event begin = {.kind = RUNBOOK_EVENT_BEGIN};
  char id[RUNBOOK_AUDIT_MAX];
  audit_id(id, clock_wall_ms(), session->who.pid, ++session->serial);
  begin.audit = id;
  return runbook_note(session, begin, err) && runbook_record(session, NULL, NULL, err);
}

/* What it is about is not configured. A check leads on as one that does not hold. */
static enum runbook_go step_skip(struct runbook_session *session, const struct runbook_step *step,
                                 const char *why, struct err *err) {
  runbook_put(session->options, "  ", why);
  return go(step_begin(session, err) &&
            runbook_result(session, step->kind == RUNBOOK_CHECK ? RUNBOOK_OTHERWISE : RUNBOOK_THEN,
                           0, "skipped", why, err));
}

enum runbook_go runbook_step_go(struct runbook_session *session, struct err *err) {
  const struct runbook_step *step = runbook_run_step(&session->run);
  char text[RUNBOOK_SAID_MAX], why[RUNBOOK_SKIPPED_MAX];
  char *help = runbook_fill(&session->values, step->help);
  printf("\n");
  runbook_printf(session->options, "", "%s", step->name);
  if (help)
    runbook_put(session->options, "  ", help);
  free(help);
  if (step->kind != RUNBOOK_ASK) /* its question follows */
    runbook_put(session->options, "  ", runbook_step_text(text, step, &session->values));
  if (runbook_step_skipped(why, step, &session->values, session->config, &collector_lookup))
    return step_skip(session, step, why, err);
  if (needs_person(step) && session->terminal < 0) {
    error_print("this step needs a person at a terminal; the run waits here");
    return RUNBOOK_GO_WAIT;
  }
  if (!step_begin(session, err))
    return RUNBOOK_GO_BROKEN;
  if (step->kind == RUNBOOK_SHOW || step->kind == RUNBOOK_ACT)
    runbook_figures_rest(&session->figures);
  switch (step->kind) {
  case RUNBOOK_CHECK:
    return check_go(session, step, err);
  case RUNBOOK_SHOW:
    return show_go(session, step, err);
  case RUNBOOK_ACT:
    return act_go(session, step, err);
  case RUNBOOK_WAIT:
    return wait_go(session, step, err);
  case RUNBOOK_ASK:
    return ask_go(session, step, err);
  default:
    return run_go(session, step, err);
  }
}

/* ---- after a crash */

struct found {
  const char *hash;
  bool intent, outcome, unknown;
  char result[32];
};

/* What the audit log knows of the plan. The record of the step has the same hash and is no action.
 */
static void on_record(void *arg, const struct audit_record *record, bool unknown) {
  struct found *found = arg;
  if (!record->hash || strcmp(record->hash, found->hash) != 0 ||
      (record->kind && strcmp(record->kind, "runbook") == 0))
    return;
  found->intent = true;
  found->unknown = found->unknown || unknown;
  if (record->event != AUDIT_OUTCOME)
    return;
  found->outcome = true;
  snprintf(found->result, sizeof found->result, "%s", record->result ? record->result : "");
}

static bool again(struct runbook_session *session, struct err *err) {
  return runbook_record(session, "skipped", "interrupted before any effect", err) &&
         runbook_note(session, (struct runbook_event){.kind = RUNBOOK_EVENT_INTERRUPTED}, err);
}

static enum runbook_go act_recover(struct runbook_session *session, struct err *err) {
  struct found found = {.hash = session->run.hash};
  const struct audit_filter all = {0};
  char words[WORDS_MAX];
  char *path = mem_printf("%s/audit.jsonl", session->state);
  const bool read = audit_read(path, &all, on_record, &found, err);
  free(path);
  if (!read)
    return RUNBOOK_GO_BROKEN;
  if (!found.intent) {
    printf("\nThe action of the step was planned, but never begun: the step begins again.\n");
    return go(again(session, err));
  }
  if (!found.outcome && !found.unknown) {
    err_set(err, ERR_LIMIT, "the action of the step is still running in another process");
    return RUNBOOK_GO_BROKEN;
  }
  if (strcmp(found.result, "done") == 0 || strcmp(found.result, "gone") == 0) {
    printf("\nThe action of the step was done meanwhile.\n");
    return go(runbook_result(session, RUNBOOK_THEN, 0, "done", "according to the audit log", err));
  }
  snprintf(words, sizeof words, "interrupted; the audit log says: %s",
           found.outcome ? found.result : "outcome unknown");
  return runbook_decide(session, !found.outcome || strcmp(found.result, "unknown") == 0, words,
                        err);
}

enum runbook_go runbook_step_recover(struct runbook_session *session, struct err *err) {
  const struct runbook_step *step = runbook_run_step(&session->run);
  if (!session->run.effect) {
    runbook_printf(session->options, "", "\n%s was interrupted before any effect: it begins again.",
                   step->name);
    return go(again(session, err));
  }
  if (step->kind == RUNBOOK_ACT)
    return act_recover(session, err);
  return runbook_decide(session, true,
                        "the program was started, and how it ended is not known: look, then decide",
                        err);
}
