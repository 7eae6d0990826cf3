/* The page prometheus.targets: what is scraped, and why a scrape fails. */
#include "clients/prometheus/prometheus_contract.h"
#include "clients/prometheus/prometheus_targets.h"
#include "clients/web/web.h"
#include "collectors/frame.h"
#include "core/map.h"
#include "io/clock.h"

#include <string.h>

enum { ARENA_MAX = 32 << 20, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500 };

enum target_column {
#define COLUMN(name, ...) name,
#include "prometheus_targets.def"
#undef COLUMN
  TARGET_COLUMN_COUNT
};
static const struct column_spec columns[TARGET_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "prometheus_targets.def"
#undef COLUMN
};
static const struct table_spec targets_table = {
    .id = "targets", .title = "Targets", .columns = columns, .column_count = TARGET_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&targets_table};

struct page_watch {
  struct watch watch; /* first */
  struct web_request *request;
};

static struct value text_cell(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

/* False if the sample is full. */
static bool add(struct sample *sample, const struct prometheus_scraped *scraped, int64_t now_ms) {
  struct row *row = sample_row(sample, &sample->tables[0], scraped->key, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const int64_t age_ms = now_ms - scraped->last_ms;
  cells[TARGET_JOB] = text_cell(sample, prometheus_label(&scraped->labels, "job"));
  cells[TARGET_INSTANCE] = text_cell(sample, prometheus_label(&scraped->labels, "instance"));
  cells[TARGET_HEALTH] = text_cell(sample, scraped->health);
  cells[TARGET_AGE] = scraped->last_ms < 0 ? value_none("not scraped yet")
                                           : value_real((double)(age_ms > 0 ? age_ms : 0) / 1000);
  cells[TARGET_DURATION] =
      scraped->duration_s >= 0 ? value_real(scraped->duration_s) : value_none("not reported");
  cells[TARGET_ERROR] = text_cell(sample, scraped->error);
  cells[TARGET_ADDRESS] = text_cell(sample, scraped->address);
  cells[TARGET_LABELS] =
      text_cell(sample, prometheus_labels_text(&scraped->labels, &sample->arena, NULL, NULL));
  if (strcmp(scraped->health, "down") == 0) {
    row->severity = SEVERITY_WARN;
    row->reason = *scraped->error ? sample_copy(sample, scraped->error) : "down";
  }
  return true;
}

static struct sample *sample_of(const struct page_watch *page,
                                const struct prometheus_targets *targets) {
  struct sample *sample = sample_new(tables, 1);
  const size_t most = page->watch.focus->rows;
  struct map seen = {0};
  bool room = true;
  for (size_t i = 0; room && i < targets->count && sample->tables[0].row_count < most; i++)
    if (map_add(&seen, targets->items[i].key, i))
      room = add(sample, &targets->items[i], clock_wall_ms());
  map_fini(&seen);
  if (sample->tables[0].row_count < targets->total)
    sample_note(sample, targets_table.id, NULL, "%zu of %zu shown, those that are down first",
                sample->tables[0].row_count, targets->total);
  return sample;
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct page_watch *page = arg;
  struct prometheus_targets targets;
  struct arena arena;
  struct err err = {0};
  page->request = NULL;
  arena_init(&arena, ARENA_MAX);
  if (answer->err)
    err = *answer->err;
  if (answer->err || !prometheus_targets_read(answer->json, &arena, &targets, &err)) {
    arena_fini(&arena);
    watch_failed(&page->watch, &err);
    return;
  }
  struct sample *sample = sample_of(page, &targets);
  arena_fini(&arena);
  watch_done(&page->watch, sample);
}

static void ask(void *self) {
  struct page_watch *page = self;
  const struct web_query query = {
      .path = PROMETHEUS_TARGETS_PATH,
      .timeout_ms = watch_end_ms(&page->watch, MARGIN_MIN_MS, MARGIN_MAX_MS) - clock_now_ms()};
  page->watch.requests++;
  page->request = web_ask(page->watch.io, page->watch.target, &query, on_answer, page);
}

static void rest(void *self) {
  struct page_watch *page = self;
  if (page->request)
    web_cancel(page->request);
  page->request = NULL;
}

static const struct watch_kind watch_kind = {
    .size = sizeof(struct page_watch), .ask = ask, .rest = rest};

const struct page page_prometheus_targets = {
    .spec = {.id = "prometheus.targets",
             .kind = PROMETHEUS_KIND,
             .title = "Targets",
             .question = "Which targets are down, and why?",
             .cost = "1 request every 10s for the list of all active targets",
             .interval_ms = 10000,
             PAGE_TABLES(tables)},
    .watch = &watch_kind,
};
