#include "report/openmetrics/openmetrics.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_BYTES_MAX = 200, TEXT_BYTES_MAX = 3 * LABEL_BYTES_MAX };

/* ---- words */

/* The unit as OpenMetrics has it, which ends the name of its family; NULL: none. */
static const char *unit_word(enum unit unit) {
  switch (unit) {
  case UNIT_BYTES:
    return "bytes";
  case UNIT_SECONDS:
    return "seconds";
  case UNIT_RATIO:
    return "ratio";
  case UNIT_PER_SECOND:
    return "per_second";
  case UNIT_BYTES_PER_SECOND:
    return "bytes_per_second";
  case UNIT_TIME:
    return "timestamp_seconds";
  default:
    return NULL;
  }
}

static bool ends_with(const char *text, const char *end) {
  const size_t length = strlen(text), most = strlen(end);
  return length > most && strcmp(text + length - most, end) == 0 && text[length - most - 1] == '_';
}

const char *openmetrics_name(char out[OPENMETRICS_NAME_MAX], const char *metric, enum unit unit) {
  const char *word = unit_word(unit);
  snprintf(out, OPENMETRICS_NAME_MAX, "stacktop_%s", metric);
  for (char *at = out; *at; at++)
    if (!isalnum((unsigned char)*at))
      *at = '_';
  const size_t used = strlen(out);
  if (word && !ends_with(out, word))
    snprintf(out + used, OPENMETRICS_NAME_MAX - used, "_%s", word);
  return out;
}

/* Backslash, quote and line break escaped; what is not text becomes '?' or a blank. */
static void put_text(FILE *out, const char *text, bool quotes) {
  char clean[TEXT_BYTES_MAX];
  const size_t length = strlen(text);
  text_sanitize(clean, sizeof clean, text, length < LABEL_BYTES_MAX ? length : LABEL_BYTES_MAX,
                false);
  for (const char *at = clean; *at; at++) {
    if (*at == '\\' || (quotes && *at == '"'))
      putc('\\', out);
    putc(*at, out);
  }
}

static void put_label(FILE *out, const char *name, const char *value, bool first) {
  fprintf(out, "%s%s=\"", first ? "" : ",", name);
  put_text(out, value, true);
  putc('"', out);
}

static void put_head(FILE *out, const char *name, const char *unit, const char *help) {
  fprintf(out, "# TYPE %s gauge\n", name);
  if (unit)
    fprintf(out, "# UNIT %s %s\n", name, unit);
  fprintf(out, "# HELP %s ", name);
  put_text(out, help, true);
  putc('\n', out);
}

/* ---- targets */

enum about { ABOUT_UP, ABOUT_SEVERITY, ABOUT_AGE, ABOUT_COLLECTION, ABOUTS };
static const struct {
  const char *name, *unit, *help;
} abouts[ABOUTS] = {
    [ABOUT_UP] = {"stacktop_target_fresh", NULL,
                  "1: the last collection of the target succeeded; 0: it did not, or is old"},
    [ABOUT_SEVERITY] = {"stacktop_target_severity", NULL,
                        "state of the target: 0 ok, 1 unknown, 2 warning, 3 critical"},
    [ABOUT_AGE] = {"stacktop_target_age_seconds", "seconds", "age of the data of the target"},
    [ABOUT_COLLECTION] = {"stacktop_target_collection_seconds", "seconds",
                          "how long the last successful collection took"},
};

static bool about_value(const struct model *model, size_t at, enum about about, int64_t now_ms,
                        double *value) {
  const struct target_state *state = &model->targets[at];
  switch (about) {
  case ABOUT_UP:
    *value = target_state_condition(state, now_ms) == TARGET_LIVE;
    return true;
  case ABOUT_SEVERITY:
    *value = model_target_severity(model, at, now_ms);
    return true;
  case ABOUT_AGE:
    *value = (double)target_state_age(state, now_ms) / 1000;
    return state->sample != NULL;
  default:
    *value = state->sample ? (double)state->sample->cost_us / 1e6 : 0;
    return state->sample != NULL;
  }
}

static void put_targets(FILE *out, const struct model *model, int64_t now_ms) {
  for (int about = 0; about < ABOUTS; about++) {
    put_head(out, abouts[about].name, abouts[about].unit, abouts[about].help);
    for (size_t i = 0; i < model->target_count; i++) {
      const struct target *target = model->targets[i].target;
      double value;
      if (!about_value(model, i, (enum about)about, now_ms, &value))
        continue;
      fprintf(out, "%s{", abouts[about].name);
      put_label(out, "kind", target->kind->kind, true);
      put_label(out, "target", target->name, false);
      fprintf(out, "} %.17g\n", value);
    }
  }
}

static void put_findings(FILE *out, const struct model *model) {
  static const enum severity severities[] = {SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT};
  static const char *const words[] = {"unknown", "warning", "critical"};
  put_head(out, "stacktop_findings", NULL, "findings now, by severity");
  for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
    fprintf(out, "stacktop_findings{severity=\"%s\"} %zu\n", words[i],
            model->findings ? findings_count(model->findings, severities[i]) : 0);
}

/* ---- metrics */

struct family {
  char name[OPENMETRICS_NAME_MAX];
  const struct column_spec *column; /* the first one that has it */
};

struct families {
  struct family *items;
  size_t count, capacity;
};

static const struct sample *sample_of(const struct model *model, size_t at, int64_t now_ms) {
  const struct target_state *state = &model->targets[at];
  return target_state_condition(state, now_ms) == TARGET_LIVE ? state->sample : NULL;
}

static bool family_is_known(const struct families *families, const char *name) {
  for (size_t i = 0; i < families->count; i++)
    if (strcmp(families->items[i].name, name) == 0)
      return true;
  return false;
}

