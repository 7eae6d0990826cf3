/* The table of queries: one row per result. */
#include "collectors/prometheus/prometheus_rows.h"

#include "clients/prometheus/prometheus_contract.h"
#include "core/map.h"
#include "core/text/format.h"

enum query_column {
#define COLUMN(name, ...) name,
#include "prometheus_queries.def"
#undef COLUMN
  QUERY_COLUMN_COUNT
};
static const struct column_spec columns[QUERY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "prometheus_queries.def"
#undef COLUMN
};

const struct table_spec prometheus_queries_table = {.id = PROMETHEUS_QUERIES_TABLE,
                                                    .title = "Queries",
                                                    .columns = columns,
                                                    .column_count = QUERY_COLUMN_COUNT};

static const char *shown(struct sample *sample, const struct prometheus_query *query,
                         double number) {
  char text[FORMAT_MAX];
  if (query->unit == UNIT_NONE)
    return sample_printf(sample, "%.6g", number);
  const bool whole = query->unit == UNIT_COUNT || query->unit == UNIT_TIME;
  const struct value value =
      whole && number > -1e15 && number < 1e15 && number == (double)(int64_t)number
          ? value_int((int64_t)number)
          : value_real(number);
  return sample_copy(sample, format_value(text, sizeof text, value, query->unit, false));
}

static void judge(struct sample *sample, struct row *row, const struct prometheus_query *query,
                  const char *labels, double number) {
  const struct threshold *threshold = &query->threshold;
  double limit = threshold->has_warn ? threshold->warn : threshold->crit;
  if (!threshold->has_warn && !threshold->has_crit)
    return;
  row->severity = prometheus_query_judge(query, number, &limit);
  row->cells[QUERY_LIMIT] = value_text(shown(sample, query, limit));
  if (row->severity != SEVERITY_OK)
    row->reason = sample_printf(sample, "%s, %s %s%s%s%s", row->cells[QUERY_SHOWN].text,
                                threshold->below ? "below" : "above", row->cells[QUERY_LIMIT].text,
                                *labels ? " (" : "", labels, *labels ? ")" : "");
}

/* The name of the series last: it is that of the query, most often. */
static struct value labels_cell(struct sample *sample, const char *labels, const char *series) {
  if (series)
    return value_text(
        sample_printf(sample, "%s%s__name__=%s", labels, *labels ? ", " : "", series));
  return *labels ? value_text(labels) : value_none(NULL);
}

/* False if the sample is full. A server that repeats a result is not believed twice. */
static bool add(struct sample *sample, struct table *table, const struct prometheus_query *query,
                const char *name, const struct prometheus_result *result, struct map *seen) {
  char id[PROMETHEUS_KEY_MAX];
  double number;
  const char *series = prometheus_label(&result->labels, "__name__");
  const char *labels = prometheus_labels_text(&result->labels, &sample->arena, "__name__", NULL);
  prometheus_labels_key(&result->labels, id);
  const char *key = sample_printf(sample, "%s/%s", name, id);
  if (!map_add(seen, key, 0))
    return true;
  struct row *row = sample_row(sample, table, key, NULL);
  if (!row)
    return false;
  row->cells[QUERY_NAME] = value_text(sample_copy(sample, name));
  row->cells[QUERY_LABELS] = labels_cell(sample, labels, series);
  row->cells[QUERY_VALUE] = row->cells[QUERY_SHOWN] = result->value;
  row->cells[QUERY_EXPR] = value_text(sample_copy(sample, query->expr));
  if (value_number(result->value, &number)) {
    row->cells[QUERY_SHOWN] = value_text(shown(sample, query, number));
    judge(sample, row, query, labels, number);
  }
  return true;
}

static void fill(struct sample *sample, struct table *table,
                 const struct prometheus_answers *answers, size_t index, struct arena *arena) {
  const struct web_asked *asked = &answers->query_answers[index];
  const char *name = answers->query_names[index];
  struct prometheus_answer answer;
  struct err err = asked->err;
  if (err.kind != ERR_NONE || !prometheus_answer_read(asked->json, arena, &answer, &err)) {
    sample_fault(sample, table->spec->id, SEVERITY_UNKNOWN, "%s: %s", name, err.text);
    return;
  }
  struct map seen = {0};
  bool room = true;
  for (size_t i = 0; room && i < answer.count; i++)
    room = add(sample, table, &answers->queries[index], name, &answer.results[i], &seen);
  map_fini(&seen);
  for (size_t i = 0; i < answer.warning_count; i++)
    sample_note(sample, table->spec->id, NULL, "%s: %s", name, answer.warnings[i]);
  if (answer.count < answer.total)
    sample_note(sample, table->spec->id, NULL, "%s: %zu of %zu results are shown", name,
                answer.count, answer.total);
  if (answer.total == 0)
    sample_note(sample, table->spec->id, NULL, "%s: no result", name);
}

void prometheus_queries_fill(struct sample *sample, struct table *table,
                             const struct prometheus_answers *answers, struct arena *arena) {
  for (size_t i = 0; i < answers->query_count; i++)
    fill(sample, table, answers, i, arena);
}
