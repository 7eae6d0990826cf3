/* The life cycle of a collector, written once. An instance begins with a struct watch; the frame
 * holds its job, its connection, what still has to close, and the count of its requests. It makes
 * sure of exactly one completion, and that all is at rest when the job is handed back: job_done may
 * start the next collection, or close the instance (collectors/job.h).
 *
 * What is left for a collector is to read its options, to ask, and to make a sample of the answer.
 * The pause after a failure, also after a wrong password, is the scheduler's. */
#pragma once

#include "collectors/collector.h"

/* A connection that is kept from one collection to the next. */
struct watch_conn {
  bool (*usable)(const void *conn);
  /* Ends it, within about a second; then calls closed(arg). */
  void (*close)(void *conn, void (*closed)(void *arg), void *arg);
  /* What it waits for: "connected to 127.0.0.1:6379, no answer to INFO". Returns out. */
  const char *(*describe)(const void *conn, char *out, size_t size);
  const char *(*address)(const void *conn); /* of the sample; "": not known */
};
extern const struct watch_conn watch_line_conn; /* a struct line (io/line.h) */

struct watch_kind {
  size_t size; /* of the instance, zeroed but for its struct watch */
  /* Reads the target's options. False with err: there is no instance, nothing is left behind. NULL:
   * they need no reading. */
  bool (*init)(void *self, struct err *err);
  const struct watch_conn *conn; /* NULL: the collector has none that the frame could keep */
  void *(*connect)(void *self);  /* begins to connect; never waits, never fails */
  /* Asks. Ends with watch_done or watch_failed, at once or later, unless `forget` comes first. */
  void (*ask)(void *self);
  /* The time of watch_wait has come. NULL: the collector never calls it. */
  void (*late)(void *self);
  /* The collection is over, done or not: what was kept for it alone goes. NULL: nothing was. */
  void (*rest)(void *self);
  /* The collection is given up: stops what is under way without completing it. err says "no answer
   * within 3s" where the deadline has come (else it is empty), and may be made more precise. NULL:
   * the frame closes the connection, and adds what it was waiting for. */
  void (*forget)(void *self, struct err *err);
  /* Closes what else the instance has, each thing after watch_hold, and with watch_released as its
   * callback. NULL: nothing. */
  void (*end)(void *self);
  void (*fini)(void *self); /* frees what init made, not self; NULL: nothing */
};

/* First member of an instance. To be read, and changed by the functions below alone. */
struct watch {
  const struct watch_kind *kind;
  struct io *io;
  const struct target *target;
  struct job *job; /* the collection under way; NULL: at rest */
  uint32_t requests;
  uv_timer_t timer; /* of watch_wait */
  void *conn;       /* NULL: none yet, or given up */
  size_t open;      /* what still has to close */
  void (*closed)(void *arg);
  void *closed_arg;
};

/* The four functions of a struct collector; `open` is called with the kind from a line of its own.
 */
void *watch_open(const struct watch_kind *kind, struct io *io, const struct target *target,
                 struct err *err);
void watch_start(void *self, struct job *job);
void watch_cancel(void *self, struct err *err);
void watch_close(void *self, void (*done)(void *arg), void *arg);

/* The kept connection, or a new one; *fresh (may be NULL) says which. */
void *watch_connect(struct watch *watch, bool *fresh);
/* Closes it, if there is one: the next collection connects anew. */
void watch_drop(struct watch *watch);

/* When a collector that can say more than "no answer" stops waiting by itself, on the steady clock:
 * a twentieth of the time that is left before the deadline, within these bounds. */
int64_t watch_end_ms(const struct watch *watch, int64_t margin_min_ms, int64_t margin_max_ms);
/* Calls `late` after that time (at least a millisecond), unless the collection is over before. */
void watch_wait(struct watch *watch, int64_t wait_ms);

/* The one completion. The sample gets the address of the connection and the count of requests. The
 * instance may be gone afterwards: return at once. */
void watch_done(struct watch *watch, struct sample *sample);
/* Closes the connection where it is no longer usable. */
void watch_failed(struct watch *watch, const struct err *err);

/* Something has been opened that the end of the instance waits for; it has closed. */
void watch_hold(struct watch *watch);
void watch_released(void *watch);
