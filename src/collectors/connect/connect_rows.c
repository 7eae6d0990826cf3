#include "collectors/connect/connect_rows.h"

#include "core/map.h"
#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define TABLE_OF(name, file_id, file_title, file_flags, count)      \
  static const struct table_spec name = {.id = (file_id),           \
                                         .title = (file_title),     \
                                         .flags = (file_flags),     \
                                         .columns = name##_columns, \
                                         .column_count = (count)}

enum summary_column {
#define COLUMN(name, ...) name,
#include "connect_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "connect_summary.def"
#undef COLUMN
};
TABLE_OF(summary, CONNECT_SUMMARY_TABLE, "Kafka Connect", TABLE_SUMMARY, SUMMARY_COLUMN_COUNT);

enum connector_column {
#define COLUMN(name, ...) name,
#include "connect_connectors.def"
#undef COLUMN
  CONNECTOR_COLUMN_COUNT
};
static const struct column_spec connectors_columns[CONNECTOR_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "connect_connectors.def"
#undef COLUMN
};
TABLE_OF(connectors, CONNECT_CONNECTORS_TABLE, "Connectors", 0, CONNECTOR_COLUMN_COUNT);

enum worker_column {
#define COLUMN(name, ...) name,
#include "connect_workers.def"
#undef COLUMN
  WORKER_COLUMN_COUNT
};
static const struct column_spec workers_columns[WORKER_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "connect_workers.def"
#undef COLUMN
};
TABLE_OF(workers, CONNECT_WORKERS_TABLE, "Workers", 0, WORKER_COLUMN_COUNT);

enum { TABLE_SUM, TABLE_CONNECTORS, TABLE_WORKERS };
const struct table_spec *const connect_tables[CONNECT_TABLES] = {
    [TABLE_SUM] = &summary, [TABLE_CONNECTORS] = &connectors, [TABLE_WORKERS] = &workers};

enum { WORKERS_MAX = 1000 };

struct worker {
  const char *id;
  int64_t connectors, tasks, failed;
};
struct reading {
  const struct connect_answers *answers;
  struct sample *sample;
  struct map seen; /* index of a worker by its id */
  struct map keys; /* of rows: a server that repeats one is not believed twice */
  struct worker workers[WORKERS_MAX];
  size_t worker_count;
  int64_t tasks, failed, paused, unassigned, idle;
};

static struct worker *worker_of(struct reading *reading, const char *id) {
  const struct map_slot *found = map_find(&reading->seen, id);
  if (found)
    return &reading->workers[found->value];
  if (!*id || reading->worker_count == WORKERS_MAX)
    return NULL;
  struct worker *worker = &reading->workers[reading->worker_count];
  *worker = (struct worker){.id = id};
  map_add(&reading->seen, id, reading->worker_count++);
  return worker;
}

/* An id stays in the status of what no worker runs. */
static void count(struct reading *reading, const struct connect_part *part, bool task) {
  const bool placed = part->state != CONNECT_UNASSIGNED;
  struct worker *worker = placed ? worker_of(reading, part->worker) : NULL;
  reading->failed += part->state == CONNECT_FAILED;
  reading->unassigned += !placed;
  reading->tasks += task;
  if (!worker)
    return;
  worker->connectors += !task;
  worker->tasks += task;
  worker->failed += task && part->state == CONNECT_FAILED;
}

static struct value text_cell(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static void fill_part(struct sample *sample, struct row *row, const struct connect_part *part,
                      const char *what) {
  struct value *cells = row->cells;
  cells[CONNECTOR_STATE] = value_text(sample_copy(sample, part->word));
  cells[CONNECTOR_WORKER] = text_cell(sample, part->worker);
  cells[CONNECTOR_REASON] = text_cell(sample, part->reason);
  cells[CONNECTOR_TRACE] = text_cell(sample, part->trace);
  if (part->state == CONNECT_FAILED) {
    row->severity = SEVERITY_CRIT;
    row->reason = *part->reason ? sample_printf(sample, "%sfailed: %s", what, part->reason)
                                : sample_printf(sample, "%sfailed, no trace is given", what);
  } else if (part->state == CONNECT_OTHER) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "%sstate \"%s\" is not known", what, part->word);
  }
}

/* NULL if the sample is full, or has it. */
static struct row *row_of(struct reading *reading, struct table *table, const char *name,
                          int64_t task, const char *parent) {
  char key[CONNECT_NAME_MAX + 32];
  connect_key(key, sizeof key, name, task);
  struct row *row =
      map_find(&reading->keys, key) ? NULL : sample_row(reading->sample, table, key, parent);
  if (row)
    map_add(&reading->keys, row->key, 0);
  return row;
}

static bool add_task(struct reading *reading, struct table *table,
                     const struct connect_connector *connector, const struct connect_task *task,
                     const char *parent) {
  struct sample *sample = reading->sample;
  struct row *row = row_of(reading, table, connector->name, task->id, parent);
  if (!row)
    return !table->truncated;
  row->cells[CONNECTOR_NAME] = value_text(sample_printf(sample, "task %" PRId64, task->id));
  fill_part(sample, row, &task->part, sample_printf(sample, "of %s ", connector->name));
  return true;
}

