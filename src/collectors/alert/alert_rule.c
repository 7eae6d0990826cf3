#include "collectors/alert/alert_rule.h"

#include "core/format.h"
#include "core/quantity.h"
#include "core/suggest.h"

#include <fnmatch.h>
#include <string.h>

const char *const alert_is_choices[] = {"unknown", "warning", "critical", NULL};
const char *const alert_severity_choices[] = {"warning", "critical", NULL};

bool alert_rule_matches(const char *pattern, const char *name) {
  return !pattern || strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0;
}

bool alert_rule_is_about(const struct alert_rule *rule, const struct target *target) {
  return target != rule->target && (!rule->kind || target->kind == rule->kind) &&
         target->kind != rule->target->kind && alert_rule_matches(rule->whose, target->name);
}

/* ---- what it compares */

/* "kafka.lag": a metric with thresholds. "kafka.lag.end": kind, table and column. */
static bool names(const char *metric, const struct collector *collector,
                  const struct table_spec *table, const struct column_spec *column) {
  const size_t kind = strlen(collector->kind.kind), id = strlen(table->id);
  if (column->metric && strcmp(column->metric, metric) == 0)
    return true;
  return strncmp(metric, collector->kind.kind, kind) == 0 && metric[kind] == '.' &&
         strncmp(metric + kind + 1, table->id, id) == 0 && metric[kind + 1 + id] == '.' &&
         strcmp(metric + kind + 2 + id, column->id) == 0;
}

static bool is_found_in(struct alert_rule *rule, const char *metric,
                        const struct collector *collector, struct suggestion *near) {
  for (size_t t = 0; t < collector->table_count; t++) {
    const struct table_spec *table = collector->tables[t];
    for (size_t c = 0; c < table->column_count; c++) {
      if (table->columns[c].metric)
        suggest_consider(near, metric, table->columns[c].metric);
      if (!names(metric, collector, table, &table->columns[c]))
        continue;
      rule->kind = &collector->kind;
      rule->table = table;
      rule->column = c;
      return true;
    }
  }
  return false;
}

/* "service.series.errors": a metric that the configuration of the service defines. */
static bool is_own(struct alert_rule *rule, const char *metric) {
  static const char own[] = "service.series.";
  const struct collector *service = collector_find("service");
  if (strncmp(metric, own, sizeof own - 1) != 0 || !service)
    return false;
  rule->kind = &service->kind;
  return true;
}

static bool metric_find(struct alert_rule *rule, const char *metric, struct err *err) {
  struct suggestion near = {0};
  if (is_own(rule, metric))
    return true;
  for (const struct collector *const *each = collectors; *each; each++)
    if (is_found_in(rule, metric, *each, &near))
      return true;
  return err_set(err, ERR_INVALID,
                 "unknown metric \"%.80s\"%s; a metric is one that has thresholds, such as "
                 "kafka.lag, or KIND.TABLE.COLUMN as in `stacktop check --json`",
                 metric, suggest_text(&near));
}

static bool limit_read(struct alert_rule *rule, const char *metric, struct err *err) {
  const char *above = target_text(rule->target, "above");
  const char *below = target_text(rule->target, "below");
  struct err why;
  if (!above == !below)
    return err_set(err, ERR_INVALID, "a rule for a metric has either above or below");
  if (!metric_find(rule, metric, err))
    return false;
  rule->below = below;
  rule->metric = metric;
  const char *limit = below ? below : above;
  return (rule->table ? quantity_parse_in(rule->table->columns[rule->column].unit, limit,
                                          &rule->limit, &why)
                      : quantity_parse(limit, &rule->limit, &why)) ||
         err_set(err, ERR_INVALID, "%s: %.200s", below ? "below" : "above", why.text);
}

static bool state_read(struct alert_rule *rule, const char *is, struct err *err) {
  static const enum severity fine[] = {SEVERITY_OK, SEVERITY_UNKNOWN, SEVERITY_WARN};
  size_t choice = 0;
  while (strcmp(alert_is_choices[choice], is) != 0)
    choice++;
  rule->is = fine[choice];
  if (!rule->whose)
    return err_set(err, ERR_INVALID, "is needs target: whose state is it?");
  if (rule->row || target_text(rule->target, "above") || target_text(rule->target, "below"))
    return err_set(err, ERR_INVALID, "row, above and below need a metric");
  return true;
}

