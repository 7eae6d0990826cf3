#include "io/http/http.h"

#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http_error.h"
#include "io/http/http_multi.h"
#include "io/resolve.h"
#include "io/tcp.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_request {
  struct http_client *client;
  http_cb done;
  void *arg;
  CURL *easy;
  bool in_multi; /* curl is using it */
  struct resolve *resolve;
  struct curl_slist *headers, *pinned;
  char host[HOST_MAX]; /* the URL's */
  int port;
  bool proxied; /* the environment has a proxy for the scheme, which may resolve the name instead */
  int64_t timeout_ms, started_us, resolve_us;
  uv_timer_t timer; /* the deadline */
  char *body;
  size_t body_len, body_max;
  bool body_cut;
  int64_t date_s;
  char error[CURL_ERROR_SIZE];
};

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err);
static void on_deadline(uv_timer_t *timer);

static void on_request_closed(uv_handle_t *handle) {
  struct http_request *request = handle->data;
  free(request->body);
  free(request);
}

/* Ends everything but the memory, which the loop frees. */
static void request_close(struct http_request *request) {
  if (request->resolve)
    resolve_cancel(request->resolve);
  if (request->in_multi)
    curl_multi_remove_handle(request->client->multi, request->easy);
  curl_easy_cleanup(request->easy);
  curl_slist_free_all(request->headers);
  curl_slist_free_all(request->pinned);
  uv_close((uv_handle_t *)&request->timer, on_request_closed);
}

void http_cancel(struct http_request *request) {
  request_close(request);
}

static void request_fail(struct http_request *request, const struct err *err) {
  request_close(request);
  request->done(request->arg, NULL, err);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg) {
  struct http_request *request = arg;
  size_t len = size * count, room = request->body_max - request->body_len;
  size_t kept = len < room ? len : room;
  request->body = mem_resize(request->body, request->body_len + kept + 1);
  memcpy(request->body + request->body_len, bytes, kept);
  request->body_len += kept;
  request->body[request->body_len] = '\0';
  request->body_cut = kept < len;
  return kept; /* returning less than the size ends the transfer with CURLE_WRITE_ERROR */
}

/* curl hands over each header line whole, terminated by its line break only. */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg) {
  static const char name[] = "date:";
  struct http_request *request = arg;
  const size_t len = size * count, skipped = sizeof name - 1;
  char date[64];
  if (len > skipped && len - skipped < sizeof date && strncasecmp(bytes, name, skipped) == 0) {
    memcpy(date, bytes + skipped, len - skipped);
    date[len - skipped] = '\0';
    request->date_s = curl_getdate(date, NULL);
  }
  return len;
}

/* The URL's host, without brackets, and port. */
static bool url_split(const char *url, char host[HOST_MAX], int *port, bool *tls, struct err *err) {
  CURLU *parts = curl_url();
  char *scheme = NULL, *name = NULL, *number = NULL;
  bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
  size_t length = name ? strlen(name) : 0;
  if (length >= 2 && name[0] == '[') {
    memmove(name, name + 1, length);
    length -= 2;
    name[length] = '\0';
  }
  good = good && length > 0 && length < HOST_MAX;
  if (good) {
    memcpy(host, name, length + 1);
    *port = (int)strtol(number, NULL, 10); /* curl has checked it */
    *tls = strcmp(scheme, "https") == 0;
  }
  curl_free(scheme);
  curl_free(name);
  curl_free(number);
  curl_url_cleanup(parts);
  return good || err_set(err, ERR_INVALID, "not a URL; use a form such as http://api:8000/health");
}

bool http_url_check(const char *url, struct err *err) {
  char host[HOST_MAX];
  int port;
  bool tls;
  return url_split(url, host, &port, &tls, err);
}

static void add_header(struct http_request *request, const char *header) {
  struct curl_slist *headers = curl_slist_append(request->headers, header);
  if (!headers)
    mem_failed();
  request->headers = headers;
}