static void families_add(struct families *families, const struct column_spec *column) {
  char name[OPENMETRICS_NAME_MAX];
  if (!column->metric ||
      family_is_known(families, openmetrics_name(name, column->metric, column->unit)))
    return;
  if (families->count == families->capacity) {
    families->capacity = families->capacity ? 2 * families->capacity : 32;
    families->items = mem_resize(families->items, families->capacity * sizeof *families->items);
  }
  struct family *family = &families->items[families->count++];
  memcpy(family->name, name, sizeof name);
  family->column = column;
}

static void families_find(struct families *families, const struct model *model, int64_t now_ms) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct sample *sample = sample_of(model, i, now_ms);
    for (size_t t = 0; sample && t < sample->table_count; t++) {
      const struct table_spec *spec = sample->tables[t].spec;
      for (size_t c = 0; c < spec->column_count; c++)
        families_add(families, &spec->columns[c]);
    }
  }
}

static bool cell_number(const struct column_spec *column, struct value value, double *number) {
  if (value.type != VALUE_INT && value.type != VALUE_REAL)
    return false;
  *number = value.type == VALUE_INT ? (double)value.integer : value.real;
  if (column->unit == UNIT_TIME)
    *number /= 1000;
  return true;
}

struct writing {
  FILE *out;
  const struct target *target;
  size_t series;
  bool full;
};

static void put_series(struct writing *writing, const struct family *family,
                       const struct table *table, const struct row *row, double number) {
  const bool summary = table->spec->flags & TABLE_SUMMARY;
  if (writing->series == OPENMETRICS_SERIES_MAX) {
    writing->full = true;
    return;
  }
  writing->series++;
  fprintf(writing->out, "%s{", family->name);
  put_label(writing->out, "kind", writing->target->kind->kind, true);
  put_label(writing->out, "target", writing->target->name, false);
  put_label(writing->out, "table", table->spec->id, false);
  if (!summary)
    put_label(writing->out, "row", row->key, false);
  fprintf(writing->out, "} %.17g\n", number);
}

/* The label of a row is its key as it is written: two keys that are cut to the same text would be
 * one series twice, which makes the whole text invalid. */
static bool row_is_fit(const struct row *row) {
  char clean[TEXT_BYTES_MAX];
  const size_t length = strlen(row->key);
  return length < LABEL_BYTES_MAX &&
         text_sanitize(clean, sizeof clean, row->key, length, false) == length &&
         memcmp(clean, row->key, length) == 0;
}

static void put_table(struct writing *writing, const struct family *family,
                      const struct table *table) {
  for (size_t c = 0; c < table->spec->column_count; c++) {
    const struct column_spec *column = &table->spec->columns[c];
    char name[OPENMETRICS_NAME_MAX];
    double number;
    if (!column->metric ||
        strcmp(openmetrics_name(name, column->metric, column->unit), family->name) != 0)
      continue;
    for (size_t r = 0; r < table->row_count && r < OPENMETRICS_ROWS_MAX; r++)
      if (row_is_fit(&table->rows[r]) && cell_number(column, table->rows[r].cells[c], &number))
        put_series(writing, family, table, &table->rows[r], number);
    return; /* a table has a metric once */
  }
}

static bool has_metric(const struct table_spec *spec) {
  for (size_t c = 0; c < spec->column_count; c++)
    if (spec->columns[c].metric)
      return true;
  return false;
}

static size_t rows_left_out(const struct table *table) {
  size_t count = 0;
  for (size_t r = 0; r < table->row_count; r++)
    count += r >= OPENMETRICS_ROWS_MAX || !row_is_fit(&table->rows[r]);
  return count;
}

static void put_left_out(FILE *out, const struct model *model, int64_t now_ms) {
  static const char name[] = "stacktop_rows_left_out";
  put_head(out, name, NULL, "rows of a table that are not here: beyond the first 100, or unfit");
  for (size_t i = 0; i < model->target_count; i++) {
    const struct sample *sample = sample_of(model, i, now_ms);
    for (size_t t = 0; sample && t < sample->table_count; t++) {
      const struct table *table = &sample->tables[t];
      if (!has_metric(table->spec) || table->spec->flags & TABLE_SUMMARY)
        continue;
      fprintf(out, "%s{", name);
      put_label(out, "kind", model->targets[i].target->kind->kind, true);
      put_label(out, "target", model->targets[i].target->name, false);
      put_label(out, "table", table->spec->id, false);
      fprintf(out, "} %zu\n", rows_left_out(table));
    }
  }
}

static void put_metrics(struct writing *writing, const struct model *model, int64_t now_ms) {
  struct families families = {0};
  families_find(&families, model, now_ms);
  for (size_t f = 0; f < families.count; f++) {
    const struct family *family = &families.items[f];
    put_head(writing->out, family->name, unit_word(family->column->unit),
             family->column->help ? family->column->help : family->column->metric);
    for (size_t i = 0; i < model->target_count; i++) {
      const struct sample *sample = sample_of(model, i, now_ms);
      writing->target = model->targets[i].target;
      for (size_t t = 0; sample && t < sample->table_count; t++)
        put_table(writing, family, &sample->tables[t]);
    }
  }
  free(families.items);
}

bool report_openmetrics_write(FILE *out, const struct model *model, int64_t now_ms) {
  struct writing writing = {.out = out};
  put_targets(out, model, now_ms);
  put_findings(out, model);
  put_metrics(&writing, model, now_ms);
  put_left_out(out, model, now_ms);
  put_head(out, "stacktop_series_left_out", NULL,
           "1: there were more than 20,000 values, and the others are not here");
  fprintf(out, "stacktop_series_left_out %d\n", writing.full);
  fputs("# EOF\n", out);
  return !ferror(out);
}
