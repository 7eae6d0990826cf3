#include "collectors/alert/alert_rule.h"

#include "clients/prometheus/prometheus_contract.h"
#include "clients/prometheus/prometheus_named.h"
#include "collectors/lookup.h"
#include "core/text/format.h"
#include "core/text/suggest.h"

#include <string.h>

const char *const alert_severity_choices[] = {"warning", "critical", NULL};

/* ---- PromQL */

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
  return prometheus_named(rule->target, prometheus, &rule->prometheus, err);
}

static bool no_labels(const struct alert_rule *rule, struct err *err) {
  const char *text = target_text(rule->target, "text");
  return !text || !strstr(text, "{label.") ||
         err_set(err, ERR_INVALID, "{label.NAME} needs expr: only its results have labels");
}

bool alert_rule_read(struct alert_rule *rule, const struct target *target, struct err *err) {
  const char *severity = target_text(target, "severity"), *expr = target_text(target, "expr");
  const struct condition_words words = {.metric = target_text(target, "metric"),
                                        .is = target_text(target, "is"),
                                        .target = target_text(target, "target"),
                                        .row = target_text(target, "row"),
                                        .above = target_text(target, "above"),
                                        .below = target_text(target, "below")};
  *rule = (struct alert_rule){.target = target,
                              .for_ms = target_number(target, "for"),
                              .severity = strcmp(severity, "critical") == 0 ? SEVERITY_CRIT
                                                                            : SEVERITY_WARN};
  if ((words.metric != NULL) + (words.is != NULL) + (expr != NULL) != 1)
    return err_set(err, ERR_INVALID, "a rule has one condition: either metric or is or expr");
  if (expr)
    return expr_read(rule, expr, err);
  if (target_text(target, "prometheus"))
    return err_set(err, ERR_INVALID, "prometheus needs expr: what does it evaluate?");
  if (!no_labels(rule, err) || !condition_read(&rule->condition, &words, &collector_lookup, err))
    return false;
  rule->condition.except = target->kind;
  /* A rule about nothing would never fire. */
  return !target->config || condition_has_targets(&rule->condition, target->config, err);
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
  const struct condition *condition = &rule->condition;
  char title[FORMAT_MAX];
  if (rule->expr)
    return arena_printf(arena, "value %s", words->value);
  if (!condition->metric)
    return arena_printf(arena, "is %s", words->value);
  const char *name =
      condition->table
          ? format_title(title, sizeof title, condition->table->columns[condition->column].title)
          : condition->metric;
  return arena_printf(arena, "%s %s, %s %s", name, words->value,
                      condition->below ? "below" : "above", words->limit);
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
  const bool is_state =
      !rule->condition.metric && !rule->expr && !target_text(rule->target, "text");
  const char *colon = is_state ? "" : ":";
  if (can_wait(rule, model, one_pass) || rule->for_ms == 0)
    return arena_printf(arena, "%s%s %s", subject, colon, text);
  format_duration(wait, sizeof wait, (double)rule->for_ms / 1000);
  return arena_printf(arena, "%s%s %s (%s; the rule requires %s)", subject, colon, text,
                      one_pass ? "seen once" : "watched for less", wait);
}
