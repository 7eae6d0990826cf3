/* A cluster: workloads, pods, nodes and storage, with the warnings that say why.
 *
 * Objects are listed once and then watched (kubernetes_feed.h), so a collection asks the server for
 * its version only: that proves that it still answers, and says how fast. */
#include "collectors/frame.h"

#include "clients/kubernetes/kubernetes_target.h"
#include "clients/kubernetes/kubernetes_usage.h"
#include "collectors/kubernetes/kubernetes_rows.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, MARGIN_MIN_MS = 20, MARGIN_MAX_MS = 500, NAMESPACES_MAX = 16 };
enum { CLOCKS_DIFFER_S = 2, NO_METRICS_MS = 300000 };

static bool proxy_check(const char *text, struct err *err);

static const struct option options[] = {
    {.name = "context",
     .type = OPTION_TEXT,
     .help = "context of the kubeconfig; else its current one",
     .example = "ecap-staging"},
    {.name = "namespaces",
     .type = OPTION_LIST,
     .help = "only objects of these namespaces, at most 16; else of all",
     .example = "[ecap]"},
    {.name = "kubeconfig",
     .type = OPTION_TEXT,
     .help = "path of the kubeconfig; else as kubectl finds it ($KUBECONFIG, ~/.kube/config)"},
    {.name = "kubectl", .type = OPTION_TEXT, .help = "path of kubectl; else that of PATH"},
    {.name = "proxy",
     .type = OPTION_TEXT,
     .help = "URL of a kubectl proxy that runs already; else stacktop starts one",
     .example = "\"http://127.0.0.1:8001\"",
     .check = proxy_check},
};

struct watcher {
  struct watch watch; /* first */
  struct kubernetes_proxy *proxy;
  struct kubernetes_feed *feeds;
  size_t feed_count;
  int64_t metrics_again_ms; /* when metrics.k8s.io is asked for again */
  const char *no_metrics;   /* why it does not say what pods use; NULL: it does */

  /* The collection under way. */
  struct kubernetes_wait wait;
  bool waits;
  struct kubernetes_request *version, *ready, *metrics;
  struct err unready; /* why the server is not ready; ERR_NONE: it is, or does not say */
  size_t pending;     /* feeds that are being listed */
  int64_t sent_us, latency_us;
  double ahead_s; /* the server's clock before ours */
  char version_text[64];
  json_t *usage;
  size_t metrics_at; /* the namespace that is asked for */
};

static bool namespace_check(const char *text, struct err *err) {
  const size_t len = strlen(text);
  return (len > 0 && len < 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len) ||
         err_set(err, ERR_INVALID,
                 "\"%.64s\" is not a namespace; use lower-case letters, digits and '-'", text);
}

static bool proxy_check(const char *text, struct err *err) {
  const size_t len = strlen(text);
  if (len >= KUBERNETES_URL_MAX || (len > 0 && text[len - 1] == '/'))
    return err_set(err, ERR_INVALID, "not a URL such as http://127.0.0.1:8001, without a path");
  return http_url_check(text, err);
}

/* ---- its life */

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const struct option_value *namespaces = target_option(target, "namespaces");
  const struct kubernetes_login login = kubernetes_target_login(target);
  const size_t many = namespaces->item_count > 0 ? namespaces->item_count : 1;
  if (many > NAMESPACES_MAX)
    return err_set(err, ERR_INVALID, "more than %d namespaces; without any, all are watched",
                   NAMESPACES_MAX);
  for (size_t i = 0; i < namespaces->item_count; i++)
    if (!namespace_check(namespaces->items[i], err))
      return false;
  watcher->feeds = mem_new(KUBERNETES_WATCHED_COUNT * many * sizeof *watcher->feeds);
  for (size_t i = 0; i < KUBERNETES_WATCHED_COUNT; i++) {
    const bool once = kubernetes_kind_info((enum kubernetes_kind)i)->global;
    for (size_t k = 0; k < (once ? 1 : many); k++)
      feed_init(&watcher->feeds[watcher->feed_count++], watcher->watch.io, (enum kubernetes_kind)i,
                namespaces->item_count > 0 ? namespaces->items[k] : NULL);
  }
  watcher->proxy = kubernetes_proxy_take(watcher->watch.io, &login);
  return true;
}