/* A rule about nothing would never fire. */
static bool has_targets(const struct alert_rule *rule, struct err *err) {
  const struct config *config = rule->target->config;
  struct suggestion near = {0};
  size_t found = 0;
  for (size_t i = 0; config && i < config->all_count; i++) {
    found += alert_rule_is_about(rule, config->all[i]);
    if (rule->whose && (!rule->kind || config->all[i]->kind == rule->kind))
      suggest_consider(&near, rule->whose, config->all[i]->name);
  }
  if (found > 0 || !config)
    return true;
  if (rule->whose)
    return err_set(err, ERR_INVALID, "no target %s%s \"%.80s\"%s", rule->kind ? "of " : "named",
                   rule->kind ? rule->kind->key : "", rule->whose, suggest_text(&near));
  return err_set(err, ERR_INVALID, "there are no %s in the configuration", rule->kind->key);
}

bool alert_rule_read(struct alert_rule *rule, const struct target *target, struct err *err) {
  const char *metric = target_text(target, "metric"), *is = target_text(target, "is");
  const char *severity = target_text(target, "severity");
  *rule = (struct alert_rule){.target = target,
                              .whose = target_text(target, "target"),
                              .row = target_text(target, "row"),
                              .for_ms = target_number(target, "for"),
                              .severity = strcmp(severity, "critical") == 0 ? SEVERITY_CRIT
                                                                            : SEVERITY_WARN};
  if (!metric == !is)
    return err_set(err, ERR_INVALID, "a rule has a condition: either metric or is");
  if (metric ? !limit_read(rule, metric, err) : !state_read(rule, is, err))
    return false;
  return has_targets(rule, err);
}

/* ---- its text */

static const char *const places[] = {"value", "limit", "target", "row", NULL};

/* The index of the place that begins at the brace; -1 where there is none. */
static int place_at(const char *at, size_t *length) {
  for (int i = 0; places[i]; i++) {
    const size_t name = strlen(places[i]);
    if (*at == '{' && strncmp(at + 1, places[i], name) == 0 && at[name + 1] == '}') {
      *length = name + 2;
      return i;
    }
  }
  return -1;
}

bool alert_text_check(const char *text, struct err *err) {
  size_t length;
  for (const char *at = text; (at = strchr(at, '{')); at++)
    if (place_at(at, &length) < 0)
      return err_set(err, ERR_INVALID,
                     "unknown placeholder at \"%.20s\"; known are {value}, {limit}, {target} and "
                     "{row}",
                     at);
  return *text || err_set(err, ERR_INVALID, "the text is empty");
}

static const char *default_text(const struct alert_rule *rule, struct arena *arena,
                                const char *value, const char *limit) {
  char title[FORMAT_MAX];
  if (!rule->metric)
    return arena_printf(arena, "is %s", value);
  const char *name =
      rule->table ? format_title(title, sizeof title, rule->table->columns[rule->column].title)
                  : rule->metric;
  return arena_printf(arena, "%s %s, %s %s", name, value, rule->below ? "below" : "above", limit);
}

const char *alert_text(const struct alert_rule *rule, struct arena *arena, const char *target,
                       const char *row, const char *value, const char *limit) {
  const char *source = target_text(rule->target, "text");
  const char *const values[] = {value, limit, target, row ? row : target};
  if (!source)
    return default_text(rule, arena, value, limit);
  const char *text = "";
  while (*source) {
    size_t plain = strcspn(source, "{"), length = 1;
    text = arena_printf(arena, "%s%.*s", text, (int)plain, source);
    source += plain;
    const int place = *source ? place_at(source, &length) : -1;
    if (*source)
      text = arena_printf(arena, "%s%s", text, place >= 0 ? values[place] : "{");
    source += *source ? length : 0;
  }
  return text;
}
