#include "app/modes/headless_mode.h"

#include "app/runtime/print.h"
#include "collectors/collector.h"
#include "collectors/page.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_target(void *arg) {
  struct headless_mode *mode = arg;
  uv_stop(&mode->runtime->loop);
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

static bool has_table(const struct table_spec *const *tables, size_t count, const char *id) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(tables[i]->id, id) == 0)
      return true;
  return false;
}

const struct page_spec *headless_mode_page(const struct action_spec *spec) {
  const struct collector *collector = collector_find(spec->kind);
  if (!spec->table || !collector ||
      has_table(collector->tables, collector->table_count, spec->table))
    return NULL;
  for (const struct page_spec *const *each = page_specs; *each; each++)
    if (!(*each)->row_of && strcmp((*each)->kind, spec->kind) == 0 &&
        has_table((*each)->tables, (*each)->table_count, spec->table))
      return *each;
  return NULL;
}

static bool is_page_asked(void *arg) {
  const struct headless_mode *mode = arg;
  const struct target_state *state = &mode->headless.model.targets[mode->page_state];
  return state->samples > 0 || state->failures > 0;
}

static void page_collect(struct headless_mode *mode) {
  struct model *model = &mode->headless.model;
  model->pages = page_specs;
  mode->page_state = model_page_open(model, 0, mode->page, NULL, NULL, NULL);
  model->targets[mode->page_state].once = true;
  scheduler_page_open(mode->scheduler, mode->page_state, true);
  headless_wait(&mode->headless, is_page_asked, mode);
  const struct target_state *state = &model->targets[mode->page_state];
  if (state->err.kind != ERR_NONE)
    error_print("%s: %s: %s", state->target->name, mode->page->id, state->err.text);
}

static void collect(void *arg) {
  struct headless_mode *mode = arg;
  begin(mode);
  headless_wait(&mode->headless, is_asked, mode);
  if (mode->page && mode->headless.model.targets[0].sample)
    page_collect(mode);
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
