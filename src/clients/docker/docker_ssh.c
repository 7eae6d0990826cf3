#include "clients/docker/docker_ssh.h"

#include "core/mem.h"
#include "io/file/folder.h"
#include "io/helper.h"
#include "io/limit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* GRACE: for ssh to say why it ends, when its connection has. */
enum { GRACE_MS = 500 };

struct docker_ssh {
  struct http_dial dial;
  struct io *io;
  struct docker_ssh_login login;
  struct helper *helper; /* NULL: it does not run */
  uv_timer_t timer;      /* for a connection of curl's, then for what ssh says at its end */
  struct folder folder;
  int listener; /* -1: none */
  bool opened;  /* this request made a connection */
  bool open;    /* curl has its connection */
  bool wanted;  /* the request has not ended */
  bool stopped; /* the helper is killed, and not reaped yet */
  bool ended, freed;
  char words[HELPER_LINE_MAX]; /* the last line that it wrote */
  struct err failure;          /* of the request, or of the start */
  void (*explained)(void *arg, const struct err *err);
  void *arg;
};

/* ---- pure */

/* Letters that no shell reads, and that are no pattern of ssh's. A dash at the beginning would be
 * an option. */
static bool is_plain(const char *text, size_t len, const char *more) {
  for (size_t i = 0; i < len; i++)
    if (!isalnum((unsigned char)text[i]) && !strchr(more, text[i]))
      return false;
  return len > 0 && *text != '-';
}

static bool read_port(const char *text, char port[8]) {
  char *end;
  const long number = strtol(text, &end, 10);
  if (!isdigit((unsigned char)*text) || (*end && strcmp(end, "/") != 0) || number < 1 ||
      number > 65535)
    return false;
  snprintf(port, 8, "%ld", number);
  return true;
}

bool docker_ssh_login_read(const char *text, struct docker_ssh_login *login, struct err *err) {
  const char *at = strrchr(text, '@'), *host = at ? at + 1 : text;
  size_t user = at ? (size_t)(at - text) : 0, len = strcspn(host, ":/");
  const bool v6 = *host == '[';
  *login = (struct docker_ssh_login){0};
  if (v6) {
    host++;
    len = strcspn(host, "]");
  }
  const char *rest = host + len + (v6 && host[len]);
  if (memchr(text, ':', user))
    return err_set(err, ERR_INVALID, "ssh:// takes no password; ssh uses keys and its agent");
  const char *path = strchr(rest, '/');
  if (path && path[1])
    return err_set(err, ERR_INVALID,
                   "ssh:// takes no path; use ssh://user@host or "
                   "ssh://user@host:port");
  if ((v6 && host[len] != ']') || (at && !is_plain(text, user, "._-+")) ||
      !is_plain(host, len, v6 ? ".:" : "._-"))
    return err_set(err, ERR_INVALID, "not a user and a host; use a form such as ssh://user@host");
  if (*rest && rest != path && (*rest != ':' || !read_port(rest + 1, login->port)))
    return err_set(err, ERR_INVALID, "not a port from 1 to 65535");
  return snprintf(login->host, sizeof login->host, "%.*s%s%.*s", (int)user, text, at ? "@" : "",
                  (int)len, host) < DOCKER_SSH_HOST_MAX ||
         err_set(err, ERR_INVALID, "a user and a host of more than %d bytes",
                 DOCKER_SSH_HOST_MAX - 1);
}

/* What ssh, the shell on the other side and docker write where no request has reached an engine.
 * "Read from remote host ...: Connection timed out" is none of these: it had been connected. */
static const struct known {
  const char *words;
  enum err_kind kind;
  const char *hint; /* NULL: it says enough */
} known[] = {
    {"Host key verification failed", ERR_DENIED, "; log in with ssh once to accept its key"},
    {"Permission denied (", ERR_DENIED, "; ssh has to log in without a password"},
    {"Could not resolve hostname", ERR_UNRESOLVED, NULL},
    {"connect to host ", ERR_UNREACHABLE, NULL},
    {"connect: connection refused", ERR_REFUSED, "; is the engine running on that host?"},
    {"docker: command not found", ERR_REFUSED, "; docker has to be in PATH on that host"},
    {"docker: not found", ERR_REFUSED, "; docker has to be in PATH on that host"},
    {"permission denied while trying to connect", ERR_DENIED,
     "; its user needs the group docker on that host"},
    {"connect: permission denied", ERR_DENIED, "; its user needs the group docker on that host"},
    {"connect: no such file or directory", ERR_REFUSED, "; is the engine running on that host?"},
};

