#include "model/judge/condition.h"

#include "core/quantity.h"
#include "core/text/suggest.h"
#include "model/judge/evaluate.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const condition_is_choices[] = {"unknown", "warning", "critical", NULL};

bool condition_matches(const char *pattern, const char *name) {
  return !pattern || strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0;
}

bool condition_is_about(const struct condition *condition, const struct target *target) {
  return (!condition->kind || target->kind == condition->kind) &&
         target->kind != condition->except && condition_matches(condition->whose, target->name);
}

/* ---- what it compares */

/* "kafka.lag": a metric with thresholds. "kafka.lag.end": kind, table and column. */
static bool names(const char *metric, const struct target_kind *kind,
                  const struct table_spec *table, const struct column_spec *column) {
  const size_t length = strlen(kind->kind), id = strlen(table->id);
  if (column->metric && strcmp(column->metric, metric) == 0)
    return true;
  return strncmp(metric, kind->kind, length) == 0 && metric[length] == '.' &&
         strncmp(metric + length + 1, table->id, id) == 0 && metric[length + 1 + id] == '.' &&
         strcmp(metric + length + 2 + id, column->id) == 0;
}

static bool is_found_in(struct condition *condition, const char *metric,
                        const struct target_kind *kind, const struct table_spec *table,
                        struct suggestion *near) {
  for (size_t c = 0; c < table->column_count; c++) {
    if (table->columns[c].metric)
      suggest_consider(near, metric, table->columns[c].metric);
    if (!names(metric, kind, table, &table->columns[c]))
      continue;
    condition->kind = kind;
    condition->table = table;
    condition->column = c;
    return true;
  }
  return false;
}

/* "service.series.errors": a metric that the configuration of the service defines. */
static bool is_own(const char *metric, const struct target_kind *kind) {
  static const char own[] = "service.series.";
  return strncmp(metric, own, sizeof own - 1) == 0 && strcmp(kind->kind, "service") == 0;
}

static bool metric_find(struct condition *condition, const char *metric,
                        const struct condition_lookup *lookup, struct err *err) {
  struct suggestion near = {0};
  const struct table_spec *const *tables;
  const struct target_kind *kind;
  size_t count;
  for (size_t i = 0; (kind = lookup->kind(i, &tables, &count)); i++) {
    if (is_own(metric, kind)) {
      condition->kind = kind;
      return true;
    }
    for (size_t t = 0; t < count; t++)
      if (is_found_in(condition, metric, kind, tables[t], &near))
        return true;
  }
  return err_set(err, ERR_INVALID,
                 "unknown metric \"%.80s\"%s; a metric is one that has thresholds, such as "
                 "kafka.lag, or KIND.TABLE.COLUMN as in `stacktop check --json`",
                 metric, suggest_text(&near));
}

bool condition_metric_check(const char *metric, const struct condition_lookup *lookup,
                            struct err *err) {
  struct condition condition = {0};
  return metric_find(&condition, metric, lookup, err);
}

static bool limit_read(struct condition *condition, const struct condition_words *words,
                       const struct condition_lookup *lookup, struct err *err) {
  struct err why;
  if (!words->above == !words->below)
    return err_set(err, ERR_INVALID, "a rule for a metric has either above or below");
  if (!metric_find(condition, words->metric, lookup, err))
    return false;
  condition->below = words->below;
  condition->metric = words->metric;
  const char *limit = words->below ? words->below : words->above;
  return (condition->table ? quantity_parse_in(condition->table->columns[condition->column].unit,
                                               limit, &condition->limit, &why)
                           : quantity_parse(limit, &condition->limit, &why)) ||
         err_set(err, ERR_INVALID, "%s: %.200s", words->below ? "below" : "above", why.text);
}

static bool state_read(struct condition *condition, const struct condition_words *words,
                       struct err *err) {
  static const enum severity fine[] = {SEVERITY_OK, SEVERITY_UNKNOWN, SEVERITY_WARN};
  size_t choice = 0;
  while (condition_is_choices[choice] && strcmp(condition_is_choices[choice], words->is) != 0)
    choice++;
  condition->ok = strcmp(words->is, "ok") == 0;
  if (!condition_is_choices[choice] && !condition->ok)
    return err_set(err, ERR_INVALID, "is: \"%.40s\" is not one of unknown, warning, critical, ok",
                   words->is);
  condition->is = condition->ok ? SEVERITY_OK : fine[choice];
  if (!condition->whose)
    return err_set(err, ERR_INVALID, "is needs target: whose state is it?");
  if (condition->row || words->above || words->below)
    return err_set(err, ERR_INVALID, "row, above and below need a metric");
  return true;
}

bool condition_read(struct condition *condition, const struct condition_words *words,
                    const struct condition_lookup *lookup, struct err *err) {
  *condition = (struct condition){.whose = words->target, .row = words->row};
  if (!words->metric == !words->is)
    return err_set(err, ERR_INVALID, "a rule has a condition: either metric or is");
  return words->metric ? limit_read(condition, words, lookup, err)
                       : state_read(condition, words, err);
}

