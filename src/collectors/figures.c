#include "collectors/figures.h"

#include "core/count.h"
#include "core/number.h"
#include "model/sample.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000, CLOCKS_DIFFER_US = 2 * SECOND_US };
static const int64_t TIME_MOST_S = INT64_C(253402300799); /* the end of the year 9999 */

static bool is_counter(const struct column_spec *column) {
  return column->as == FIGURE_RATE || column->as == FIGURE_SHARE;
}

static int64_t count_of(const struct figures *figures, const void *answer, const char *field) {
  int64_t number;
  return field && number_count(figures->text(answer, field), &number) ? number : -1;
}

static struct value int_or(int64_t number, const char *none) {
  return number >= 0 ? value_int(number) : value_none(none);
}

static struct value text_or(const char *text, const char *none) {
  return text && *text ? value_text(text) : value_none(none);
}

/* A member of a struct; none if it, or its whole part, is not known. */
static struct value member_of(const struct figures *figures, const struct figure_field *field,
                              const char *none, const void *answer) {
  const char *base = figures->part(answer, field->part, &none);
  const void *member = base ? base + field->at : NULL;
  if (!member)
    return value_none(none);
  switch (field->type) {
  case FIELD_INT:
    return int_or(*(const int64_t *)member, none);
  case FIELD_SIZE:
    return int_or((int64_t) * (const uint64_t *)member, none);
  case FIELD_SMALL:
    return value_int(*(const uint32_t *)member);
  case FIELD_REAL:
    return *(const double *)member >= 0 ? value_real(*(const double *)member) : value_none(none);
  case FIELD_TEXT:
    return text_or(*(const char *const *)member, none);
  case FIELD_CHARS:
    return text_or(member, none);
  case FIELD_NONE:
    break;
  }
  return value_none(none);
}

static int64_t counter_of(const struct figures *figures, const struct figure_field *field,
                          const char *name, const void *answer) {
  if (field->type == FIELD_NONE)
    return count_of(figures, answer, name);
  struct value value = member_of(figures, field, NULL, answer);
  return value.type == VALUE_INT ? value.integer : -1;
}

void counters_read(struct counters *counters, const struct figures *figures, const void *answer,
                   int64_t at_us) {
  const struct table_spec *table = figures->table;
  const char *run = figures->run ? figures->text(answer, figures->run) : NULL;
  assert(table->column_count <= FIGURES_MAX);
  *counters = (struct counters){.known = true, .at_us = at_us};
  snprintf(counters->run, sizeof counters->run, "%s", run ? run : "");
  counters->uptime_s = count_of(figures, answer, figures->uptime);
  for (size_t i = 0; i < FIGURES_MAX; i++) {
    const struct column_spec *column = i < table->column_count ? &table->columns[i] : NULL;
    bool counts = column && is_counter(column);
    counters->from[i] = counts ? counter_of(figures, &column->field, column->from, answer) : -1;
    counters->of[i] = counts ? counter_of(figures, &column->of_field, column->of, answer) : -1;
  }
  for (size_t i = 0; figures->witnesses && figures->witnesses[i]; i++) {
    assert(i < FIGURES_WITNESSES_MAX);
    counters->witness[i] = count_of(figures, answer, figures->witnesses[i]);
  }
}

static bool fell(const int64_t *before, const int64_t *now, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (now[i] >= 0 && now[i] < before[i])
      return true;
  return false;
}

static bool others_fell(const struct counters *before, const struct counters *now) {
  assert(before->other_count == now->other_count);
  for (size_t i = 0; i < now->other_count; i++)
    if (now->others[i] < before->others[i])
      return true;
  return false;
}

static const char *why_unknown(const struct counters *before, const struct counters *now) {
  if (!before->known || now->at_us <= before->at_us)
    return FIGURES_NEED_TWO;
  if (strcmp(before->run, now->run) != 0 || now->uptime_s < before->uptime_s)
    return "restarted: " FIGURES_NEED_TWO;
  if (now->reset != before->reset || fell(before->from, now->from, FIGURES_MAX) ||
      fell(before->of, now->of, FIGURES_MAX) ||
      fell(before->witness, now->witness, FIGURES_WITNESSES_MAX) || others_fell(before, now))
    return "counters were reset: " FIGURES_NEED_TWO;
  return NULL;
}

static int64_t growth(int64_t before, int64_t now) {
  return before >= 0 && now >= 0 ? now - before : -1;
}

void rates_make(struct rates *rates, const struct counters *before, const struct counters *now) {
  *rates = (struct rates){.unknown = why_unknown(before, now)};
  if (rates->unknown)
    return;
  rates->seconds = (double)(now->at_us - before->at_us) / SECOND_US;
  for (size_t i = 0; i < FIGURES_MAX; i++) {
    rates->from[i] = growth(before->from[i], now->from[i]);
    rates->of[i] = growth(before->of[i], now->of[i]);
  }
}

static double scale_of(const struct column_spec *column) {
  return column->scale != 0 ? column->scale : 1;
}

