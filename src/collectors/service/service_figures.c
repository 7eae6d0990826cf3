#include "collectors/service/service_figures.h"

#include "clients/service/service_hide.h"
#include "clients/service/service_metrics.h"
#include "clients/service/service_request.h"
#include "collectors/service/service_counts.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char table_id[] = "series", table_title[] = "Series";

struct service_figures {
  const struct target *target;
  struct service_series series[SERIES_MAX];
  size_t count;
  struct service_counts *counts;
  struct http_request *request; /* NULL: not asking */
  void (*done)(void *arg);
  void *arg;
  struct err err; /* of the last page */
};

static const struct column_spec name_column = {
    .id = "name", .title = "SERVICE", .help = "name in the configuration"};

const struct table_spec service_figures_none = {.id = table_id,
                                                .title = table_title,
                                                .flags = TABLE_SUMMARY,
                                                .columns = &name_column,
                                                .column_count = 1};

struct service_figures *service_figures_new(const struct target *target) {
  const struct option_value *texts = target_option(target, "series");
  if (texts->item_count == 0)
    return NULL;
  struct service_figures *figures = mem_new(sizeof *figures);
  figures->target = target;
  for (size_t i = 0; i < texts->item_count && i < SERIES_MAX; i++) {
    const bool good = service_series_parse(texts->items[i], &figures->series[i], NULL);
    assert(good); /* the option's check was passed */
    (void)good;
    figures->count++;
  }
  figures->counts = service_counts_new(figures->series, figures->count);
  return figures;
}

void service_figures_free(struct service_figures *figures) {
  if (!figures)
    return;
  service_counts_free(figures->counts);
  for (size_t i = 0; i < figures->count; i++)
    service_series_fini(&figures->series[i]);
  free(figures);
}

/* What the page said may hold a secret that was sent to it, or anything else. */
static void say(struct service_figures *figures, const struct err *err) {
  char text[sizeof err->text];
  memcpy(text, err->text, sizeof text);
  const size_t len = service_hide_secrets(figures->target, text, strnlen(text, sizeof text - 1));
  figures->err.kind = err->kind;
  text_sanitize(figures->err.text, sizeof figures->err.text, text, len, false);
}

static void on_page(void *arg, const struct http_result *result, const struct err *failed) {
  struct service_figures *figures = arg;
  struct err err = {0};
  bool strict;
  figures->request = NULL;
  figures->err = (struct err){0};
  if (failed)
    say(figures, failed);
  else if (!service_metrics_answer(result, &strict, &err) ||
           !service_counts_read(figures->counts, result->body, result->body_len, strict,
                                clock_now_us(), &err))
    say(figures, &err);
  figures->done(figures->arg);
}

void service_figures_ask(struct service_figures *figures, struct io *io, int64_t wait_ms,
                         void (*done)(void *arg), void *arg) {
  struct http_header *headers;
  struct http_query query = service_metrics_request(figures->target, &headers);
  query.timeout_ms = wait_ms > METRICS_WAIT_MS ? METRICS_WAIT_MS : wait_ms > 1 ? wait_ms : 1;
  figures->done = done;
  figures->arg = arg;
  figures->request = http_send(io, &query, on_page, figures);
  free(headers);
}

void service_figures_cancel(struct service_figures *figures) {
  if (figures->request)
    http_cancel(figures->request);
  figures->request = NULL;
}

bool service_figures_asks(const struct service_figures *figures) {
  return figures->request;
}

/* ---- the table */

static struct column_spec column_of(const struct service_figures *figures, struct sample *sample,
                                    size_t i) {
  const struct option_value *texts = target_option(figures->target, "series");
  const struct service_series *series = &figures->series[i];
  char id[SERIES_TITLE_MAX + 1];
  service_series_id(texts->names[i], id);
  return (struct column_spec){.id = sample_copy(sample, id),
                              .title = sample_copy(sample, texts->names[i]),
                              .unit = series->unit,
                              .flags = COLUMN_HISTORY | COLUMN_SPARK |
                                       (series->beyond ? COLUMN_BEYOND : 0u),
                              .priority = (int)i + 1,
                              .metric = sample_printf(sample, "service.series.%s", id),
                              .threshold = series->threshold,
                              .help = sample_copy(sample, texts->items[i])};
}

static const struct table_spec *spec_of(const struct service_figures *figures,
                                        struct sample *sample) {
  const size_t count = figures->count + 1;
  struct table_spec *spec = arena_alloc(&sample->arena, sizeof *spec);
  struct column_spec *columns = arena_alloc(&sample->arena, count * sizeof *columns);
  if (!spec || !columns)
    return NULL;
  columns[0] = name_column;
  for (size_t i = 0; i < figures->count; i++)
    columns[i + 1] = column_of(figures, sample, i);
  *spec = (struct table_spec){.id = table_id,
                              .title = table_title,
                              .flags = TABLE_SUMMARY | TABLE_OWN,
                              .columns = columns,
                              .column_count = count};
  return spec;
}

void service_figures_fill(const struct service_figures *figures, struct sample *sample) {
  struct table *table = &sample->tables[sample->table_count - 1];
  const char *name = figures->target->name;
  const struct table_spec *spec = spec_of(figures, sample);
  if (spec)
    table->spec = spec;
  struct row *row = spec ? sample_row(sample, table, name, NULL) : NULL;
  if (!row)
    return; /* the sample is marked as full */
  row->cells[0] = value_text(sample_copy(sample, name));
  for (size_t i = 0; i < figures->count; i++) {
    bool wrong = false;
    if (figures->err.kind != ERR_NONE) {
      row->cells[i + 1] = value_none("metrics not read");
      continue;
    }
    row->cells[i + 1] = service_counts_value(figures->counts, i, sample, &wrong);
    if (wrong)
      sample_note(sample, table_id, spec->columns[i + 1].id, "%s: %s", spec->columns[i + 1].title,
                  row->cells[i + 1].text);
  }
  if (figures->err.kind != ERR_NONE)
    sample_fault(sample, table_id, SEVERITY_UNKNOWN, "cannot read metrics: %s", figures->err.text);
}
