/* Parses a Redis URL: pure, except for the environment where noted. */
#pragma once

#include "core/err.h"
#include "io/net/line_tls.h"
#include "io/net/tcp.h"
#include "model/target.h"

enum { REDIS_PORT = 6379, REDIS_SOCKET_MAX = 108 }; /* the latter: a path in a sockaddr_un */

struct redis_url {
  bool tls; /* rediss:// */
  struct line_tls_options tls_options;
  char host[HOST_MAX];         /* without brackets; "" for a socket */
  int port;                    /* REDIS_PORT if none is given */
  char path[REDIS_SOCKET_MAX]; /* of unix://; "" for TCP */
  char *user, *password;       /* decoded; NULL if missing or empty */
  bool no_password; /* an empty password is given: none is used, whatever the environment has */
  bool if_asked; /* the password is that of REDISCLI_AUTH: only sent if the server requires one */
  int db;        /* 0 if none is given */
};

/* redis://[user:password@]host[:port][/db], rediss:// the same,
 * unix://[user:password@]/path[?db=N]. A single word before the "@" is a user, whose password then
 * comes from elsewhere. User and password are percent-encoded. The error never quotes the URL,
 * which may contain a password. After true, call redis_url_fini. */
bool redis_url_parse(const char *text, struct redis_url *url, struct err *err) MUST_CHECK;
/* The same without a result: the check of an option. */
bool redis_url_check(const char *text, struct err *err) MUST_CHECK;
/* Overrides user and password if the arguments are not NULL and not empty; an empty password means
 * that there is none. If no password is given at all, takes REDISCLI_AUTH, as redis-cli does: with
 * a user for that user, otherwise for a server that requires one. */
void redis_url_login(struct redis_url *url, const char *user, const char *password);
/* Of a target of the kind "redis": its url, username, password, and the options of TLS. The target
 * must outlive it. */
bool redis_url_of(const struct target *target, struct redis_url *url, struct err *err) MUST_CHECK;
/* Frees the parts and wipes the password. */
void redis_url_fini(struct redis_url *url);
