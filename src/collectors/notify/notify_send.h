/* Delivers one message by one way. */
#pragma once

#include "io/io.h"
#include "model/target.h"

enum notify_way { NOTIFY_SMTP, NOTIFY_WEBHOOK, NOTIFY_PROGRAM, NOTIFY_SYSLOG };
/* The way of the options. False with err unless it is exactly one, with what it needs. */
bool notify_way_read(const struct target *target, enum notify_way *way, struct err *err) MUST_CHECK;

/* All copied. */
struct notify_letter {
  const char *id, *subject, *body, *json;
  int syslog_priority;
  int64_t timeout_ms;
};
typedef void (*notify_sent)(void *arg, const struct err *err); /* err NULL: it was delivered */
struct notify_sending_way;                                     /* one under way */
/* The callback comes once, never before this returns, unless notify_cancel comes first. NULL with
 * err: it could not begin, and no callback will come. */
struct notify_sending_way *notify_send(struct io *io, const struct target *target,
                                       enum notify_way way, const struct notify_letter *letter,
                                       notify_sent done, void *arg, struct err *err) MUST_CHECK;
/* A program is ended. */
void notify_cancel(struct notify_sending_way *sending);