/* Without what the message has already: "deploy@10.0.0.7: Permission denied (publickey)." */
static const char *without_name(const struct docker_ssh_login *login, const char *words) {
  const size_t len = strlen(login->host);
  if (len > 0 && strncmp(words, login->host, len) == 0 && strncmp(words + len, ": ", 2) == 0)
    return words + len + 2;
  return strncmp(words, "ssh: ", 5) == 0 ? words + 5 : words;
}

/* What ssh says where one of the known words is in it; NULL: none of them is. */
static const struct known *known_of(const char *words) {
  for (size_t i = 0; *words && i < sizeof known / sizeof *known; i++)
    if (strcasestr(words, known[i].words))
      return &known[i];
  return NULL;
}

void docker_ssh_error(const struct docker_ssh_login *login, const char *words, bool ended,
                      const struct err *err, struct err *better) {
  const char *within = err->kind == ERR_TIMEOUT ? strstr(err->text, "within ") : NULL;
  char said[200] = "";
  words = without_name(login, words);
  const size_t len = strlen(words);
  const int shown = (int)(len > 0 && words[len - 1] == '.' ? len - 1 : len);
  if (*words)
    snprintf(said, sizeof said, "%s%.*s", within ? ": " : "", shown < 150 ? shown : 150, words);
  if (within) {
    err_set(better, ERR_TIMEOUT, "ssh %s: no answer %.30s%s", login->host, within, said);
    return;
  }
  const struct known *found = ended ? known_of(words) : NULL;
  if (found)
    err_set(better, strcasestr(words, "connection refused") ? ERR_REFUSED : found->kind,
            "ssh %.60s: %.130s%s", login->host, said, found->hint ? found->hint : "");
  else if (ended && *words)
    err_set(better, err->kind, "ssh %.60s: %s", login->host, said);
  else
    err_set(better, err->kind, "ssh %.60s: %.100s%s%.80s%s", login->host, err->text,
            *said ? " (" : "", said, *said ? ")" : "");
}

/* ---- its process */

static void on_freed(uv_handle_t *handle) {
  free(handle->data);
}

static void free_if_unused(struct docker_ssh *ssh) {
  if (ssh->wanted || ssh->open || ssh->helper || ssh->freed)
    return;
  ssh->freed = true;
  uv_close((uv_handle_t *)&ssh->timer, on_freed);
}

/* The callback may release it. */
static void tell(struct docker_ssh *ssh) {
  void (*explained)(void *arg, const struct err *err) = ssh->explained;
  struct err better;
  if (!explained)
    return;
  ssh->explained = NULL;
  docker_ssh_error(&ssh->login, ssh->words, ssh->ended, &ssh->failure, &better);
  explained(ssh->arg, &better);
}

static void on_reaped(void *arg) {
  struct docker_ssh *ssh = arg;
  ssh->helper = NULL;
  free_if_unused(ssh);
}

static void stop(struct docker_ssh *ssh) {
  if (!ssh->helper || ssh->stopped)
    return;
  ssh->stopped = true;
  helper_stop(ssh->helper, on_reaped, ssh);
}

static void on_grace_over(uv_timer_t *timer) {
  struct docker_ssh *ssh = timer->data;
  stop(ssh);
  tell(ssh);
}

static void on_line(void *arg, const char *line) {
  struct docker_ssh *ssh = arg;
  const size_t len = strcspn(line, "\r");
  snprintf(ssh->words, sizeof ssh->words, "%.*s", (int)len, line);
}

static void on_ended(void *arg, const struct err *err) {
  struct docker_ssh *ssh = arg;
  ssh->helper = NULL;
  ssh->ended = true;
  if (!*ssh->words)
    snprintf(ssh->words, sizeof ssh->words, "%s", err->text);
  tell(ssh);
  free_if_unused(ssh);
}

static void start(struct docker_ssh *ssh, int socket) {
  const char *argv[HELPER_ARGS_MAX] = {"ssh", "-T", "-o", "BatchMode=yes", "-o",
                                       /* it may use a shared connection, and not be one: it ends */
                                       "ControlMaster=no"};
  static const char *const command[] = {"docker", "system", "dial-stdio"};
  size_t count = 6;
  if (*ssh->login.port) {
    argv[count++] = "-p";
    argv[count++] = ssh->login.port;
  }
  argv[count++] = "--";
  argv[count++] = ssh->login.host;
  memcpy(argv + count, command, sizeof command);
  ssh->helper = helper_start(
      ssh->io, &(struct helper_query){
                   .argv = argv, .socket = socket, .line = on_line, .ended = on_ended, .arg = ssh});
}

