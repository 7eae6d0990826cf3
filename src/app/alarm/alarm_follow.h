/* The marks of operators as they are on disk: read at the start and whenever another program (or
 * this one) has changed them, within about a second. A thread waits for the disk. */
#pragma once

#include "io/io.h"
#include "model/alarm/alarm_mark.h"

struct alarm_follow;

struct alarm_follow_options {
  struct io *io;
  const char *state; /* directory; borrowed for the call */
  /* The marks are other ones now; borrowed until the next call, or until it is closed. */
  void (*changed)(void *arg, const struct alarm_marks *marks);
  /* They cannot be read: findings are shown as if there were none. NULL: they can again. */
  void (*failed)(void *arg, const struct err *err);
  void *arg;
};

struct alarm_follow *alarm_follow_new(const struct alarm_follow_options *options);
/* Looks now; NULL: nothing. */
void alarm_follow_wake(struct alarm_follow *follow);
/* Frees itself and its marks in later turns of the loop; NULL: nothing. */
void alarm_follow_close(struct alarm_follow *follow);
