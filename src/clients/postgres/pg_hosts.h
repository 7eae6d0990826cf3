/* Where a connection string leads: its hosts, and the addresses found for their names. */
#pragma once

#include "core/err.h"
#include "io/resolve.h"

#include <stddef.h>

/* Hosts in a connection string, and addresses of all of them that are tried. */
enum { PG_HOSTS_MAX = 16, PG_ADDRESSES_MAX = 32 };

struct pg_host {
  char *name;    /* "" is the usual local socket; "/..." or "@..." a socket */
  char *address; /* numeric; "" when libpq needs none */
  char *port;    /* "" is the usual one */
};

struct pg_hosts {
  struct pg_host items[PG_ADDRESSES_MAX];
  size_t count;
};

/* The hosts that libpq would try, with all that counts for it: the string, the service file, the
 * environment. None: the usual local socket. ERR_INVALID for a string that libpq does not take, a
 * service that is not there, or more than PG_HOSTS_MAX hosts. */
bool pg_hosts_read(const char *dsn, struct pg_hosts *hosts, struct err *err) MUST_CHECK;
void pg_hosts_fini(struct pg_hosts *hosts);

/* Whether its name is to be looked up. */
bool pg_host_is_name(const struct pg_host *host);

void pg_hosts_add(struct pg_hosts *hosts, const char *name, const char *address, const char *port);
/* One host for each address; beyond PG_ADDRESSES_MAX they are dropped. */
void pg_hosts_add_addresses(struct pg_hosts *hosts, const struct pg_host *host,
                            const struct resolve_result *addresses);

/* Takes out the host that leads to this address and port ("" is the usual one). False if it is the
 * last one, or not among them. */
bool pg_hosts_remove(struct pg_hosts *hosts, const char *address, const char *port);

/* The lists as libpq's parameters want them: "a,a", "10.0.0.1,10.0.0.2", "5432,5432". The caller
 * frees each. */
struct pg_host_lists {
  char *host, *hostaddr, *port;
};
void pg_hosts_join(const struct pg_hosts *hosts, struct pg_host_lists *lists);
void pg_host_lists_fini(struct pg_host_lists *lists);