static struct value rate_value(const struct figures *figures, size_t column,
                               const struct rates *rates) {
  const struct column_spec *spec = &figures->table->columns[column];
  int64_t from = rates->from[column], of = rates->of[column];
  if (rates->unknown)
    return value_none(rates->unknown);
  if (from < 0 || (spec->as == FIGURE_SHARE && of < 0))
    return value_none(figures->unsaid);
  if (spec->as == FIGURE_RATE) {
    double rate = (double)from / rates->seconds * scale_of(spec);
    const bool capped = spec->unit == UNIT_RATIO && !(spec->flags & COLUMN_BEYOND);
    return value_real(capped && rate > 1 ? 1 : rate);
  }
  if (from == 0 && of == 0)
    return value_none(NULL); /* without growth there is no share */
  return value_real((double)from / ((double)from + (double)of));
}

static struct value ratio_of(double part, double whole, const char *none) {
  return part >= 0 && whole > 0 ? value_real(part / whole) : value_none(none);
}

/* A column whose source is a member: the type of the member determines the conversion. */
static struct value member_value(const struct figures *figures, const struct column_spec *column,
                                 const void *answer) {
  struct value value = member_of(figures, &column->field, column->none, answer);
  if (column->as == FIGURE_TIME && value.type == VALUE_INT)
    return value.integer <= TIME_MOST_S ? value_int(value.integer * 1000)
                                        : value_none(column->none);
  if (column->as == FIGURE_REAL && value.type == VALUE_INT)
    return value_real((double)value.integer * scale_of(column));
  double part = -1, whole = -1;
  if (column->as != FIGURE_RATIO || !value_number(value, &part))
    return value;
  value_number(member_of(figures, &column->of_field, column->none, answer), &whole);
  return ratio_of(part, whole, column->none);
}

static struct value text_value(const struct figures *figures, const struct column_spec *column,
                               const void *answer) {
  const char *text = figures->text(answer, column->from);
  int64_t count;
  double number = -1, whole = -1;
  if (column->as == FIGURE_COUNT && number_count(text, &count))
    return value_int(count);
  if (column->as == FIGURE_REAL && number_real(text, &number) && number >= 0)
    return value_real(number * scale_of(column));
  if (column->as == FIGURE_TIME && number_count(text, &count) && count <= TIME_MOST_S)
    return value_int(count * 1000);
  if (column->as == FIGURE_TEXT && text)
    return value_text(text);
  if (column->as == FIGURE_RATIO && number_real(text, &number) &&
      number_real(figures->text(answer, column->of), &whole))
    return ratio_of(number, whole, figures->unsaid);
  return value_none(figures->unsaid);
}

struct value figure_value(const struct figures *figures, size_t column, const void *answer,
                          const struct rates *rates) {
  const struct column_spec *spec = &figures->table->columns[column];
  if (spec->field.type == FIELD_NONE)
    return is_counter(spec) ? rate_value(figures, column, rates)
                            : text_value(figures, spec, answer);
  struct value value = member_value(figures, spec, answer);
  return is_counter(spec) && value.type != VALUE_NONE ? rate_value(figures, column, rates) : value;
}

static bool has_source(const struct column_spec *column) {
  return column->as != FIGURE_NONE || column->field.type != FIELD_NONE;
}

void figures_fill(struct sample *sample, struct value *cells, const struct figures *figures,
                  const void *answer, const struct rates *rates) {
  for (size_t i = 0; i < figures->table->column_count; i++) {
    if (!has_source(&figures->table->columns[i]))
      continue;
    cells[i] = figure_value(figures, i, answer, rates);
    if (cells[i].type == VALUE_TEXT)
      cells[i] = value_text(sample_copy(sample, cells[i].text));
  }
}

/* Whether it was already running when the other one was last seen. */
static bool ran_before(const struct server_identity *identity, const struct counters *now) {
  return now->uptime_s > 0 && count_times(now->uptime_s, SECOND_US) >
                                  count_less(now->at_us, identity->at_us) + CLOCKS_DIFFER_US;
}

void server_identity_take(struct server_identity *identity, const struct counters *now) {
  if (!*now->run)
    return;
  bool changed = strcmp(identity->current, now->run) != 0;
  if (!*identity->first || (changed && ran_before(identity, now)))
    snprintf(identity->first, sizeof identity->first, "%s", now->run);
  snprintf(identity->current, sizeof identity->current, "%s", now->run);
  identity->at_us = now->at_us;
}

void figures_take(struct sample *sample, struct value *cells, const struct figures *figures,
                  const void *answer, struct figures_past *past, int64_t at_us) {
  struct counters now;
  struct rates rates;
  counters_read(&now, figures, answer, at_us);
  rates_make(&rates, &past->before, &now);
  figures_fill(sample, cells, figures, answer, &rates);
  server_identity_take(&past->identity, &now);
  past->before = now;
  sample_fact(sample, FACT_SERVER, past->identity.first);
  sample_fact(sample, FACT_START, now.run);
}
