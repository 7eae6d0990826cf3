#include "clients/kubernetes/kubernetes.h"

#include "core/json/json_tree.h"
#include "core/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kubernetes_request {
  struct http_request *http;
  bool exact;
  kubernetes_cb done;
  void *arg;
};

json_t *kubernetes_parse(const char *text, size_t len, bool exact, struct err *err) {
  const struct json_limits limits = {.bytes = KUBERNETES_BODY_MAX,
                                     .values = 1000000,
                                     .depth = 64,
                                     .as_reals = !exact,
                                     .without_nul = true};
  struct err where;
  json_t *json = json_tree_new(text, len, &limits, &where);
  if (!json)
    err_set(err, where.kind == ERR_LIMIT ? ERR_LIMIT : ERR_PROTOCOL, "the answer is not %s: %.150s",
            where.kind == ERR_LIMIT ? "read" : "JSON", where.text);
  return json;
}

static enum err_kind kind_of(int status) {
  return status == 401 || status == 403 ? ERR_DENIED
         : status == 504                ? ERR_TIMEOUT
         : status < 500                 ? ERR_INVALID
                                        : ERR_PROTOCOL;
}

void kubernetes_status_error(int status, const json_t *json, const char *body, struct err *err) {
  const char *message = json_string_value(json_object_get(json, "message"));
  const int len = body ? (int)strcspn(body, "\r\n") : 0;
  if (message && *message)
    err_set(err, kind_of(status), "%.220s", message);
  else if (!json && status >= 500 &&
           len > 0) /* kubectl's own: "dial tcp ...: connection refused" */
    err_set(err, ERR_UNREACHABLE, "%.*s", len < 220 ? len : 220, body);
  else if (status == 401)
    err_set(err, ERR_DENIED, "the server does not accept these credentials");
  else
    err_set(err, kind_of(status), "the server answered with HTTP status %d", status);
}

static void take(const struct kubernetes_request *request, const struct http_result *result) {
  struct err err = {0}, unread = {0};
  const bool good = result->status >= 200 && result->status <= 299;
  json_t *json = NULL;
  if (result->body_cut)
    err_set(&err, ERR_LIMIT, "the answer is longer than %d MB", KUBERNETES_BODY_MAX >> 20);
  else if (result->body_len > 0)
    json = kubernetes_parse(result->body, result->body_len, request->exact, &unread);
  if (!good)
    kubernetes_status_error(result->status, json, result->body, &err);
  else if (err.kind == ERR_NONE && unread.kind != ERR_NONE)
    err = unread;
  request->done(request->arg, &(struct kubernetes_answer){.status = result->status,
                                                          .json = json,
                                                          .date_s = result->date_s,
                                                          .err = err.kind ? &err : NULL});
  json_decref(json);
}

bool kubernetes_was_not_sent(const struct err *err) {
  return err->kind == ERR_REFUSED || err->kind == ERR_UNREACHABLE || err->kind == ERR_UNRESOLVED ||
         err->kind == ERR_DENIED || err->kind == ERR_IO;
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct kubernetes_request *request = arg;
  if (result)
    take(request, result);
  else
    request->done(request->arg, &(struct kubernetes_answer){.date_s = -1, .err = err});
  free(request);
}

struct kubernetes_request *kubernetes_ask(struct io *io, const struct kubernetes_proxy *proxy,
                                          const struct kubernetes_query *query, kubernetes_cb done,
                                          void *arg) {
  struct kubernetes_request *request = mem_new(sizeof *request);
  *request = (struct kubernetes_request){.exact = query->exact, .done = done, .arg = arg};
  char *url = mem_printf("%s%s", kubernetes_proxy_url(proxy), query->path);
  const struct http_header header = {.name = "Content-Type",
                                     .value = query->type ? query->type : "application/json"};
  const struct http_query http = {.url = url,
                                  .socket = kubernetes_proxy_socket(proxy),
                                  .keep = !query->method,
                                  .method = query->method,
                                  .body = query->json,
                                  .headers = query->json ? &header : NULL,
                                  .header_count = query->json ? 1 : 0,
                                  .encoded = true,
                                  .body_max = KUBERNETES_BODY_MAX,
                                  .timeout_ms = query->timeout_ms > 1 ? query->timeout_ms : 1};
  request->http = http_send(io, &http, on_answer, request);
  free(url);
  return request;
}

void kubernetes_cancel(struct kubernetes_request *request) {
  http_cancel(request->http);
  free(request);
}

static bool is_plain(unsigned char c) {
  return isalnum(c) || c == '.' || c == '_' || c == '-';
}

bool kubernetes_path(char out[KUBERNETES_PATH_MAX], const char *form, ...) {
  size_t at = 0;
  bool fits = true;
  va_list args;
  va_start(args, form);
  for (const char *c = form; *c && fits; c++) {
    const bool is_text = c[0] == '%' && c[1] == 's';
    const char *text = is_text ? va_arg(args, const char *) : NULL;
    fits = at + 4 < KUBERNETES_PATH_MAX &&
           !(text && (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)); /* other folders */
    if (fits && !is_text)
      out[at++] = *c;
    for (; text && *text && fits; text++, fits = at + 4 < KUBERNETES_PATH_MAX) {
      if (is_plain((unsigned char)*text))
        out[at++] = *text;
      else
        at += (size_t)snprintf(out + at, KUBERNETES_PATH_MAX - at, "%%%02X", (unsigned char)*text);
    }
    c += is_text;
  }
  va_end(args);
  out[at < KUBERNETES_PATH_MAX ? at : KUBERNETES_PATH_MAX - 1] = '\0';
  return fits;
}
