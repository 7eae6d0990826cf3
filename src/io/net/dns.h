/* Asks one name server for the addresses of a name (c-ares, on the loop).
 *
 * resolve.h resolves names as this host does, whatever answers; this is for asking a certain
 * server, without hosts files, search domains and caches between. */
#pragma once

#include "core/err.h"
#include "io/io.h"
#include "io/net/dns_answer.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum {
  DNS_ADDRESSES_MAX = 64,
  DNS_SERVER_MAX = INET6_ADDRSTRLEN + 8, /* "[::1]:53" */
  DNS_TRIES = 2, /* the first one waits for DNS_WAIT_MS, the next one for twice as long */
  DNS_WAIT_MS = 1000,
};

struct dns_result {
  struct sockaddr_storage addresses[DNS_ADDRESSES_MAX];
  size_t count;  /* at most DNS_ADDRESSES_MAX */
  bool more;     /* there were others */
  int64_t ttl_s; /* the shortest of them; -1: not known */
};

typedef void (*dns_cb)(void *arg, const struct dns_result *result, const struct err *err);

struct dns_query;

/* server: "10.0.0.53", "10.0.0.53:5353" or "[::1]:53". The callback comes once, on the loop's
 * thread, never before this returns, with a result of at least one address or an error:
 * ERR_UNRESOLVED "the name does not exist (NXDOMAIN)", ERR_TIMEOUT, ERR_REFUSED, ERR_DENIED,
 * ERR_PROTOCOL; unless dns_cancel comes first. */
struct dns_query *dns_ask(struct io *io, const char *server, const char *name, dns_cb done,
                          void *arg);
void dns_cancel(struct dns_query *query);

/* The same for the records of one type (dns_types); the records are borrowed for the callback. */
typedef void (*dns_records_cb)(void *arg, const struct dns_records *records, const struct err *err);
struct dns_query *dns_ask_records(struct io *io, const char *server, const char *name,
                                  const char *type, dns_records_cb done, void *arg);

/* The name servers that this host asks (/etc/resolv.conf), as dns_ask takes them; their number. */
enum { DNS_SERVERS_MAX = 8 };
size_t dns_system_servers(char servers[DNS_SERVERS_MAX][DNS_SERVER_MAX]);

/* The checks of options. */
bool dns_server_check(const char *server, struct err *err) MUST_CHECK;
bool dns_name_check(const char *name, struct err *err) MUST_CHECK;
