#include "collectors/redis/pages/redis_page.h"

#include "core/mem.h"
#include "core/number.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_ID_MAX = 48 };

struct page_watch {
  struct watch watch; /* first */
  const struct redis_page *own;
  struct redis_url url;
  struct redis_page_call call; /* the functions of the page get this one */
  struct redis_info info;
  struct row_past past;
  struct page_window window;
  char run_id[RUN_ID_MAX]; /* of the server, by which a restart is seen */
  size_t next;             /* the running step */
  size_t sent, answered;   /* its commands */
  struct err wrong;        /* the first error of its commands */
};

static struct page_watch *page_of_call(struct redis_page_call *call) {
  return (struct page_watch *)((char *)call - offsetof(struct page_watch, call));
}

static bool init(void *self, struct err *err) {
  struct page_watch *page = self;
  const struct target *target = page->watch.target;
  page->own = page->watch.page->own;
  if (!redis_url_of(target, &page->url, err))
    return false;
  page->call = (struct redis_page_call){.focus = page->watch.focus,
                                        .target = target,
                                        .info = &page->info,
                                        .db = page->url.db,
                                        .user = page->url.user ? page->url.user : "default",
                                        .first = true,
                                        .past = &page->past,
                                        .window = &page->window,
                                        .memory = mem_new(page->own->memory + 1)};
  return true;
}

/* ---- the connection */

static void *connect_to(void *self) {
  struct page_watch *page = self;
  return redis_open(page->watch.io, &page->url);
}

static bool conn_usable(const void *conn) {
  return redis_usable(conn);
}

static void conn_close(void *conn, void (*closed)(void *arg), void *arg) {
  redis_close(conn, closed, arg);
}

static const char *conn_describe(const void *conn, char *out, size_t size) {
  return redis_describe(conn, out, size);
}

static const char *conn_address(const void *conn) {
  return redis_address(conn);
}

static const struct watch_conn conn = {
    .usable = conn_usable, .close = conn_close, .describe = conn_describe, .address = conn_address};

/* ---- errors */

/* What to do about it, where that is clear. */
static void explain(const struct page_watch *page, const char *right, struct err *err) {
  const struct err cause = *err;
  if (strncmp(cause.text, "BUSY ", 5) == 0)
    err_set(err, ERR_UNSUPPORTED,
            "the server runs a script and refuses all other commands until it ends");
  else if (strncmp(cause.text, "NOPERM", 6) == 0 && right)
    err_set(err, ERR_DENIED, "needs a right: ACL SETUSER %.60s %.60s (%.120s)", page->call.user,
            right, cause.text);
  else if (strncmp(cause.text, "NOAUTH", 6) == 0)
    err_set(err, ERR_DENIED, "%.180s: set the password in the configuration or in REDISCLI_AUTH",
            cause.text);
}

static void fail(struct page_watch *page, const char *right, const struct err *cause) {
  struct err err = *cause;
  explain(page, right, &err);
  if (page->answered < page->sent)
    watch_drop(&page->watch); /* late answers belong to a collection that has ended */
  watch_failed(&page->watch, &err);
}

/* ---- the steps, one after another */

static void ask_next(struct page_watch *page);

static void finish(struct page_watch *page) {
  struct sample *sample = page->call.sample;
  if (page->own->finish)
    page->own->finish(&page->call);
  const char *valkey = redis_info_text(&page->info, "valkey_version");
  const char *version = valkey ? valkey : redis_info_text(&page->info, "redis_version");
  if (version)
    sample->server = sample_printf(sample, "%s %.40s", valkey ? "Valkey" : "Redis", version);
  page->call.sample = NULL;
  page->call.first = false;
  page_window_keep(&page->window);
  watch_done(&page->watch, sample);
}

/* All its answers are there. False: the collection has failed. */
static bool step_end(struct page_watch *page) {
  const struct redis_page_step *step = &page->own->steps[page->next];
  struct err wrong = page->wrong;
  if (wrong.kind == ERR_NONE) {
    page->next += !(step->again && step->again(&page->call));
    return true;
  }
  if (!step->table) {
    fail(page, step->right, &wrong);
    return false;
  }
  explain(page, step->right, &wrong);
  sample_fault(page->call.sample, step->table, SEVERITY_UNKNOWN, "cannot read %s: %s", step->table,
               wrong.text);
  page->next++;
  return true;
}

/* A figure that is not known because of a right: which one. */
static void note_refusal(struct page_watch *page, const struct err *cause) {
  char right[REDIS_RIGHT_MAX];
  struct sample *sample = page->call.sample;
  if (cause->kind == ERR_DENIED && *redis_refusal_right(cause, right))
    sample_note(sample, page->watch.page->spec.tables[0]->id, NULL,
                "some figures need a right: ACL SETUSER %.60s %s", page->call.user, right);
}

