#include "collectors/network/pages/network_page.h"

#include "core/mem.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS_MAX = 2 };

struct page_watch {
  struct watch watch; /* first */
  struct worker_pool *workers;
  bool reading_now;
};

static struct network_gather *gather_new(const struct page_focus *focus) {
  struct network_gather *gather = mem_new(sizeof *gather);
  gather->table = focus->table ? mem_dup(focus->table) : NULL;
  gather->key = focus->key ? mem_dup(focus->key) : NULL;
  return gather;
}

static void gather_free(void *arg) {
  struct network_gather *gather = arg;
  free(gather->table);
  free(gather->key);
  free(gather->sockets);
  free(gather->peers);
  map_fini(&gather->by_address);
  free(gather);
}

static int row_compare(const void *a, const void *b, void *context) {
  const struct row *x = a, *y = b;
  const size_t column = *(const size_t *)context;
  const struct value left = x->cells[column], right = y->cells[column];
  const int none = (left.type == VALUE_NONE) - (right.type == VALUE_NONE);
  if (none != 0)
    return none;
  const int order = value_compare(left, right) * (left.type == VALUE_TEXT ? 1 : -1);
  return order != 0 ? order : strcmp(x->key, y->key);
}

void network_page_cut(struct sample *sample, struct table *table, const struct page_focus *focus,
                      size_t total) {
  char shown[FORMAT_MAX], all[FORMAT_MAX];
  const int found =
      strcmp(focus->sort_table, table->spec->id) == 0 ? table_column(table->spec, focus->sort) : -1;
  size_t column = found >= 0 ? (size_t)found : 0;
  if (found >= 0 && table->row_count > 1)
    qsort_r(table->rows, table->row_count, sizeof *table->rows, row_compare, &column);
  if (table->row_count > focus->rows)
    table->row_count = focus->rows;
  if (table->row_count < total)
    sample_note(
        sample, table->spec->id, NULL, "%s of %s shown (%s)",
        format_value(shown, sizeof shown, value_int((int64_t)table->row_count), UNIT_COUNT, false),
        format_value(all, sizeof all, value_int((int64_t)total), UNIT_COUNT, false),
        page_order_hint(focus));
}

/* ---- the reading */

static void reading_work(struct worker_task *task) {
  struct network_reading *reading = (struct network_reading *)task; /* its first member */
  struct network_gather *gather = reading->arg;
  network_reading_take(reading);
  if (!reading->wants_owners || gather->count > NETWORK_NAMED_MAX || reading->err.kind != ERR_NONE)
    return;
  uint32_t *inodes = mem_new((gather->count + 1) * sizeof *inodes);
  for (size_t i = 0; i < gather->count; i++)
    inodes[i] = gather->sockets[i].inode;
  network_owners_find(&reading->owners, reading->system->source.proc, inodes, gather->count);
  free(inodes);
}

static void reading_drop(struct worker_task *task) {
  network_reading_free((struct network_reading *)task);
}

static void reading_done(struct worker_task *task) {
  struct network_reading *reading = (struct network_reading *)task;
  struct page_watch *page = task->owner;
  const struct network_page *own = page->watch.page->own;
  const struct page_spec *spec = &page->watch.page->spec;
  struct err err = reading->err;
  page->reading_now = false;
  if (!page->watch.job) {
    network_reading_free(reading);
    return;
  }
  struct sample *sample = sample_new(spec->tables, spec->table_count);
  const bool done =
      err.kind == ERR_NONE && own->fill(sample, reading, reading->arg, page->watch.focus, &err);
  network_reading_free(reading);
  if (done) {
    watch_done(&page->watch, sample);
    return;
  }
  sample_free(sample);
  watch_failed(&page->watch, &err);
}

static bool init(void *self, struct err *err) {
  struct page_watch *page = self;
  (void)err;
  page->workers = worker_pool_new(page->watch.io, WORKERS_MAX);
  watch_hold(&page->watch);
  return true;
}

static void ask(void *self) {
  struct page_watch *page = self;
  const struct network_page *own = page->watch.page->own;
  struct err err = {0};
  page->watch.requests++;
  if (page->reading_now)
    return; /* started for a cancelled job: it serves this one as well */
  struct network_reading *reading =
      network_reading_new(&network_real_system, target_text(page->watch.target, "namespace"));
  struct network_gather *gather = gather_new(page->watch.focus);
  gather->reading = reading;
  reading->task = (struct worker_task){
      .work = reading_work, .done = reading_done, .drop = reading_drop, .owner = page};
  reading->counts_only = true;
  reading->wants_owners = own->owners;
  reading->each = own->each;
  reading->arg = gather;
  reading->arg_free = gather_free;
  page->reading_now = worker_start(page->workers, &reading->task, &err);
  if (page->reading_now)
    return;
  network_reading_free(reading);
  watch_failed(&page->watch, &err);
}

static void forget(void *self, struct err *err) {
  const struct page_watch *page = self;
  if (page->reading_now)
    err_set(err, ERR_TIMEOUT, "reading the sockets takes too long");
}

static void end(void *self) {
  struct page_watch *page = self;
  worker_pool_close(page->workers, watch_released, page);
}

const struct watch_kind network_page_watch = {
    .size = sizeof(struct page_watch), .init = init, .ask = ask, .forget = forget, .end = end};
