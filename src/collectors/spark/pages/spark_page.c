#include "collectors/spark/pages/spark_page.h"

#include "clients/spark/spark_contract.h"
#include "clients/web/web.h"
#include "collectors/frame.h"
#include "io/clock.h"

#include <string.h>

enum { ARENA_MAX = 32 << 20, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500 };

struct page_watch {
  struct watch watch; /* first */
  struct web_request *request;
  bool other;
};

static void ask_path(struct page_watch *page, const char *end);

/* "APPLICATION query NAME" of the table of streams; else the application alone. */
static const char *query_of(const char *key) {
  static const char word[] = " query ";
  const char *found = strstr(key, word);
  return found ? found + sizeof word - 1 : NULL;
}

static bool read_answer(struct page_watch *page, const struct web_answer *answer,
                        struct sample *sample, struct err *err) {
  const struct spark_page *own = page->watch.page->own;
  struct arena arena;
  arena_init(&arena, ARENA_MAX);
  struct spark_page_call call = {.sample = sample,
                                 .table = &sample->tables[0],
                                 .arena = &arena,
                                 .focus = page->watch.focus,
                                 .query = query_of(page->watch.focus->key),
                                 .now_ms = clock_wall_ms(),
                                 .other = page->other};
  const bool good = own->fill(&call, answer->json, err);
  if (good && arena.exhausted)
    sample_fault(sample, NULL, SEVERITY_UNKNOWN, "the answer is too large: a part is cut");
  arena_fini(&arena);
  return good;
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct page_watch *page = arg;
  const struct spark_page *own = page->watch.page->own;
  struct err err = {0};
  page->request = NULL;
  if (answer->status == 404 && own->or_path && !page->other) {
    page->other = true;
    ask_path(page, own->or_path);
    return;
  }
  struct sample *sample =
      sample_new(page->watch.page->spec.tables, page->watch.page->spec.table_count);
  if (answer->err)
    err = *answer->err;
  if (answer->status == 404)
    err_set(&err, ERR_INVALID, "the application is no longer there");
  if (!answer->err && read_answer(page, answer, sample, &err)) {
    watch_done(&page->watch, sample);
    return;
  }
  sample_free(sample);
  watch_failed(&page->watch, &err);
}

static void ask_path(struct page_watch *page, const char *end) {
  const struct target *target = page->watch.target;
  const char *focus = page->watch.focus->key;
  struct arena arena;
  unsigned port = 0;
  arena_init(&arena, 1 << 16);
  const char *key = arena_text(&arena, focus, strcspn(focus, " "));
  const char *path = spark_app_path(key, end, &port, &arena);
  const char *url = spark_url_at(target_text(target, "url"), port, &arena);
  if (!path || !url) {
    struct err err;
    err_set(&err, ERR_INVALID, "not the key of an application: \"%.80s\"", focus);
    arena_fini(&arena);
    watch_failed(&page->watch, &err);
    return;
  }
  const struct web_query query = {
      .path = path,
      .url = url,
      .timeout_ms = watch_end_ms(&page->watch, MARGIN_MIN_MS, MARGIN_MAX_MS) - clock_now_ms()};
  page->watch.requests++;
  page->request = web_ask(page->watch.io, target, &query, on_answer, page);
  arena_fini(&arena);
}

static void ask(void *self) {
  struct page_watch *page = self;
  const struct spark_page *own = page->watch.page->own;
  page->other = own->or_path && query_of(page->watch.focus->key);
  ask_path(page, page->other ? own->or_path : own->path);
}

static void rest(void *self) {
  struct page_watch *page = self;
  if (page->request)
    web_cancel(page->request);
  page->request = NULL;
}

const struct watch_kind spark_page_watch = {
    .size = sizeof(struct page_watch), .ask = ask, .rest = rest};
