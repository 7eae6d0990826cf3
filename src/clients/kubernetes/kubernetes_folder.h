/* The private folder of kubectl's socket: "stacktop-kubectl-PID-XXXXXX", in XDG_RUNTIME_DIR, else
 * TMPDIR, else /tmp. Its owner holds a lock on it as long as it lives, so that one that was left by
 * a process that was killed is known, also where that was in another PID namespace. */
#pragma once

#include "core/err.h"
#include "io/io.h"

enum { KUBERNETES_SOCKET_MAX = 108 };

struct kubernetes_folder {
  char path[KUBERNETES_SOCKET_MAX];   /* "": none */
  char socket[KUBERNETES_SOCKET_MAX]; /* in it; not made yet */
  int lock;                           /* -1: none */
};

/* Makes one, after removing those of dead owners. False with err. */
bool kubernetes_folder_make(struct kubernetes_folder *folder, struct io *io,
                            struct err *err) MUST_CHECK;
void kubernetes_folder_remove(struct kubernetes_folder *folder, struct io *io);

/* Removes those in that place that belong to this user and whose owner is dead; returns how many.
 * Nothing else in it is touched, and no link is followed. */
size_t kubernetes_folder_sweep(const char *place);
