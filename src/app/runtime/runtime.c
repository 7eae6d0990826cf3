#include "app/runtime/runtime.h"

#include "app/runtime/ending.h"
#include "io/http/http.h"
#include "io/limit.h"
#include "io/net/resolve.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>

/* libuv aborts without its signal pipe, and ncurses reports an unknown terminal if it cannot open
 * the description: check the limit before both. */
bool runtime_init(struct runtime *runtime, struct err *err) {
  enum { FILES_MIN = 12 }; /* six of the loop, and those of the terminal, its screen and stderr */
  struct err why = {0};
  signal(SIGPIPE, SIG_IGN); /* a closed peer is an error of its connection */
  if (!limit_files_free(FILES_MIN, &why))
    return err_set(err, why.kind, "%.200s; %d more are required", why.text, FILES_MIN);
  const int status = uv_loop_init(&runtime->loop);
  if (status != 0)
    return err_set(err, ERR_IO, "cannot create an event loop: %s", uv_strerror(status));
  runtime->leftovers = (struct leftovers){0};
  runtime->io = (struct io){.loop = &runtime->loop, .leftovers = &runtime->leftovers};
  ending_guard(&runtime->leftovers);
  return true;
}

/* Handles that are still to close. */
struct closing {
  uv_timer_t ceiling;
  bool late;
};

static void on_ceiling(uv_timer_t *timer) {
  struct closing *closing = timer->data;
  closing->late = true;
  uv_stop(timer->loop);
}

static void on_scheduler_closed(void *arg) {
  struct runtime *runtime = arg;
  http_client_free(runtime->io.http);
  resolver_free(runtime->io.resolver);
  runtime->io.http = NULL;
  runtime->io.resolver = NULL;
}

/* In a debug build, lists the open handles: each has an owner that did not close it. */
static void handle_print(uv_handle_t *handle, void *arg) {
  (void)arg;
  fprintf(stderr, "stacktop: a %s handle is still open on the loop\n",
          uv_handle_type_name(uv_handle_get_type(handle)));
}

bool runtime_close(struct runtime *runtime, struct scheduler *scheduler) {
  struct closing closing = {0};
  uv_timer_init(&runtime->loop, &closing.ceiling);
  closing.ceiling.data = &closing;
  uv_unref((uv_handle_t *)&closing.ceiling);
  uv_update_time(&runtime->loop);
  uv_timer_start(&closing.ceiling, on_ceiling, RUNTIME_CLOSE_MS, 0);
  if (scheduler)
    scheduler_close(scheduler, on_scheduler_closed, runtime);
  else
    on_scheduler_closed(runtime);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  ending_clear(); /* of those that did not close in time */
  ending_unguard();
  if (closing.late)
    return false;
  uv_close((uv_handle_t *)&closing.ceiling, NULL);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  if (uv_loop_close(&runtime->loop) != 0) {
    uv_walk(&runtime->loop, handle_print, NULL);
    assert(!"a handle is still open at the end");
    return false;
  }
  return true;
}
