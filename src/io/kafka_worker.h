/* The thread of one Kafka client, and the calls that go to it and come back.
 *
 * The worker's memory is shared by the loop's side and the thread, and is freed by whoever lets go
 * last: the loop's side may leave a thread behind that librdkafka holds. */
#pragma once

#include "io/kafka_session.h"

#include <pthread.h>
#include <uv.h>

struct kafka_call;

struct kafka_work {
  /* On the thread; may wait, as long as the watch says. */
  bool (*run)(struct kafka_session *session, struct kafka_call *call, struct err *err);
  /* On the loop's thread, once, when it has run: call->good and call->err say how. Frees it. */
  void (*finished)(struct kafka_call *call);
  /* Instead of it, on either thread, for a call that was cancelled. Frees it. */
  void (*drop)(struct kafka_call *call);
};

/* To be embedded. */
struct kafka_call {
  const struct kafka_work *work;
  struct kafka_call *next;
  struct kafka_watch watch;
  bool good;
  struct err err;
};

struct kafka_worker;

/* Takes conf. `notify` is sent when a call has finished or the thread has ended. */
struct kafka_worker *kafka_worker_new(rd_kafka_conf_t *conf, uv_async_t *notify);
/* Takes the call; starts the thread at the first one. */
void kafka_worker_call(struct kafka_worker *worker, struct kafka_call *call);
/* It will not finish. */
void kafka_worker_cancel(struct kafka_worker *worker, struct kafka_call *call);
/* The next call that has finished, or NULL. */
struct kafka_call *kafka_worker_take(struct kafka_worker *worker);

/* Asks the thread to end, which it says by `notify`. False if there is none. */
bool kafka_worker_end(struct kafka_worker *worker);
bool kafka_worker_ended(struct kafka_worker *worker);
/* Lets go of the worker: joins a thread that has ended, leaves another to itself. `notify` is not
 * touched after this. */
void kafka_worker_leave(struct kafka_worker *worker);
