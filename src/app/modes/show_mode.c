#include "app/modes/show_mode.h"

#include "app/modes/show_row.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "collectors/collector.h"
#include "collectors/page.h"
#include "core/text/suggest.h"
#include "io/clock.h"
#include "report/page.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct show {
  struct runtime *runtime;
  const struct options *options;
  struct model model;
  struct scheduler *scheduler;
  size_t awaited;   /* the state whose results are awaited */
  uint32_t samples; /* so many of them: for a duration two, even on a slow machine */
  bool over;        /* its duration, if it has one */
  bool collected;   /* the rows of which one is named */
};

int show_list(const struct options *options) {
  struct report_text_options text = print_options(options);
  const bool written = print_end(options->json ? report_pages_json(stdout, page_specs)
                                               : report_pages_text(stdout, page_specs, &text));
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- what is asked for */

static const struct page_spec *spec_find(const char *id, struct err *err) {
  struct suggestion suggestion = {0};
  const struct page_spec *spec = page_find(page_specs, id);
  for (const struct page_spec *const *each = page_specs; *each; each++)
    suggest_consider(&suggestion, id, (*each)->id);
  if (!spec)
    err_set(err, ERR_INVALID, "unknown page \"%.64s\"%s (`stacktop show` lists the pages)", id,
            suggest_text(&suggestion));
  return spec;
}

/* "NAME" or "KIND:NAME". */
static bool is_named(const struct target *target, const char *name) {
  const size_t kind = strlen(target->kind->kind);
  return strcmp(target->name, name) == 0 ||
         (strncmp(name, target->kind->kind, kind) == 0 && name[kind] == ':' &&
          strcmp(name + kind + 1, target->name) == 0);
}

/* "ecap, reports": as many as fit. */
static const char *names_of(const struct config *config, const char *kind, char *out, size_t size) {
  *out = '\0';
  for (size_t i = 0; i < config->target_count; i++) {
    const size_t used = strlen(out);
    if (strcmp(config->targets[i]->kind->kind, kind) == 0)
      snprintf(out + used, size - used, "%s%s", used ? ", " : "", config->targets[i]->name);
  }
  return out;
}

static struct target *target_find(const struct config *config, const struct page_spec *spec,
                                  const char *name, struct err *err) {
  const struct target *other = NULL;
  char names[120];
  for (size_t i = 0; i < config->target_count; i++) {
    struct target *target = config->targets[i];
    if (!is_named(target, name))
      continue;
    if (strcmp(target->kind->kind, spec->kind) == 0)
      return target;
    other = target;
  }
  names_of(config, spec->kind, names, sizeof names);
  if (other)
    err_set(err, ERR_INVALID, "%s is for targets of the kind %s, but %.48s is of the kind %s%s%s",
            spec->id, spec->kind, name, other->kind->kind, *names ? "; there are: " : "", names);
  else
    err_set(err, ERR_INVALID, "no target of the kind %s is named \"%.48s\"; %s%s", spec->kind, name,
            *names ? "there are: " : "the configuration has none", names);
  return NULL;
}

/* The only target from now on. */
static void config_keep(struct config *config, const struct target *target) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i] == target)
      config->targets[0] = config->targets[i];
  config->target_count = 1;
}

/* ---- collecting */

static bool has_answered(const struct show *show) {
  const struct target_state *state = &show->model.targets[show->awaited];
  return state->samples >= show->samples || state->failures > 0;
}

static void on_changed(void *arg) {
  struct show *show = arg;
  if (show->over && has_answered(show))
    uv_stop(&show->runtime->loop);
}

static void on_over(uv_timer_t *timer) {
  struct show *show = timer->data;
  show->over = true;
  on_changed(show);
}

