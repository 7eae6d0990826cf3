/* What the connections of all steps have in common, whatever the protocol: questions are queued,
 * the step waits for their answers, a server that does not answer is given up, and changes that
 * were sent without an answer are counted. The connection type of a system begins with this struct.
 */
#pragma once

#include "actions/step.h"
#include "io/net/line.h"

enum { CONN_ANSWER_MS = 30000 }; /* per answer; then the connection is given up */

struct conn {
  struct step_part part; /* first */
  struct step *step;
  struct line *line; /* NULL: none could be opened */
  /* Why no more questions can be sent; ERR_NONE: they can, also after an error of the server. */
  struct err lost;
  size_t unanswered;  /* changes that were sent and not answered */
  const void *answer; /* the last one, until the next question; NULL: an error, in step->err */
  int64_t answer_ms;  /* limit per answer; 0: CONN_ANSWER_MS */

  /* Private. */
  size_t queued;
  bool waits;
  int64_t until_ms;
};

/* Adds an empty one to the step, which closes and frees it with `close`. */
void conn_add(struct conn *conn, struct step *step, void (*close)(struct step_part *part));
/* For a system whose connection is a plain line: the step's only one, opened by the first question
 * to the target's address. */
struct conn *conn_of(struct step *step, struct line *(*open)(struct io *io, const char *address));
/* Counts a question as queued. False where it must not be sent: conn_wait then says why. A change
 * that was sent has to be added to `unanswered`. */
bool conn_queue(struct conn *conn);
/* In the client's callback: an answer, or the server's error in its place (answer NULL). */
void conn_answered(struct conn *conn, bool change, const void *answer, const struct err *err);
/* In the client's callback: no answer will come, because the connection is broken. */
void conn_broken(struct conn *conn, const struct err *err);
/* The same as callbacks of requests on the line, for a question and for a change (arg: the conn).
 */
void conn_on_answer(void *arg, const void *answer, const struct err *err);
void conn_on_change(void *arg, const void *answer, const struct err *err);
/* False with step->err where the step's plan is for another run of the server: its identity of that
 * name is not `run`. */
bool conn_is_planned(struct conn *conn, const char *identity, const char *run);
/* Waits for the answers to all that is queued. False with step->err when the connection was lost
 * before the last one, or when the step is dropped. */
bool conn_wait(struct conn *conn);
