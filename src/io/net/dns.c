#include "io/net/dns.h"

#include "core/mem.h"
#include "io/limit.h"
#include "io/net/tcp.h"

#define CARES_NO_DEPRECATED /* the successors of what is used here are newer than Debian 12 */
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A socket of c-ares that is watched: UDP, TCP if the answer is long, for each try. */
struct dns_socket {
  uv_poll_t poll;
  struct dns_query *query; /* NULL: c-ares is about to close it */
  ares_socket_t socket;
  struct dns_socket *next;
};

struct dns_query {
  uv_loop_t *loop;
  ares_channel channel; /* NULL: it could not be made */
  struct dns_socket *sockets;
  uv_timer_t timer;
  bool ended; /* c-ares has called back; the result is delivered once it has returned */
  struct dns_result result;
  struct err err;
  dns_cb done;
  int type; /* of the records asked for; 0: addresses */
  struct dns_records records;
  dns_records_cb records_done; /* in place of `done` */
  void *arg;
};

/* ---- its end */

static void on_socket_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void socket_drop(struct dns_query *query, struct dns_socket *socket) {
  struct dns_socket **link = &query->sockets;
  while (*link != socket)
    link = &(*link)->next;
  *link = socket->next;
  uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
}

static void on_timer_closed(uv_handle_t *handle) {
  free(handle->data);
}

void dns_cancel(struct dns_query *query) {
  query->done = NULL;
  query->records_done = NULL;
  if (query->channel)
    ares_destroy(query->channel); /* calls on_answer, and on_state for each socket */
  while (query->sockets)
    socket_drop(query, query->sockets);
  dns_records_fini(&query->records);
  uv_close((uv_handle_t *)&query->timer, on_timer_closed);
}

static void wait_more(struct dns_query *query);

static void deliver_records(struct dns_query *query) {
  struct dns_records records = query->records;
  const struct err err = query->err;
  const dns_records_cb done = query->records_done;
  void *arg = query->arg;
  query->records.count = 0; /* freed here */
  dns_cancel(query);
  done(arg, err.kind == ERR_NONE ? &records : NULL, err.kind == ERR_NONE ? NULL : &err);
  dns_records_fini(&records);
}

/* After each call of c-ares, which must not be destroyed from inside. */
static void query_continue(struct dns_query *query) {
  if (!query->ended) {
    wait_more(query);
    return;
  }
  if (query->records_done) {
    deliver_records(query);
    return;
  }
  const struct dns_result result = query->result;
  const struct err err = query->err;
  const dns_cb done = query->done;
  void *arg = query->arg;
  dns_cancel(query);
  done(arg, err.kind == ERR_NONE ? &result : NULL, err.kind == ERR_NONE ? NULL : &err);
}

/* ---- the loop */

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct dns_socket *socket = poll->data;
  struct dns_query *query = socket->query;
  const ares_socket_t none = ARES_SOCKET_BAD, this = socket->socket;
  ares_process_fd(query->channel, status < 0 || (events & UV_READABLE) ? this : none,
                  status < 0 || (events & UV_WRITABLE) ? this : none);
  query_continue(query);
}

static void on_time(uv_timer_t *timer) {
  struct dns_query *query = timer->data;
  if (!query->ended)
    ares_process_fd(query->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  query_continue(query);
}

static void wait_more(struct dns_query *query) {
  struct timeval wait, *next = ares_timeout(query->channel, NULL, &wait);
  const uint64_t ms = next ? (uint64_t)next->tv_sec * 1000 + (uint64_t)next->tv_usec / 1000 + 1 : 0;
  if (next)
    uv_timer_start(&query->timer, on_time, ms, 0);
}

static struct dns_socket *socket_of(struct dns_query *query, ares_socket_t number) {
  for (struct dns_socket *socket = query->sockets; socket; socket = socket->next)
    if (socket->socket == number)
      return socket;
  struct dns_socket *socket = mem_new(sizeof *socket);
  *socket = (struct dns_socket){.query = query, .socket = number, .next = query->sockets};
  socket->poll.data = socket;
  if (uv_poll_init_socket(query->loop, &socket->poll, number) != 0) {
    free(socket);
    return NULL; /* then the query times out */
  }
  query->sockets = socket;
  return socket;
}

static void on_state(void *arg, ares_socket_t number, int readable, int writable) {
  struct dns_query *query = arg;
  struct dns_socket *socket = socket_of(query, number);
  if (!socket)
    return;
  if (!readable && !writable)
    socket_drop(query, socket);
  else
    uv_poll_start(&socket->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                  on_ready);
}

/* ---- the answer */

static void take_addresses(const struct ares_addrinfo *info, struct dns_result *result) {
  result->ttl_s = -1;
  for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6)
      continue;
    if (result->count == DNS_ADDRESSES_MAX) {
      result->more = true;
      return;
    }
    memcpy(&result->addresses[result->count++], node->ai_addr, node->ai_addrlen);
    if (result->ttl_s < 0 || node->ai_ttl < result->ttl_s)
      result->ttl_s = node->ai_ttl;
  }
}

