#include "app/modes/runbook/runbook_session.h"

#include "app/modes/act/ask.h"
#include "audit/audit_change.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool runbook_note(struct runbook_session *session, struct runbook_event event, struct err *err) {
  struct runbook_run after = session->run;
  event.at_ms = clock_wall_ms();
  if (event.kind != RUNBOOK_EVENT_OVER)
    event.step = runbook_run_step(&session->run)->name;
  if (!runbook_run_take(&after, &event, err) || !runbook_file_append(session->file, &event, err))
    return false;
  session->run = after;
  return true;
}

/* ---- the audit log */

struct recording {
  bool over, good;
  struct err err;
  uv_loop_t *loop;
};

static void on_recorded(void *arg, const struct err *err) {
  struct recording *recording = arg;
  recording->over = true;
  recording->good = !err;
  if (err)
    recording->err = *err;
  uv_stop(recording->loop);
}

/* What is recorded: a step, or the verification of the run. */
struct recorded {
  const char *id, *action, *step; /* step NULL: none */
  const char *line;               /* of the intent */
  const char *hash;
};

static bool record(struct runbook_session *session, const struct recorded *recorded,
                   const char *result, const char *words, struct err *err) {
  const struct runbook_head *head = runbook_file_head(session->file);
  struct plan_param params[RUNBOOK_PARAMS_MAX + 2];
  char *title =
      mem_printf("%s: %s", session->runbook->name, recorded->step ? recorded->step : "verify");
  size_t count = 0;
  params[count++] = (struct plan_param){.name = "run", .value = head->id};
  if (recorded->step)
    params[count++] = (struct plan_param){.name = "step", .value = recorded->step};
  for (size_t i = 0; i < head->value_count; i++)
    params[count++] = (struct plan_param){.name = head->names[i], .value = head->values[i]};
  const struct audit_change change = {.id = recorded->id,
                                      .who = &session->who,
                                      .platform = session->config->name,
                                      .environment = session->config->environment,
                                      .kind = "runbook",
                                      .target = session->runbook->name,
                                      .action = recorded->action,
                                      .title = title,
                                      .plan = &recorded->line,
                                      .plan_count = 1};
  struct audit_record line = audit_change_record(&change, result, clock_wall_ms());
  line.hash = recorded->hash;
  line.params = params;
  line.param_count = count;
  line.proof = result ? words : NULL;
  struct recording recording = {.loop = &session->runtime->loop};
  audit_append(session->audit, &line, on_recorded, &recording);
  while (!recording.over)
    uv_run(recording.loop, UV_RUN_DEFAULT);
  free(title);
  if (!recording.good)
    *err = recording.err;
  return recording.good;
}

bool runbook_record(struct runbook_session *session, const char *result, const char *words,
                    struct err *err) {
  const struct runbook_step *step = runbook_run_step(&session->run);
  char said[RUNBOOK_SAID_MAX], action[sizeof "runbook." + RUNBOOK_NAME_MAX];
  snprintf(action, sizeof action, "runbook.%s", runbook_kind_name(step->kind));
  const struct recorded recorded = {.id = session->run.audit,
                                    .action = action,
                                    .step = step->name,
                                    .line = runbook_step_text(said, step, &session->values),
                                    .hash = *session->run.hash ? session->run.hash : NULL};
  return record(session, &recorded, result, words, err);
}

bool runbook_record_verified(struct runbook_session *session, bool held, const char *words,
                             struct err *err) {
  char id[RUNBOOK_AUDIT_MAX];
  audit_id(id, clock_wall_ms(), session->who.pid, ++session->serial);
  const struct recorded recorded = {
      .id = id, .action = "runbook.verify", .line = "whether the conditions of verify hold"};
  return record(session, &recorded, NULL, NULL, err) &&
         record(session, &recorded, held ? "done" : "refused", words, err);
}

bool runbook_result(struct runbook_session *session, enum runbook_result result, size_t choice,
                    const char *word, const char *words, struct err *err) {
  const struct runbook_event event = {
      .kind = RUNBOOK_EVENT_RESULT, .result = result, .choice = choice, .words = words};
  const size_t step = session->run.step;
  if (!runbook_record(session, word, words, err) || !runbook_note(session, event, err))
    return false;
  const int place = runbook_run_place(session->runbook, step, result, choice);
  if (place != (int)step + 1)
    runbook_printf(session->options, "  ", "-> %s", runbook_place_text(session->runbook, place));
  return true;
}

/* ---- the person */

int runbook_choose(struct runbook_session *session, const char *question,
                   const char *const *choices) {
  char line[32], prompt[64];
  int count = 0;
  runbook_put(session->options, "", question);
  for (; choices[count]; count++)
    runbook_printf(session->options, "  ", "%d  %s", count + 1, choices[count]);
  snprintf(prompt, sizeof prompt, "Number (1 to %d), Enter alone to leave: ", count);
  for (;;) {
    char *end;
    fflush(NULL);
    if (!ask_line(session->terminal, prompt, line, sizeof line) || !*line)
      return -1;
    const long number = strtol(line, &end, 10);
    if (!*end && number >= 1 && number <= count)
      return (int)number - 1;
  }
}

enum runbook_go runbook_decide(struct runbook_session *session, bool unknown, const char *words,
                               struct err *err) {
  const struct runbook_step *step = runbook_run_step(&session->run);
  static const char *const choices[] = {"it is done: continue with `then`",
                                        "it is not done: continue with `otherwise`",
                                        "repeat the step", "stop the run here", NULL};
  char question[RUNBOOK_SAID_MAX];
  if (session->terminal < 0)
    return unknown ? RUNBOOK_GO_UNKNOWN : RUNBOOK_GO_WAIT;
  snprintf(question, sizeof question, "\n%.48s: %.600s", step->name, words);
  bool good = true;
  switch (runbook_choose(session, question, choices)) {
  case 0:
    good = runbook_result(session, RUNBOOK_THEN, 0, "done", "a person decided: it is done", err);
    break;
  case 1:
    good = runbook_result(session, RUNBOOK_OTHERWISE, 0, "refused",
                          "a person decided: it is not done", err);
    break;
  case 2:
    good = runbook_record(session, "skipped", "a person repeats the step", err) &&
           runbook_note(session, (struct runbook_event){.kind = RUNBOOK_EVENT_INTERRUPTED}, err);
    break;
  case 3:
    good = runbook_result(session, RUNBOOK_HALT, 0, unknown ? "unknown" : "refused",
                          "a person stopped the run", err);
    break;
  default:
    return unknown ? RUNBOOK_GO_UNKNOWN : RUNBOOK_GO_WAIT;
  }
  return good ? RUNBOOK_GO_ON : RUNBOOK_GO_BROKEN;
}
