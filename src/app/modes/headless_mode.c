#include "app/modes/headless_mode.h"

#include <stdio.h>
#include <unistd.h>

static void on_target(void *arg) {
  (void)arg;
}

static void on_asked(void *arg) {
  struct headless_mode *mode = arg;
  mode->asked = true;
  uv_stop(&mode->runtime->loop);
}

static bool is_asked(void *arg) {
  return ((struct headless_mode *)arg)->asked;
}

static void begin(struct headless_mode *mode) {
  struct scheduler_hooks hooks = {.arg = mode, .changed = on_target, .finished = on_asked};
  mode->scheduler = scheduler_new(&mode->runtime->io, &mode->headless.model, true, hooks);
  scheduler_start(mode->scheduler);
}

static void collect(void *arg) {
  struct headless_mode *mode = arg;
  begin(mode);
  headless_wait(&mode->headless, is_asked, mode);
}

static void look(void *arg) {
  struct headless_mode *mode = arg;
  if (mode->scheduler)
    scheduler_collect_slot(mode->scheduler, 0);
  else
    begin(mode);
}

void headless_mode_open(struct headless_mode *mode, struct runtime *runtime, struct config *config,
                        char *state, const struct target *target, const struct action_list *list,
                        bool read_only) {
  *mode = (struct headless_mode){.runtime = runtime};
  headless_open(&mode->headless, &(struct headless_options){.io = &runtime->io,
                                                            .config = config,
                                                            .state = state,
                                                            .target = target,
                                                            .read_only = read_only,
                                                            .actions = list->actions,
                                                            .collect = collect,
                                                            .look = look,
                                                            .arg = mode});
}

int headless_mode_close(struct headless_mode *mode, int status) {
  headless_close(&mode->headless);
  if (!runtime_close(mode->runtime, mode->scheduler)) {
    fflush(NULL);
    _exit(status); /* threads that still hang may use the model's targets, so these are not freed */
  }
  headless_fini(&mode->headless);
  return status;
}
