#include "clients/kubernetes/kubernetes_proxy.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MS = 250, PAUSE_MAX_MS = 30000, STEADY_MS = 60000 };

static const char ready_words[] = "Starting to serve on";

static const char FOLDER_NAME[] = "kubectl";

struct kubernetes_proxy {
  struct io *io;
  struct kubernetes_proxy *next;
  size_t users;
  char *kubectl, *context, *kubeconfig; /* NULL: default */
  char *url;
  struct folder folder;
  struct helper *helper; /* NULL: it does not run */
  bool ready;
  uv_timer_t timer; /* starts it, or answers those who wait, on the loop's thread */
  struct kubernetes_wait *waits;
  struct err failure; /* of the last start; ERR_NONE: none */
  int64_t started_ms, pause_ms, again_ms;
  char words[HELPER_LINE_MAX];
  void (*closed)(void *arg);
  void *closed_arg;
};

const char *kubernetes_proxy_line(const char *line) {
  static const char error[] = "error: ", while_proxying[] = "Error while proxying request: ";
  const bool has_heading = strchr("IWEF", *line) && *line && line[1] >= '0' && line[1] <= '9';
  const char *end = has_heading ? strstr(line, "] ") : NULL;
  if (end)
    line = end + 2;
  if (strncmp(line, error, strlen(error)) == 0)
    line += strlen(error);
  if (strncmp(line, while_proxying, strlen(while_proxying)) == 0)
    line += strlen(while_proxying);
  return line;
}

/* ---- one for each login */

