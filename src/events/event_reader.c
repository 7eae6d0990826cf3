#include "events/event_reader.h"

#include "core/mem.h"
#include "events/event_store.h"
#include "io/clock.h"
#include "io/worker.h"

#include <stdlib.h>
#include <string.h>

enum what { READ_PAGE, READ_AGAIN, READ_COUNT };

struct rows {
  struct event_record *items;
  size_t count, capacity;
};

/* A question on its way: the store is the thread's meanwhile. */
struct job {
  struct worker_task task;
  char *state;
  struct event_store *store; /* NULL: not open yet */
  enum what what;
  struct event_query query;
  struct event_place_at from;
  size_t limit;
  bool from_newest; /* AGAIN: the first row was the newest one */
  int64_t version, now_ms;
  /* What came of it: */
  bool good, there, same;
  struct rows rows;
  int64_t matches, total, first_ms;
  struct err err;
};

struct event_reader {
  struct worker_pool *pool;
  char *state;
  struct event_store *store; /* NULL: not open, or on a thread */
  struct event_store *lent;  /* the one that is on a thread; only to be interrupted */
  bool running, counting;
  bool asked; /* `next` waits */
  struct event_query next;
  bool again, count_due;
  int64_t version;
  struct event_page page;
  void (*changed)(void *arg);
  void *arg;
};

/* ---- rows */

static void rows_fini(struct event_record *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    event_record_fini(&rows[i]);
  free(rows);
}

static bool row_add(void *arg, const struct event_record *record) {
  struct rows *rows = arg;
  if (rows->count == rows->capacity) {
    rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
    rows->items = mem_resize(rows->items, rows->capacity * sizeof *rows->items);
  }
  rows->items[rows->count++] = event_record_dup(record);
  return true;
}

static void rows_reverse(struct rows *rows) {
  for (size_t i = 0; i < rows->count / 2; i++) {
    const struct event_record row = rows->items[i];
    rows->items[i] = rows->items[rows->count - 1 - i];
    rows->items[rows->count - 1 - i] = row;
  }
}

/* ---- the thread */

static void job_free(struct job *job) {
  event_store_close(job->store);
  rows_fini(job->rows.items, job->rows.count);
  free(job->state);
  free(job);
}

static bool job_read(struct job *job) {
  static const enum event_way ways[] = {[EVENT_WANT_NEWEST] = EVENT_WAY_NEWEST,
                                        [EVENT_WANT_OLDEST] = EVENT_WAY_OLDEST,
                                        [EVENT_WANT_OLDER] = EVENT_WAY_OLDER,
                                        [EVENT_WANT_NEWER] = EVENT_WAY_NEWER};
  const bool again = job->what == READ_AGAIN;
  const enum event_way way = !again             ? ways[job->query.want]
                             : job->from_newest ? EVENT_WAY_NEWEST
                                                : EVENT_WAY_OLDER;
  const struct event_range range = {way, job->from, job->limit};
  if (!event_store_read(job->store, &job->query.filter, &range, job->now_ms, row_add, &job->rows,
                        &job->err))
    return false;
  if (way == EVENT_WAY_OLDEST || way == EVENT_WAY_NEWER)
    rows_reverse(&job->rows);
  return true;
}

static void job_work(struct worker_task *task) {
  struct job *job = (struct job *)task;
  if (job->store && !event_store_is_current(job->store)) {
    event_store_close(job->store);
    job->store = NULL;
  }
  if (!job->store)
    job->store = event_store_open_read(job->state, &job->err);
  job->there = job->store != NULL;
  if (!job->store) {
    job->good = job->err.kind == ERR_NONE;
    return;
  }
  const int64_t version = event_store_version(job->store);
  job->same = job->what == READ_AGAIN && version == job->version;
  job->version = version;
  if (job->what == READ_COUNT)
    job->good = event_store_count(job->store, &job->query.filter, &job->matches, &job->total,
                                  &job->first_ms, &job->err);
  else
    job->good = job->same || job_read(job);
}

