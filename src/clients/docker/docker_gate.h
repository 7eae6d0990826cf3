/* Who may have a connection by ssh: a few at a time, because each is a login, and a server that
 * gets many at once drops some (MaxStartups of sshd), and because each is a process there. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stdint.h>

enum { DOCKER_GATE_MAX = 4 };

/* In the memory of who waits, until docker_gate_leave. */
struct docker_turn {
  struct docker_turn *next;
  struct docker_gate *gate; /* NULL: it does not wait, and has no place */
  void (*go)(void *arg);    /* its turn has come */
  void (*late)(void *arg);  /* it has waited until end_ms: it has left */
  void *arg;
  int64_t end_ms, went_ms; /* on the steady clock; went_ms 0: it waits */
  bool brief; /* its place is free again after DOCKER_GATE_LOGIN_MS: a stream of unknown length */
};
enum { DOCKER_GATE_LOGIN_MS = 2000 };

/* True: it may begin at once. False: `go` or `late` is called later, unless it leaves before. */
bool docker_gate_enter(struct io *io, const char *place, struct docker_turn *turn);
/* When it has ended, or is given up. No callback comes. */
void docker_gate_leave(struct docker_turn *turn);