/* False if the sample is full. */
static bool add(struct reading *reading, struct table *table,
                const struct connect_connector *connector) {
  struct sample *sample = reading->sample;
  int64_t failed = 0;
  struct row *row = row_of(reading, table, connector->name, -1, NULL);
  if (!row)
    return !table->truncated;
  const char *key = row->key; /* the row moves when others are added */
  for (size_t i = 0; i < connector->task_count; i++)
    failed += connector->tasks[i].part.state == CONNECT_FAILED;
  row->cells[CONNECTOR_NAME] = value_text(sample_copy(sample, connector->name));
  row->cells[CONNECTOR_TASKS] = value_int((int64_t)connector->task_count);
  row->cells[CONNECTOR_FAILED] = value_int(failed);
  row->cells[CONNECTOR_TYPE] = text_cell(sample, connector->type);
  row->cells[CONNECTOR_CLASS] = text_cell(sample, connector->class);
  fill_part(sample, row, &connector->part, "");
  for (size_t i = 0; i < connector->task_count; i++)
    if (!add_task(reading, table, connector, &connector->tasks[i], key))
      return false;
  return true;
}

static bool has_failed(const struct connect_connector *connector) {
  bool failed = connector->part.state == CONNECT_FAILED;
  for (size_t i = 0; i < connector->task_count; i++)
    failed = failed || connector->tasks[i].part.state == CONNECT_FAILED;
  return failed;
}

static void fill_connectors(struct reading *reading, struct table *table) {
  const struct connect_list *list = reading->answers->list;
  bool room = true;
  for (size_t i = 0; i < list->count; i++) {
    const struct connect_connector *connector = &list->items[i];
    const enum connect_state state = connector->part.state;
    count(reading, &connector->part, false);
    reading->paused += state == CONNECT_PAUSED || state == CONNECT_STOPPED;
    reading->idle += state == CONNECT_RUNNING && connector->task_count == 0;
    for (size_t k = 0; k < connector->task_count; k++)
      count(reading, &connector->tasks[k].part, true);
  }
  for (int failed = 1; failed >= 0; failed--) /* the worst first */
    for (size_t i = 0; room && i < list->count; i++)
      if (has_failed(&list->items[i]) == (failed == 1))
        room = add(reading, table, &list->items[i]);
  if (list->count < list->total)
    sample_fault(reading->sample, table->spec->id, SEVERITY_UNKNOWN,
                 "%zu of %zu connectors are read", list->count, list->total);
  if (list->tasks_cut)
    sample_fault(reading->sample, table->spec->id, SEVERITY_UNKNOWN,
                 "only the first %d tasks are read", CONNECT_TASKS_MAX);
}

static void fill_workers(struct reading *reading, struct table *table) {
  struct sample *sample = reading->sample;
  for (size_t i = 0; i < reading->worker_count; i++) {
    const struct worker *worker = &reading->workers[i];
    struct row *row = sample_row(sample, table, worker->id, NULL);
    if (!row)
      return;
    row->cells[WORKER_ID] = value_text(row->key);
    row->cells[WORKER_CONNECTORS] = value_int(worker->connectors);
    row->cells[WORKER_TASKS] = value_int(worker->tasks);
    row->cells[WORKER_FAILED] = value_int(worker->failed);
  }
}

static void fill_summary(struct reading *reading, struct table *table) {
  const struct connect_answers *answers = reading->answers;
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, table, answers->name, NULL);
  assert(row); /* one row fits into any ceiling */
  struct value *cells = row->cells;
  cells[SUMMARY_NAME] = value_text(row->key);
  cells[SUMMARY_CONNECTORS] = value_int((int64_t)answers->list->total);
  cells[SUMMARY_TASKS] = value_int(reading->tasks);
  cells[SUMMARY_FAILED] = value_int(reading->failed);
  cells[SUMMARY_PAUSED] = value_int(reading->paused);
  cells[SUMMARY_UNASSIGNED] = value_int(reading->unassigned);
  cells[SUMMARY_IDLE] = value_int(reading->idle);
  cells[SUMMARY_WORKERS] = value_int((int64_t)reading->worker_count);
  cells[SUMMARY_LATENCY] = value_real((double)answers->latency_us / 1e6);
  cells[SUMMARY_CLUSTER] = text_cell(sample, answers->cluster);
  cells[SUMMARY_VERSION] = value_text(sample_copy(sample, answers->version));
}

struct sample *connect_sample(const struct connect_answers *answers) {
  struct reading *reading = mem_new(sizeof *reading);
  struct sample *sample = reading->sample = sample_new(connect_tables, CONNECT_TABLES);
  reading->answers = answers;
  fill_connectors(reading, &sample->tables[TABLE_CONNECTORS]);
  fill_workers(reading, &sample->tables[TABLE_WORKERS]);
  fill_summary(reading, &sample->tables[TABLE_SUM]);
  sample->server = sample_printf(sample, "Kafka Connect %s", answers->version);
  map_fini(&reading->seen);
  map_fini(&reading->keys);
  free(reading);
  return sample;
}