bool condition_has_targets(const struct condition *condition, const struct config *config,
                           struct err *err) {
  struct suggestion near = {0};
  size_t found = 0;
  for (size_t i = 0; i < config->all_count; i++) {
    found += condition_is_about(condition, config->all[i]);
    if (condition->whose && (!condition->kind || config->all[i]->kind == condition->kind))
      suggest_consider(&near, condition->whose, config->all[i]->name);
  }
  if (found > 0)
    return true;
  if (condition->whose)
    return err_set(err, ERR_INVALID, "no target %s%s \"%.80s\"%s",
                   condition->kind ? "of " : "named", condition->kind ? condition->kind->key : "",
                   condition->whose, suggest_text(&near));
  return err_set(err, ERR_INVALID, "there are no %s in the configuration", condition->kind->key);
}

/* ---- whether it holds */

struct walk {
  const struct condition *condition;
  const struct model *model;
  int64_t now_ms;
  condition_seen seen;
  void *arg;
};

static void walk_row(const struct walk *walk, struct condition_place place) {
  const struct condition *condition = walk->condition;
  const struct row *row = place.row;
  const struct value value = row->cells[place.column];
  const char *label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  if (!condition_matches(condition->row, label) && !condition_matches(condition->row, row->key))
    return;
  if (!condition->row && row->parent) /* as for thresholds: one lag is one alert and not thirteen */
    return;
  place.label = label;
  place.value = value;
  if (!value_number(value, &place.number)) {
    place.state = CONDITION_UNKNOWN;
    place.why = value.text;
    if (value.type == VALUE_NONE && value.text)
      walk->seen(walk->arg, &place);
    return;
  }
  const bool holds =
      condition->below ? place.number < condition->limit : place.number > condition->limit;
  place.state = holds ? CONDITION_HOLDS : CONDITION_FINE;
  walk->seen(walk->arg, &place);
}

/* The table of this target that has the metric; NULL: it has none. */
static const struct table *table_of(const struct condition *condition, const struct sample *sample,
                                    size_t *column) {
  *column = condition->column;
  if (condition->table)
    return sample_table_view(sample, condition->table->id);
  for (size_t t = 0; t < sample->table_count; t++)
    for (size_t c = 0; c < sample->tables[t].spec->column_count; c++) {
      const char *metric = sample->tables[t].spec->columns[c].metric;
      if (metric && strcmp(metric, condition->metric) == 0) {
        *column = c;
        return &sample->tables[t];
      }
    }
  return NULL;
}

static void walk_table(const struct walk *walk, size_t index) {
  const struct target_state *state = &walk->model->targets[index];
  struct condition_place place = {.target_index = index, .label = state->target->name};
  if (target_state_condition(state, walk->now_ms) != TARGET_LIVE) {
    place.state = CONDITION_ABSENT;
    walk->seen(walk->arg, &place);
    return;
  }
  place.table = table_of(walk->condition, state->sample, &place.column);
  for (size_t r = 0; place.table && r < place.table->row_count; r++) {
    place.row = &place.table->rows[r];
    walk_row(walk, place);
  }
  if (place.table && sample_is_faulted(state->sample, place.table->spec->id)) {
    place.row = NULL;
    place.state = CONDITION_UNKNOWN;
    place.why = "the data of its target is incomplete";
    walk->seen(walk->arg, &place);
  }
}

static void walk_state(const struct walk *walk, const struct findings *findings, size_t index) {
  const struct target_state *state = &walk->model->targets[index];
  struct condition_place place = {.target_index = index, .label = state->target->name};
  if (target_state_condition(state, walk->now_ms) == TARGET_WAITING) {
    place.state = CONDITION_ABSENT;
  } else {
    place.severity = findings_row(findings, index, NULL, NULL);
    const bool beyond = place.severity > walk->condition->is;
    place.state = beyond != walk->condition->ok ? CONDITION_HOLDS : CONDITION_FINE;
  }
  walk->seen(walk->arg, &place);
}

size_t condition_walk(const struct condition *condition, const struct model *model,
                      const struct findings *findings, int64_t now_ms, condition_seen seen,
                      void *arg) {
  const struct walk walk = {
      .condition = condition, .model = model, .now_ms = now_ms, .seen = seen, .arg = arg};
  size_t targets = 0;
  for (size_t i = 0; i < model->target_count; i++) {
    if (!condition_is_about(condition, model->targets[i].target))
      continue;
    targets++;
    if (condition->metric)
      walk_table(&walk, i);
    else
      walk_state(&walk, findings, i);
  }
  return targets;
}

/* ---- in words */

