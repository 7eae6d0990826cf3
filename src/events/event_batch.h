/* What a program has seen and the history has not: made on the loop, written on a thread. */
#pragma once

#include "core/text/mask.h"
#include "model/event/event.h"
#include "model/event/event_record.h"

enum event_op {
  EVENT_OP_BEGINS, /* a finding, or it is worse */
  EVENT_OP_ENDS,   /* a finding */
  EVENT_OP_GONE,   /* a finding whose end no program saw; `record.id` */
  EVENT_OP_FOLDS,  /* a finding stands for `record.folded` others, as their cause */
  EVENT_OP_MOMENT,
};

struct event_item {
  enum event_op op;
  struct event_record record; /* its texts are owned */
};

/* Items beyond this wait; a storm of findings is bounded by model/event/news.h. */
enum { EVENT_BATCH_MAX = 2000 };

struct event_batch {
  struct event_item *items;
  size_t count, capacity;
};

/* Adds what the event says, sanitised and with secrets masked; offset_ms: add it to a time of the
 * model. Actions are left out: the audit log has them. */
void event_batch_add_event(struct event_batch *batch, const struct event *event,
                           const struct mask *mask, int64_t offset_ms);
void event_batch_add(struct event_batch *batch, enum event_op op, const struct event_record *record,
                     const struct mask *mask);
void event_batch_fini(struct event_batch *batch);
