/* How far the terminal is behind. Pure.
 *
 * A write that the kernel takes says nothing about the screen: a terminal line holds 20 KB, sshd
 * and TCP far more, and over a slow line a person would see the past. So the end of a frame asks
 * the terminal for an answer (ESC [ 5 n), and the next frame is drawn, in its current state, when
 * the answer has come. Small frames go without asking until they add up to FLOW_FREE bytes. A
 * terminal that has never answered is not waited for, nor one that does not any more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  FLOW_FREE = 1024,     /* bytes under way without a question */
  FLOW_LEAST_MS = 2000, /* how long an answer may take, and in addition */
  FLOW_BYTES_A_MS = 1,  /* the slowest line */
  FLOW_MISSED_MAX = 2,  /* answers in a row that did not come: stop asking */
};

struct flow {
  bool answers;    /* it has answered */
  bool asked;      /* an answer is expected */
  unsigned missed; /* in a row */
  size_t bytes;    /* since the last question */
  int64_t deadline_ms;
};

/* A frame of that many bytes is about to be sent: whether to ask at its end. */
bool flow_send(struct flow *flow, size_t bytes, int64_t now_ms);
void flow_answer(struct flow *flow);
/* How long to wait before the next frame, at most, if no answer comes; 0: draw it now. */
int64_t flow_wait(struct flow *flow, int64_t now_ms);
