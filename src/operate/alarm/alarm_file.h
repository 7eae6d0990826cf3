/* The marks of all programs with the same state directory: STATE/alarms.json, mode 0600 (0660 in a
 * shared directory). It is replaced as a whole under a lock, so that no change is lost and no
 * reader sees half of one. All of it blocks: for a thread. */
#pragma once

#include "model/alarm/alarm_mark.h"

#include <sys/types.h>

enum { ALARM_LOCK_MS = 2000 }; /* how long to wait for the lock of another program */

/* The caller frees it. */
char *alarm_file_path(const char *state);

/* Which file was read, to see whether it is another one now. */
struct alarm_file_state {
  dev_t dev;
  ino_t ino;
  int64_t size, changed_ns;
  bool known; /* it was looked at, and may have been missing (ino 0) */
};
/* *fresh false: it is the file of `seen`, and nothing was read. Otherwise marks, zeroed at first,
 * are those of the file; a missing file has none. */
bool alarm_file_look(const char *path, struct alarm_file_state *seen, struct alarm_marks *marks,
                     bool *fresh, struct err *err) MUST_CHECK;

/* What `change` made of them is on disk. Marks that are over are dropped on the way. False with
 * err: nothing has changed. */
typedef bool (*alarm_file_change)(void *arg, struct alarm_marks *marks, struct err *err);
bool alarm_file_edit(const char *path, int64_t wall_ms, alarm_file_change change, void *arg,
                     struct err *err) MUST_CHECK;
