/* The process that runs librdkafka for one client, from the parent's side: started for a call,
 * killed if it hangs or sends an invalid answer, reaped, and restarted after a pause that grows
 * from crash to crash.
 *
 * librdkafka aborts and hangs (librdkafka#4605), which would end or block stacktop itself. All
 * functions run on the loop's thread and never block. */
#pragma once

#include "clients/kafka/kafka_frame.h"
#include "clients/kafka/kafka_query.h"
#include "io/io.h"

#include <uv.h>

/* An answer later than its deadline by this, or a cancelled call that takes longer to end, means
 * that the process hangs. */
enum { KAFKA_LATE_MS = 500, KAFKA_FREE_MS = 500 };
/* The pause before a restart: after the first crash, and at most. It is reset after KAFKA_STEADY_MS
 * without a crash. */
enum { KAFKA_PAUSE_MS = 250, KAFKA_PAUSE_MAX_MS = 30000, KAFKA_STEADY_MS = 60000 };

struct kafka_call;

struct kafka_work {
  /* The process asks for permission to send the change: from now on it counts as sent. NULL: never
   * permitted. */
  bool (*pass)(struct kafka_call *call);
  /* Takes the data of the answer, whether or not the call succeeded; `in` is valid during the call
   * only. False: invalid. */
  bool (*take)(struct kafka_call *call, bool good, const struct wire_in *in);
  /* Called once, unless it is cancelled: call->good, call->err and call->answered have the
   * result. */
  void (*finished)(struct kafka_call *call);
};

/* To be embedded. */
struct kafka_call {
  const struct kafka_work *work;
  int64_t deadline_ms;
  struct wire_out frame; /* filled by the caller; completed, sent and freed by the process */
  struct kafka_call *next;
  bool good, answered; /* answered by the process; false: it ended, or the deadline passed */
  struct err err;
};

struct kafka_process;

/* Copies the configuration. Starts nothing. */
struct kafka_process *kafka_process_new(struct io *io, const struct kafka_config *config);

/* finished is called, never before this returns. */
void kafka_process_call(struct kafka_process *process, struct kafka_call *call);
/* finished will not be called: the call is the caller's again. step is set to what it was waiting
 * for, valid until the next call; the caller reports it, and kafka_process_crash does not report
 * that hang again. NULL: not reported by the caller. */
void kafka_process_cancel(struct kafka_process *process, struct kafka_call *call,
                          const char **step);

/* The last crash that no call has reported, as a text, or NULL; it is then forgotten. Valid until
 * the next turn of the loop. */
const char *kafka_process_crash(struct kafka_process *process);

/* done(arg) is called when the process has ended and was reaped, within KAFKA_CLOSE_MS in any
 * case. */
void kafka_process_close(struct kafka_process *process, void (*done)(void *arg), void *arg);