const char *condition_limit(char out[FORMAT_MAX], const struct condition *condition,
                            const struct column_spec *column) {
  const double limit = condition->limit;
  const bool whole = floor(limit) == limit && fabs(limit) < 1e15;
  return format_value(out, FORMAT_MAX, whole ? value_int((int64_t)limit) : value_real(limit),
                      column ? column->unit : UNIT_NONE, false);
}

const char *condition_value(char out[FORMAT_MAX], struct value value,
                            const struct column_spec *column) {
  return format_value(out, FORMAT_MAX, value, column->unit, (column->flags & COLUMN_PLUS) != 0);
}

const char *condition_state_word(enum severity severity) {
  return severity == SEVERITY_CRIT   ? "critical"
         : severity == SEVERITY_WARN ? "warning"
         : severity == SEVERITY_OK   ? "ok"
                                     : "unknown";
}

const char *condition_text(char out[CONDITION_TEXT_MAX], const struct condition *condition) {
  char limit[FORMAT_MAX];
  if (!condition->metric) {
    snprintf(out, CONDITION_TEXT_MAX, "%.80s is %s%s", condition->whose,
             condition->ok ? "ok"
                           : condition_is_choices[condition->is == SEVERITY_OK        ? 0
                                                  : condition->is == SEVERITY_UNKNOWN ? 1
                                                                                      : 2],
             condition->ok || condition->is == SEVERITY_WARN ? "" : " or worse");
    return out;
  }
  condition_limit(limit, condition,
                  condition->table ? &condition->table->columns[condition->column] : NULL);
  snprintf(out, CONDITION_TEXT_MAX, "%.60s%s%.60s%s%.60s %s %s", condition->metric,
           condition->whose || condition->row ? " of " : "",
           condition->whose ? condition->whose : "", condition->whose && condition->row ? " " : "",
           condition->row ? condition->row : "", condition->below ? "below" : "above", limit);
  return out;
}

struct judging {
  const struct condition *condition;
  const struct model *model;
  bool every;
  struct condition_result *result;
  char worst[CONDITION_TEXT_MAX]; /* of those that decide: what holds, or prevents it */
  char unknown[CONDITION_TEXT_MAX];
  double number;
  bool decided; /* worst is of such a place */
};

/* Where one is enough, the words name one that holds; where each must hold, one that does not. */
static void judge_known(struct judging *judging, const struct condition_place *place) {
  const struct condition *condition = judging->condition;
  const bool holds = place->state == CONDITION_HOLDS, decides = holds != judging->every;
  const char *target = judging->model->targets[place->target_index].target->name;
  char value[FORMAT_MAX];
  judging->result->judged++;
  judging->result->held += holds;
  const bool beyond = condition->below != judging->every ? place->number < judging->number
                                                         : place->number > judging->number;
  if (*judging->worst && (judging->decided > decides || (judging->decided == decides && !beyond)))
    return;
  judging->decided = decides;
  judging->number = place->number;
  if (!place->table)
    snprintf(judging->worst, sizeof judging->worst, "%.80s is %s", target,
             condition_state_word(place->severity));
  else
    snprintf(judging->worst, sizeof judging->worst, "%.60s%s%.100s: %s", target,
             strcmp(target, place->label) == 0 ? "" : " ",
             strcmp(target, place->label) == 0 ? "" : place->label,
             condition_value(value, place->value, &place->table->spec->columns[place->column]));
}

static void on_place(void *arg, const struct condition_place *place) {
  struct judging *judging = arg;
  if (place->state == CONDITION_HOLDS || place->state == CONDITION_FINE) {
    judge_known(judging, place);
    return;
  }
  judging->result->unknown++;
  const struct target_state *state = &judging->model->targets[place->target_index];
  const char *why = place->state == CONDITION_UNKNOWN ? place->why
                    : state->err.kind != ERR_NONE     ? state->err.text
                                                      : "no fresh data";
  snprintf(judging->unknown, sizeof judging->unknown, "not known: %.80s: %.150s", place->label,
           why);
}

void condition_judge(struct condition_result *result, const struct condition *condition, bool every,
                     const struct model *model, const struct findings *findings, int64_t now_ms) {
  struct judging judging = {
      .condition = condition, .model = model, .every = every, .result = result};
  *result = (struct condition_result){0};
  const size_t targets = condition_walk(condition, model, findings, now_ms, on_place, &judging);
  const size_t held = result->held, judged = result->judged;
  const bool yes = every ? judged > 0 && held == judged && result->unknown == 0 : held > 0;
  const bool no = every ? held < judged : judged > 0 && held == 0 && result->unknown == 0;
  result->answer = yes ? CONDITION_YES : no ? CONDITION_NO : CONDITION_NOT_KNOWN;
  if (yes || no)
    memcpy(result->words, judging.worst, sizeof result->words);
  else if (result->unknown > 0)
    memcpy(result->words, judging.unknown, sizeof result->words);
  else
    snprintf(result->words, sizeof result->words, "not known: %s",
             targets == 0 ? "no target of that name is watched here" : "no row of that name");
}
