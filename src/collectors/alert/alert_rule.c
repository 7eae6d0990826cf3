#include "collectors/alert/alert_rule.h"

#include "collectors/lookup.h"
#include "core/format.h"

#include <string.h>

const char *const alert_severity_choices[] = {"warning", "critical", NULL};

bool alert_rule_read(struct alert_rule *rule, const struct target *target, struct err *err) {
  const char *severity = target_text(target, "severity");
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
  if (!condition_read(&rule->condition, &words, &collector_lookup, err))
    return false;
  rule->condition.except = target->kind;
  return !target->config || condition_has_targets(&rule->condition, target->config, err);
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
  const struct condition *condition = &rule->condition;
  if (!condition->metric)
    return arena_printf(arena, "is %s", value);
  const char *name =
      condition->table
          ? format_title(title, sizeof title, condition->table->columns[condition->column].title)
          : condition->metric;
  return arena_printf(arena, "%s %s, %s %s", name, value, condition->below ? "below" : "above",
                      limit);
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
