/* The way to an engine on another host: `ssh -- user@host docker system dial-stdio`, one process
 * for each connection, whose input and output are curl's socket. The login is ssh's own (keys,
 * agent, ~/.ssh/config); with BatchMode it never asks. argv only, without a shell on this side, and
 * nothing but a user, a host and a port of letters that no shell on the other side would read.
 *
 * A process ends with its connection. */
#pragma once

#include "core/err.h"
#include "io/http/http_query.h"
#include "io/io.h"

enum { DOCKER_SSH_HOST_MAX = 128 };

struct docker_ssh_login {
  char host[DOCKER_SSH_HOST_MAX]; /* "host" or "user@host" */
  char port[8];                   /* "": as ssh's configuration has it */
};
/* What comes after "ssh://". Pure. */
bool docker_ssh_login_read(const char *text, struct docker_ssh_login *login,
                           struct err *err) MUST_CHECK;

struct docker_ssh; /* of one request, and of the connection that it made */

/* place: "ssh://user@host:22", which docker_ssh_login_read takes. Nothing is started yet. */
struct docker_ssh *docker_ssh_new(struct io *io, const char *place);
/* For the request's query. */
const struct http_dial *docker_ssh_dial(const struct docker_ssh *ssh);
/* The request failed with err: calls done(arg, what ssh says of it), at once or shortly, when ssh
 * has ended. What failed before ssh was there has a kind of docker_was_not_sent. */
void docker_ssh_explain(struct docker_ssh *ssh, const struct err *err,
                        void (*done)(void *arg, const struct err *err), void *arg);
/* The request has ended, or is about to be cancelled: no callback comes. */
void docker_ssh_release(struct docker_ssh *ssh);

/* What is known of a failure, from the last line that ssh wrote ("": none) and whether it has
 * ended: "ssh deploy@10.0.0.7: Permission denied (publickey)". Pure. */
void docker_ssh_error(const struct docker_ssh_login *login, const char *words, bool ended,
                      const struct err *err, struct err *better);
