#include "clients/docker/docker.h"

#include "core/json_tree.h"
#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A list of 1,000 containers with long labels is 2 MB. */
enum { BODY_MAX = 16 << 20 };
static const struct json_limits limits = {
    .bytes = BODY_MAX, .values = 500000, .depth = 64, .as_reals = true};

static const char unix_scheme[] = "unix://";
static const char default_socket[] = "/var/run/docker.sock";

struct docker_request {
  struct http_request *http;
  char socket[DOCKER_SOCKET_MAX];
  int64_t *engine_s;
  docker_cb done;
  bool (*stream)(void *arg, const char *bytes, size_t len); /* NULL: it is read as a whole */
  void *arg;
};

/* Whether host:port, or [v6]:port, has a port. */
static bool has_port(const char *authority) {
  const char *bracket = strchr(authority, ']');
  return strchr(bracket ? bracket : authority, ':');
}

/* The URL of "tcp://10.0.0.7:2376" or "https://10.0.0.7:2376". */
static bool url_make(char url[DOCKER_URL_MAX], const char *text, bool tls, struct err *err) {
  static const char tcp[] = "tcp://";
  const bool is_tcp = strncmp(text, tcp, strlen(tcp)) == 0;
  const char *rest = is_tcp ? text + strlen(tcp) : text;
  int length = (int)strlen(rest);
  while (length > 0 && rest[length - 1] == '/')
    length--;
  if (strchr(rest, '@') || strchr(rest, '?') || strchr(rest, '#'))
    return err_set(err, ERR_INVALID, "an endpoint has a host and a port only");
  const char *port = is_tcp && !has_port(rest) ? (tls ? ":2376" : ":2375") : "";
  const int written = snprintf(url, DOCKER_URL_MAX, "%s%.*s%s",
                               !is_tcp ? ""
                               : tls   ? "https://"
                                       : "http://",
                               length, rest, port);
  if (written >= DOCKER_URL_MAX)
    return err_set(err, ERR_INVALID, "longer than %d bytes", DOCKER_URL_MAX - 1);
  return http_url_check(url, err);
}

bool docker_endpoint_parse(const char *text, bool tls, struct docker_endpoint *endpoint,
                           struct err *err) {
  *endpoint = (struct docker_endpoint){0};
  if (strncmp(text, unix_scheme, strlen(unix_scheme)) == 0) {
    const char *path = text + strlen(unix_scheme);
    if (*path != '/' || strlen(path) >= sizeof endpoint->socket)
      return err_set(err, ERR_INVALID,
                     "not the path of a socket; use a form such as unix:///var/run/docker.sock");
    snprintf(endpoint->socket, sizeof endpoint->socket, "%s", path);
    snprintf(endpoint->url, sizeof endpoint->url, "http://localhost");
    return true;
  }
  if (strncmp(text, "tcp://", 6) != 0 && strncmp(text, "http://", 7) != 0 &&
      strncmp(text, "https://", 8) != 0)
    return err_set(err, ERR_INVALID,
                   "not an endpoint; use a form such as unix:///var/run/docker.sock or "
                   "tcp://10.0.0.7:2376 (ssh:// is not supported yet)");
  return url_make(endpoint->url, text, tls, err);
}

/* The sockets that engines make, the system's before the user's. */
static bool usual_socket(size_t index, char out[DOCKER_URL_MAX]) {
  static const char *const places[] = {default_socket, "/run/podman/podman.sock"};
  static const char *const of_user[] = {"docker.sock", "podman/podman.sock"};
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  if (index < 2)
    snprintf(out, DOCKER_URL_MAX, "%s", places[index]);
  else if (index < 4 && runtime && *runtime == '/')
    snprintf(out, DOCKER_URL_MAX, "%s/%s", runtime, of_user[index - 2]);
  else
    return false;
  return true;
}

static bool find_socket(char out[DOCKER_URL_MAX]) {
  char path[DOCKER_URL_MAX];
  for (size_t i = 0; usual_socket(i, path); i++)
    if (strlen(path) < DOCKER_SOCKET_MAX && access(path, F_OK) == 0) {
      snprintf(out, DOCKER_URL_MAX, "%s%.107s", unix_scheme, path);
      return true;
    }
  return false;
}

const char *docker_endpoint_usual(char out[DOCKER_URL_MAX]) {
  const char *host = getenv("DOCKER_HOST");
  if (host && *host)
    return host;
  if (!find_socket(out))
    snprintf(out, DOCKER_URL_MAX, "%s%s", unix_scheme, default_socket);
  return out;
}

bool docker_endpoint_exists(void) {
  char out[DOCKER_URL_MAX];
  const char *host = getenv("DOCKER_HOST");
  return (host && *host) || find_socket(out);
}

bool docker_path(char out[DOCKER_PATH_MAX], const char *before, const char *name,
                 const char *after) {
  size_t at = (size_t)snprintf(out, DOCKER_PATH_MAX, "%s", before);
  for (; *name && at + 4 < DOCKER_PATH_MAX; name++) {
    const unsigned char c = (unsigned char)*name;
    if (isalnum(c) || strchr("._-", c))
      out[at++] = (char)c;
    else
      at += (size_t)snprintf(out + at, DOCKER_PATH_MAX - at, "%%%02X", c);
  }
  if (*name || at + strlen(after) >= DOCKER_PATH_MAX)
    return false;
  snprintf(out + at, DOCKER_PATH_MAX - at, "%s", after);
  return true;
}

static enum err_kind kind_of(int status) {
  return status == 401 || status == 403 ? ERR_DENIED : status < 500 ? ERR_INVALID : ERR_PROTOCOL;
}

