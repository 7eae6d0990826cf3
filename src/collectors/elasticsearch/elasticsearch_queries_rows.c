/* The table of queries. */
#include "clients/elasticsearch/elasticsearch_contract.h"
#include "collectors/elasticsearch/elasticsearch_rows.h"
#include "core/text/format.h"

enum query_column {
#define COLUMN(name, ...) name,
#include "elasticsearch_queries.def"
#undef COLUMN
  QUERY_COLUMN_COUNT
};
static const struct column_spec columns[QUERY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "elasticsearch_queries.def"
#undef COLUMN
};
const struct table_spec elasticsearch_queries_table = {.id = ELASTICSEARCH_QUERIES_TABLE,
                                                       .title = "Queries",
                                                       .columns = columns,
                                                       .column_count = QUERY_COLUMN_COUNT};

static bool is_beyond(const struct threshold *threshold, double number, double limit) {
  return threshold->below ? number < limit : number > limit;
}

static void judge(struct sample *sample, struct row *row, const struct threshold *threshold,
                  int64_t count) {
  const double number = (double)count;
  double limit = threshold->has_warn ? threshold->warn : threshold->crit;
  char shown[FORMAT_MAX];
  if (!threshold->has_warn && !threshold->has_crit)
    return;
  if (threshold->has_crit && is_beyond(threshold, number, threshold->crit)) {
    row->severity = SEVERITY_CRIT;
    limit = threshold->crit;
  } else if (threshold->has_warn && is_beyond(threshold, number, threshold->warn)) {
    row->severity = SEVERITY_WARN;
  }
  row->cells[QUERY_LIMIT] = limit < 1e15 ? value_int((int64_t)limit) : value_real(limit);
  if (row->severity != SEVERITY_OK)
    row->reason = sample_printf(sample, "%s, %s %.6g",
                                format_counted(shown, sizeof shown, count, "document", "documents"),
                                threshold->below ? "below" : "above", limit);
}

/* What could not be counted is not zero. */
static void fill_count(struct sample *sample, struct row *row, const struct web_asked *asked,
                       const struct threshold *threshold) {
  int64_t count = 0, shards = 0, failed = 0;
  struct err err = asked->err;
  if (err.kind == ERR_NONE &&
      elasticsearch_count_read(asked->json, &count, &shards, &failed, &err) && shards == 0)
    err_set(&err, ERR_INVALID, "no index matches");
  if (err.kind != ERR_NONE) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "cannot count: %s", err.text);
    row->cells[QUERY_COUNT] = value_none(row->reason);
    return;
  }
  row->cells[QUERY_COUNT] = value_int(count);
  judge(sample, row, threshold, count);
  if (failed > 0) {
    row->cells[QUERY_COUNT] = value_at_least(row->cells[QUERY_COUNT]);
    if (row->severity != SEVERITY_OK)
      return;
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "%lld of %lld shards did not answer", (long long)failed,
                                (long long)shards);
  }
}

void elasticsearch_queries_fill(struct elasticsearch_reading *reading, struct table *table) {
  const struct elasticsearch_answers *answers = reading->answers;
  struct sample *sample = reading->sample;
  for (size_t i = 0; i < answers->query_count; i++) {
    const struct elasticsearch_query *query = &answers->queries[i];
    struct row *row = sample_row(sample, table, answers->query_names[i], NULL);
    if (!row)
      return;
    row->cells[QUERY_NAME] = value_text(row->key);
    row->cells[QUERY_WINDOW] =
        query->window_ms > 0 ? value_real((double)query->window_ms / 1000) : value_none(NULL);
    row->cells[QUERY_INDEX] = value_text(sample_copy(sample, query->index));
    row->cells[QUERY_TEXT] = value_text(sample_copy(sample, query->query));
    fill_count(sample, row, &answers->counts[i], &query->threshold);
  }
}