static void set_options(struct http_request *request, const struct http_query *query) {
  CURL *easy = request->easy;
  curl_easy_setopt(easy, CURLOPT_URL, query->url);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "stacktop");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  /* As a new client sees it: another address of the name, another certificate. */
  if (!query->keep) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  }
  if (query->socket) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, query->socket);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  if (query->method)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, query->method);
  if (query->json) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(query->json));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, query->json);
    add_header(request, "Content-Type: application/json");
  }
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  /* curl resolves the name of a proxy: do not wait for its resolver if the request ends before. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  if (query->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (query->ca_file)
    curl_easy_setopt(easy, CURLOPT_CAINFO, query->ca_file);
  if (query->cert_file)
    curl_easy_setopt(easy, CURLOPT_SSLCERT, query->cert_file);
  if (query->key_file)
    curl_easy_setopt(easy, CURLOPT_SSLKEY, query->key_file);
  if (query->host) {
    char *header = mem_printf("Host: %s", query->host);
    add_header(request, header);
    free(header);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
}

static bool has_text(const char *name) {
  const char *value = getenv(name);
  return value && *value;
}

/* Those that curl uses; not upper-case HTTP_PROXY, because a CGI client could set it. */
static bool proxy_is_set(bool tls) {
  return has_text("all_proxy") || has_text("ALL_PROXY") ||
         (tls ? has_text("https_proxy") || has_text("HTTPS_PROXY") : has_text("http_proxy"));
}

static bool is_numeric(const char *host) {
  struct in6_addr address;
  return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void on_ended(void *arg, CURLcode code);

struct http_request *http_send(struct io *io, const struct http_query *query, http_cb done,
                               void *arg) {
  struct http_request *request = mem_new(sizeof *request);
  *request = (struct http_request){.client = http_client_get(io),
                                   .done = done,
                                   .arg = arg,
                                   .timeout_ms = query->timeout_ms,
                                   .body_max = query->body_max ? query->body_max : HTTP_BODY_MAX,
                                   .date_s = -1,
                                   .started_us = clock_now_us()};
  request->client->ended = on_ended;
  request->body = mem_dup("");
  request->easy = curl_easy_init();
  if (!request->easy)
    mem_failed();
  set_options(request, query);
  uv_timer_init(io->loop, &request->timer);
  request->timer.data = request;
  uv_timer_start(&request->timer, on_deadline, (uint64_t)query->timeout_ms, 0);
  bool tls = false;
  if (!url_split(query->url, request->host, &request->port, &tls, NULL) ||
      is_numeric(request->host) || query->socket) {
    request->in_multi = true; /* curl reports what is wrong with a bad URL */
    curl_multi_add_handle(request->client->multi, request->easy);
    return request;
  }
  request->proxied = proxy_is_set(tls);
  request->resolve = resolve_start(io, request->host, request->port, on_resolved, request);
  return request;
}

/* "api:8000:10.0.0.1,10.0.0.2": curl uses these addresses and does not resolve the name. */
static void identity_addresses(struct http_request *request, const struct resolve_result *result) {
  char *entry = mem_printf("%s:%d:", request->host, request->port);
  for (size_t i = 0; i < result->count; i++) {
    char address[INET6_ADDRSTRLEN];
    resolve_text(&result->addresses[i], address, sizeof address);
    bool v6 = result->addresses[i].ss_family == AF_INET6;
    char *longer =
        mem_printf("%s%s%s%s%s", entry, i > 0 ? "," : "", v6 ? "[" : "", address, v6 ? "]" : "");
    free(entry);
    entry = longer;
  }
  request->pinned = curl_slist_append(NULL, entry);
  free(entry);
  if (!request->pinned)
    mem_failed();
  curl_easy_setopt(request->easy, CURLOPT_RESOLVE, request->pinned);
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

/* curl no longer uses it. */
static void on_ended(void *arg, CURLcode code) {
  struct http_request *request = arg;
  request->in_multi = false;
  struct err err = {0};
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && request->body_cut)) {
    long os_error = 0;
    curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &os_error);
    http_error(code, (int)os_error, request->error, &err);
    request_fail(request, &err);
    return;
  }
  long status = 0;
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
  };
  request_close(request);
  request->done(request->arg, &result, NULL);
}
