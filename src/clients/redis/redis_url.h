/* A Redis URL in its parts: pure, but for the environment where it says so. */
#pragma once

#include "core/err.h"
#include "io/tcp.h"

enum { REDIS_PORT = 6379, REDIS_SOCKET_MAX = 108 }; /* the latter: a path in a sockaddr_un */

struct redis_url {
  bool tls;                    /* rediss:// */
  char host[HOST_MAX];         /* without brackets; "" for a socket */
  int port;                    /* REDIS_PORT where none is written */
  char path[REDIS_SOCKET_MAX]; /* of unix://; "" for TCP */
  char *user, *password;       /* decoded; NULL where there is none, or an empty one */
  bool no_password;            /* an empty one is written: there is none, whatever else is known */
  bool if_asked; /* the password is REDISCLI_AUTH's: only for a server that wants one */
  int db;        /* 0 where none is written */
};

/* redis://[user:password@]host[:port][/db], rediss:// the same,
 * unix://[user:password@]/path[?db=N]. A lone word before the "@" is a user, whose password then
 * comes from elsewhere. User and password are percent-encoded. The error never quotes the URL,
 * which may hold a password. On true the caller owes a redis_url_fini. */
bool redis_url_parse(const char *text, struct redis_url *url, struct err *err) MUST_CHECK;
/* The same without the parts: an option's check. */
bool redis_url_check(const char *text, struct err *err) MUST_CHECK;
/* Overrides user and password where the arguments are not NULL and not empty; a password that is
 * empty says that there is none. Then, where nothing is said of a password, takes that of
 * REDISCLI_AUTH, as redis-cli does; with a user it is that user's, else for a server that asks. */
void redis_url_login(struct redis_url *url, const char *user, const char *password);
/* Frees, and wipes the password. */
void redis_url_fini(struct redis_url *url);
