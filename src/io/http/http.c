#include "io/http/http.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/http/http_error.h"
#include "io/http/http_multi.h"
#include "io/http/http_setup.h"
#include "io/http/http_tls_watch.h"
#include "io/net/resolve.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_request {
  struct http_transfer transfer; /* first */
  struct http_client *client;
  http_cb done;
  void *arg;
  CURL *easy;
  bool in_multi; /* curl is using it */
  struct resolve *resolve;
  struct http_lists lists;
  struct http_tls *tls; /* the query's */
  struct http_tls_watch *tls_watch;
  struct http_place place; /* the URL's */
  bool proxied; /* the environment has a proxy for the scheme, which may resolve the name instead */
  int64_t timeout_ms, started_us, resolve_us;
  uv_timer_t timer;                                        /* the deadline */
  bool (*piece)(void *arg, const char *bytes, size_t len); /* the query's */
  char *body;
  size_t body_len, body_capacity, body_max;
  enum http_piece (*stream)(void *arg, const char *bytes, size_t len); /* the query's */
  int64_t silence_ms;                                                  /* the query's */
  bool streaming, paused, invalid;
  bool body_cut;
  int64_t date_s;
  char *headers;
  size_t headers_len, headers_seen;
  bool headers_cut, piece_refused;
  char proxy[HOST_MAX + 8];
  char error[CURL_ERROR_SIZE];
};

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err);
static void on_deadline(uv_timer_t *timer);
static void on_silence(uv_timer_t *timer);

static void on_request_closed(uv_handle_t *handle) {
  struct http_request *request = handle->data;
  free(request->body);
  free(request->headers);
  free(request);
}

/* Ends everything but the memory, which the loop frees. */
static void request_close(struct http_request *request) {
  if (request->resolve)
    resolve_cancel(request->resolve);
  if (request->in_multi)
    curl_multi_remove_handle(request->client->multi, request->easy);
  curl_easy_cleanup(request->easy);
  http_lists_free(&request->lists);
  http_tls_watch_end(request->tls_watch);
  uv_close((uv_handle_t *)&request->timer, on_request_closed);
}

void http_cancel(struct http_request *request) {
  request_close(request);
}

static void request_fail(struct http_request *request, const struct err *err) {
  request_close(request);
  request->done(request->arg, NULL, err);
}

/* The silence is measured from now. */
static void silence_begin(struct http_request *request) {
  if (request->silence_ms)
    uv_timer_start(&request->timer, on_silence, (uint64_t)request->silence_ms, 0);
}

void http_resume(struct http_request *request) {
  if (!request->paused)
    return;
  request->paused = false;
  silence_begin(request);
  curl_easy_pause(request->easy, CURLPAUSE_CONT);
}

static size_t pass_on(struct http_request *request, const char *bytes, size_t len) {
  switch (request->stream(request->arg, bytes, len)) {
  case HTTP_TAKEN:
    silence_begin(request);
    return len;
  case HTTP_LATER:
    request->paused = true;
    uv_timer_stop(&request->timer);
    return CURL_WRITEFUNC_PAUSE;
  case HTTP_INVALID:
    break;
  }
  request->invalid = true;
  return 0; /* ends the transfer with CURLE_WRITE_ERROR */
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg) {
  struct http_request *request = arg;
  size_t len = size * count, room = request->body_max - request->body_len;
  if (request->streaming)
    return pass_on(request, bytes, len);
  size_t kept = len < room ? len : room;
  if (request->body_len + kept + 1 > request->body_capacity) {
    request->body_capacity = 2 * (request->body_len + kept) + 1;
    request->body = mem_resize(request->body, request->body_capacity);
  }
  memcpy(request->body + request->body_len, bytes, kept);
  request->body_len += kept;
  request->body[request->body_len] = '\0';
  request->body_cut = kept < len;
  return kept; /* returning less than the size ends the transfer with CURLE_WRITE_ERROR */
}

