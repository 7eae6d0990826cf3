#include "audit/audit.h"
#include "audit/audit_acknowledge.h"
#include "audit/audit_file.h"
#include "audit/audit_own.h"
#include "audit/audit_syslog.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct notice {
  struct worker_task task;
  struct notice *next;
  char text[AUDIT_SYSLOG_MAX];
};

/* ---- syslog: a copy, which neither delays a record nor lets it fail ---- */

static void notice_work(struct worker_task *task) {
  audit_syslog_send(((struct notice *)task)->text);
}

static void notice_drop(struct worker_task *task) {
  free(task);
}

static void notice_done(struct worker_task *task) {
  struct audit *audit = task->owner;
  free(task);
  audit->noticing = false;
  audit_go(audit);
}

static void notice_queue(struct audit *audit, const char *text) {
  if (!*text || audit->notice_count == AUDIT_NOTICES_MAX)
    return;
  struct notice *notice = mem_new(sizeof *notice);
  notice->task = (struct worker_task){
      .work = notice_work, .done = notice_done, .drop = notice_drop, .owner = audit};
  memcpy(notice->text, text, sizeof notice->text);
  *audit->notice_link = notice;
  audit->notice_link = &notice->next;
  audit->notice_count++;
}

static struct notice *notice_take(struct audit *audit) {
  struct notice *notice = audit->notices;
  audit->notices = notice->next;
  if (!audit->notices)
    audit->notice_link = &audit->notices;
  audit->notice_count--;
  return notice;
}

static void notice_start(struct audit *audit) {
  struct notice *notice = notice_take(audit);
  struct err err;
  audit->noticing = worker_start(audit->pool, &notice->task, &err);
  if (!audit->noticing)
    free(notice);
}

/* ---- lines ---- */

static void append_free(struct append *append) {
  free(append->path);
  free(append->line);
  free(append->acknowledge);
  free(append->reason);
  free(append->id);
  free(append->target);
  free(append->title);
  free(append);
}

static void append_drop(struct worker_task *task) {
  append_free((struct append *)task);
}

static void append_work(struct worker_task *task) {
  struct append *append = (struct append *)task;
  if (append->path && append->acknowledge)
    append->written = audit_acknowledge_file(append->path, append->acknowledge, append->reason,
                                             append->notice, &append->err);
  else if (append->path)
    append->written =
        audit_file_append(append->path, append->line, strlen(append->line), &append->err);
  else
    err_set(&append->err, ERR_INVALID, "HOME is not set; set `state` in the configuration");
}

static void err_finish(struct err *err, enum err_kind kind, enum audit_event event,
                       const char *path, const char *why) {
  static const char *const so[] = {
      [AUDIT_INTENT] = "the action was not started",
      [AUDIT_OUTCOME] = "the outcome is not yet on disk",
      [AUDIT_ACKNOWLEDGED] = "the acknowledgement is not recorded",
      [AUDIT_UNLOCKED] = "the unlock is not recorded",
      [AUDIT_LOCKED] = "the lock is not recorded",
  };
  err_set(err, kind, "cannot write the audit log %.100s%s(%s): %s", path ? path : "",
          path ? " " : "", why, so[event]);
}

static bool is_kept(const struct append *append) {
  return append->attempts > 0;
}

/* A kept outcome was tried again. */
static void kept_finish(struct audit *audit, struct append *append, const struct err *err) {
  if (err && !audit->closing) {
    audit_keep(audit, append, err);
    return;
  }
  audit_kept_tell(audit, append, err);
  append_free(append);
}

/* Calls back the caller, which may append again or close. */
static void append_finish(struct audit *audit, struct append *append) {
  struct err text;
  const struct err *err = append->written ? NULL : &text;
  if (err && append->acknowledge && append->path)
    text = append->err; /* finished already */
  else if (err)
    err_finish(&text, append->err.kind, append->event, append->path, append->err.text);
  if (is_kept(append)) {
    kept_finish(audit, append, err);
    return;
  }
  if (!audit->to_syslog)
    *append->notice = '\0';
  if (append->written || append->event != AUDIT_INTENT)
    notice_queue(audit, append->notice);
  audit_done done = append->done;
  void *arg = append->arg;
  if (err && append->event == AUDIT_OUTCOME && !audit->closing)
    audit_keep(audit, append, err);
  else
    append_free(append);
  if (done)
    done(arg, err);
}

static void append_done(struct worker_task *task) {
  struct audit *audit = task->owner;
  audit->writing = false;
  append_finish(audit, (struct append *)task);
  audit_go(audit);
}

static struct append *append_take(struct audit *audit) {
  struct append *append = audit->appends;
  audit->appends = append->next;
  if (!audit->appends)
    audit->append_link = &audit->appends;
  return append;
}

static void on_turn(uv_timer_t *timer) {
  struct audit *audit = timer->data;
  struct append *append = audit->failed;
  audit->failed = NULL;
  append_finish(audit, append);
  audit_go(audit);
}

static void append_start(struct audit *audit) {
  struct append *append = append_take(audit);
  audit->done = append->done;
  audit->done_arg = append->arg;
  audit->event = append->event;
  audit->on_thread = append;
  append->err = (struct err){0};
  if (append->event == AUDIT_INTENT && audit->kept_count >= AUDIT_KEPT_MAX)
    err_set(&append->err, ERR_LIMIT, "%zu outcomes are not yet on disk", audit->kept_count);
  else
    audit->writing = worker_start(audit->pool, &append->task, &append->err);
  if (audit->writing)
    return;
  audit->failed = append;
  uv_timer_start(&audit->turn, on_turn, 0, 0);
}

