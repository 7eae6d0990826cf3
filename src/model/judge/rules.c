#include "model/judge/rules.h"

#include <stdlib.h>
#include <string.h>

void rules_fini(struct rules *rules) {
  for (size_t i = 0; i < rules->count; i++)
    free(rules->items[i].metric);
  free(rules->items);
  *rules = (struct rules){0};
}

static const struct threshold *threshold_or_null(const struct threshold *threshold) {
  return threshold->has_warn || threshold->has_crit ? threshold : NULL;
}

static const struct rule *rule_of(const struct rules *rules, const char *metric) {
  for (size_t i = 0; i < rules->count; i++)
    if (strcmp(rules->items[i].metric, metric) == 0)
      return &rules->items[i];
  return NULL;
}

const struct threshold *rules_find(const struct rules *own, const struct rules *all,
                                   const struct column_spec *column) {
  if (!column->metric)
    return NULL;
  const struct rule *rule = rule_of(own, column->metric);
  if (!rule)
    rule = rule_of(all, column->metric);
  return threshold_or_null(rule ? &rule->threshold : &column->threshold);
}

bool rules_asked(const struct rules *own, const struct rules *all,
                 const struct column_spec *column) {
  const struct rule *rule = column->metric ? rule_of(own, column->metric) : NULL;
  if (!rule && column->metric)
    rule = rule_of(all, column->metric);
  return threshold_or_null(rule ? &rule->threshold : &column->threshold) &&
         (rule || column->threshold.asked);
}

static bool beyond(const struct threshold *threshold, double number, double limit) {
  return threshold->below ? number < limit : number > limit;
}

bool threshold_check(const struct threshold *threshold, struct err *err) {
  const bool judged = threshold->has_warn || threshold->has_crit;
  if (!judged && (threshold->for_ms > 0 || threshold->below))
    return err_set(err, ERR_INVALID, "%s needs warn or crit", threshold->below ? "below" : "for");
  if (threshold->has_warn && threshold->has_crit &&
      (threshold->below ? threshold->crit > threshold->warn : threshold->crit < threshold->warn))
    return err_set(err, ERR_INVALID, "crit is reached before warn");
  return true;
}

enum severity threshold_judge(const struct threshold *threshold, struct value value) {
  double number;
  if (!threshold || !value_number(value, &number))
    return SEVERITY_OK;
  if (threshold->has_crit && beyond(threshold, number, threshold->crit))
    return SEVERITY_CRIT;
  if (threshold->has_warn && beyond(threshold, number, threshold->warn))
    return SEVERITY_WARN;
  return SEVERITY_OK;
}
