/* The life cycle of a collector, written once. An instance begins with a struct watch; the frame
 * holds its job, its connection, what still has to close, and its number of requests. It ensures
 * exactly one completion, and that the instance is at rest when the job completes: job_done may
 * start the next collection or close the instance (collectors/job.h).
 *
 * A collector only reads its options, sends requests, and turns the answers into a sample. The
 * scheduler handles the pause after a failure, also after a wrong password. */
#pragma once

#include "collectors/collector.h"
#include "collectors/page.h"

/* A connection that is kept between collections. */
struct watch_conn {
  bool (*usable)(const void *conn);
  /* Closes it within about a second, then calls closed(arg). */
  void (*close)(void *conn, void (*closed)(void *arg), void *arg);
  /* Describes what it is waiting for: "connected to 127.0.0.1:6379, no answer to INFO". Returns
   * out. */
  const char *(*describe)(const void *conn, char *out, size_t size);
  const char *(*address)(const void *conn); /* for the sample; "": not known */
};
extern const struct watch_conn watch_line_conn; /* a struct line (io/net/line.h) */

struct watch_kind {
  size_t size; /* of the instance, zeroed except for its struct watch */
  /* Reads the target's options. False with err: no instance, nothing is left allocated. NULL: they
   * need no reading. */
  bool (*init)(void *self, struct err *err);
  const struct watch_conn *conn; /* NULL: the collector has no connection for the frame to keep */
  void *(*connect)(void *self);  /* begins to connect; never blocks or fails */
  /* Sends the requests. Ends with watch_done or watch_failed, at once or later, unless `forget` is
   * called first. */
  void (*ask)(void *self);
  /* The time set by watch_wait has passed. NULL: the collector never calls it. */
  void (*late)(void *self);
  /* The collection has ended, with or without success: frees what was kept for it only. NULL:
   * nothing. */
  void (*rest)(void *self);
  /* The collection is cancelled: stops running requests without completing it. err is "no answer
   * within 3s" at the deadline (otherwise empty) and may be made more precise. NULL: the frame
   * closes the connection and adds what it was waiting for. */
  void (*forget)(void *self, struct err *err);
  /* Closes what else the instance has, each handle after watch_hold and with watch_released as its
   * callback. NULL: nothing. */
  void (*end)(void *self);
  void (*fini)(void *self); /* frees what init allocated, not self; NULL: nothing */
};

/* First member of an instance. Read only; changed by the functions below. */
struct watch {
  const struct watch_kind *kind;
  struct io *io;
  const struct target *target;
  const struct page *page;        /* it is open for; NULL: a collector's instance */
  const struct page_focus *focus; /* what the page is about */
  struct job *job;                /* the running collection; NULL: at rest */
  uint32_t requests;
  uv_timer_t timer; /* of watch_wait */
  void *conn;       /* NULL: none yet, or dropped */
  size_t open;      /* what still has to close */
  void (*closed)(void *arg);
  void *closed_arg;
};

/* The four functions of a struct collector; a collector calls `open` with its kind. */
void *watch_open(const struct watch_kind *kind, struct io *io, const struct target *target,
                 struct err *err);
/* The same for a page; the focus outlives the instance, and its sort order may change between two
 * collections. */
void *watch_open_page(const struct page *page, struct io *io, const struct target *target,
                      const struct page_focus *focus, struct err *err);
void watch_start(void *self, struct job *job);
void watch_cancel(void *self, struct err *err);
void watch_close(void *self, void (*done)(void *arg), void *arg);

/* The kept connection, or a new one; *fresh (may be NULL) says which. */
void *watch_connect(struct watch *watch, bool *fresh);
/* Closes it, if there is one: the next collection connects again. */
void watch_drop(struct watch *watch);

/* When a collector that can report more than "no answer" stops waiting by itself, on the steady
 * clock: a twentieth of the time before the deadline, within these limits. */
int64_t watch_end_ms(const struct watch *watch, int64_t margin_min_ms, int64_t margin_max_ms);
/* Calls `late` after that time (at least a millisecond), unless the collection ends before. */
void watch_wait(struct watch *watch, int64_t wait_ms);

/* The one completion. The sample gets the address of the connection and the number of requests. The
 * instance may be freed afterwards: return at once. */
void watch_done(struct watch *watch, struct sample *sample);
/* Closes the connection if it is no longer usable. */
void watch_failed(struct watch *watch, const struct err *err);

/* The end of the instance waits for a handle that was opened (hold), until it is closed
 * (released). */
void watch_hold(struct watch *watch);
void watch_released(void *watch);