static struct append *append_new(struct audit *audit, enum audit_event event, audit_done done,
                                 void *arg) {
  assert(!audit->ended);
  struct append *append = mem_new(sizeof *append);
  append->task = (struct worker_task){
      .work = append_work, .done = append_done, .drop = append_drop, .owner = audit};
  append->path = audit->path ? mem_dup(audit->path) : NULL;
  append->event = event;
  append->done = done;
  append->arg = arg;
  return append;
}

static void append_queue(struct audit *audit, struct append *append) {
  *audit->append_link = append;
  audit->append_link = &append->next;
  audit_go(audit);
}

void audit_append(struct audit *audit, const struct audit_record *record, audit_done done,
                  void *arg) {
  struct append *append = append_new(audit, record->event, done, arg);
  append->line = audit_line(record);
  if (record->event == AUDIT_OUTCOME) {
    append->id = mem_dup(record->id);
    append->target = mem_dup(record->target);
    append->title = mem_dup(record->title);
  }
  if (audit->to_syslog)
    audit_syslog_line(append->notice, record);
  audit_kept_queue(audit);
  append_queue(audit, append);
}

void audit_acknowledge(struct audit *audit, const char *id, const char *reason, audit_done done,
                       void *arg) {
  struct append *append = append_new(audit, AUDIT_ACKNOWLEDGED, done, arg);
  append->acknowledge = mem_dup(id);
  append->reason = mem_dup(reason);
  append_queue(audit, append);
}

/* ---- the whole ---- */

struct audit *audit_new(struct io *io, const struct audit_options *options) {
  struct audit *audit = mem_new(sizeof *audit);
  audit->io = io;
  audit->path = options->path ? mem_dup(options->path) : NULL;
  audit->to_syslog = options->to_syslog;
  audit->pool = worker_pool_new(io, AUDIT_THREADS);
  audit->append_link = &audit->appends;
  audit->notice_link = &audit->notices;
  audit->kept_link = &audit->kept;
  audit->retry_ms = AUDIT_RETRY_MS;
  uv_timer_init(io->loop, &audit->turn);
  uv_timer_init(io->loop, &audit->deadline);
  uv_timer_init(io->loop, &audit->tick);
  uv_timer_init(io->loop, &audit->retry);
  audit->turn.data = audit->deadline.data = audit->tick.data = audit->retry.data = audit;
  worker_pool_keep_loop(audit->pool, false);
  return audit;
}

static void part_closed(struct audit *audit) {
  if (--audit->handles > 0)
    return;
  void (*closed)(void *arg) = audit->closed;
  void *arg = audit->closed_arg;
  free(audit->path);
  free(audit);
  closed(arg);
}

static void on_handle_closed(uv_handle_t *handle) {
  part_closed(handle->data);
}

static void on_pool_closed(void *arg) {
  part_closed(arg);
}

static void audit_end(struct audit *audit) {
  audit->ended = true;
  audit->handles = 5;
  uv_close((uv_handle_t *)&audit->turn, on_handle_closed);
  uv_close((uv_handle_t *)&audit->deadline, on_handle_closed);
  uv_close((uv_handle_t *)&audit->tick, on_handle_closed);
  uv_close((uv_handle_t *)&audit->retry, on_handle_closed);
  worker_pool_close(audit->pool, on_pool_closed, audit);
}

/* Reports to each waiting caller, in order; a record on a thread is left to it. */
static void on_deadline(uv_timer_t *timer) {
  struct audit *audit = timer->data;
  audit->expired = true;
  static const char why[] = "the disk does not respond";
  struct err err;
  if (audit->writing)
    err_finish(&err, ERR_TIMEOUT, audit->event, audit->path, why);
  if (audit->writing && is_kept(audit->on_thread))
    audit_kept_tell(audit, audit->on_thread, &err);
  else if (audit->writing && audit->done)
    audit->done(audit->done_arg, &err);
  struct append *failed = audit->failed;
  audit->failed = NULL;
  if (failed)
    append_finish(audit, failed);
  while (audit->appends) {
    struct append *append = append_take(audit);
    err_set(&append->err, ERR_TIMEOUT, "%s", why);
    append_finish(audit, append);
  }
  while (audit->notices)
    free(notice_take(audit));
  audit_end(audit);
}

void audit_go(struct audit *audit) {
  if (audit->ended || audit->expired)
    return;
  if (!audit->writing && !audit->failed && audit->appends)
    append_start(audit);
  if (!audit->noticing && audit->notices)
    notice_start(audit);
  bool idle = !audit->writing && !audit->failed && !audit->noticing;
  worker_pool_keep_loop(audit->pool, !idle || audit->seen);
  if (audit->closing && idle)
    audit_end(audit);
}

void audit_close(struct audit *audit, void (*closed)(void *arg), void *arg) {
  audit->closing = true;
  audit->closed = closed;
  audit->closed_arg = arg;
  audit_follow_end(audit);
  audit_kept_queue(audit);
  uv_timer_start(&audit->deadline, on_deadline, AUDIT_CLOSE_MS, 0);
  audit_go(audit);
}
