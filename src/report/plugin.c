#include "report/plugin.h"

#include "core/text/text.h"
#include "report/cell.h"
#include "report/text/text_out.h"
#include "report/text/text_status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { LABEL_MAX = 160, FIGURE_MAX = 400 };

struct figures {
  const struct text_out *out;
  char text[PLUGIN_FIGURES_MAX];
  size_t length, left_out;
};

/* Scaled for its unit: a ratio is a percentage. */
static double scale_of(const struct column_spec *column) {
  return column->unit == UNIT_RATIO ? 100 : 1;
}

static const char *unit_text(const struct column_spec *column) {
  switch (column->unit) {
  case UNIT_SECONDS:
    return "s";
  case UNIT_BYTES:
    return "B";
  case UNIT_RATIO:
    return "%";
  default:
    return "";
  }
}

/* ";80", ";80:" for a lower bound, ";" for none. A range begins at 0 unless it has "~:". */
static void limit_text(char *out, size_t size, const struct column_spec *column,
                       const struct threshold *threshold, bool has, double limit) {
  const bool negative = column->flags & COLUMN_PLUS;
  if (!has)
    snprintf(out, size, ";");
  else
    snprintf(out, size, ";%s%.10g%s", negative && !threshold->below ? "~:" : "",
             limit * scale_of(column), threshold->below ? ":" : "");
}

static void number_text(char *out, size_t size, const struct column_spec *column,
                        struct value value, double number) {
  if (value.type == VALUE_INT && scale_of(column) == 1)
    snprintf(out, size, "%" PRId64, value.integer);
  else
    snprintf(out, size, "%.10g", number * scale_of(column));
}

/* "cache redis.memory", "here / host.disk": with the row's label if it differs from the target's
 * name. */
static void label_text(const struct figures *figures, const struct target_state *state,
                       const struct table *table, const struct row *row,
                       const struct column_spec *column, char label[TEXT_OUT_MAX]) {
  char all[TEXT_OUT_MAX];
  const char *name = state->target->name;
  const char *own = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  const bool single = (table->spec->flags & TABLE_SUMMARY) || strcmp(own, name) == 0;
  snprintf(all, sizeof all, "%.300s%s%.300s %.100s", name, single ? "" : " ", single ? "" : own,
           column->metric);
  text_out_clean(figures->out, all, LABEL_MAX, label);
  for (char *at = label; (at = strpbrk(at, "|'="));)
    *at = '_';
}

static void figure_add(struct figures *figures, const struct target_state *state,
                       const struct table *table, const struct row *row,
                       const struct column_spec *column, const struct threshold *threshold) {
  const struct value value = cell_value(row, (size_t)(column - table->spec->columns));
  double number;
  if (column->unit == UNIT_TIME || !value_number(value, &number))
    return;
  char label[TEXT_OUT_MAX], shown[40], warn[40], crit[40], figure[TEXT_OUT_MAX + FIGURE_MAX];
  label_text(figures, state, table, row, column, label);
  number_text(shown, sizeof shown, column, value, number);
  limit_text(warn, sizeof warn, column, threshold, threshold->has_warn, threshold->warn);
  limit_text(crit, sizeof crit, column, threshold, threshold->has_crit, threshold->crit);
  const int length =
      snprintf(figure, sizeof figure, " '%s'=%s%s%s%s;%s", label, shown, unit_text(column), warn,
               crit, column->flags & COLUMN_PLUS ? "" : "0");
  if (figures->length + (size_t)length >= sizeof figures->text) {
    figures->left_out++;
    return;
  }
  memcpy(figures->text + figures->length, figure, (size_t)length + 1);
  figures->length += (size_t)length;
}

static void figures_of(struct figures *figures, const struct model *model,
                       const struct target_state *state, const struct table *table) {
  for (size_t c = 0; c < table->spec->column_count; c++) {
    const struct column_spec *column = &table->spec->columns[c];
    const struct threshold *threshold =
        rules_find(&state->target->rules, &model->config->rules, column);
    for (size_t r = 0; threshold && r < table->row_count; r++)
      if (!table->rows[r].parent)
        figure_add(figures, state, table, &table->rows[r], column, threshold);
  }
}

/* Old figures are not reported as new ones. */
static void figures_collect(struct figures *figures, const struct model *model, int64_t now_ms) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    if (target_state_condition(state, now_ms) != TARGET_LIVE)
      continue;
    for (size_t t = 0; t < state->sample->table_count; t++)
      figures_of(figures, model, state, &state->sample->tables[t]);
  }
}

bool report_plugin_write(FILE *file, const struct model *model, int64_t now_ms,
                         const struct report_text_options *options) {
  static const char *const words[] = {[SEVERITY_OK] = "OK",
                                      [SEVERITY_UNKNOWN] = "UNKNOWN",
                                      [SEVERITY_WARN] = "WARNING",
                                      [SEVERITY_CRIT] = "CRITICAL"};
  struct text_out out;
  const struct report_text_options plain = {.ascii = options->ascii}; /* one line, no colours */
  text_out_init(&out, file, &plain);
  out.no_pipes = true;
  struct figures figures = {.out = &out};
  figures_collect(&figures, model, now_ms);
  text_status_begin(&out, model, now_ms, words[model_severity(model, now_ms)]);
  if (figures.left_out > 0)
    fprintf(file, " (%zu figures omitted)", figures.left_out);
  fprintf(file, "%s%s\n", figures.length > 0 ? " |" : "", figures.text);
  return fflush(file) == 0 && !ferror(file);
}

bool report_plugin_trouble(FILE *file, const char *text) {
  struct text_out out;
  const struct report_text_options plain = {.ascii = true};
  text_out_init(&out, file, &plain);
  out.no_pipes = true;
  text_out_words(&out, "UNKNOWN stacktop:", 0);
  text_out_words(&out, text, 1);
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}
