#include "clients/docker/docker.h"

#include "clients/docker/docker_gate.h"
#include "clients/docker/docker_ssh.h"
#include "core/json/json_tree.h"
#include "core/mem.h"
#include "io/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A list of 1,000 containers with long labels is 2 MB. A health check may print NUL bytes. */
enum { BODY_MAX = 16 << 20 };
static const struct json_limits limits = {
    .bytes = BODY_MAX, .values = 500000, .depth = 64, .as_reals = true, .without_nul = true};

struct docker_request {
  struct io *io;
  struct http_request *http; /* NULL: it waits for its turn, or for what ssh says */
  struct docker_ssh *ssh;    /* NULL: it goes another way */
  struct docker_turn turn;
  struct http_query waiting; /* what is asked then; its texts are the request's */
  char *url;
  char socket[DOCKER_SOCKET_MAX];
  bool anonymous; /* with TLS, and without a certificate of its own */
  int64_t *engine_s;
  docker_cb done;
  bool (*stream)(void *arg, const char *bytes, size_t len); /* NULL: it is read as a whole */
  void *arg;
};

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

static json_t *parse(const struct http_result *result, struct err *err) {
  if (result->body_cut) {
    err_set(err, ERR_LIMIT, "the answer is longer than %d MB", BODY_MAX >> 20);
    return NULL;
  }
  if (result->body_len == 0)
    return NULL;
  struct err where;
  json_t *json = json_tree_new(result->body, result->body_len, &limits, &where);
  if (!json)
    err_set(err, where.kind == ERR_LIMIT ? ERR_LIMIT : ERR_PROTOCOL, "the answer is not %s: %.150s",
            where.kind == ERR_LIMIT ? "read" : "JSON", where.text);
  return json;
}

static void take(const struct docker_request *request, const struct http_result *result) {
  struct err err = {0};
  json_t *json = parse(result, &err);
  if (result->status == 400 && strstr(result->body, "to an HTTPS server"))
    err_set(&err, ERR_INVALID,
            "the engine accepts TLS only; set ca_file, or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH");
  else if (result->status < 200 || result->status > 299)
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

/* What a connection's errors mean to a person. With TLS 1.3 a server that misses the client's
 * certificate hangs up when that believes to be connected. */
static const struct err *connection_error(const struct docker_request *request,
                                          const struct err *err, struct err *better) {
  if (request->anonymous && err->kind == ERR_CLOSED) {
    err_set(better, ERR_CLOSED,
            "%.120s; if the engine requires a client certificate, set cert_file and key_file",
            err->text);
    return better;
  }
  if (!*request->socket || request->ssh)
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

static void request_free(struct docker_request *request) {
  docker_gate_leave(&request->turn);
  if (request->ssh)
    docker_ssh_release(request->ssh);
  free(request->url);
  free(request);
}

static void fail(void *arg, const struct err *err) {
  struct docker_request *request = arg;
  struct err better;
  request->done(request->arg, 0, NULL, connection_error(request, err, &better));
  request_free(request);
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct docker_request *request = arg;
  request->http = NULL;
  docker_gate_leave(&request->turn);
  if (!result && request->ssh) {
    docker_ssh_explain(request->ssh, err, fail, request);
    return;
  }
  if (!result) {
    fail(request, err);
    return;
  }
  take(request, result);
  request_free(request);
}

static enum http_piece on_stream(void *arg, const char *bytes, size_t len) {
  struct docker_request *request = arg;
  docker_gate_leave(&request->turn); /* of a stream: it has logged in */
  return request->stream(request->arg, bytes, len) ? HTTP_TAKEN : HTTP_LATER;
}

/* ---- by ssh: a question waits for its turn; a change never does */

static void on_turn(void *arg) {
  struct docker_request *request = arg;
  const int64_t left_ms = request->turn.end_ms - clock_now_ms();
  request->waiting.timeout_ms = left_ms > 1 ? left_ms : 1;
  request->http = http_send(request->io, &request->waiting, on_answer, request);
}

static void on_late(void *arg) {
  struct docker_request *request = arg;
  struct err err;
  err_set(&err, ERR_TIMEOUT, "%.100s: no connection was free in time (limit: %d by ssh)",
          request->socket, DOCKER_GATE_MAX);
  fail(request, &err);
}

static bool has_turn(struct docker_request *request, const struct docker_query *query,
                     const struct http_query *http) {
  request->turn = (struct docker_turn){.go = on_turn,
                                       .late = on_late,
                                       .arg = request,
                                       .end_ms = clock_now_ms() + query->timeout_ms,
                                       .brief = request->stream};
  request->waiting = *http;
  return query->method || docker_gate_enter(request->io, request->socket, &request->turn);
}

static const char *text_or_null(const char *text) {
  return *text ? text : NULL;
}

static struct docker_request *request_send(struct io *io, const struct docker_endpoint *endpoint,
                                           const struct docker_query *query,
                                           bool (*stream)(void *arg, const char *bytes, size_t len),
                                           docker_cb done, void *arg) {
  struct docker_request *request = mem_new(sizeof *request);
  *request = (struct docker_request){
      .io = io, .engine_s = query->engine_s, .done = done, .stream = stream, .arg = arg};
  if (query->engine_s)
    *query->engine_s = -1;
  memcpy(request->socket, endpoint->socket, sizeof request->socket);
  request->url = mem_printf("%s%s", endpoint->url, query->path);
  request->anonymous = strncmp(endpoint->url, "https", 5) == 0 && !*endpoint->cert_file;
  request->ssh = endpoint->ssh ? docker_ssh_new(io, endpoint->socket) : NULL;
  const struct http_query http = {.url = request->url,
                                  .socket = text_or_null(request->socket),
                                  .dial = request->ssh ? docker_ssh_dial(request->ssh) : NULL,
                                  .ca_file = text_or_null(endpoint->ca_file),
                                  .cert_file = text_or_null(endpoint->cert_file),
                                  .key_file = text_or_null(endpoint->key_file),
                                  .insecure = endpoint->insecure,
                                  .keep = !query->method && !stream,
                                  .stream = stream ? on_stream : NULL,
                                  .method = query->method,
                                  .json = query->json,
                                  .body_max = BODY_MAX,
                                  .timeout_ms = query->timeout_ms};
  if (!request->ssh || has_turn(request, query, &http))
    request->http = http_send(io, &http, on_answer, request);
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
  if (request->http)
    http_resume(request->http);
}

void docker_cancel(struct docker_request *request) {
  struct http_request *http = request->http;
  request_free(
      request); /* before: ssh ends at once with a connection that is not wanted any more */
  if (http)
    http_cancel(http);
}