static void take_date(struct http_request *request, const char *line, size_t len) {
  static const char name[] = "date:";
  const size_t skipped = sizeof name - 1;
  char date[64];
  if (len <= skipped || len - skipped >= sizeof date || strncasecmp(line, name, skipped) != 0)
    return;
  memcpy(date, line + skipped, len - skipped);
  date[len - skipped] = '\0';
  request->date_s = curl_getdate(date, NULL);
}

/* After the headers: an error is read as a whole, a stream takes as long as it takes. */
static void stream_begin(struct http_request *request) {
  long status = 0;
  curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
  request->streaming = status >= 200 && status <= 299;
  if (!request->streaming)
    return;
  uv_timer_stop(&request->timer);
  silence_begin(request);
}

/* One line at a time. An answer of its own, such as 100, may come before the one that counts. */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg) {
  struct http_request *request = arg;
  const size_t len = size * count;
  request->headers_seen += len;
  request->headers_cut = request->headers_seen > HTTP_HEADERS_MAX;
  if (request->headers_cut)
    return 0; /* ends the transfer with CURLE_WRITE_ERROR */
  if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
    request->headers_len = 0;
  take_date(request, bytes, len);
  request->headers = mem_resize(request->headers, request->headers_len + len + 1);
  for (size_t i = 0; i < len; i++) /* the text is read as one */
    request->headers[request->headers_len++] = bytes[i] ? bytes[i] : ' ';
  request->headers[request->headers_len] = '\0';
  if (request->stream && bytes[0] == '\r')
    stream_begin(request);
  return len;
}

static void set_options(struct http_request *request, const struct http_query *query) {
  CURL *easy = request->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (query->tls) {
    request->tls = query->tls;
    request->tls_watch = http_tls_watch_new(request->client, easy, query->tls);
  }
}

static void on_ended(void *arg, CURLcode code);

struct http_request *http_send(struct io *io, const struct http_query *query, http_cb done,
                               void *arg) {
  struct http_request *request = mem_new(sizeof *request);
  *request = (struct http_request){.client = http_client_get(io),
                                   .done = done,
                                   .arg = arg,
                                   .timeout_ms = query->timeout_ms,
                                   .stream = query->stream,
                                   .silence_ms = query->silence_ms,
                                   .body_max = query->body_max ? query->body_max : HTTP_BODY_MAX,
                                   .date_s = -1,
                                   .started_us = clock_now_us()};
  request->transfer.ended = on_ended;
  request->body = mem_dup("");
  request->headers = mem_dup("");
  request->easy = curl_easy_init();
  if (!request->easy)
    mem_failed();
  set_options(request, query);
  const bool known = http_place_read(query->url, &request->place, NULL);
  if (known && !query->socket && !query->only_tls && !query->http2)
    http_proxy_text(http_proxy_of(&request->place), request->proxy, sizeof request->proxy);
  http_setup(request->easy, query, known ? &request->place : NULL, &request->lists);
  uv_timer_init(io->loop, &request->timer);
  request->timer.data = request;
  uv_timer_start(&request->timer, on_deadline, (uint64_t)query->timeout_ms, 0);
  if (!known || http_place_is_numeric(&request->place) || query->socket) {
    request->in_multi = true; /* curl reports what is wrong with a bad URL */
    curl_multi_add_handle(request->client->multi, request->easy);
    return request;
  }
  request->proxied = http_proxy_of(&request->place) && !query->only_tls && !query->http2;
  request->resolve =
      resolve_start(io, request->place.host, request->place.port, on_resolved, request);
  return request;
}