static void end(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < watcher->feed_count; i++)
    feed_fini(&watcher->feeds[i]);
  watch_hold(&watcher->watch);
  kubernetes_proxy_release(watcher->proxy, watch_released, &watcher->watch);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  free(watcher->feeds);
}

static void drop_request(struct kubernetes_request **request) {
  if (*request)
    kubernetes_cancel(*request);
  *request = NULL;
}

/* The collection is over: what is still under way is given up. */
static void rest(void *self) {
  struct watcher *watcher = self;
  if (watcher->waits)
    kubernetes_proxy_cancel(watcher->proxy, &watcher->wait);
  watcher->waits = false;
  drop_request(&watcher->version);
  drop_request(&watcher->ready);
  drop_request(&watcher->metrics);
  for (size_t i = 0; i < watcher->feed_count; i++)
    feed_cancel(&watcher->feeds[i]);
  json_decref(watcher->usage);
  watcher->usage = NULL;
}

/* At the deadline: what it waited for. */
static void forget(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct err so_far = *err;
  if (err->kind != ERR_TIMEOUT)
    return;
  if (watcher->waits)
    err_set(err, ERR_TIMEOUT, "%.48s: kubectl proxy has not started%s%.150s", so_far.text,
            *kubernetes_proxy_words(watcher->proxy) ? ": " : "",
            kubernetes_proxy_words(watcher->proxy));
  else
    err_set(err, ERR_TIMEOUT, "%.48s from the API server", so_far.text);
}

/* ---- a collection */

static void finish_if_answered(struct watcher *watcher) {
  if (watcher->waits || watcher->version || watcher->ready || watcher->metrics ||
      watcher->pending > 0)
    return;
  struct sample *sample = kubernetes_sample(
      &(struct kubernetes_answers){.name = watcher->watch.target->name,
                                   .version = watcher->version_text,
                                   .latency_us = watcher->latency_us,
                                   .feeds = watcher->feeds,
                                   .feed_count = watcher->feed_count,
                                   .metrics = watcher->usage,
                                   .no_metrics = watcher->no_metrics,
                                   .now_s = (double)clock_wall_ms() / 1000 + watcher->ahead_s});
  const char *context = target_text(watcher->watch.target, "context");
  const char *proxy = target_text(watcher->watch.target, "proxy");
  if (watcher->unready.kind != ERR_NONE)
    sample_fault(sample, NULL, SEVERITY_CRIT, "%s", watcher->unready.text);
  sample->address = sample_copy(sample, proxy ? proxy : context ? context : "kubectl");
  watch_done(&watcher->watch, sample);
}

static void on_settled(void *arg) {
  struct watcher *watcher = arg;
  watcher->pending--;
  finish_if_answered(watcher);
}

static void take_usage(struct watcher *watcher, json_t *usage) {
  if (watcher->usage)
    json_array_extend(json_object_get(watcher->usage, "items"), json_object_get(usage, "items"));
  else
    watcher->usage = json_incref(usage);
}

static void on_metrics(void *arg, const struct kubernetes_answer *answer);

/* Of all namespaces, or of each: a right may be limited to it. False: there is no other one. */
static bool ask_for_metrics(struct watcher *watcher) {
  const struct watch *watch = &watcher->watch;
  const struct option_value *namespaces = target_option(watch->target, "namespaces");
  const int64_t left_ms = watch_end_ms(watch, MARGIN_MIN_MS, MARGIN_MAX_MS) - clock_now_ms();
  char path[KUBERNETES_PATH_MAX];
  const size_t at = watcher->metrics_at++;
  if (left_ms <= 0 || at >= (namespaces->item_count > 0 ? namespaces->item_count : 1))
    return false;
  const bool fits = namespaces->item_count > 0
                        ? kubernetes_path(path, KUBERNETES_METRICS_PATH "/namespaces/%s/pods",
                                          namespaces->items[at])
                        : kubernetes_path(path, KUBERNETES_METRICS_PATH "/pods");
  if (!fits)
    return false;
  watcher->watch.requests++;
  watcher->metrics = kubernetes_ask(watch->io, watcher->proxy,
                                    &(struct kubernetes_query){.path = path, .timeout_ms = left_ms},
                                    on_metrics, watcher);
  return true;
}