static void take_failure(int status, struct err *err) {
  switch (status) {
  case ARES_ENOTFOUND:
    err_set(err, ERR_UNRESOLVED, "the name does not exist (NXDOMAIN)");
    return;
  case ARES_ENODATA:
  case ARES_SUCCESS:
    err_set(err, ERR_UNRESOLVED, "the name has no address");
    return;
  case ARES_ETIMEOUT:
    err_set(err, ERR_TIMEOUT, "no answer from the name server");
    return;
  case ARES_ECONNREFUSED:
    err_set(err, ERR_REFUSED, "no name server listens there");
    return;
  case ARES_EREFUSED:
    err_set(err, ERR_DENIED, "the name server refuses to answer (REFUSED)");
    return;
  case ARES_ESERVFAIL:
    err_set(err, ERR_PROTOCOL, "the name server cannot answer (SERVFAIL)");
    return;
  case ARES_ENOTIMP:
    err_set(err, ERR_UNSUPPORTED, "the name server does not answer such questions (NOTIMP)");
    return;
  case ARES_ENOMEM:
    mem_failed();
  default:
    err_set(err, ERR_PROTOCOL, "%s", ares_strerror(status));
  }
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *info) {
  struct dns_query *query = arg;
  (void)timeouts;
  if (query->done && !query->ended) {
    query->ended = true;
    if (status == ARES_SUCCESS)
      take_addresses(info, &query->result);
    if (query->result.count == 0)
      take_failure(status, &query->err);
  }
  if (info)
    ares_freeaddrinfo(info);
}

static void on_records(void *arg, int status, int timeouts, unsigned char *bytes, int len) {
  struct dns_query *query = arg;
  (void)timeouts;
  if (!query->records_done || query->ended)
    return;
  query->ended = true;
  if (status == ARES_SUCCESS &&
      !dns_answer_read(&query->records, bytes, len > 0 ? (size_t)len : 0, query->type, &query->err))
    return;
  if (status == ARES_ENODATA || (status == ARES_SUCCESS && query->records.count == 0))
    err_set(&query->err, ERR_UNRESOLVED, "the name has no such record");
  else if (status != ARES_SUCCESS)
    take_failure(status, &query->err);
}

/* ---- the question */

static bool channel_make(struct dns_query *query, const char *server) {
  struct ares_options options = {
      .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
      .timeout = DNS_WAIT_MS,
      .tries = DNS_TRIES,
      .lookups = (char[]){"b"}, /* no hosts file */
      .sock_state_cb = on_state,
      .sock_state_cb_data = query,
  };
  const int status = ares_init_options(&query->channel, &options,
                                       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                           ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    query->channel = NULL;
    return err_set(&query->err, ERR_IO, "c-ares: %s", ares_strerror(status));
  }
  return ares_set_servers_ports_csv(query->channel, server) == ARES_SUCCESS ||
         err_set(&query->err, ERR_INVALID, "\"%s\" is not a name server", server);
}

/* With c-ares ready for a question, unless query->ended. */
static struct dns_query *query_new(struct io *io, const char *server, void *arg) {
  struct dns_query *query = mem_new(sizeof *query);
  *query = (struct dns_query){.loop = io->loop, .arg = arg};
  uv_timer_init(io->loop, &query->timer);
  query->timer.data = query;
  query->ended = !limit_files_free(1, &query->err) || !channel_make(query, server);
  return query;
}

static struct dns_query *query_asked(struct dns_query *query) {
  if (query->ended) /* at once: delivered in the next turn */
    uv_timer_start(&query->timer, on_time, 0, 0);
  else
    wait_more(query);
  return query;
}

struct dns_query *dns_ask(struct io *io, const char *server, const char *name, dns_cb done,
                          void *arg) {
  struct dns_query *query = query_new(io, server, arg);
  query->done = done;
  if (!query->ended) {
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    ares_getaddrinfo(query->channel, name, NULL, &hints, on_answer, query);
  }
  return query_asked(query);
}

struct dns_query *dns_ask_records(struct io *io, const char *server, const char *name,
                                  const char *type, dns_records_cb done, void *arg) {
  enum { CLASS_INTERNET = 1 };
  struct dns_query *query = query_new(io, server, arg);
  query->records_done = done;
  query->type = dns_type_number(type);
  if (!query->ended)
    ares_query(query->channel, name, CLASS_INTERNET, query->type, on_records, query);
  return query_asked(query);
}

size_t dns_system_servers(char servers[DNS_SERVERS_MAX][DNS_SERVER_MAX]) {
  struct ares_addr_port_node *list = NULL;
  ares_channel channel;
  size_t count = 0;
  if (ares_init(&channel) != ARES_SUCCESS)
    return 0;
  if (ares_get_servers_ports(channel, &list) == ARES_SUCCESS)
    for (struct ares_addr_port_node *node = list; node && count < DNS_SERVERS_MAX;
         node = node->next) {
      char address[INET6_ADDRSTRLEN] = "";
      const int port = node->udp_port ? node->udp_port : 53;
      inet_ntop(node->family, &node->addr, address, sizeof address);
      snprintf(servers[count++], DNS_SERVER_MAX, node->family == AF_INET6 ? "[%s]:%d" : "%s:%d",
               address, port);
    }
  ares_free_data(list);
  ares_destroy(channel);
  return count;
}

/* ---- options */

static bool is_address(const char *host) {
  struct in6_addr address;
  return inet_pton(strchr(host, ':') ? AF_INET6 : AF_INET, host, &address) == 1;
}

bool dns_server_check(const char *server, struct err *err) {
  char host[HOST_MAX];
  int port;
  struct err why;
  const bool bare = is_address(server);
  if (bare || (tcp_address_split(server, host, &port, &why) && is_address(host)))
    return true;
  return err_set(err, ERR_INVALID,
                 "\"%.80s\" is not the address of a name server; write 10.0.0.53, 10.0.0.53:5353 "
                 "or [::1]:53",
                 server);
}

bool dns_name_check(const char *name, struct err *err) {
  static const char allowed[] = "-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const size_t len = strlen(name);
  return (len > 0 && len < HOST_MAX - 1 && !name[strspn(name, allowed)] && *name != '.' &&
          !strstr(name, "..")) ||
         err_set(err, ERR_INVALID,
                 "\"%.80s\" is not a host name; write the Punycode form (xn--...) "
                 "of an international one",
                 name);
}