static void on_answer(void *arg, const struct redisReply *reply, const struct err *err) {
  struct page_watch *page = arg;
  const struct redis_page_step *step = &page->own->steps[page->next];
  struct err wrong = {0};
  if (err) { /* a part of it would look complete */
    page->answered = page->sent;
    fail(page, step->right, err);
    return;
  }
  page->call.index = page->answered++;
  page->call.answer_us = redis_answer_us(page->watch.conn);
  if (redis_reply_err(reply, &wrong)) {
    if (step->refused && step->refused(&page->call, &wrong)) {
      if (!step->table) /* otherwise `refused` does it */
        note_refusal(page, &wrong);
      wrong.kind = ERR_NONE;
    }
  } else if (!step->read(&page->call, reply, &wrong) && wrong.kind == ERR_NONE) {
    err_set(&wrong, ERR_PROTOCOL, "unexpected answer");
  }
  if (wrong.kind != ERR_NONE && page->wrong.kind == ERR_NONE)
    page->wrong = wrong;
  if (page->answered == page->sent && step_end(page))
    ask_next(page);
}

bool redis_page_send(struct redis_page_call *call, int argc, const char *const *argv,
                     const size_t *lengths, struct err *err) {
  struct page_watch *page = page_of_call(call);
  if (!redis_send(page->watch.conn, argc, argv, lengths, on_answer, page, err))
    return false;
  page->watch.requests++;
  page->sent++;
  return true;
}

static int words_count(const char *const *words) {
  int count = 0;
  while (count < REDIS_PAGE_WORDS_MAX && words[count])
    count++;
  return count;
}

static void ask_next(struct page_watch *page) {
  for (;; page->next++) {
    const struct redis_page_step *step = &page->own->steps[page->next];
    struct err err = {0};
    if (!step->read) {
      finish(page);
      return;
    }
    if (page->call.version < step->version_min)
      continue;
    page->sent = page->answered = 0;
    page->wrong = (struct err){0};
    const bool sent = step->send ? step->send(&page->call, &err)
                                 : redis_page_send(&page->call, words_count(step->words),
                                                   step->words, NULL, &err);
    if (!sent) {
      fail(page, step->right, &err);
      return;
    }
    if (page->sent > 0)
      return;
  }
}

/* ---- what the server is */

static void take_info(struct page_watch *page) {
  const char *run_id = redis_info_text(&page->info, "run_id");
  struct redis_page_call *call = &page->call;
  call->version = redis_info_version(&page->info);
  call->cluster = redis_info_is(&page->info, "cluster_enabled", "1") ||
                  redis_info_is(&page->info, "redis_mode", "cluster");
  if (*page->run_id && strcmp(page->run_id, run_id ? run_id : "") != 0)
    call->first = true; /* its counters are others */
  snprintf(page->run_id, sizeof page->run_id, "%s", run_id ? run_id : "");
  page_window_start(&page->window, call->focus, call->first, call->now_us,
                    call->now_us / 1000 + clock_wall_offset_ms());
}

static void on_info(void *arg, const struct redisReply *reply, const struct err *err) {
  struct page_watch *page = arg;
  struct err wrong = {0};
  const struct page_spec *spec = &page->watch.page->spec;
  page->answered = page->sent;
  if (err || redis_reply_err(reply, &wrong)) {
    fail(page, "+info", err ? err : &wrong);
    return;
  }
  page->call.answer_us = redis_answer_us(page->watch.conn);
  if (reply->type == REDIS_REPLY_STRING)
    redis_info_parse(&page->info, reply->str, reply->len);
  if (!redis_info_plausible(&page->info)) {
    err_set(&wrong, ERR_PROTOCOL, "the answer to INFO is not that of a Redis");
    fail(page, NULL, &wrong);
    return;
  }
  take_info(page);
  page->call.sample = sample_new(spec->tables, spec->table_count);
  row_past_begin(&page->past);
  page->next = 0;
  if (page->own->begin)
    page->own->begin(&page->call);
  ask_next(page);
}

static void collect(void *self) {
  struct page_watch *page = self;
  struct err err;
  page->call.now_us = page->watch.job->started_us;
  watch_connect(&page->watch, NULL);
  page->watch.requests++;
  page->sent = 1;
  page->answered = 0;
  if (redis_send(page->watch.conn, 1, (const char *const[]){"INFO"}, NULL, on_info, page, &err))
    return;
  page->answered = page->sent;
  fail(page, NULL, &err);
}

/* ---- the end */

static void rest(void *self) {
  struct page_watch *page = self;
  sample_free(page->call.sample);
  page->call.sample = NULL;
  redis_info_fini(&page->info);
}

static void fini(void *self) {
  struct page_watch *page = self;
  if (page->own->forget)
    page->own->forget(page->call.memory);
  free(page->call.memory);
  row_past_fini(&page->past);
  redis_url_fini(&page->url);
}

const struct watch_kind redis_page_watch = {.size = sizeof(struct page_watch),
                                            .init = init,
                                            .conn = &conn,
                                            .connect = connect_to,
                                            .ask = collect,
                                            .rest = rest,
                                            .fini = fini};

/* ---- replies */

bool redis_page_ignored(struct redis_page_call *call, const struct err *err) {
  (void)call;
  (void)err;
  return true;
}

struct value redis_page_text(const struct redis_page_call *call, const struct redisReply *reply) {
  if (!reply || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS))
    return value_none(NULL);
  return value_text(sample_text(call->sample, reply->str, reply->len));
}