/* Until the state has its answers, and for the duration. */
static void wait_for(struct show *show, size_t state, int64_t duration_ms) {
  uv_timer_t timer;
  show->awaited = state;
  show->samples = duration_ms > 0 ? 2 : 1;
  show->over = duration_ms == 0;
  uv_timer_init(&show->runtime->loop, &timer);
  timer.data = show;
  if (duration_ms > 0)
    uv_timer_start(&timer, on_over, (uint64_t)duration_ms, 0);
  if (!show->over || !has_answered(show))
    uv_run(&show->runtime->loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(&show->runtime->loop, UV_RUN_NOWAIT); /* it is this function's */
}

/* Whether its result is usable. */
static bool is_good(const struct show *show, size_t state, struct err *err) {
  const struct target_state *found = &show->model.targets[state];
  if (found->err.kind != ERR_NONE)
    *err = found->err;
  return found->err.kind == ERR_NONE;
}

static size_t page_open(struct show *show, const struct page_spec *spec, const char *table,
                        const char *key, const char *label) {
  const size_t state = model_page_open(&show->model, 0, spec, table, key, label);
  const struct options *options = show->options;
  struct target_state *opened = &show->model.targets[state];
  const int64_t half_ms = options->duration_ms / 2; /* at least two collections within it */
  if (half_ms > 0 && (spec->interval_ms == 0 || half_ms < spec->interval_ms))
    opened->interval_ms = half_ms;
  opened->timeout_ms = options->timeout_ms;
  opened->once = options->duration_ms == 0;
  opened->focus.printed = true;
  if (options->limit > 0)
    opened->focus.rows = (size_t)options->limit;
  return state;
}

/* Whether the target itself has the table of the rows. */
static bool is_of_target(const struct page_spec *spec) {
  const struct collector *collector = collector_find(spec->kind);
  for (size_t i = 0; i < collector->table_count; i++)
    if (strcmp(collector->tables[i]->id, spec->row_of) == 0)
      return true;
  return false;
}

/* A page of the target whose table has the rows; NULL: none. */
static const struct page_spec *page_with(const struct page_spec *spec) {
  for (const struct page_spec *const *each = page_specs; *each; each++)
    for (size_t i = 0; i < (*each)->table_count; i++)
      if (!(*each)->row_of && strcmp((*each)->kind, spec->kind) == 0 &&
          strcmp((*each)->tables[i]->id, spec->row_of) == 0)
        return *each;
  return NULL;
}

/* The target, collected once; false with err if there is no such data. */
static bool target_collect(struct show *show, struct err *err) {
  scheduler_start(show->scheduler);
  wait_for(show, 0, 0);
  return is_good(show, 0, err);
}

static bool page_collect(struct show *show, const struct page_spec *page, struct err *err) {
  const size_t state = page_open(show, page, NULL, NULL, NULL);
  show->model.targets[state].once = true;
  scheduler_page_open(show->scheduler, state, true);
  wait_for(show, state, 0);
  return is_good(show, state, err);
}

/* The row of that name: of the target, where it has the table, otherwise of a page that has it. A
 * page may have a part of the target's rows, such as those sessions that wait. */
static const struct row *row_collect(struct show *show, const struct page_spec *spec,
                                     const char *name, struct err *err) {
  const struct page_spec *page = is_of_target(spec) ? NULL : page_with(spec);
  if (!(page ? page_collect(show, page, err) : target_collect(show, err)))
    return NULL;
  show->collected = true;
  return show_row(model_table(&show->model, 0, spec->row_of), spec->row_of, name, err);
}

/* The order that --sort names, else the page's own; false with err. */
static bool sort_take(struct show *show, size_t state, struct err *err) {
  struct target_state *opened = &show->model.targets[state];
  const struct page_spec *spec = opened->page;
  const struct table_spec *table = show_table(spec, show->options->table, err);
  if (!table)
    return false;
  return !show->options->sort || show_sort(&opened->focus, spec, table, show->options->sort, err);
}

/* Exit status of what was found; err says why there is nothing to print. */
static int show_print(struct show *show, size_t state, struct err *err) {
  const struct options *options = show->options;
  struct target_state *opened = &show->model.targets[state];
  const int64_t now_ms = clock_now_ms();
  struct report_text_options text = print_options(options);
  show->model.wall_offset_ms = clock_wall_offset_ms();
  const enum severity severity = model_target_severity(&show->model, state, now_ms);
  const struct table_spec *spec = show_table(opened->page, options->table, err);
  struct table *table = opened->sample && spec ? sample_table(opened->sample, spec->id) : NULL;
  if (table)
    show_arrange(table, &opened->focus, options->limit);
  bool written = true;
  if (options->json)
    written = report_page_json(stdout, &show->model, state, now_ms);
  else if (!options->csv)
    written = report_page_text(stdout, &show->model, state, now_ms, &text);
  else if (table && opened->err.kind == ERR_NONE)
    written = report_csv(stdout, table);
  if (opened->err.kind != ERR_NONE && (options->csv || options->json))
    error_print("%s: %s", opened->target->name, opened->err.text);
  return severity_exit(print_end(written) ? severity : severity_worse(severity, SEVERITY_UNKNOWN));
}

/* Exit status where there is no row of that name. The name is only wrong if all rows were read:
 * what a server that is partly away did not list is not known. err: which rows there are. */
static int no_row(const struct show *show, const struct page_spec *spec, const char *row,
                  struct err *err) {
  const struct target_state *state = &show->model.targets[show->awaited];
  enum severity severity = SEVERITY_UNKNOWN;
  const char *why = NULL;
  if (!row || !state->sample || !show_is_incomplete(state->sample, spec->row_of, &why, &severity))
    return EXIT_USAGE_BAD;
  err_set(err, ERR_PROTOCOL, "%s: not known whether there is a row \"%.48s\" of %s: %s",
          state->target->name, row, spec->row_of, why);
  return severity_exit(severity);
}

/* The page about that row (NULL: about the target), collected and printed; unless gone is set to
 * true, because there is no such row (gone may be NULL). */
static int show_row_of(struct show *show, const struct page_spec *spec, const char *key,
                       const char *label, bool *gone, struct err *err) {
  const size_t state = page_open(show, spec, key ? spec->row_of : NULL, key, label);
  if (!sort_take(show, state, err))
    return EXIT_USAGE_BAD;
  scheduler_page_open(show->scheduler, state, show->options->duration_ms == 0);
  wait_for(show, state, show->options->duration_ms);
  if (gone)
    *gone = show->model.targets[state].err.kind == ERR_INVALID;
  return gone && *gone ? EXIT_USAGE_BAD : show_print(show, state, err);
}

/* A row that may exist though it was not listed: the page about it finds out. Frees the key. */
static int show_unlisted(struct show *show, const struct page_spec *spec, const char *row,
                         char *key, struct err *err) {
  const struct err not_listed = *err;
  struct err own = {0};
  bool gone = false;
  const int status = show_row_of(show, spec, key, row, &gone, &own);
  *err = gone ? not_listed : own;
  free(key);
  return status;
}

static int show_page(struct show *show, const struct page_spec *spec, const char *row,
                     struct err *err) {
  const struct row *found = NULL;
  const char *key = spec->named ? row : NULL;
  char buffer[SHOW_LABEL_MAX];
  const char *label = key;
  if (spec->row_of && !key) {
    found = row_collect(show, spec, row, err);
    if (!found && !show->collected)
      return severity_exit(model_err_is_outage(err) ? SEVERITY_CRIT : SEVERITY_UNKNOWN);
    char *unlisted = !found && row && spec->key_of_name ? spec->key_of_name(row) : NULL;
    if (unlisted)
      return show_unlisted(show, spec, row, unlisted, err);
    if (!found)
      return no_row(show, spec, row, err);
    key = found->key;
    label = show_label(model_table(&show->model, 0, spec->row_of), found, buffer);
  }
  return show_row_of(show, spec, key, label, NULL, err);
}

static int refuse(struct runtime *runtime, struct config *config, const struct err *err) {
  error_print("%s", err->text);
  config_free(config);
  if (!runtime_close(runtime, NULL))
    _exit(EXIT_USAGE_BAD);
  return EXIT_USAGE_BAD;
}

int show_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct err err = {0};
  struct show show = {.runtime = runtime, .options = options};
  const char *row = options->word_count > 2 ? options->words[2] : NULL;
  const struct page_spec *spec = spec_find(options->words[0], &err);
  struct target *target = spec ? target_find(config, spec, options->words[1], &err) : NULL;
  if (spec && target && row && !spec->row_of)
    err_set(&err, ERR_INVALID, "%s is about the whole target: it takes no row (\"%.60s\")",
            spec->id, row);
  if (!spec || !target || err.kind != ERR_NONE)
    return refuse(runtime, config, &err);
  config_keep(config, target);
  if (options->timeout_ms)
    target->timeout_ms = options->timeout_ms;
  model_init(&show.model, config);
  show.model.pages = page_specs;
  model_ask_once(&show.model);
  struct scheduler_hooks hooks = {.arg = &show, .changed = on_changed, .finished = on_changed};
  show.scheduler = scheduler_new(&runtime->io, &show.model, true, hooks);
  const int status = show_page(&show, spec, row, &err);
  if (err.kind != ERR_NONE)
    error_print("%s", err.text);
  if (!runtime_close(runtime, show.scheduler)) {
    fflush(NULL);
    _exit(status); /* threads that still hang may use the model's targets, so these are not freed */
  }
  model_fini(&show.model);
  config_free(config);
  return status;
}
