#include "io/http/http_client.h"

#include "core/mem.h"
#include "io/http/http_multi.h"
#include "io/http/http_tls_watch.h"

#include <stdlib.h>

struct watch {
  uv_poll_t poll;
  struct http_client *client;
  curl_socket_t socket;
};

static int on_watch_wanted(CURL *easy, curl_socket_t socket, int what, void *arg, void *known);
static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg);

struct http_client *http_client_get(struct io *io) {
  if (io->http)
    return io->http;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct http_client *client = mem_new(sizeof *client);
  client->loop = io->loop;
  client->tls_index = http_tls_index_new();
  client->multi = curl_multi_init();
  if (!client->multi)
    mem_failed();
  uv_timer_init(io->loop, &client->timer);
  client->timer.data = client;
  curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_watch_wanted);
  curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
  curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
  curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
  io->http = client;
  return client;
}

static void on_client_closed(uv_handle_t *handle) {
  free(handle->data);
}

void http_client_free(struct http_client *client) {
  if (!client)
    return;
  curl_multi_cleanup(client->multi); /* ends its watches by on_watch_wanted */
  http_tls_index_free(client->tls_index);
  curl_global_cleanup();
  uv_close((uv_handle_t *)&client->timer, on_client_closed);
}

/* Delivers finished transfers. A callback may start and cancel requests, even one whose end is
 * still in curl's queue: curl removes it. */
static void deliver(struct http_client *client) {
  int left;
  CURLMsg *message;
  while ((message = curl_multi_info_read(client->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result; /* the message is invalid after the next call */
    struct http_transfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(client->multi, easy);
    transfer->ended(transfer, code);
  }
}

static void on_timer(uv_timer_t *timer) {
  struct http_client *client = timer->data;
  int running;
  curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  deliver(client);
}

/* curl calls this within its own functions and must not be called from here; a timer of 0 ms calls
 * it in the next turn of the loop. */
static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg) {
  (void)multi;
  struct http_client *client = arg;
  if (timeout_ms < 0)
    uv_timer_stop(&client->timer);
  else
    uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0);
  return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct watch *watch = poll->data;
  struct http_client *client = watch->client; /* the watch may end in the call */
  int flags = status < 0 ? CURL_CSELECT_ERR : 0;
  flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
  flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
  int running;
  curl_multi_socket_action(client->multi, watch->socket, flags, &running);
  deliver(client);
}

static void on_watch_closed(uv_handle_t *handle) {
  free(handle->data);
}

static struct watch *watch_new(struct http_client *client, curl_socket_t socket) {
  struct watch *watch = mem_new(sizeof *watch);
  watch->client = client;
  watch->socket = socket;
  watch->poll.data = watch;
  if (uv_poll_init_socket(client->loop, &watch->poll, socket) != 0) {
    free(watch);
    return NULL;
  }
  curl_multi_assign(client->multi, socket, watch);
  return watch;
}

static int on_watch_wanted(CURL *easy, curl_socket_t socket, int what, void *arg, void *known) {
  (void)easy;
  struct http_client *client = arg;
  struct watch *watch = known;
  if (what == CURL_POLL_REMOVE) {
    if (watch)
      uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    curl_multi_assign(client->multi, socket, NULL);
    return 0;
  }
  if (!watch && !(watch = watch_new(client, socket)))
    return -1;
  int events = what == CURL_POLL_IN    ? UV_READABLE
               : what == CURL_POLL_OUT ? UV_WRITABLE
                                       : UV_READABLE | UV_WRITABLE;
  return uv_poll_start(&watch->poll, events, on_ready) == 0 ? 0 : -1;
}
