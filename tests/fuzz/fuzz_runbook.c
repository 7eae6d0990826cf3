/* Exercises the reader of runbooks. Holds: either a runbook or at least one error comes back; every
 * place leads to a step or to an end; every text can be filled. */
#include "collectors/lookup.h"
#include "config/runbook/config_runbook.h"

#include <stdlib.h>

static bool is_named(void *arg, enum runbook_naming what, const char *name, struct err *err) {
  (void)arg;
  (void)what;
  return *name != 'x' || err_set(err, ERR_INVALID, "unknown");
}
static const struct runbook_schema schema = {.lookup = &collector_lookup, .names = is_named};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void place_check(const struct runbook *runbook, int place) {
  if (place < RUNBOOK_STOP || place >= (int)runbook->step_count)
    abort();
}

static void step_check(const struct runbook_values *values, const struct runbook_step *step) {
  place_check(values->runbook, step->then);
  place_check(values->runbook, step->otherwise);
  for (size_t i = 0; i < step->choice_count; i++)
    place_check(values->runbook, step->choices[i].place);
  for (size_t i = 0; i < step->word_count; i++)
    free(runbook_fill(values, step->words[i]));
  if (!step->name || (step->kind == RUNBOOK_RUN && step->word_count == 0))
    abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct config_errors errors;
  struct runbook_values values;
  config_errors_init(&errors, "fuzz.yaml");
  struct runbook *runbook =
      runbook_parse("fuzz", "fuzz.yaml", (const char *)data, size, &schema, &errors);
  if (!runbook == (errors.count == 0))
    abort();
  if (runbook)
    runbook_values_init(&values, runbook);
  for (size_t i = 0; runbook && i < runbook->step_count; i++)
    step_check(&values, &runbook->steps[i]);
  runbook_free(runbook);
  config_errors_fini(&errors);
  return 0;
}