static void job_drop(struct worker_task *task) {
  job_free((struct job *)task);
}

/* ---- what came of it */

static void page_clear(struct event_page *page) {
  rows_fini(page->rows, page->count);
  page->rows = NULL;
  page->count = 0;
}

static void page_set(struct event_page *page, struct rows *rows) {
  page_clear(page);
  page->rows = rows->items;
  page->count = rows->count;
  *rows = (struct rows){0};
}

/* Behind or before what is there; what is too much goes at the other end. */
static void page_join(struct event_page *page, struct rows *rows, bool older) {
  const size_t count = page->count + rows->count;
  struct event_record *all = mem_new((count + 1) * sizeof *all);
  const struct rows there = {page->rows, page->count, 0};
  const struct rows *first = older ? &there : rows, *last = older ? rows : &there;
  if (first->count > 0)
    memcpy(all, first->items, first->count * sizeof *all);
  if (last->count > 0)
    memcpy(all + first->count, last->items, last->count * sizeof *all);
  free(page->rows);
  free(rows->items);
  *rows = (struct rows){0};
  const size_t more = count > EVENT_PAGE_ROWS_MAX ? count - EVENT_PAGE_ROWS_MAX : 0;
  const size_t from = older ? more : 0, kept = count - more;
  for (size_t i = 0; i < count; i++)
    if (i < from || i >= from + kept)
      event_record_fini(&all[i]);
  memmove(all, all + from, kept * sizeof *all);
  page->rows = all;
  page->count = kept;
  if (more > 0 && older)
    page->has_newest = false;
  else if (more > 0)
    page->has_oldest = false;
}

static void page_take(struct event_page *page, struct job *job) {
  const bool all = job->rows.count < job->limit;
  switch (job->query.want) {
  case EVENT_WANT_NEWEST:
    page_set(page, &job->rows);
    page->has_newest = true;
    page->has_oldest = all;
    break;
  case EVENT_WANT_OLDEST:
    page_set(page, &job->rows);
    page->has_oldest = true;
    page->has_newest = all;
    break;
  case EVENT_WANT_OLDER:
    page_join(page, &job->rows, true);
    page->has_oldest = page->has_oldest || all;
    break;
  case EVENT_WANT_NEWER:
    page_join(page, &job->rows, false);
    page->has_newest = page->has_newest || all;
    break;
  }
  page->loading = false;
}

static void again_take(struct event_page *page, struct job *job) {
  const bool all = job->rows.count < job->limit;
  page_set(page, &job->rows);
  page->has_oldest = all;
}

static void answer_take(struct event_reader *reader, struct job *job) {
  struct event_page *page = &reader->page;
  page->err = job->good ? (struct err){0} : job->err;
  reader->version = job->version;
  if (!job->good || !job->there) {
    page->loading = false;
    if (job->good) { /* no program has written to it yet */
      page_clear(page);
      page->has_newest = page->has_oldest = page->counted = true;
      page->matches = page->total = page->first_ms = 0;
    }
    return;
  }
  if (job->what == READ_COUNT) {
    page->counted = true;
    page->matches = job->matches;
    page->total = job->total;
    page->first_ms = job->first_ms;
    return;
  }
  if (job->same)
    return;
  if (job->what == READ_AGAIN)
    again_take(page, job);
  else
    page_take(page, job);
  reader->count_due =
      reader->count_due || job->what == READ_AGAIN || job->query.want <= EVENT_WANT_OLDEST;
}

static void next_start(struct event_reader *reader);

static void job_done(struct worker_task *task) {
  struct job *job = (struct job *)task;
  struct event_reader *reader = task->owner;
  reader->store = job->store;
  reader->lent = NULL;
  job->store = NULL;
  reader->running = false;
  /* What was interrupted is of no interest any more. */
  if (!reader->asked || (job->good && job->what != READ_COUNT))
    answer_take(reader, job);
  job_free(job);
  next_start(reader);
  reader->changed(reader->arg);
}

/* ---- questions */

