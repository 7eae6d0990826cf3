/* Actions of the configuration that run a program. */
#include "actions/own.h"

#include "actions/program.h"
#include "actions/step_file.h"
#include "core/mem.h"
#include "core/secret.h"
#include "core/text/format.h"
#include "core/text/words.h"
#include "io/clock.h"
#include "io/environment.h"

#include <stdlib.h>
#include <string.h>

enum { VERIFY_AGAIN_MS = 500, VERIFY_ONCE_MS = 10000, VERIFY_LEAST_MS = 2000 };

/* ---- environment */

static bool is_set_by(const struct own_action *def, const char *pair) {
  const size_t len = strcspn(pair, "=");
  for (size_t i = 0; i < def->variable_count; i++)
    if (strlen(def->variables[i].name) == len && strncmp(def->variables[i].name, pair, len) == 0)
      return true;
  return false;
}

/* The contents of the file without a newline at the end. */
static const char *file_value(struct step *step, const char *path) {
  char *text = (char *)step_file(step, path); /* in the step's arena */
  for (size_t len = text ? strlen(text) : 0; len > 0 && strchr("\r\n", text[len - 1]); len--)
    text[len - 1] = '\0';
  return text;
}

/* Those with a file, or the others. False with step->err. */
static bool variables_add(struct step *step, const struct own_action *def,
                          const struct own_row *row, bool files, char **list, size_t *count) {
  for (size_t i = 0; i < def->variable_count; i++) {
    const struct own_variable *variable = &def->variables[i];
    if (!variable->file == files || (!row && own_text_is_filled(&variable->value)))
      continue;
    const char *value = files ? file_value(step, variable->file)
                              : own_text_fill(&variable->value, row, &step->arena, &step->err);
    if (!value)
      return false;
    list[(*count)++] = (char *)arena_printf(&step->arena, "%s=%s", variable->name, value);
  }
  return true;
}

/* row NULL: variables that need one are not set. Files come last: the step waits for them, and the
 * row does not outlive that. */
static char *const *environment_of(struct step *step, const struct own_action *def,
                                   const struct own_row *row) {
  char **own = environment_shared(NULL, 0);
  size_t shared = 0, count = 0;
  while (own[shared])
    shared++;
  char **list = arena_alloc(&step->arena, (shared + def->variable_count + 1) * sizeof *list);
  for (size_t i = 0; list && i < shared; i++)
    if (!is_set_by(def, own[i]))
      list[count++] = (char *)arena_printf(&step->arena, "%s", own[i]);
  free(own);
  if (!list) {
    step_fail(step, ERR_LIMIT, "the environment is too large");
    return NULL;
  }
  return variables_add(step, def, row, false, list, &count) &&
                 variables_add(step, def, row, true, list, &count)
             ? list
             : NULL;
}

/* ---- secrets */

static bool is_secret_variable(const struct own_action *def, const char *name, size_t len) {
  for (size_t i = 0; i < def->variable_count; i++) {
    const struct own_variable *variable = &def->variables[i];
    if (strlen(variable->name) == len && strncmp(variable->name, name, len) == 0)
      return variable->file || name_is_secret(variable->name);
  }
  return false;
}

/* The password of a URI or of a text such as "host=db password=x"; NULL: it has none. */
static const char *password_of(struct arena *arena, const char *text) {
  const char *scheme = strstr(text, "://"), *word = strstr(text, "password=");
  const char *at = scheme ? strrchr(scheme, '@') : NULL;
  const char *colon = at ? strchr(scheme + 3, ':') : NULL;
  if (colon && colon < at)
    return arena_text(arena, colon + 1, (size_t)(at - colon - 1));
  word = word ? word + strlen("password=") : NULL;
  return word ? arena_text(arena, word, strcspn(word, " &")) : NULL;
}

struct mask own_mask(struct step *step, const struct own *own, char *const *environment) {
  const struct target *target = step->call->target;
  size_t count = 0;
  const size_t most = 2 * target->kind->option_count + own->def->variable_count;
  const char **secrets = arena_alloc(&step->arena, (most + 1) * sizeof *secrets);
  for (size_t i = 0; secrets && i < target->kind->option_count; i++) {
    const char *text = target->values[i].text;
    if (target->kind->options[i].type != OPTION_SECRET || !text)
      continue;
    const char *password = password_of(&step->arena, text);
    secrets[count++] = text;
    if (password)
      secrets[count++] = password;
  }
  for (; secrets && environment && *environment && count < most; environment++) {
    const char *link = strchr(*environment, '=');
    if (is_secret_variable(own->def, *environment, (size_t)(link - *environment)))
      secrets[count++] = link + 1;
  }
  return (struct mask){secrets, secrets ? count : 0};
}

/* ---- execute */

/* An exit code other than 0: nothing is known of what it did until then, unless nothing can be lost
 * by it. */
