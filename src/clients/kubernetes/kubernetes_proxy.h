/* The way to an API server: `kubectl proxy` on a Unix socket in a private folder. Contexts, tokens,
 * client certificates and exec plug-ins are kubectl's, and no credential comes into this process.
 *
 * One process serves all who use the same login (the collector and the steps of actions). It is
 * started at first use and killed when the last user releases it; when it ends by itself it is
 * started again after a pause that grows from 250 ms to 30 s. */
#pragma once

#include "io/file/folder.h"

enum { KUBERNETES_URL_MAX = 256 };

/* Which cluster, and as whom. NULL: kubectl's own default. Borrowed for the call. */
struct kubernetes_login {
  const char *kubectl; /* the program; NULL: kubectl of PATH */
  const char *context, *kubeconfig;
  const char *proxy; /* URL of a `kubectl proxy` that runs already; NULL: one is started */
};

struct kubernetes_proxy;

/* Never NULL; nothing is started yet. */
struct kubernetes_proxy *kubernetes_proxy_take(struct io *io, const struct kubernetes_login *login);
/* Calls closed(arg), which may be NULL, at once or when its process has been reaped. */
void kubernetes_proxy_release(struct kubernetes_proxy *proxy, void (*closed)(void *arg), void *arg);

/* In the memory of who waits, until the callback or the cancel. */
struct kubernetes_wait {
  struct kubernetes_wait *next;
  void (*done)(void *arg, const struct err *err);
  void *arg;
};
/* Starts it unless it runs, and calls done once, never before this returns: with NULL when it can
 * be asked, or with what kubectl said. Waits as long as kubectl does: cancel it at a deadline. */
void kubernetes_proxy_wait(struct kubernetes_proxy *proxy, struct kubernetes_wait *wait);
void kubernetes_proxy_cancel(struct kubernetes_proxy *proxy, struct kubernetes_wait *wait);

const char *kubernetes_proxy_socket(const struct kubernetes_proxy *proxy); /* NULL: none, see url */
const char *kubernetes_proxy_url(const struct kubernetes_proxy *proxy);    /* "http://localhost" */
/* The last line that kubectl wrote, without its heading; "" before. */
const char *kubernetes_proxy_words(const struct kubernetes_proxy *proxy);

/* What a line of kubectl says, without klog's heading ("E1127 15:42:19.693431 22975
 * proxy_server.go:147] ") and "error: ". Pure. */
const char *kubernetes_proxy_line(const char *line);
