#include "collectors/alert/alert_rule.h"

#include "clients/prometheus/prometheus_contract.h"
#include "core/format.h"
#include "core/quantity.h"
#include "core/suggest.h"

#include <assert.h>
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
  while (choice + 1 < sizeof fine / sizeof *fine && strcmp(alert_is_choices[choice], is) != 0)
    choice++;
  rule->is = fine[choice];
  if (!rule->whose)
    return err_set(err, ERR_INVALID, "is needs target: whose state is it?");
  if (rule->row || target_text(rule->target, "above") || target_text(rule->target, "below"))
    return err_set(err, ERR_INVALID, "row, above and below need a metric");
  return true;
}

/* ---- PromQL */

static bool names_prometheus(struct alert_rule *rule, const char *name, struct err *err) {
  const struct config *config = rule->target->config;
  struct suggestion near = {0};
  size_t known = 0;
  for (size_t i = 0; config && i < config->all_count; i++) {
    const struct target *each = config->all[i];
    if (strcmp(each->kind->kind, PROMETHEUS_KIND) != 0)
      continue;
    known++;
    suggest_consider(&near, name, each->name);
    if (strcmp(each->name, name) == 0) {
      rule->prometheus = each;
      return true;
    }
  }
  if (!config)
    return true;
  if (known == 0)
    return err_set(err, ERR_INVALID, "there is no prometheus in the configuration");
  return err_set(err, ERR_INVALID, "no target of prometheus \"%.80s\"%s", name,
                 suggest_text(&near));
}

static bool expr_read(struct alert_rule *rule, const char *expr, struct err *err) {
  static const char *const others[] = {"above", "below", "target", "row"};
  const char *prometheus = target_text(rule->target, "prometheus");
  const char *text = target_text(rule->target, "text");
  if (!prometheus)
    return err_set(err, ERR_INVALID,
                   "expr needs prometheus: the name of the target that evaluates it");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (target_text(rule->target, others[i]))
      return err_set(err, ERR_INVALID, "%s needs a metric; an expression has its limits in itself",
                     others[i]);
  if (text && strstr(text, "{limit}"))
    return err_set(err, ERR_INVALID,
                   "{limit} needs a metric; an expression has its limits in itself");
  rule->expr = expr;
  return names_prometheus(rule, prometheus, err);
}

static bool no_labels(const struct alert_rule *rule, struct err *err) {
  const char *text = target_text(rule->target, "text");
  return !text || !strstr(text, "{label.") ||
         err_set(err, ERR_INVALID, "{label.NAME} needs expr: only its results have labels");
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
  const char *expr = target_text(target, "expr");
  if ((metric != NULL) + (is != NULL) + (expr != NULL) != 1)
    return err_set(err, ERR_INVALID, "a rule has one condition: either metric or is or expr");
  if (expr)
    return expr_read(rule, expr, err);
  assert(metric || is);
  if (target_text(target, "prometheus"))
    return err_set(err, ERR_INVALID, "prometheus needs expr: what does it evaluate?");
  if (!no_labels(rule, err))
    return false;
  if (is ? !state_read(rule, is, err) : !limit_read(rule, metric, err))
    return false;
  return has_targets(rule, err);
}

/* ---- its text */

enum { PLACE_VALUE, PLACE_LIMIT, PLACE_TARGET, PLACE_ROW, PLACE_LABEL };
static const char *const places[] = {
    [PLACE_VALUE] = "value", [PLACE_LIMIT] = "limit", [PLACE_TARGET] = "target",
    [PLACE_ROW] = "row",     [PLACE_LABEL] = NULL,
};
static const char label_of[] = "{label.";

/* The place that begins at the brace; -1 where there is none. */
static int place_at(const char *at, size_t *length) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  for (int i = 0; places[i]; i++) {
    const size_t name = strlen(places[i]);
    if (*at == '{' && strncmp(at + 1, places[i], name) == 0 && at[name + 1] == '}') {
      *length = name + 2;
      return i;
    }
  }
  if (strncmp(at, label_of, sizeof label_of - 1) != 0)
    return -1;
  const size_t name = strspn(at + sizeof label_of - 1, allowed);
  *length = sizeof label_of + name;
  return name > 0 && at[*length - 1] == '}' ? PLACE_LABEL : -1;
}