static void job_start(struct event_reader *reader, enum what what,
                      const struct event_query *query) {
  const struct event_page *page = &reader->page;
  struct job *job = mem_new(sizeof *job);
  struct err err;
  *job =
      (struct job){.task = {.work = job_work, .done = job_done, .drop = job_drop, .owner = reader},
                   .state = mem_dup(reader->state),
                   .what = what,
                   .query = *query,
                   .limit = EVENT_PAGE_ROWS,
                   .version = reader->version,
                   .now_ms = clock_wall_ms()};
  if (what == READ_AGAIN) {
    /* The first row, too, must be among those before the place. */
    job->from_newest = page->has_newest || page->count == 0;
    job->limit = page->count > EVENT_PAGE_ROWS ? page->count : EVENT_PAGE_ROWS;
  }
  if (page->count > 0) {
    const struct event_record *row =
        &page->rows[query->want == EVENT_WANT_OLDER ? page->count - 1 : 0];
    job->from = (struct event_place_at){row->at_ms, row->id + (what == READ_AGAIN)};
  }
  job->store = reader->store;
  reader->lent = reader->store;
  reader->store = NULL;
  if (worker_start(reader->pool, &job->task, &err)) {
    reader->running = true;
    reader->counting = what == READ_COUNT;
    return;
  }
  reader->store = job->store;
  job->store = NULL;
  reader->page.loading = false;
  reader->page.err = err;
  job_free(job);
}

static void next_start(struct event_reader *reader) {
  const struct event_query again = {.want = EVENT_WANT_NEWEST, .filter = reader->page.filter};
  if (reader->running)
    return;
  if (reader->asked) {
    reader->asked = false;
    reader->again = false;
    job_start(reader, READ_PAGE, &reader->next);
  } else if (reader->again) {
    reader->again = false;
    job_start(reader, READ_AGAIN, &again);
  } else if (reader->count_due) {
    reader->count_due = false;
    job_start(reader, READ_COUNT, &again);
  }
  reader->page.busy = reader->running && !reader->counting;
}

void event_reader_ask(struct event_reader *reader, const struct event_query *query) {
  struct event_page *page = &reader->page;
  const bool fresh = query->want == EVENT_WANT_NEWEST || query->want == EVENT_WANT_OLDEST;
  if (!fresh && (reader->asked || page->loading ||
                 (query->want == EVENT_WANT_OLDER ? page->has_oldest : page->has_newest)))
    return;
  reader->next = *query;
  if (fresh) {
    page->counted =
        page->counted && memcmp(&page->filter, &query->filter, sizeof page->filter) == 0;
    page->filter = query->filter;
    page->loading = true;
    reader->count_due = false;
  } else {
    reader->next.filter = page->filter;
  }
  reader->asked = true;
  if (reader->running && reader->lent && (fresh || reader->counting))
    event_store_interrupt(reader->lent);
  next_start(reader);
}

void event_reader_refresh(struct event_reader *reader) {
  if (reader->asked || reader->page.loading)
    return;
  reader->again = true;
  next_start(reader);
}

const struct event_page *event_reader_page(const struct event_reader *reader) {
  return &reader->page;
}

/* ---- life */

struct event_reader *event_reader_new(struct io *io, const char *state, void (*changed)(void *arg),
                                      void *arg) {
  struct event_reader *reader = mem_new(sizeof *reader);
  reader->pool = worker_pool_new(io, 2);
  worker_pool_keep_loop(reader->pool, false);
  reader->state = mem_dup(state);
  reader->changed = changed;
  reader->arg = arg;
  return reader;
}

static void on_closed(void *arg) {
  struct event_reader *reader = arg;
  event_store_close(reader->store);
  page_clear(&reader->page);
  free(reader->state);
  free(reader);
}

void event_reader_close(struct event_reader *reader) {
  if (!reader)
    return;
  if (reader->running && reader->lent)
    event_store_interrupt(reader->lent);
  worker_pool_close(reader->pool, on_closed, reader);
}
