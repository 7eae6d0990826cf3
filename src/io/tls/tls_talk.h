/* What is said in clear before TLS begins (STARTTLS), over a non-blocking socket. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum tls_start { TLS_START_NONE, TLS_START_SMTP, TLS_START_IMAP, TLS_START_POSTGRES };

enum { TLS_TALK_MAX = 4096 }; /* bytes of an answer */

struct tls_talk {
  enum tls_start start;
  int step;
  size_t len;
  char text[TLS_TALK_MAX];
};

enum tls_talk_state { TLS_TALK_DONE, TLS_TALK_READS, TLS_TALK_FAILED };

void tls_talk_begin(struct tls_talk *talk, enum tls_start start);
/* To be called when the socket is ready. TLS_TALK_FAILED: with err. */
enum tls_talk_state tls_talk_go(struct tls_talk *talk, int socket, struct err *err);
/* What it is waiting for. */
const char *tls_talk_step(const struct tls_talk *talk);

/* Whether bytes of an answer are all of it: 1 and it is the expected one, -1 and it is not, 0: more
 * is to come. Pure. */
int tls_talk_judge(enum tls_start start, int step, const char *text, size_t len);