bool alert_text_check(const char *text, struct err *err) {
  size_t length;
  for (const char *at = text; (at = strchr(at, '{')); at++)
    if (place_at(at, &length) < 0)
      return err_set(err, ERR_INVALID,
                     "unknown placeholder at \"%.20s\"; known are {value}, {limit}, {target}, "
                     "{row} and {label.NAME}",
                     at);
  return *text || err_set(err, ERR_INVALID, "the text is empty");
}

static const char *default_text(const struct alert_rule *rule, struct arena *arena,
                                const struct alert_words *words) {
  char title[FORMAT_MAX];
  if (rule->expr)
    return arena_printf(arena, "value %s", words->value);
  if (!rule->metric)
    return arena_printf(arena, "is %s", words->value);
  const char *name =
      rule->table ? format_title(title, sizeof title, rule->table->columns[rule->column].title)
                  : rule->metric;
  return arena_printf(arena, "%s %s, %s %s", name, words->value, rule->below ? "below" : "above",
                      words->limit);
}

/* A label that the result does not have is empty, as in Prometheus. */
static const char *label_named(const struct alert_words *words, struct arena *arena,
                               const char *name, size_t length) {
  const char *value =
      words->labels ? prometheus_label(words->labels, arena_text(arena, name, length)) : NULL;
  return value ? value : "";
}

const char *alert_text(const struct alert_rule *rule, struct arena *arena,
                       const struct alert_words *words) {
  const char *source = target_text(rule->target, "text");
  const char *const values[] = {words->value, words->limit, words->target,
                                words->row ? words->row : words->target};
  if (!source)
    return default_text(rule, arena, words);
  const char *text = "";
  while (*source) {
    size_t plain = strcspn(source, "{"), length = 1;
    text = arena_printf(arena, "%s%.*s", text, (int)plain, source);
    source += plain;
    const int place = *source ? place_at(source, &length) : -1;
    if (place == PLACE_LABEL)
      text = arena_printf(
          arena, "%s%s", text,
          label_named(words, arena, source + sizeof label_of - 1, length - sizeof label_of));
    else if (*source)
      text = arena_printf(arena, "%s%s", text, place >= 0 ? values[place] : "{");
    source += *source ? (place >= 0 ? length : 1) : 0;
  }
  return text;
}

const char *alert_labels(const struct alert_rule *rule, struct arena *arena) {
  const struct option_value *labels = target_option(rule->target, "labels");
  const char *text = "";
  for (size_t i = 0; i < labels->item_count; i++)
    text = arena_printf(arena, "%s%s%s=%s", text, *text ? ", " : "", labels->names[i],
                        labels->items[i]);
  return text;
}

/* ---- whether it fires */

/* Whether there is time to wait for `for`. */
static bool can_wait(const struct alert_rule *rule, const struct model *model, bool one_pass) {
  return !one_pass && (model->watch_ms == 0 || rule->for_ms <= model->watch_ms);
}

bool alert_fires(const struct alert_rule *rule, const struct model *model, bool one_pass,
                 int64_t held_ms) {
  return !can_wait(rule, model, one_pass) || held_ms >= rule->for_ms;
}

const char *alert_reason(const struct alert_rule *rule, const struct model *model, bool one_pass,
                         struct arena *arena, const char *subject, const char *text) {
  char wait[FORMAT_MAX];
  /* "api is critical", but "main orders: lag 5,000, above 100". */
  const bool is_state = !rule->metric && !rule->expr && !target_text(rule->target, "text");
  const char *colon = is_state ? "" : ":";
  if (can_wait(rule, model, one_pass) || rule->for_ms == 0)
    return arena_printf(arena, "%s%s %s", subject, colon, text);
  format_duration(wait, sizeof wait, (double)rule->for_ms / 1000);
  return arena_printf(arena, "%s%s %s (%s; the rule requires %s)", subject, colon, text,
                      one_pass ? "seen once" : "watched for less", wait);
}
