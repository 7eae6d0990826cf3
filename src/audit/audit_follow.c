#include "audit/audit.h"
#include "audit/audit_own.h"
#include "audit/read/audit_tail.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>

/* Owned by the loop while it is idle, otherwise by the thread. */
struct poll {
  struct worker_task task;
  struct audit_tail tail;
  struct audit_batch batch;
};

static void poll_free(struct poll *poll) {
  audit_batch_fini(&poll->batch);
  audit_tail_fini(&poll->tail);
  free(poll);
}

static void poll_work(struct worker_task *task) {
  struct poll *poll = (struct poll *)task;
  audit_tail_look(&poll->tail, &poll->batch);
}

static void poll_drop(struct worker_task *task) {
  poll_free((struct poll *)task);
}

static void on_tick(uv_timer_t *timer) {
  struct audit *audit = timer->data;
  struct poll *poll = audit->poll;
  struct err err;
  if (poll && worker_start(audit->pool, &poll->task, &err)) /* otherwise with the next tick */
    audit->poll = NULL;
}

/* The callback may close the audit. */
static void poll_done(struct worker_task *task) {
  struct audit *audit = task->owner;
  struct poll *poll = (struct poll *)task;
  bool more = poll->batch.more;
  for (size_t i = 0; i < poll->batch.count && audit->seen; i++)
    audit->seen(audit->seen_arg, &poll->batch.items[i].parsed.record, poll->batch.items[i].unknown);
  audit_batch_fini(&poll->batch);
  if (!audit->seen) {
    poll_free(poll);
    return;
  }
  audit->poll = poll;
  if (more)
    uv_timer_start(&audit->tick, on_tick, 0, AUDIT_POLL_MS);
}

void audit_follow(struct audit *audit, audit_seen seen, void *arg) {
  assert(!audit->seen && !audit->closing);
  audit->seen = seen;
  audit->seen_arg = arg;
  if (!audit->path)
    return;
  struct poll *poll = mem_new(sizeof *poll);
  poll->task =
      (struct worker_task){.work = poll_work, .done = poll_done, .drop = poll_drop, .owner = audit};
  audit_tail_init(&poll->tail, audit->path);
  audit->poll = poll;
  worker_pool_keep_loop(audit->pool, true);
  uv_timer_start(&audit->tick, on_tick, 0, AUDIT_POLL_MS);
}

void audit_follow_end(struct audit *audit) {
  audit->seen = NULL;
  uv_timer_stop(&audit->tick);
  if (audit->poll)
    poll_free(audit->poll);
  audit->poll = NULL;
}
