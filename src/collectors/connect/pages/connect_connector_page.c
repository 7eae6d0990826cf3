/* The page connect.connector: the tasks of a connector and its configuration. */
#include "clients/connect/connect.h"
#include "clients/web/web_batch.h"
#include "collectors/frame.h"

#include <inttypes.h>
#include <string.h>

enum { ARENA_MAX = 16 << 20, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500 };

enum task_column {
#define COLUMN(name, ...) name,
#include "connect_tasks.def"
#undef COLUMN
  TASK_COLUMN_COUNT
};
static const struct column_spec task_columns[TASK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "connect_tasks.def"
#undef COLUMN
};
static const struct table_spec tasks_table = {
    .id = "tasks", .title = "Tasks", .columns = task_columns, .column_count = TASK_COLUMN_COUNT};

enum config_column {
#define COLUMN(name, ...) name,
#include "connect_config.def"
#undef COLUMN
  CONFIG_COLUMN_COUNT
};
static const struct column_spec config_columns[CONFIG_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "connect_config.def"
#undef COLUMN
};
static const struct table_spec config_table = {.id = "config",
                                               .title = "Configuration",
                                               .columns = config_columns,
                                               .column_count = CONFIG_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&tasks_table, &config_table};
enum { TABLE_TASKS, TABLE_CONFIG, TABLE_COUNT };

enum question { ASK_STATUS, ASK_CONFIG, ASK_COUNT };
struct page_watch {
  struct watch watch; /* first */
  struct web_batch batch;
  struct web_asked asked[ASK_COUNT];
  char paths[ASK_COUNT][CONNECT_PATH_MAX];
};

static struct value text_cell(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

/* False if the sample is full. */
static bool add(struct sample *sample, const char *key, const struct connect_part *part) {
  struct table *table = &sample->tables[TABLE_TASKS];
  struct row *row = table_find(table, key) ? NULL : sample_row(sample, table, key, NULL);
  if (!row)
    return !table->truncated;
  row->cells[TASK_ID] = value_text(row->key);
  row->cells[TASK_STATE] = value_text(sample_copy(sample, part->word));
  row->cells[TASK_WORKER] = text_cell(sample, part->worker);
  row->cells[TASK_REASON] = text_cell(sample, part->reason);
  row->cells[TASK_TRACE] = text_cell(sample, part->trace);
  if (part->state == CONNECT_FAILED) {
    row->severity = SEVERITY_CRIT;
    row->reason = *part->reason ? sample_copy(sample, part->reason) : "failed, no trace is given";
  }
  return true;
}

static bool fill_tasks(const struct web_asked *asked, struct sample *sample, struct arena *arena,
                       struct err *err) {
  struct connect_connector connector;
  *err = asked->err;
  if (asked->status == 404)
    err_set(err, ERR_INVALID, "the connector is no longer there");
  if (err->kind != ERR_NONE || !connect_status_read(asked->json, arena, &connector, err))
    return false;
  bool room = add(sample, "connector", &connector.part);
  for (size_t i = 0; room && i < connector.task_count; i++)
    room = add(sample, arena_printf(arena, "%" PRId64, connector.tasks[i].id),
               &connector.tasks[i].part);
  return true;
}

static void fill_config(const struct web_asked *asked, struct sample *sample, struct arena *arena) {
  struct connect_config *configs = NULL;
  struct err err = asked->err;
  const int count =
      err.kind == ERR_NONE ? connect_config_read(asked->json, arena, &configs, &err) : -1;
  if (count < 0)
    sample_fault(sample, config_table.id, SEVERITY_UNKNOWN, "the configuration: %s", err.text);
  for (int i = 0; i < count; i++) {
    struct table *table = &sample->tables[TABLE_CONFIG];
    struct row *row = table_find(table, configs[i].name)
                          ? NULL
                          : sample_row(sample, table, configs[i].name, NULL);
    if (!row)
      continue;
    row->cells[CONFIG_NAME] = value_text(row->key);
    row->cells[CONFIG_VALUE] = text_cell(sample, configs[i].value);
  }
}

static void on_done(void *arg) {
  struct page_watch *page = arg;
  struct sample *sample = sample_new(tables, TABLE_COUNT);
  struct arena arena;
  struct err err = {0};
  arena_init(&arena, ARENA_MAX);
  const bool good = fill_tasks(&page->asked[ASK_STATUS], sample, &arena, &err);
  if (good)
    fill_config(&page->asked[ASK_CONFIG], sample, &arena);
  arena_fini(&arena);
  if (good) {
    watch_done(&page->watch, sample);
    return;
  }
  sample_free(sample);
  watch_failed(&page->watch, &err);
}

static void ask(void *self) {
  struct page_watch *page = self;
  static const char *const ends[ASK_COUNT] = {[ASK_STATUS] = "/status", [ASK_CONFIG] = "/config"};
  int64_t task;
  const char *name = connect_key_read(page->watch.focus->key, &task);
  struct err err;
  memset(page->asked, 0, sizeof page->asked);
  for (size_t i = 0; i < ASK_COUNT; i++) {
    page->asked[i].path = page->paths[i];
    if (!name || !connect_path(page->paths[i], name, ends[i])) {
      err_set(&err, ERR_INVALID, "not the key of a connector: \"%.80s\"", page->watch.focus->key);
      watch_failed(&page->watch, &err);
      return;
    }
  }
  page->watch.requests += ASK_COUNT;
  web_batch_start(&page->batch, page->watch.io, page->watch.target, page->asked, ASK_COUNT,
                  watch_end_ms(&page->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), on_done, page);
}

static void rest(void *self) {
  struct page_watch *page = self;
  web_batch_fini(&page->batch);
}

static const struct watch_kind watch_kind = {
    .size = sizeof(struct page_watch), .ask = ask, .rest = rest};

const struct page page_connect_connector = {
    .spec = {.id = "connect.connector",
             .kind = CONNECT_KIND,
             .row_of = CONNECT_CONNECTORS_TABLE,
             .title = "Connector",
             .question = "Why did its tasks fail, and how is it set up?",
             .cost = "2 requests every 5s",
             .interval_ms = 5000,
             PAGE_TABLES(tables)},
    .watch = &watch_kind,
};