static bool same(const char *one, const char *other) {
  return one && other ? strcmp(one, other) == 0 : one == other;
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

static void on_timer(uv_timer_t *timer);

struct kubernetes_proxy *kubernetes_proxy_take(struct io *io,
                                               const struct kubernetes_login *login) {
  for (struct kubernetes_proxy *proxy = io->kubernetes_proxies; proxy; proxy = proxy->next)
    if (same(proxy->kubectl, login->kubectl) && same(proxy->context, login->context) &&
        same(proxy->kubeconfig, login->kubeconfig) && same(proxy->url, login->proxy)) {
      proxy->users++;
      return proxy;
    }
  struct kubernetes_proxy *proxy = mem_new(sizeof *proxy);
  proxy->io = io;
  proxy->users = 1;
  proxy->kubectl = dup_or_null(login->kubectl);
  proxy->context = dup_or_null(login->context);
  proxy->kubeconfig = dup_or_null(login->kubeconfig);
  proxy->url = dup_or_null(login->proxy);
  proxy->pause_ms = PAUSE_MS;
  uv_timer_init(io->loop, &proxy->timer);
  proxy->timer.data = proxy;
  proxy->next = io->kubernetes_proxies;
  io->kubernetes_proxies = proxy;
  return proxy;
}

static void on_timer_closed(uv_handle_t *handle) {
  struct kubernetes_proxy *proxy = handle->data;
  void (*closed)(void *arg) = proxy->closed;
  void *arg = proxy->closed_arg;
  free(proxy->kubectl);
  free(proxy->context);
  free(proxy->kubeconfig);
  free(proxy->url);
  free(proxy);
  if (closed)
    closed(arg);
}

static void on_helper_closed(void *arg) {
  struct kubernetes_proxy *proxy = arg;
  folder_remove(&proxy->folder, proxy->io);
  uv_close((uv_handle_t *)&proxy->timer, on_timer_closed);
}

void kubernetes_proxy_release(struct kubernetes_proxy *proxy, void (*closed)(void *arg),
                              void *arg) {
  if (--proxy->users > 0) {
    if (closed)
      closed(arg);
    return;
  }
  struct kubernetes_proxy **link = &proxy->io->kubernetes_proxies;
  while (*link != proxy)
    link = &(*link)->next;
  *link = proxy->next;
  proxy->closed = closed;
  proxy->closed_arg = arg;
  uv_timer_stop(&proxy->timer);
  if (proxy->helper)
    helper_stop(proxy->helper, on_helper_closed, proxy);
  else
    on_helper_closed(proxy);
}

/* ---- those who wait */

static void answer_all(struct kubernetes_proxy *proxy, const struct err *err) {
  struct kubernetes_wait *wait = proxy->waits;
  proxy->users++; /* a callback may release it */
  proxy->waits = NULL;
  while (wait) {
    struct kubernetes_wait *next = wait->next;
    wait->done(wait->arg, err);
    wait = next;
  }
  kubernetes_proxy_release(proxy, NULL, NULL);
}

void kubernetes_proxy_wait(struct kubernetes_proxy *proxy, struct kubernetes_wait *wait) {
  wait->next = proxy->waits;
  proxy->waits = wait;
  if (!proxy->helper || proxy->ready)
    uv_timer_start(&proxy->timer, on_timer, 0, 0);
}

void kubernetes_proxy_cancel(struct kubernetes_proxy *proxy, struct kubernetes_wait *wait) {
  for (struct kubernetes_wait **link = &proxy->waits; *link; link = &(*link)->next)
    if (*link == wait) {
      *link = wait->next;
      return;
    }
}

/* ---- its process */

static void on_line(void *arg, const char *line) {
  struct kubernetes_proxy *proxy = arg;
  if (strncmp(line, ready_words, strlen(ready_words)) == 0) {
    proxy->ready = true;
    proxy->failure = (struct err){0};
    answer_all(proxy, NULL);
    return;
  }
  snprintf(proxy->words, sizeof proxy->words, "%s", kubernetes_proxy_line(line));
}

static void on_ended(void *arg, const struct err *err) {
  struct kubernetes_proxy *proxy = arg;
  const int64_t now_ms = clock_now_ms();
  proxy->helper = NULL;
  proxy->ready = false;
  folder_remove(&proxy->folder, proxy->io);
  if (now_ms - proxy->started_ms >= STEADY_MS)
    proxy->pause_ms = PAUSE_MS;
  proxy->again_ms = now_ms + proxy->pause_ms;
  proxy->pause_ms = proxy->pause_ms * 2 < PAUSE_MAX_MS ? proxy->pause_ms * 2 : PAUSE_MAX_MS;
  if (*proxy->words)
    err_set(&proxy->failure, ERR_REFUSED, "kubectl: %.200s", proxy->words);
  else
    err_set(&proxy->failure, ERR_REFUSED, "kubectl proxy %.100s", err->text);
  const struct err failure = proxy->failure;
  answer_all(proxy, &failure);
}

static bool start(struct kubernetes_proxy *proxy, struct err *err) {
  const char *kubectl = proxy->kubectl ? proxy->kubectl : "kubectl";
  char socket[FOLDER_PATH_MAX + 16];
  const char *argv[HELPER_ARGS_MAX] = {kubectl, "proxy", socket};
  size_t count = 3;
  if (!helper_check(kubectl, err))
    return false;
  folder_sweep_all(FOLDER_NAME);
  if (!folder_make(&proxy->folder, proxy->io, FOLDER_NAME, err))
    return false;
  char *context = mem_printf("--context=%s", proxy->context ? proxy->context : "");
  char *kubeconfig = mem_printf("--kubeconfig=%s", proxy->kubeconfig ? proxy->kubeconfig : "");
  snprintf(socket, sizeof socket, "--unix-socket=%s", proxy->folder.socket);
  if (proxy->context)
    argv[count++] = context;
  if (proxy->kubeconfig)
    argv[count++] = kubeconfig;
  *proxy->words = '\0';
  proxy->started_ms = clock_now_ms();
  proxy->helper = helper_start(
      proxy->io,
      &(struct helper_query){.argv = argv, .line = on_line, .ended = on_ended, .arg = proxy});
  free(context);
  free(kubeconfig);
  return true;
}

static void on_timer(uv_timer_t *timer) {
  struct kubernetes_proxy *proxy = timer->data;
  struct err err;
  if (proxy->url || proxy->ready) {
    answer_all(proxy, NULL);
  } else if (!proxy->helper && clock_now_ms() < proxy->again_ms) {
    err = proxy->failure;
    answer_all(proxy, &err);
  } else if (!proxy->helper && !start(proxy, &err)) {
    answer_all(proxy, &err);
  }
}

const char *kubernetes_proxy_socket(const struct kubernetes_proxy *proxy) {
  return proxy->url ? NULL : proxy->folder.socket;
}

const char *kubernetes_proxy_url(const struct kubernetes_proxy *proxy) {
  return proxy->url ? proxy->url : "http://localhost";
}

const char *kubernetes_proxy_words(const struct kubernetes_proxy *proxy) {
  return proxy->words;
}
