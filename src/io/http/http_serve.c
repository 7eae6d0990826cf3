#include "io/http/http_serve.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct connection {
  struct http_serve *serve; /* NULL: it has been closed */
  struct connection *next;
  uv_tcp_t tcp;
  uv_timer_t deadline;
  uv_write_t write;
  size_t open; /* handles */
  char request[HTTP_SERVE_REQUEST_MAX + 1];
  size_t used;
  char *head, *body; /* of the answer */
};

struct http_serve {
  uv_tcp_t tcp;
  bool remote;
  void (*answer)(void *arg, const struct http_asked *asked, struct http_reply *reply);
  void *arg;
  struct connection *connections;
  size_t count;
};

/* ---- the address */

static bool address_read(const char *host, int port, struct sockaddr_storage *address) {
  const char *number = strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host;
  return uv_ip4_addr(number, port, (struct sockaddr_in *)address) == 0 ||
         uv_ip6_addr(number, port, (struct sockaddr_in6 *)address) == 0;
}

bool http_serve_address(const char *host, bool *loopback, struct err *err) {
  struct sockaddr_storage address = {0};
  if (!address_read(host, 0, &address))
    return err_set(err, ERR_INVALID,
                   "\"%.60s\" is not an address of this host; use one such as 127.0.0.1 or [::1]",
                   host);
  const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
  *loopback = address.ss_family == AF_INET ? ntohl(four->sin_addr.s_addr) >> 24 == 127
                                           : IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
  return true;
}

/* ---- a connection */

static void on_closed(uv_handle_t *handle) {
  struct connection *connection = handle->data;
  if (--connection->open > 0)
    return;
  free(connection->head);
  free(connection->body);
  free(connection);
}

static void connection_close(struct connection *connection) {
  struct http_serve *serve = connection->serve;
  if (!serve)
    return;
  connection->serve = NULL;
  struct connection **at = &serve->connections;
  while (*at != connection)
    at = &(*at)->next;
  *at = connection->next;
  serve->count--;
  uv_close((uv_handle_t *)&connection->tcp, on_closed);
  uv_close((uv_handle_t *)&connection->deadline, on_closed);
}

static void on_late(uv_timer_t *timer) {
  connection_close(timer->data);
}

static void on_written(uv_write_t *write, int status) {
  (void)status;
  connection_close(write->data);
}

static const char *status_words(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 431:
    return "Request Header Fields Too Large";
  default:
    return "Bad Request";
  }
}

static void reply_send(struct connection *connection, struct http_reply *reply, bool head_only) {
  connection->body = reply->text;
  connection->head = mem_printf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                                "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                "%sConnection: close\r\n\r\n",
                                reply->status, status_words(reply->status), reply->type,
                                reply->length, reply->status == 405 ? "Allow: GET, HEAD\r\n" : "");
  uv_buf_t buffers[] = {uv_buf_init(connection->head, (unsigned)strlen(connection->head)),
                        uv_buf_init(connection->body, (unsigned)reply->length)};
  uv_read_stop((uv_stream_t *)&connection->tcp);
  connection->write.data = connection;
  if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, buffers, head_only ? 1 : 2,
               on_written) != 0)
    connection_close(connection);
}

static void request_take(struct connection *connection) {
  struct http_serve *serve = connection->serve;
  struct http_asked asked;
  bool head_only;
  const int status =
      http_request_read(connection->request, connection->used, serve->remote, &asked, &head_only);
  if (status == 0)
    return;
  struct http_reply reply = {.status = status, .type = "text/plain; charset=utf-8"};
  if (status == 200) {
    serve->answer(serve->arg, &asked, &reply);
  } else {
    reply.text = mem_printf("%d %s\n", status, status_words(status));
    reply.length = strlen(reply.text);
  }
  reply_send(connection, &reply, head_only);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
  struct connection *connection = handle->data;
  (void)size;
  *buffer = uv_buf_init(connection->request + connection->used,
                        (unsigned)(HTTP_SERVE_REQUEST_MAX - connection->used));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct connection *connection = stream->data;
  (void)buffer;
  if (count < 0) {
    connection_close(connection);
    return;
  }
  connection->used += (size_t)count;
  if (count > 0)
    request_take(connection);
}

static void on_connection(uv_stream_t *stream, int status) {
  struct http_serve *serve = stream->data;
  if (status < 0)
    return;
  struct connection *connection = mem_new(sizeof *connection);
  *connection = (struct connection){.serve = serve, .next = serve->connections, .open = 2};
  serve->connections = connection;
  serve->count++;
  uv_tcp_init(stream->loop, &connection->tcp);
  uv_timer_init(stream->loop, &connection->deadline);
  connection->tcp.data = connection->deadline.data = connection;
  if (uv_accept(stream, (uv_stream_t *)&connection->tcp) != 0 ||
      serve->count > HTTP_SERVE_CONNECTIONS ||
      uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_read) != 0) {
    connection_close(connection);
    return;
  }
  uv_timer_start(&connection->deadline, on_late, HTTP_SERVE_MS, 0);
}

/* ---- the server */

static void on_serve_closed(uv_handle_t *handle) {
  free(handle->data);
}

struct http_serve *http_serve_new(struct io *io, const char *host, int port, bool remote,
                                  void (*answer)(void *arg, const struct http_asked *asked,
                                                 struct http_reply *reply),
                                  void *arg, struct err *err) {
  struct sockaddr_storage address = {0};
  struct http_serve *serve = mem_new(sizeof *serve);
  *serve = (struct http_serve){.remote = remote, .answer = answer, .arg = arg};
  int code = address_read(host, port, &address) ? 0 : UV_EINVAL;
  uv_tcp_init(io->loop, &serve->tcp);
  serve->tcp.data = serve;
  if (code == 0)
    code = uv_tcp_bind(&serve->tcp, (const struct sockaddr *)&address, 0);
  if (code == 0)
    code = uv_listen((uv_stream_t *)&serve->tcp, HTTP_SERVE_BACKLOG, on_connection);
  if (code == 0)
    return serve;
  err_set(err, ERR_IO, "cannot listen on port %d of %.60s: %s", port, host, uv_strerror(code));
  http_serve_close(serve);
  return NULL;
}

int http_serve_port(const struct http_serve *serve) {
  struct sockaddr_storage address = {0};
  int length = sizeof address;
  uv_tcp_getsockname(&serve->tcp, (struct sockaddr *)&address, &length);
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                             : ((struct sockaddr_in *)&address)->sin_port);
}

void http_serve_close(struct http_serve *serve) {
  while (serve->connections)
    connection_close(serve->connections);
  uv_close((uv_handle_t *)&serve->tcp, on_serve_closed);
}