/* ---- its connection: a listener in a private folder, for the moment in which curl connects */

static void listener_close(struct docker_ssh *ssh) {
  if (ssh->listener < 0)
    return;
  close(ssh->listener);
  folder_remove(&ssh->folder, ssh->io);
  ssh->listener = -1;
}

static bool listener_open(struct docker_ssh *ssh, struct sockaddr_un *address, struct err *err) {
  if (!folder_make(&ssh->folder, ssh->io, "ssh", err))
    return false;
  ssh->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (ssh->listener < 0) {
    const int error = errno;
    folder_remove(&ssh->folder, ssh->io);
    return limit_error(error, err) || err_set(err, ERR_IO, "no socket: %s", strerror(error));
  }
  snprintf(address->sun_path, sizeof address->sun_path, "%s", ssh->folder.socket);
  if (bind(ssh->listener, (const struct sockaddr *)address, sizeof *address) == 0 &&
      listen(ssh->listener, 1) == 0)
    return true;
  err_set(err, ERR_IO, "%s: %s", address->sun_path, strerror(errno));
  listener_close(ssh);
  return false;
}

/* curl has connected. */
static void on_connected(uv_timer_t *timer) {
  struct docker_ssh *ssh = timer->data;
  const int fd = accept4(ssh->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0)
    start(ssh, fd);
  else
    err_set(&ssh->failure, ERR_IO, "no connection to ssh: %s", strerror(errno));
  listener_close(ssh);
  if (fd >= 0)
    close(fd);
}

static bool on_open(void *arg, struct sockaddr_un *address) {
  struct docker_ssh *ssh = arg;
  if (ssh->opened || !helper_check("ssh", &ssh->failure) ||
      !listener_open(ssh, address, &ssh->failure))
    return false;
  ssh->opened = ssh->open = true;
  uv_timer_start(&ssh->timer, on_connected, 0, 0);
  return true;
}

static void on_closed(void *arg) {
  struct docker_ssh *ssh = arg;
  ssh->open = false;
  listener_close(ssh);
  if (ssh->wanted && ssh->helper)
    uv_timer_start(&ssh->timer, on_grace_over, GRACE_MS, 0);
  else
    stop(ssh);
  free_if_unused(ssh);
}

/* ---- for a request */

struct docker_ssh *docker_ssh_new(struct io *io, const char *place) {
  struct docker_ssh *ssh = mem_new(sizeof *ssh);
  struct err err;
  ssh->dial = (struct http_dial){.open = on_open, .closed = on_closed, .arg = ssh};
  ssh->io = io;
  ssh->listener = -1;
  ssh->wanted = true;
  if (!docker_ssh_login_read(place + strlen("ssh://"), &ssh->login, &err))
    *ssh->login.host = '\0'; /* which ssh refuses */
  uv_timer_init(io->loop, &ssh->timer);
  ssh->timer.data = ssh;
  return ssh;
}

const struct http_dial *docker_ssh_dial(const struct docker_ssh *ssh) {
  return &ssh->dial;
}

void docker_ssh_explain(struct docker_ssh *ssh, const struct err *err,
                        void (*done)(void *arg, const struct err *err), void *arg) {
  if (ssh->failure.kind != ERR_NONE) { /* it could not be started */
    const struct err failure = ssh->failure;
    done(arg, &failure);
    return;
  }
  if (!ssh->opened) { /* an earlier request's connection */
    const struct err copy = *err;
    done(arg, &copy);
    return;
  }
  ssh->failure = *err;
  ssh->explained = done;
  ssh->arg = arg;
  if (!ssh->helper || err->kind == ERR_TIMEOUT)
    tell(ssh);
  else
    uv_timer_start(&ssh->timer, on_grace_over, GRACE_MS, 0);
}

void docker_ssh_release(struct docker_ssh *ssh) {
  ssh->wanted = false;
  ssh->explained = NULL;
  if (!ssh->open) {
    uv_timer_stop(&ssh->timer);
    stop(ssh);
  }
  free_if_unused(ssh);
}
