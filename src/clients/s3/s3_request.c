#include "clients/s3/s3_request.h"

#include "clients/s3/s3_words.h"
#include "core/mem.h"
#include "io/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443, URL_PATH_MAX = 3 * S3_KEY_MAX + S3_PATH_MAX };

struct s3_request {
  struct http_request *http;
  const struct s3_client *client;
  bool raw;
  s3_cb done;
  void *arg;
};

bool s3_client_init(struct s3_client *client, struct io *io, const struct target *target,
                    struct err *err) {
  const char *url = target_text(target, "url");
  struct http_place place;
  if (!http_place_read(url, &place, err))
    return false;
  *client = (struct s3_client){
      .io = io,
      .target = target,
      .tls = place.tls,
      .by_host = strcmp(target_text(target, "style"), "virtual") == 0,
      .login = {.access_key = target_text(target, "access_key"),
                .secret_key = target_text(target, "secret_key"),
                .session_token = target_text(target, "session_token"),
                .region = target_text(target, "region")},
  };
  const bool v6 = strchr(place.host, ':');
  const int length = snprintf(client->host, sizeof client->host, "%s%s%s", v6 ? "[" : "",
                              place.host, v6 ? "]" : "");
  if (place.port != (place.tls ? HTTPS_PORT : HTTP_PORT))
    snprintf(client->host + length, sizeof client->host - (size_t)length, ":%d", place.port);
  for (char *c = client->host; *c; c++) /* curl sends it as the URL has it */
    *c = (char)tolower((unsigned char)*c);
  const char *path = strstr(url, "://") + 3;
  path += strcspn(path, "/");
  size_t kept = strlen(path);
  while (kept > 0 && path[kept - 1] == '/')
    kept--;
  if (kept >= sizeof client->path)
    return err_set(err, ERR_INVALID, "the path of the URL is too long");
  memcpy(client->path, path, kept);
  return true;
}

/* ---- the answer */

const char *s3_header(const char *headers, const char *name, char *out, size_t size) {
  const size_t length = strlen(name);
  *out = '\0';
  for (const char *line = headers; line && *line;) {
    const size_t all = strcspn(line, "\r\n");
    if (all > length && line[length] == ':' && strncasecmp(line, name, length) == 0) {
      const size_t blanks = strspn(line + length + 1, " \t");
      snprintf(out, size, "%.*s", (int)(all - length - 1 - blanks), line + length + 1 + blanks);
    }
    line += all;
    line += strspn(line, "\r\n");
  }
  return out;
}

static bool is_page(const struct http_result *result) {
  const char *body = result->body + strspn(result->body, " \t\r\n");
  return strncasecmp(body, "<!doctype", 9) == 0 || strncasecmp(body, "<html", 5) == 0;
}

static void take(const struct s3_request *request, const struct http_result *result) {
  struct err err = {0};
  int64_t opened_us = result->tls_us > result->connect_us ? result->tls_us : result->connect_us;
  struct s3_answer answer = {.status = result->status,
                             .body = result->body,
                             .body_len = result->body_len,
                             .headers = result->headers,
                             .date_s = result->date_s,
                             .took_us = result->total_us - opened_us};
  s3_refusal_read("", 0, &answer.refusal);
  if (result->status < 200 || result->status > 299) {
    s3_refusal_read(result->body, result->body_len, &answer.refusal);
    if (!*answer.refusal.region)
      s3_header(result->headers, "x-amz-bucket-region", answer.refusal.region,
                sizeof answer.refusal.region);
    s3_words(&(struct s3_denial){.status = result->status,
                                 .refusal = &answer.refusal,
                                 .region = request->client->login.region,
                                 .location = result->location,
                                 .date_s = result->date_s,
                                 .now_ms = clock_wall_ms()},
             &err);
  } else if (!request->raw && is_page(result)) {
    err_set(&err, ERR_PROTOCOL, "the answer is a web page: does url lead to the S3 API?");
  } else if (result->body_cut) {
    err_set(&err, ERR_LIMIT, "the answer is longer than %d MB", S3_BODY_MAX >> 20);
  }
  answer.err = err.kind != ERR_NONE ? &err : NULL;
  request->done(request->arg, &answer);
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct s3_request *request = arg;
  if (result) {
    take(request, result);
  } else {
    struct s3_answer answer = {.date_s = -1, .err = err};
    s3_refusal_read("", 0, &answer.refusal);
    request->done(request->arg, &answer);
  }
  free(request);
}

