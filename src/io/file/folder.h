/* A private folder for a Unix socket: "stacktop-NAME-PID-XXXXXX", in XDG_RUNTIME_DIR, else TMPDIR,
 * else /tmp. Its owner holds a lock on it as long as it lives, so that one that was left by a
 * process that was killed is known, also where that was in another PID namespace. */
#pragma once

#include "core/err.h"
#include "io/io.h"

enum { FOLDER_PATH_MAX = 108 }; /* of the path of a Unix socket */

struct folder {
  char path[FOLDER_PATH_MAX];   /* "": none */
  char socket[FOLDER_PATH_MAX]; /* in it; not made yet */
  int lock;                     /* -1: none */
};

/* name: of the program that uses the socket, at most 8 letters: "kubectl", "ssh". False with err.
 */
bool folder_make(struct folder *folder, struct io *io, const char *name,
                 struct err *err) MUST_CHECK;
void folder_remove(struct folder *folder, struct io *io);

/* Removes those of that name in a place that belong to this user and whose owner is dead; returns
 * how many. Nothing else in it is touched, and no link is followed. */
size_t folder_sweep(const char *place, const char *name);
/* The same in all places. */
void folder_sweep_all(const char *name);