/* {"message": "No such container: api"}; Podman has the cause in "cause" beside it. */
static void status_error(int status, const json_t *json, struct err *err) {
  const char *message = json_string_value(json_object_get(json, "message"));
  if (message && *message)
    err_set(err, kind_of(status), "%.200s", message);
  else if (status == 304)
    err_set(err, kind_of(status), "nothing was done: it is in that state already");
  else
    err_set(err, kind_of(status), "the engine answered with HTTP status %d", status);
}

/* What an engine writes as \u0000 (a health check printed it, a label of an image has it) becomes
 * U+FFFD: jansson refuses it, and the whole document with it. */
static char *without_nul(const char *body, size_t len) {
  static const char nul[] = "u0000", stand_in[] = "ufffd";
  char *text = mem_new(len + 1);
  memcpy(text, body, len);
  for (size_t i = 0; i + 1 < len; i++) {
    if (text[i] != '\\')
      continue;
    i++; /* what is escaped is no escape itself */
    if (len - i >= strlen(nul) && memcmp(text + i, nul, strlen(nul)) == 0)
      memcpy(text + i, stand_in, strlen(stand_in));
  }
  return text;
}

static json_t *parse(const struct http_result *result, struct err *err) {
  if (result->body_cut) {
    err_set(err, ERR_LIMIT, "the answer is longer than %d MB", BODY_MAX >> 20);
    return NULL;
  }
  if (result->body_len == 0)
    return NULL;
  struct err where;
  char *text = without_nul(result->body, result->body_len);
  json_t *json = json_tree_new(text, result->body_len, &limits, &where);
  free(text);
  if (!json)
    err_set(err, where.kind == ERR_LIMIT ? ERR_LIMIT : ERR_PROTOCOL, "the answer is not %s: %.150s",
            where.kind == ERR_LIMIT ? "read" : "JSON", where.text);
  return json;
}

static void take(const struct docker_request *request, const struct http_result *result) {
  struct err err = {0};
  json_t *json = parse(result, &err);
  if (result->status < 200 || result->status > 299)
    status_error(result->status, json, &err);
  if (request->engine_s)
    *request->engine_s = result->date_s;
  request->done(request->arg, result->status, json, err.kind != ERR_NONE ? &err : NULL);
  json_decref(json);
}

bool docker_was_not_sent(const struct err *err) {
  return err->kind == ERR_REFUSED || err->kind == ERR_UNREACHABLE || err->kind == ERR_UNRESOLVED ||
         err->kind == ERR_DENIED || err->kind == ERR_IO;
}

/* What a socket's errors mean to a person. */
static const struct err *socket_error(const struct docker_request *request, const struct err *err,
                                      struct err *better) {
  if (!*request->socket)
    return err;
  if (err->kind == ERR_DENIED)
    err_set(better, ERR_DENIED, "no right to open %s; add the user to its group (docker)",
            request->socket);
  else if (err->kind == ERR_REFUSED)
    err_set(better, ERR_REFUSED, "no engine listens on %s", request->socket);
  else if (err->kind == ERR_IO && access(request->socket, F_OK) != 0)
    err_set(better, ERR_REFUSED, "%s does not exist; is the engine running?", request->socket);
  else
    return err;
  return better;
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct docker_request *request = arg;
  struct err better;
  if (result)
    take(request, result);
  else
    request->done(request->arg, 0, NULL, socket_error(request, err, &better));
  free(request);
}

static enum http_piece on_stream(void *arg, const char *bytes, size_t len) {
  const struct docker_request *request = arg;
  return request->stream(request->arg, bytes, len) ? HTTP_TAKEN : HTTP_LATER;
}

static struct docker_request *request_send(struct io *io, const struct docker_endpoint *endpoint,
                                           const struct docker_query *query,
                                           bool (*stream)(void *arg, const char *bytes, size_t len),
                                           docker_cb done, void *arg) {
  struct docker_request *request = mem_new(sizeof *request);
  *request = (struct docker_request){
      .engine_s = query->engine_s, .done = done, .stream = stream, .arg = arg};
  if (query->engine_s)
    *query->engine_s = -1;
  memcpy(request->socket, endpoint->socket, sizeof request->socket);
  char *url = mem_printf("%s%s", endpoint->url, query->path);
  const struct http_query http = {.url = url,
                                  .socket = *endpoint->socket ? endpoint->socket : NULL,
                                  .ca_file = endpoint->ca_file,
                                  .cert_file = endpoint->cert_file,
                                  .key_file = endpoint->key_file,
                                  .keep = !query->method && !stream,
                                  .stream = stream ? on_stream : NULL,
                                  .method = query->method,
                                  .json = query->json,
                                  .body_max = BODY_MAX,
                                  .timeout_ms = query->timeout_ms};
  request->http = http_send(io, &http, on_answer, request);
  free(url);
  return request;
}

struct docker_request *docker_ask(struct io *io, const struct docker_endpoint *endpoint,
                                  const struct docker_query *query, docker_cb done, void *arg) {
  return request_send(io, endpoint, query, NULL, done, arg);
}

struct docker_request *docker_stream(struct io *io, const struct docker_endpoint *endpoint,
                                     const struct docker_query *query,
                                     bool (*stream)(void *arg, const char *bytes, size_t len),
                                     docker_cb done, void *arg) {
  return request_send(io, endpoint, query, stream, done, arg);
}

void docker_resume(struct docker_request *request) {
  http_resume(request->http);
}

void docker_cancel(struct docker_request *request) {
  http_cancel(request->http);
  free(request);
}
