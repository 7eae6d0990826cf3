#include "clients/web/web.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 180 };

struct web_request {
  struct http_request *http;
  bool text, exact, logs_in;
  size_t body_max;
  web_cb done;
  void *arg;
};

bool web_url_check(const char *text, struct err *err) {
  if (!http_url_check(text, err))
    return false;
  if (text[strcspn(text, "?#")])
    return err_set(err, ERR_INVALID, "the URL of an API has neither a query nor a fragment");
  const char *host = strstr(text, "://") + 3;
  if (memchr(host, '@', strcspn(host, "/")))
    return err_set(err, ERR_INVALID,
                   "a login in the URL would be shown; set username and password");
  return true;
}

bool web_target_check(const struct target *target, struct err *err) {
  if (target_text(target, "token") && target_text(target, "username"))
    return err_set(err, ERR_INVALID, "both token and username are set; a request has one login");
  if (target_text(target, "password") && !target_text(target, "username"))
    return err_set(err, ERR_INVALID, "password is set, but no username");
  if (target_text(target, "key_file") && !target_text(target, "cert_file"))
    return err_set(err, ERR_INVALID, "key_file is the key of a cert_file, which is not set");
  return true;
}

bool web_path_add(char *path, size_t size, const char *value) {
  size_t at = strlen(path);
  for (; *value && at + 4 < size; value++) {
    const unsigned char c = (unsigned char)*value;
    if (isalnum(c) || strchr("._-", c))
      path[at++] = (char)c;
    else
      at += (size_t)snprintf(path + at, size - at, "%%%02X", c);
  }
  path[at] = '\0';
  return !*value;
}

bool web_was_not_sent(const struct err *err) {
  return err->kind == ERR_REFUSED || err->kind == ERR_UNREACHABLE || err->kind == ERR_UNRESOLVED ||
         err->kind == ERR_DENIED || err->kind == ERR_IO;
}

/* ---- what a server says about an error */

static const char *text_of(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text && *text ? text : NULL;
}

/* {"error": "..."}, {"error": {"reason": "..."}} or {"message": "..."}. */
static const char *said_in(const json_t *json) {
  const json_t *error = json_object_get(json, "error");
  const char *said = json_is_object(error) ? text_of(error, "reason") : text_of(json, "error");
  return said ? said : text_of(json, "message");
}

static enum err_kind kind_of(int status) {
  return status == 401 || status == 403  ? ERR_DENIED
         : status == 504                 ? ERR_TIMEOUT
         : status < 500 && status != 408 ? ERR_INVALID
                                         : ERR_PROTOCOL;
}

static void status_error(const struct web_request *request, const struct http_result *result,
                         const json_t *json, struct err *err) {
  const enum err_kind kind = kind_of(result->status);
  const char *said = said_in(json);
  if (said)
    err_set(err, kind, "%.*s (HTTP status %d)", SAID_MAX, said, result->status);
  else if (result->status == 401)
    err_set(err, kind,
            request->logs_in ? "the login was refused (HTTP status 401)"
                             : "it requires a login: set username and password, or token");
  else if (*result->location)
    err_set(err, kind, "HTTP status %d: it redirects to %.*s; set url to where its API is",
            result->status, SAID_MAX / 2, result->location);
  else
    err_set(err, kind, "it answered with HTTP status %d", result->status);
}

static json_t *parse(const struct web_request *request, const struct http_result *result,
                     struct err *err) {
  const struct json_limits limits = {.bytes = WEB_BODY_MAX,
                                     .values = 500000,
                                     .depth = 64,
                                     .as_reals = !request->exact,
                                     .without_nul = true};
  struct err where;
  json_t *json = json_tree_new(result->body, result->body_len, &limits, &where);
  if (!json && where.kind == ERR_LIMIT)
    err_set(err, ERR_LIMIT, "the answer is not read: %.150s", where.text);
  else if (!json && result->body_len > 0 && result->body[strspn(result->body, " \t\r\n")] == '<')
    err_set(err, ERR_PROTOCOL, "the answer is a web page and not JSON: does url lead to the API?");
  else if (!json)
    err_set(err, ERR_PROTOCOL, "the answer is not JSON: %.150s", where.text);
  return json;
}

static void take(const struct web_request *request, const struct http_result *result) {
  struct err err = {0}, unread = {0};
  const bool good = result->status >= 200 && result->status <= 299;
  json_t *json = NULL;
  if (!result->body_cut && (result->body_len > 0 || good) && !request->text &&
      result->status != 204)
    json = parse(request, result, &unread);
  if (!good)
    status_error(request, result, json, &err);
  else if (result->body_cut)
    err_set(&err, ERR_LIMIT, "the answer is longer than %zu MB", request->body_max >> 20);
  else
    err = unread;
  request->done(request->arg, &(struct web_answer){.status = result->status,
                                                   .json = json,
                                                   .text = result->body,
                                                   .text_len = result->body_len,
                                                   .date_s = result->date_s,
                                                   .answer_us = result->total_us,
                                                   .err = err.kind != ERR_NONE ? &err : NULL});
  json_decref(json);
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct web_request *request = arg;
  if (result)
    take(request, result);
  else
    request->done(request->arg, &(struct web_answer){.date_s = -1, .err = err});
  free(request);
}

struct web_request *web_ask(struct io *io, const struct target *target,
                            const struct web_query *query, web_cb done, void *arg) {
  struct web_request *request = mem_new(sizeof *request);
  const char *base = query->url ? query->url : target_text(target, "url");
  const char *username = target_text(target, "username"), *token = target_text(target, "token");
  size_t length = strlen(base);
  while (length > 0 && base[length - 1] == '/')
    length--;
  char *url = mem_printf("%.*s%s", (int)length, base, query->path);
  *request = (struct web_request){.text = query->text,
                                  .exact = query->exact,
                                  .body_max = query->body_max ? query->body_max : WEB_BODY_MAX,
                                  .logs_in = username || token,
                                  .done = done,
                                  .arg = arg};
  const struct http_query http = {.url = url,
                                  .ca_file = target_text(target, "ca_file"),
                                  .cert_file = target_text(target, "cert_file"),
                                  .key_file = target_text(target, "key_file"),
                                  .insecure = target_number(target, "insecure"),
                                  .username = username,
                                  .password = target_text(target, "password"),
                                  .bearer = token,
                                  .keep = !query->method && !query->json,
                                  .method = query->method,
                                  .json = query->json,
                                  .headers = query->headers,
                                  .header_count = query->header_count,
                                  .encoded = true,
                                  .body_max = request->body_max,
                                  .timeout_ms = query->timeout_ms > 1 ? query->timeout_ms : 1};
  request->http = http_send(io, &http, on_answer, request);
  free(url);
  return request;
}

void web_cancel(struct web_request *request) {
  http_cancel(request->http);
  free(request);
}
