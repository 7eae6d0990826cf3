#include "app/dashboard/dashboard_save.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "report/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { AT_ONCE = 2, SAID_MAX = 320 };

static void task_done(struct file_task *task) {
  struct dashboard_save *save = task->task.owner;
  char said[SAID_MAX], rows[FORMAT_MAX];
  if (task->saved)
    snprintf(said, sizeof said, "Saved %s to %.200s",
             format_counted(rows, sizeof rows, (int64_t)task->rows, "row", "rows"), task->path);
  else
    snprintf(said, sizeof said, "Not saved: %s", task->err.text);
  save->say(save->arg, said);
}

/* Rows of one table, or of the same table of several targets; borrowed. */
struct gathered {
  struct table table;
  struct map places; /* by key */
};

static void gather(struct gathered *all, const struct table *table) {
  struct table *out = &all->table;
  out->rows = mem_resize(out->rows, (out->row_count + table->row_count + 1) * sizeof *out->rows);
  out->spec = table->spec;
  out->truncated = out->truncated || table->truncated;
  for (size_t i = 0; i < table->row_count; i++)
    if (map_add(&all->places, table->rows[i].key, out->row_count))
      out->rows[out->row_count++] = table->rows[i];
}

static const struct table *table_in(const struct model *model, size_t state, const char *id) {
  const struct sample *sample =
      state < model_state_count(model) ? model->targets[state].sample : NULL;
  return sample ? sample_table_view(sample, id) : NULL;
}

static void gather_all(struct gathered *all, const struct model *model,
                       const struct request *request) {
  const char *id = request->subject.table;
  const struct table *own = table_in(model, request->state, id);
  if (own && !request->of_kind)
    gather(all, own);
  for (size_t i = 0; own && request->of_kind && i < model->target_count; i++) {
    const struct table *table = table_in(model, i, id);
    if (table && table->spec == own->spec)
      gather(all, table);
  }
}

/* The chosen rows, then the others unless the request is filtered. */
static struct table table_of(const struct gathered *all, const struct request *request) {
  const struct table *from = &all->table;
  struct table chosen = {.spec = from->spec, .truncated = from->truncated};
  bool *taken = mem_new((from->row_count + 1) * sizeof *taken);
  chosen.rows = mem_new((from->row_count + 1) * sizeof *chosen.rows);
  for (size_t i = 0; i < request->text_count; i++) {
    const struct map_slot *slot = map_find(&all->places, request->texts[i]);
    if (!slot || taken[slot->value])
      continue;
    taken[slot->value] = true;
    chosen.rows[chosen.row_count++] = from->rows[slot->value];
  }
  for (size_t i = 0; !request->filtered && i < from->row_count; i++)
    if (!taken[i])
      chosen.rows[chosen.row_count++] = from->rows[i];
  free(taken);
  return chosen;
}

static bool is_json(const char *path) {
  const size_t length = strlen(path);
  return length > 5 && strcasecmp(path + length - 5, ".json") == 0;
}

static bool render_events(struct file_task *task, const struct model *model, const char *filter) {
  FILE *out = open_memstream(&task->text, &task->length);
  if (!out)
    return false;
  const bool written = is_json(task->path) ? report_events_json(out, model, filter, &task->rows)
                                           : report_events_csv(out, model, filter, &task->rows);
  return fclose(out) == 0 && written;
}

static bool render(struct file_task *task, const struct gathered *all,
                   const struct request *request) {
  FILE *out = open_memstream(&task->text, &task->length);
  if (!out)
    return false;
  struct table chosen = table_of(all, request);
  const bool written =
      is_json(task->path) ? report_table_json(out, &chosen) : report_csv(out, &chosen);
  task->rows = chosen.row_count;
  free(chosen.rows);
  return fclose(out) == 0 && written;
}

void dashboard_save_open(struct dashboard_save *save, struct io *io,
                         void (*say)(void *arg, const char *text), void *arg) {
  *save = (struct dashboard_save){worker_pool_new(io, AT_ONCE), say, arg};
  worker_pool_keep_loop(save->pool, false);
}

void dashboard_save_start(struct dashboard_save *save, struct file_task *task) {
  struct err err;
  if (!file_task_start(save->pool, task, &err))
    save->say(save->arg, "Not saved: earlier files are still being written");
}

void dashboard_save_request(struct dashboard_save *save, const struct model *model,
                            const struct request *request) {
  struct gathered all = {.places = {0}};
  if (!request->of_events)
    gather_all(&all, model, request);
  struct file_task *task = file_task_new(FILE_TASK_NEW, request->text, NULL, 0, task_done, save);
  const bool rendered = request->of_events ? render_events(task, model, request->texts[0])
                                           : all.table.spec && render(task, &all, request);
  if (rendered) {
    dashboard_save_start(save, task);
  } else {
    save->say(save->arg, "Not saved: the table is gone");
    file_task_free(task);
  }
  map_fini(&all.places);
  free(all.table.rows);
}

static void on_closed(void *arg) {
  (void)arg;
}

void dashboard_save_close(struct dashboard_save *save) {
  worker_pool_close(save->pool, on_closed, save);
}
