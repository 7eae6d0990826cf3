/* The destinations of a connection string: its hosts, and the addresses of their names. */
#pragma once

#include "core/err.h"
#include "io/net/resolve.h"

#include <stddef.h>

/* Limits: hosts in a connection string, and addresses of all of them. */
enum { PG_HOSTS_MAX = 16, PG_ADDRESSES_MAX = 32 };

struct pg_host {
  char *name;    /* "" is the default local socket; "/..." or "@..." a socket */
  char *address; /* numeric; "" if libpq needs none */
  char *port;    /* "" is the default port */
};

struct pg_hosts {
  struct pg_host items[PG_ADDRESSES_MAX];
  size_t count;
};

/* The hosts that libpq would try, from the string, the service file and the environment. None: the
 * default local socket. ERR_INVALID for a string that libpq does not accept, a missing service, or
 * more than PG_HOSTS_MAX hosts. */
bool pg_hosts_read(const char *dsn, struct pg_hosts *hosts, struct err *err) MUST_CHECK;
void pg_hosts_fini(struct pg_hosts *hosts);

/* Whether its name must be resolved. */
bool pg_host_is_name(const struct pg_host *host);

void pg_hosts_add(struct pg_hosts *hosts, const char *name, const char *address, const char *port);
/* One host for each address; beyond PG_ADDRESSES_MAX they are dropped. */
void pg_hosts_add_addresses(struct pg_hosts *hosts, const struct pg_host *host,
                            const struct resolve_result *addresses);

/* Removes the host with this address and port ("" is the default one). False if it is the last one,
 * or not in the list. */
bool pg_hosts_remove(struct pg_hosts *hosts, const char *address, const char *port);

/* The lists as parameters of libpq: "a,a", "10.0.0.1,10.0.0.2", "5432,5432". The caller frees
 * each. */
struct pg_host_lists {
  char *host, *hostaddr, *port;
};
void pg_hosts_join(const struct pg_hosts *hosts, struct pg_host_lists *lists);
void pg_host_lists_fini(struct pg_host_lists *lists);
