/* Establishes TLS with a server, on the loop, to see what it shows: its certificates also where a
 * client would refuse them, and protocols that a client would no longer speak. Nothing is sent over
 * the connection, which is closed at once. */
#pragma once

#include "core/err.h"
#include "io/io.h"
#include "io/tls/tls_facts.h"
#include "io/tls/tls_talk.h"

/* All borrowed for the call. */
struct tls_question {
  const char *host;
  int port;
  const char *name;    /* asked for (SNI) and compared; NULL: the host */
  const char *ca_file; /* PEM, or NULL: the system's */
  enum tls_start start;
};

typedef void (*tls_probe_cb)(void *arg, const struct tls_facts *facts, const struct err *err);

struct tls_probe;
/* The callback comes once, on the loop's thread, never before this returns, with what the server
 * showed or an error; unless tls_probe_cancel comes first. There is no deadline: the caller has
 * one.
 */
struct tls_probe *tls_probe_start(struct io *io, const struct tls_question *question,
                                  tls_probe_cb done, void *arg);
void tls_probe_cancel(struct tls_probe *probe);
/* What it is waiting for: "no answer to STARTTLS". */
const char *tls_probe_step(const struct tls_probe *probe);
