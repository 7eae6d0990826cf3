#include "model/target.h"

#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct target *target_new(const struct target_kind *kind, const char *name) {
  struct target *target = mem_new(sizeof *target);
  target->kind = kind;
  target->name = mem_dup(name);
  target->values = mem_new(kind->option_count * sizeof *target->values);
  for (size_t i = 0; i < kind->option_count; i++) {
    struct err err;
    if (kind->options[i].fallback &&
        !option_parse(&kind->options[i], kind->options[i].fallback, &target->values[i], &err))
      assert(!"the default of an option does not parse");
  }
  return target;
}

void target_settle_interval(struct target *target, int64_t interval_ms) {
  if (target->interval_ms == 0)
    target->interval_ms =
        target->kind->interval_ms > interval_ms ? target->kind->interval_ms : interval_ms;
}

void target_free(struct target *target) {
  if (!target)
    return;
  for (size_t i = 0; i < target->kind->option_count; i++)
    option_value_fini(&target->values[i]);
  rules_fini(&target->rules);
  data_checks_free(target->checks, target->check_count);
  free(target->values);
  free(target->name);
  free(target->disabled);
  free(target->origins);
  for (size_t i = 0; i < target->log_count; i++)
    free(target->logs[i]);
  free(target->logs);
  for (size_t i = 0; i < target->depends_count; i++)
    free(target->depends_on[i]);
  free(target->depends_on);
  free(target);
}

const struct option_value *target_option(const struct target *target, const char *name) {
  for (size_t i = 0; i < target->kind->option_count; i++)
    if (strcmp(target->kind->options[i].name, name) == 0)
      return &target->values[i];
  assert(!"the kind has no such option");
  abort();
}

const char *target_text(const struct target *target, const char *name) {
  return target_option(target, name)->text;
}

int64_t target_number(const struct target *target, const char *name) {
  return target_option(target, name)->number;
}
