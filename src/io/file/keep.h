/* What `stacktop watch` remembers over a restart, and whether it is the one that notifies: of
 * several with the same configuration and state directory only one has the lock; the others wait
 * for it. Lives on the loop; a thread waits for the disk. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stdint.h>

struct keep;

enum keep_state {
  KEEP_OPENING, /* it is not known yet: do not notify */
  KEEP_OURS,    /* what was kept can be read */
  KEEP_OTHERS,  /* another process notifies */
  KEEP_NONE,    /* nothing is kept: notify all the same */
};

struct keep_options {
  struct io *io;
  const char *state;  /* directory; borrowed for the call */
  const char *config; /* path of the configuration; the same */
  /* Whether something of that name still exists; what does not is forgotten. */
  bool (*knows)(void *arg, const char *name);
  /* For the operator; a fault is something that does not work. */
  void (*tell)(void *arg, bool fault, const char *text);
  void *arg;
};

/* It is io->keep until it is closed. */
struct keep *keep_new(const struct keep_options *options);
/* Of io->keep, which may be NULL: KEEP_NONE. */
enum keep_state keep_state(const struct keep *keep);
/* Only where it is KEEP_OURS; NULL: nothing was kept. *paused_ms: how long no program watched, from
 * the last time that the program that wrote it was there. */
const char *keep_get(const struct keep *keep, const char *name, int64_t *paused_ms);
/* One line; on disk soon. Nothing unless it is KEEP_OURS. keep may be NULL. */
void keep_put(struct keep *keep, const char *name, const char *text);
void keep_tell(const struct keep *keep, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Saves once more, without waiting longer than half a second, gives the lock back, and frees itself
 * in a later turn of the loop. NULL: nothing. */
void keep_close(struct keep *keep);