static void on_metrics(void *arg, const struct kubernetes_answer *answer) {
  struct watcher *watcher = arg;
  watcher->metrics = NULL;
  watcher->no_metrics = kubernetes_no_metrics(answer);
  if (watcher->no_metrics) {
    watcher->metrics_again_ms = clock_now_ms() + NO_METRICS_MS;
  } else {
    take_usage(watcher, answer->json);
    if (ask_for_metrics(watcher))
      return;
  }
  finish_if_answered(watcher);
}

static void take_clock(struct watcher *watcher, int64_t date_s) {
  const double ahead_s = (double)date_s - (double)clock_wall_ms() / 1000;
  const bool differ = ahead_s > CLOCKS_DIFFER_S || ahead_s < -CLOCKS_DIFFER_S;
  watcher->ahead_s = date_s >= 0 && differ ? ahead_s : 0;
}

static void on_version(void *arg, const struct kubernetes_answer *answer) {
  struct watcher *watcher = arg;
  const char *version = json_string_value(json_object_get(answer->json, "gitVersion"));
  struct err err;
  watcher->version = NULL;
  watcher->latency_us = clock_now_us() - watcher->sent_us;
  if (answer->err)
    err = *answer->err;
  else if (!version)
    err_set(&err, ERR_PROTOCOL, "the answer has no version; not an API server?");
  else
    err.kind = ERR_NONE;
  if (err.kind != ERR_NONE) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  snprintf(watcher->version_text, sizeof watcher->version_text, "%.60s", version);
  take_clock(watcher, answer->date_s);
  finish_if_answered(watcher);
}

/* Without etcd a server still answers /version, and its watches stay open without a word. A server
 * that does not have /readyz, or does not let us ask, says nothing by it. */
static void on_readiness(void *arg, const struct kubernetes_answer *answer) {
  struct watcher *watcher = arg;
  watcher->ready = NULL;
  if (answer->status >= 500 && answer->err)
    err_set(&watcher->unready, ERR_PROTOCOL,
            "the API server is not ready, and what it says may be out of date (kubectl get --raw "
            "/readyz)");
  finish_if_answered(watcher);
}

static void on_ready(void *arg, const struct err *err) {
  struct watcher *watcher = arg;
  struct watch *watch = &watcher->watch;
  const int64_t until_ms = watch_end_ms(watch, MARGIN_MIN_MS, MARGIN_MAX_MS);
  const int64_t left_ms = until_ms - clock_now_ms();
  watcher->waits = false;
  if (err) {
    watch_failed(watch, err);
    return;
  }
  watcher->sent_us = clock_now_us();
  watch->requests++;
  watcher->version = kubernetes_ask(
      watch->io, watcher->proxy,
      &(struct kubernetes_query){.path = "/version", .timeout_ms = left_ms}, on_version, watcher);
  watch->requests++;
  watcher->unready.kind = ERR_NONE;
  watcher->ready = kubernetes_ask(
      watch->io, watcher->proxy,
      &(struct kubernetes_query){.path = "/readyz", .timeout_ms = left_ms}, on_readiness, watcher);
  watcher->metrics_at = 0;
  if (clock_now_ms() >= watcher->metrics_again_ms)
    ask_for_metrics(watcher);
  for (size_t i = 0; i < watcher->feed_count; i++)
    if (!feed_refresh(&watcher->feeds[i], watcher->proxy, !watch->job->one_pass, until_ms,
                      on_settled, watcher)) {
      watcher->pending++;
      watch->requests++;
    }
}

static void ask(void *self) {
  struct watcher *watcher = self;
  watcher->pending = 0;
  watcher->waits = true;
  watcher->wait = (struct kubernetes_wait){.done = on_ready, .arg = watcher};
  kubernetes_proxy_wait(watcher->proxy, &watcher->wait);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .ask = ask,
                                         .rest = rest,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_kubernetes = {
    .kind = {.kind = "kubernetes",
             .key = "kubernetes",
             .title = "Kubernetes",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = kubernetes_tables,
    .table_count = KUBERNETES_TABLE_COUNT,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
