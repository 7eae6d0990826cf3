#include "clients/docker/docker_endpoint.h"

#include "clients/docker/docker_context.h"
#include "clients/docker/docker_ssh.h"
#include "io/http/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char unix_scheme[] = "unix://", ssh_scheme[] = "ssh://";
static const char default_socket[] = "/var/run/docker.sock";

static bool begins(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* ---- its forms */

/* Whether host:port, or [v6]:port, has a port. */
static bool has_port(const char *authority) {
  const char *bracket = strchr(authority, ']');
  return strchr(bracket ? bracket : authority, ':');
}

/* The URL of "tcp://10.0.0.7:2376" or "https://10.0.0.7:2376". */
static bool url_make(char url[DOCKER_URL_MAX], const char *text, bool tls, struct err *err) {
  static const char tcp[] = "tcp://";
  const bool is_tcp = begins(text, tcp);
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
  *endpoint = (struct docker_endpoint){.url = "http://localhost"};
  if (begins(text, unix_scheme)) {
    const char *path = text + strlen(unix_scheme);
    if (*path != '/' || strlen(path) >= sizeof endpoint->socket)
      return err_set(err, ERR_INVALID,
                     "not the path of a socket; use a form such as unix:///var/run/docker.sock");
    snprintf(endpoint->socket, sizeof endpoint->socket, "%s", path);
    return true;
  }
  if (begins(text, ssh_scheme)) {
    struct docker_ssh_login login;
    if (!docker_ssh_login_read(text + strlen(ssh_scheme), &login, err))
      return false;
    endpoint->ssh = true; /* as it is written: it identifies the engine in plans */
    return snprintf(endpoint->socket, sizeof endpoint->socket, "%s", text) < DOCKER_SOCKET_MAX ||
           err_set(err, ERR_INVALID, "longer than %d bytes", DOCKER_SOCKET_MAX - 1);
  }
  if (!begins(text, "tcp://") && !begins(text, "http://") && !begins(text, "https://"))
    return err_set(err, ERR_INVALID,
                   "not an endpoint; use a form such as unix:///var/run/docker.sock, "
                   "tcp://10.0.0.7:2376 or ssh://user@10.0.0.7");
  return url_make(endpoint->url, text, tls, err);
}

const char *docker_endpoint_place(const struct docker_endpoint *endpoint) {
  return *endpoint->socket ? endpoint->socket : endpoint->url;
}

bool docker_endpoint_is_local(const struct docker_endpoint *endpoint) {
  const char *scheme = strstr(endpoint->url, "://");
  const char *host = scheme ? scheme + 3 : endpoint->url;
  if (*endpoint->socket)
    return !endpoint->ssh;
  return begins(host, "127.") || begins(host, "localhost:") || begins(host, "[::1]:");
}

/* ---- where none is configured */

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

bool docker_endpoint_usual(size_t index, char out[DOCKER_SOCKET_MAX]) {
  char path[DOCKER_URL_MAX];
  *out = '\0';
  if (!usual_socket(index, path))
    return false;
  if (strlen(path) < DOCKER_SOCKET_MAX && access(path, F_OK) == 0)
    memcpy(out, path, strlen(path) + 1);
  return true;
}

static bool find_socket(char out[DOCKER_SOCKET_MAX]) {
  for (size_t i = 0; docker_endpoint_usual(i, out); i++)
    if (*out)
      return true;
  return false;
}

static const char *set_in_environment(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

bool docker_endpoint_exists(void) {
  char out[DOCKER_SOCKET_MAX];
  struct docker_context context;
  struct err err;
  if (set_in_environment("DOCKER_HOST") || find_socket(out))
    return true;
  return !docker_context_current(&context, &err) || *context.name; /* what is wrong is then shown */
}

/* ---- its certificates */

/* ca.pem, cert.pem and key.pem of a folder, as the docker command has them: without a pair for the
 * client it identifies itself by none. */
static bool take_folder(struct docker_endpoint *endpoint, const char *folder, const char *why,
                        struct err *err) {
  const struct {
    char *out;
    const char *name;
  } files[] = {{endpoint->ca_file, "ca.pem"},
               {endpoint->cert_file, "cert.pem"},
               {endpoint->key_file, "key.pem"}};
  for (size_t i = 0; i < 3; i++) {
    const int length = snprintf(files[i].out, DOCKER_FILE_MAX, "%s/%s", folder, files[i].name);
    if (length >= DOCKER_FILE_MAX)
      return err_set(err, ERR_INVALID, "%s: the path of a folder of certificates is too long", why);
    if (access(files[i].out, F_OK) != 0)
      *files[i].out = '\0';
  }
  if (!*endpoint->ca_file && !endpoint->insecure)
    return err_set(err, ERR_INVALID, "%s: there is no ca.pem in %.150s", why, folder);
  return (!*endpoint->cert_file == !*endpoint->key_file) ||
         err_set(err, ERR_INVALID, "%s: %.150s has only one of cert.pem and key.pem", why, folder);
}

static bool take_file(char out[DOCKER_FILE_MAX], const char *path, const char *option,
                      struct err *err) {
  return !path || snprintf(out, DOCKER_FILE_MAX, "%s", path) < DOCKER_FILE_MAX ||
         err_set(err, ERR_INVALID, "%s: longer than %d bytes", option, DOCKER_FILE_MAX - 1);
}

static bool take_named(struct docker_endpoint *endpoint, const struct docker_named *named,
                       struct err *err) {
  return take_file(endpoint->ca_file, named->ca_file, "ca_file", err) &&
         take_file(endpoint->cert_file, named->cert_file, "cert_file", err) &&
         take_file(endpoint->key_file, named->key_file, "key_file", err);
}

/* ---- where it is */

/* With the place of the text before what is wrong with it. */
static bool parse_at(const char *place, const char *text, bool tls,
                     struct docker_endpoint *endpoint, struct err *err) {
  struct err why;
  return docker_endpoint_parse(text, tls, endpoint, &why) ||
         err_set(err, why.kind, "%.100s: %.150s", place, why.text);
}

static bool is_tls(const struct docker_endpoint *endpoint) {
  return begins(endpoint->url, "https://");
}

/* The files of the environment, unless the configuration has its own. */
static bool of_environment(const char *host, const struct docker_named *named,
                           struct docker_endpoint *endpoint, struct err *err) {
  static const char verify[] = "DOCKER_TLS_VERIFY", certificates[] = "DOCKER_CERT_PATH";
  const bool wanted = set_in_environment(verify);
  char folder[DOCKER_CONTEXT_FOLDER_MAX];
  const char *path = set_in_environment(certificates);
  if (!parse_at("DOCKER_HOST", host, wanted || named->ca_file || named->cert_file, endpoint, err))
    return false;
  if (!wanted || !is_tls(endpoint) || named->ca_file || named->cert_file)
    return true;
  if (path)
    return take_folder(endpoint, path, certificates, err);
  return docker_context_folder(folder)
             ? take_folder(endpoint, folder, "DOCKER_TLS_VERIFY without DOCKER_CERT_PATH", err)
             : err_set(err, ERR_INVALID, "DOCKER_TLS_VERIFY is set, and DOCKER_CERT_PATH is not");
}

static bool of_context(const struct docker_context *context, struct docker_endpoint *endpoint,
                       struct err *err) {
  char place[DOCKER_CONTEXT_MAX + 32];
  snprintf(place, sizeof place, "docker context \"%.60s\"", context->name);
  if (!parse_at(place, context->host, *context->tls || context->insecure, endpoint, err))
    return false;
  endpoint->insecure = context->insecure;
  return !*context->tls || !is_tls(endpoint) || take_folder(endpoint, context->tls, place, err);
}

static bool find(const struct docker_named *named, struct docker_endpoint *endpoint,
                 struct err *err) {
  const char *host = set_in_environment("DOCKER_HOST");
  struct docker_context context;
  if (named->endpoint)
    return docker_endpoint_parse(named->endpoint, named->ca_file || named->cert_file, endpoint,
                                 err);
  if (host)
    return of_environment(host, named, endpoint, err);
  if (!docker_context_current(&context, err))
    return false;
  if (*context.name)
    return of_context(&context, endpoint, err);
  *endpoint = (struct docker_endpoint){.url = "http://localhost"};
  if (!find_socket(endpoint->socket))
    memcpy(endpoint->socket, default_socket, sizeof default_socket);
  return true;
}

bool docker_endpoint_find(const struct docker_named *named, struct docker_endpoint *endpoint,
                          struct err *err) {
  return find(named, endpoint, err) && take_named(endpoint, named, err);
}