static void set_failed(struct step *step, const struct own *own, const struct program_end *end) {
  const bool mild = own->def->spec.danger == DANGER_REVERSIBLE && !end->signal;
  outcome_set(step->call->outcome, 0, mild ? OBJECT_REFUSED : OBJECT_UNKNOWN, "%s%s",
              program_end_text(step, end), mild ? "" : "; it may have had an effect");
}

static bool execute(struct step *step) {
  const struct own *own = own_of(step->call->plan->action);
  struct outcome *outcome = step->call->outcome;
  struct own_filled filled;
  struct own_row row;
  struct program_end end;
  if (!own_check(step, &filled, &row))
    return step->err.kind == ERR_NONE; /* the object has its result */
  outcome->output_private = own->def->output_private;
  char *const *environment = environment_of(step, own->def, &row);
  if (!environment)
    return false;
  const struct mask mask = own_mask(step, own, environment);
  const struct program program = {.argv = filled.argv,
                                  .environment = environment,
                                  .input = filled.input,
                                  .timeout_ms = own->def->timeout_ms,
                                  .change = true,
                                  .keep = true,
                                  .mask = &mask};
  if (!program_run(step, &program, &end)) {
    if (step->err.kind == ERR_TIMEOUT && !step->dropped)
      outcome_set(outcome, 0, OBJECT_UNKNOWN, "%s", step->err.text);
    return false;
  }
  if (end.exit_code != 0)
    set_failed(step, own, &end);
  else
    outcome_set(outcome, 0, filled.verify ? OBJECT_SENT : OBJECT_DONE, "%s",
                program_end_text(step, &end));
  return true;
}

/* ---- verify */

/* The last one has time to end, too. */
static bool verify_once(struct step *step, const struct program *verifier, int64_t left_ms,
                        struct program_end *end) {
  struct program program = *verifier;
  program.timeout_ms = left_ms > VERIFY_ONCE_MS    ? VERIFY_ONCE_MS
                       : left_ms > VERIFY_LEAST_MS ? left_ms
                                                   : VERIFY_LEAST_MS;
  *end = (struct program_end){.exit_code = -1};
  return program_run(step, &program, end) || (step->err.kind == ERR_TIMEOUT && !step->cancelled);
}

static bool verify_until(struct step *step, const struct own *own, char **argv) {
  const int64_t began_ms = clock_now_ms(), limit_ms = own->def->verify_ms;
  struct outcome *outcome = step->call->outcome;
  char *const *environment = environment_of(step, own->def, NULL);
  const struct mask mask = own_mask(step, own, environment);
  const struct program program = {.argv = argv, .environment = environment, .mask = &mask};
  struct program_end end;
  char took[FORMAT_MAX];
  while (environment) {
    const int64_t left_ms = limit_ms - (clock_now_ms() - began_ms);
    if (!verify_once(step, &program, left_ms, &end))
      return false;
    format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
    if (end.exit_code == 0) {
      outcome_set(outcome, 0, OBJECT_DONE, "verified by %.80s after %s", argv[0], took);
      outcome_proof(outcome, "%s", outcome->objects[0].words);
      return true;
    }
    const int64_t rest_ms = limit_ms - (clock_now_ms() - began_ms);
    if (rest_ms <= 0) {
      outcome_set_partly(outcome, 0, NULL, "it ended with exit code 0, but after %s %.80s %s", took,
                         argv[0], end.exit_code < 0 ? "did not end" : program_end_text(step, &end));
      return true;
    }
    if (!step_sleep(step, rest_ms < VERIFY_AGAIN_MS ? rest_ms : VERIFY_AGAIN_MS))
      return step_fail(step, ERR_TIMEOUT, "cancelled while waiting for %.80s", argv[0]);
  }
  return false;
}

bool own_verify(struct step *step) {
  const struct own *own = own_of(step->call->plan->action);
  size_t count;
  if (outcome_count(step->call->outcome, OBJECT_SENT) == 0)
    return true;
  char **argv = words_split(action_identity(step->call->plan, 0, "verify"), &count, &step->err);
  const bool good = argv && count > 0 && verify_until(step, own, argv);
  free(argv);
  return good;
}

/* ---- the action */

static void execute_start(struct step_call *call) {
  step_start(call, execute);
}

static void verify_start(struct step_call *call) {
  step_start(call, own_verify);
}

void own_program_steps(struct own *own) {
  own->action.plan = own_plan;
  own->execute = (struct step_kind){.timeout_ms = own->def->timeout_ms + OWN_SPARE_MS,
                                    .start = execute_start,
                                    .cancel = step_cancel,
                                    .drop = step_drop};
  own->verify = (struct step_kind){.timeout_ms = own->def->verify_ms + OWN_SPARE_MS,
                                   .start = verify_start,
                                   .cancel = step_cancel,
                                   .drop = step_drop};
  own->action.execute = &own->execute;
  own->action.verify = own->def->verify_count > 0 ? &own->verify : NULL;
}
