/* The process that runs librdkafka for one client, seen from stacktop: started when there is
 * something to ask, killed when it hangs or sends garbage, reaped, and started again after a time
 * that grows from crash to crash.
 *
 * librdkafka aborts and hangs (librdkafka#4605), and a library's abort ends its process. So that
 * process is not ours. All of this runs on the loop's thread, and nothing of it waits. */
#pragma once

#include "clients/kafka/kafka_frame.h"
#include "clients/kafka/kafka_query.h"
#include "io/io.h"

#include <uv.h>

/* An answer may be so much later than its deadline, and a cancelled call may take so long to end:
 * then the process counts as hung. */
enum { KAFKA_LATE_MS = 500, KAFKA_FREE_MS = 500 };
/* The pause before it is started again: after the first crash, and at most. It begins anew after a
 * life of KAFKA_STEADY_MS. */
enum { KAFKA_PAUSE_MS = 250, KAFKA_PAUSE_MAX_MS = 30000, KAFKA_STEADY_MS = 60000 };

struct kafka_call;

struct kafka_work {
  /* The process asks for leave to send the change: from now on it counts as sent. NULL: it has no
   * business to. */
  bool (*pass)(struct kafka_call *call);
  /* Takes the answer's data, of a call that went well or not; `in` lies in memory that is gone
   * afterwards. False: it is garbage. */
  bool (*take)(struct kafka_call *call, bool good, const struct wire_in *in);
  /* Once, unless it is cancelled: call->good, call->err and call->answered say how it ended. */
  void (*finished)(struct kafka_call *call);
};

/* To be embedded. */
struct kafka_call {
  const struct kafka_work *work;
  int64_t deadline_ms;
  struct wire_out frame; /* begun by the caller; ended, sent and freed by the process */
  struct kafka_call *next;
  bool good, answered; /* answered: by the process; false: by its death, or its deadline */
  struct err err;
};

struct kafka_process;

/* Copies the configuration. Starts nothing. */
struct kafka_process *kafka_process_new(struct io *io, const struct kafka_config *config);

/* finished comes, never before this returns. */
void kafka_process_call(struct kafka_process *process, struct kafka_call *call);
/* It will not finish: the call is the caller's again. step gets what it was waiting for, valid
 * until the next call, and the caller tells of it: kafka_process_crash does not report that hang
 * again. NULL: nobody tells. */
void kafka_process_cancel(struct kafka_process *process, struct kafka_call *call,
                          const char **step);

/* The last crash that no call has been told of, in words, or NULL; it is forgotten. Valid until the
 * loop turns. */
const char *kafka_process_crash(struct kafka_process *process);

/* done(arg) comes when the process is gone and reaped, within KAFKA_CLOSE_MS whatever it does. */
void kafka_process_close(struct kafka_process *process, void (*done)(void *arg), void *arg);
