#include "app/modes/serve_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http_serve.h"
#include "io/net/tcp.h"
#include "model/judge/model_evaluate.h"
#include "report/openmetrics/openmetrics.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIGNALS = 3 };

static const char listen_default[] = "127.0.0.1:9876";

struct serving {
  struct runtime *runtime;
  struct model model;
  struct http_serve *server;
  uv_signal_t signals[SIGNALS];
};

static void on_changed(void *arg) {
  struct serving *serving = arg;
  serving->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&serving->model, clock_now_ms(), false);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  uv_stop(handle->loop);
}

static void signals_begin(struct serving *serving) {
  static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < SIGNALS; i++) {
    uv_signal_init(&serving->runtime->loop, &serving->signals[i]);
    uv_signal_start(&serving->signals[i], on_signal, numbers[i]);
  }
}

/* Data that became old since the last collection is judged at the time of the answer. */
static void on_asked(void *arg, const struct http_asked *asked, struct http_reply *reply) {
  struct serving *serving = arg;
  FILE *out = open_memstream(&reply->text, &reply->length);
  if (!out)
    mem_failed();
  if (strcmp(asked->path, "/metrics") == 0) {
    on_changed(serving);
    reply->type = strstr(asked->accept, "application/openmetrics-text")
                      ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                      : "text/plain; version=0.0.4; charset=utf-8";
    (void)!report_openmetrics_write(out, &serving->model, clock_now_ms());
  } else {
    reply->status = strcmp(asked->path, "/") == 0 ? 200 : 404;
    fputs("stacktop: metrics are at /metrics\n", out);
  }
  if (fclose(out) != 0)
    mem_failed();
}

static bool server_open(struct serving *serving, const struct options *options, struct err *err) {
  const char *where = options->listen ? options->listen : listen_default;
  char host[HOST_MAX];
  bool loopback;
  int port;
  if (!tcp_address_split(where, host, &port, err) || !http_serve_address(host, &loopback, err))
    return false;
  if (!loopback && !options->allow_remote)
    return err_set(err, ERR_INVALID,
                   "--listen %.80s: others could read the metrics there, without a password; use "
                   "127.0.0.1:PORT, or add --allow-remote",
                   where);
  serving->server = http_serve_new(&serving->runtime->io, host, port, options->allow_remote,
                                   on_asked, serving, err);
  if (serving->server)
    fprintf(stderr, "stacktop: serving http://%s/metrics\n", where);
  return serving->server;
}

static int serve_refuse(struct runtime *runtime, struct config *config, const struct err *err) {
  const int status = err->kind == ERR_INVALID ? EXIT_USAGE_BAD : EXIT_FAILURE;
  error_print("%s", err->text);
  config_free(config);
  if (!runtime_close(runtime, NULL))
    _exit(status);
  return status;
}

int serve_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct serving serving = {.runtime = runtime};
  struct err err;
  if (!server_open(&serving, options, &err))
    return serve_refuse(runtime, config, &err);
  model_init(&serving.model, config);
  serving.model.wants_all_judged = true;
  const struct scheduler_hooks hooks = {.arg = &serving, .changed = on_changed};
  struct scheduler *scheduler = scheduler_new(&runtime->io, &serving.model, false, hooks);
  signals_begin(&serving);
  scheduler_start(scheduler);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  for (size_t i = 0; i < SIGNALS; i++)
    uv_close((uv_handle_t *)&serving.signals[i], NULL);
  http_serve_close(serving.server);
  if (!runtime_close(runtime, scheduler)) {
    fflush(NULL);
    _exit(EXIT_SUCCESS); /* threads that still hang may use the model's targets */
  }
  model_fini(&serving.model);
  config_free(config);
  return EXIT_SUCCESS;
}