/* "api:8000:10.0.0.1,10.0.0.2": curl uses these addresses and does not resolve the name. */
static void identity_addresses(struct http_request *request, const struct resolve_result *result) {
  char *entry = mem_printf("%s:%d:", request->place.host, request->place.port);
  for (size_t i = 0; i < result->count; i++) {
    char address[INET6_ADDRSTRLEN];
    resolve_text(&result->addresses[i], address, sizeof address);
    bool v6 = result->addresses[i].ss_family == AF_INET6;
    char *longer =
        mem_printf("%s%s%s%s%s", entry, i > 0 ? "," : "", v6 ? "[" : "", address, v6 ? "]" : "");
    free(entry);
    entry = longer;
  }
  http_list_add(&request->lists.pinned, "%s", entry);
  free(entry);
  curl_easy_setopt(request->easy, CURLOPT_RESOLVE, request->lists.pinned);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct http_request *request = arg;
  request->resolve = NULL;
  request->resolve_us = clock_now_us() - request->started_us;
  if (!result && !request->proxied) {
    request_fail(request, err);
    return;
  }
  if (result)
    identity_addresses(request, result);
  request->in_multi = true;
  curl_multi_add_handle(request->client->multi, request->easy);
}

static int64_t timing(CURL *easy, CURLINFO which) {
  curl_off_t us = 0;
  curl_easy_getinfo(easy, which, &us);
  return us;
}

/* Says how far it got, which distinguishes a hung server from dropped packets. */
static void on_deadline(uv_timer_t *timer) {
  struct http_request *request = timer->data;
  char limit[FORMAT_MAX];
  format_duration(limit, sizeof limit, (double)request->timeout_ms / 1000);
  const char *step = request->resolve ? "name not resolved"
                     : timing(request->easy, CURLINFO_PRETRANSFER_TIME_T) > 0
                         ? "connected, but no response"
                     : timing(request->easy, CURLINFO_CONNECT_TIME_T) > 0 ? "TLS not established"
                                                                          : "no connection";
  struct err err;
  err_set(&err, ERR_TIMEOUT, "%s within %s", step, limit);
  request_fail(request, &err);
}

static void on_silence(uv_timer_t *timer) {
  struct http_request *request = timer->data;
  char limit[FORMAT_MAX];
  struct err err;
  format_duration(limit, sizeof limit, (double)request->silence_ms / 1000);
  err_set(&err, ERR_TIMEOUT, "nothing more came within %s", limit);
  request_fail(request, &err);
}

/* curl no longer uses it. */
static void on_ended(void *arg, CURLcode code) {
  struct http_request *request = arg;
  request->in_multi = false;
  http_tls_watch_read(request->tls_watch, request->easy);
  struct err err = {0};
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && request->body_cut)) {
    long os_error = 0;
    curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &os_error);
    if (request->headers_cut)
      err_set(&err, ERR_PROTOCOL, "the headers of the answer are longer than %d kB",
              HTTP_HEADERS_MAX >> 10);
    else if (request->invalid)
      err_set(&err, ERR_PROTOCOL, "the answer is not valid");
    else
      http_error(code, (int)os_error, request->error, &err);
    if (request->tls)
      http_error_tls(request->tls, clock_wall_ms() / 1000, &err);
    request_fail(request, &err);
    return;
  }
  long status = 0;
  const char *location = NULL;
  curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &location);
  char *target = mem_dup(location ? location : ""); /* curl's dies with the handle */
  curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
  struct http_result result = {
      .status = (int)status,
      .resolve_us = request->resolve_us,
      .connect_us = timing(request->easy, CURLINFO_CONNECT_TIME_T),
      .tls_us = timing(request->easy, CURLINFO_APPCONNECT_TIME_T),
      .first_byte_us = timing(request->easy, CURLINFO_STARTTRANSFER_TIME_T),
      .total_us = timing(request->easy, CURLINFO_TOTAL_TIME_T),
      .date_s = request->date_s,
      .body = request->body,
      .body_len = request->body_len,
      .body_cut = request->body_cut,
      .headers = request->headers,
      .location = target,
      .proxy = request->proxy,
  };
  request_close(request);
  request->done(request->arg, &result, NULL);
  free(target);
}