/* ---- the question */

struct shape {
  char host[S3_HOST_MAX + S3_BUCKET_MAX];
  char path[URL_PATH_MAX]; /* encoded */
};

static bool shape_make(const struct s3_client *client, const struct s3_query *query,
                       struct shape *shape, struct err *err) {
  const bool by_host = client->by_host && query->bucket;
  snprintf(shape->host, sizeof shape->host, "%s%s%s", by_host ? query->bucket : "",
           by_host ? "." : "", client->host);
  snprintf(shape->path, sizeof shape->path, "%s/%s", client->path,
           query->bucket && !by_host ? query->bucket : "");
  if (!query->key)
    return true;
  if (!by_host)
    strncat(shape->path, "/", 2);
  return s3_encode(shape->path, sizeof shape->path, query->key, true) ||
         err_set(err, ERR_INVALID, "the key of the object is too long");
}

static const char *method_of(const struct s3_query *query) {
  return query->method ? query->method : "GET";
}

static struct s3_request *request_send(const struct s3_client *client, const struct s3_query *query,
                                       const struct shape *shape, const struct s3_signed *signature,
                                       s3_cb done, void *arg) {
  const struct target *target = client->target;
  struct s3_request *request = mem_new(sizeof *request);
  struct http_header headers[5];
  size_t count = 0;
  const char *question = query->query ? query->query : "";
  char *url = mem_printf("%s://%s%s%s%s", client->tls ? "https" : "http", shape->host, shape->path,
                         *question ? "?" : "", question);
  if (query->body)
    headers[count++] = (struct http_header){"Content-Type", "text/plain"};
  if (signature) {
    headers[count++] = (struct http_header){"x-amz-content-sha256", signature->hash};
    headers[count++] = (struct http_header){"x-amz-date", signature->date};
    headers[count++] = (struct http_header){"Authorization", signature->authorization};
    if (client->login.session_token)
      headers[count++] = (struct http_header){"x-amz-security-token", client->login.session_token};
  }
  *request = (struct s3_request){.client = client, .raw = query->raw, .done = done, .arg = arg};
  request->http =
      http_send(client->io,
                &(struct http_query){.url = url,
                                     .ca_file = target_text(target, "ca_file"),
                                     .cert_file = target_text(target, "cert_file"),
                                     .key_file = target_text(target, "key_file"),
                                     .insecure = target_number(target, "insecure"),
                                     .keep = !query->method,
                                     .method = query->method,
                                     .body = query->body,
                                     .headers = headers,
                                     .header_count = count,
                                     .body_max = S3_BODY_MAX,
                                     .timeout_ms = query->timeout_ms > 1 ? query->timeout_ms : 1},
                on_answer, request);
  free(url);
  return request;
}

struct s3_request *s3_ask(const struct s3_client *client, const struct s3_query *query, s3_cb done,
                          void *arg, struct err *err) {
  struct shape shape;
  struct s3_signed signature = {0};
  const bool login = client->login.access_key && !query->anonymous;
  if (!shape_make(client, query, &shape, err))
    return NULL;
  const struct s3_signing signing = {.login = &client->login,
                                     .method = method_of(query),
                                     .host = shape.host,
                                     .path = shape.path,
                                     .query = query->query ? query->query : "",
                                     .body = query->body ? query->body : "",
                                     .time_s = clock_wall_ms() / 1000};
  if (login && !s3_sign(&signing, &signature, err))
    return NULL;
  struct s3_request *request =
      request_send(client, query, &shape, login ? &signature : NULL, done, arg);
  free(signature.authorization);
  return request;
}

void s3_cancel(struct s3_request *request) {
  http_cancel(request->http);
  free(request);
}
