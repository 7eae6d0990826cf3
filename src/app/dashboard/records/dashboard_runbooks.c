#include "app/dashboard/records/dashboard_runbooks.h"

#include "app/modes/runbook/runbook_list.h"
#include "app/startup/runbook_files.h"
#include "collectors/lookup.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dry run takes as long as its slowest target, at most 15s for each condition. */
enum { AT_ONCE = 2, DRY_MS = 120000, ABANDON_MS = 20000, DRY_HEAD_MAX = 64 << 10, STATE_MAX = 200 };

/* ---- reading, on a thread */

struct task_run {
  char *id, *runbook, *state;
  bool offered;
};

struct task {
  struct worker_task task; /* first */
  uint32_t asked;
  char *state; /* directory; NULL: none */
  struct runbook_places places;
  struct runbook **runbooks;
  size_t count, invalid;
  struct task_run *runs; /* that are not over */
  size_t run_count;
};

static void runs_read(struct task *task) {
  struct err err;
  size_t count;
  char **ids = task->state ? runbook_file_list(task->state, &count, &err) : NULL;
  if (!ids)
    return;
  task->runs = mem_new((count + 1) * sizeof *task->runs);
  for (size_t i = 0; i < count; i++) {
    char state[STATE_MAX];
    struct runbook_file *file = runbook_file_open(task->state, ids[i], true, &err);
    if (file && !runbook_file_is_held(file) && runbook_list_state(file, state, sizeof state)) {
      const struct runbook_head *head = runbook_file_head(file);
      task->runs[task->run_count++] =
          (struct task_run){.id = mem_dup(head->id),
                            .runbook = mem_dup(head->runbook),
                            .state = mem_printf("%s, begun by %s", state, head->user)};
    }
    runbook_file_close(file);
    free(ids[i]);
  }
  free(ids);
}

static void task_work(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  /* Pages and actions are checked when it is run: a thread shares nothing with the configuration.
   */
  const struct runbook_schema schema = {.lookup = &collector_lookup};
  size_t count;
  char **names = runbook_names(&task->places, &count);
  task->runbooks = mem_new((count + 1) * sizeof(struct runbook *));
  for (size_t i = 0; i < count; i++) {
    struct runbook *runbook = runbook_load_quietly(&task->places, names[i], &schema);
    if (runbook)
      task->runbooks[task->count++] = runbook;
    else
      task->invalid++;
    free(names[i]);
  }
  free(names);
  runs_read(task);
}

static void task_drop(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  for (size_t i = 0; i < task->count; i++)
    runbook_free(task->runbooks[i]);
  for (size_t i = 0; i < task->run_count; i++) {
    free(task->runs[i].id);
    free(task->runs[i].runbook);
    free(task->runs[i].state);
  }
  runbook_places_fini(&task->places);
  free(task->runbooks);
  free(task->runs);
  free(task->state);
  free(task);
}

/* ---- what is offered */

static struct runbook_offer *offer_add(struct runbook_offers *offers) {
  offers->items = mem_resize(offers->items, (offers->count + 1) * sizeof *offers->items);
  return &offers->items[offers->count++];
}

static void offer_run(struct dashboard_runbooks *own, struct task_run *run, enum runbook_fit fit,
                      const char *title) {
  if (own->offers.count >= RUNBOOK_OFFERS_MAX)
    return;
  run->offered = true;
  *offer_add(&own->offers) = (struct runbook_offer){.fit = fit,
                                                    .name = mem_dup(run->runbook),
                                                    .title = mem_dup(title),
                                                    .run = mem_dup(run->id),
                                                    .run_state = mem_dup(run->state)};
}

/* The runbook, and each run of it that is not over. */
static void offer_runbook(struct dashboard_runbooks *own, struct task *task,
                          const struct runbook *runbook) {
  struct runbook_offer offer;
  if (own->offers.count + task->run_count >= RUNBOOK_OFFERS_MAX ||
      !runbook_match(runbook, own->model, &own->subject, clock_now_ms(), &offer))
    return;
  for (size_t i = 0; i < task->run_count; i++) {
    if (strcmp(task->runs[i].runbook, runbook->name) != 0)
      continue;
    offer_run(own, &task->runs[i], offer.fit, offer.title);
  }
  *offer_add(&own->offers) = offer;
}

static void subject_fini(struct runbook_subject *subject) {
  free((char *)subject->table);
  free((char *)subject->key);
  *subject = (struct runbook_subject){0};
}

void dashboard_runbooks_drop(struct dashboard_runbooks *own) {
  if (own->dry)
    child_cancel(own->dry);
  if (own->abandon)
    child_cancel(own->abandon);
  own->dry = own->abandon = NULL;
  own->asked++;
  runbook_offers_fini(&own->offers);
  subject_fini(&own->subject);
  own->model->runbooks = NULL;
}

static void task_done(struct worker_task *worker) {
  struct task *task = (struct task *)worker;
  struct dashboard_runbooks *own = worker->owner;
  if (task->asked == own->asked && own->model->runbooks) {
    own->offers.loading = false;
    own->offers.invalid = task->invalid;
    for (size_t i = 0; i < task->count; i++)
      offer_runbook(own, task, task->runbooks[i]);
    for (size_t i = 0; i < task->run_count; i++) /* those that lead from elsewhere */
      if (!task->runs[i].offered)
        offer_run(own, &task->runs[i], RUNBOOK_FITS_NOT, "a run that is not about this");
    runbook_offers_sort(&own->offers);
    if (own->offers.count == 0) {
      own->hooks.say(own->hooks.arg,
                     "No runbook leads from here: `stacktop runbook list` lists all");
      dashboard_runbooks_drop(own);
    }
    own->hooks.changed(own->hooks.arg);
  }
  task_drop(worker);
}

/* "main ecap-consumer-group". The caller frees it. */
static char *subject_text(const struct dashboard_runbooks *own) {
  const struct runbook_subject *subject = &own->subject;
  const char *target = own->model->targets[subject->target_index].target->name;
  const struct table *table =
      subject->key ? model_table(own->model, subject->target_index, subject->table) : NULL;
  const struct row *row = table ? table_find(table, subject->key) : NULL;
  const char *label = !row                               ? NULL
                      : row->cells[0].type == VALUE_TEXT ? row->cells[0].text
                                                         : row->key;
  char clean[STATE_MAX];
  if (!label || strcmp(label, target) == 0)
    return mem_dup(target);
  text_sanitize(clean, sizeof clean, label, strlen(label), own->options->no_unicode);
  return mem_printf("%s %s", target, clean);
}

static void offers_begin(struct dashboard_runbooks *own, const struct request *request) {
  const struct subject *subject = &request->subject;
  const char *key = subject->table && subject->key_count > 0 ? subject->keys[0] : NULL;
  struct err err;
  dashboard_runbooks_drop(own);
  own->subject = (struct runbook_subject){.target_index = subject->target_index,
                                          .table = key ? mem_dup(subject->table) : NULL,
                                          .key = key ? mem_dup(key) : NULL};
  own->offers.subject = subject_text(own);
  own->offers.loading = true;
  own->offers.refused = own->lock->why;
  own->model->runbooks = &own->offers;
  struct task *task = mem_new(sizeof *task);
  task->task =
      (struct worker_task){.work = task_work, .done = task_done, .drop = task_drop, .owner = own};
  task->asked = own->asked;
  task->state = own->state ? mem_dup(own->state) : NULL;
  runbook_places_init(&task->places, own->model->config);
  if (worker_start(own->pool, &task->task, &err))
    return;
  task_drop(&task->task);
  dashboard_runbooks_drop(own);
  own->hooks.say(own->hooks.arg, "The runbooks cannot be read: an earlier attempt still hangs");
}

/* ---- the one that is opened */

static void argv_make(const struct dashboard_runbooks *own, const struct runbook_offer *offer,
                      bool dry, struct own_argv *argv) {
  static const char *const dry_run[] = {"runbook", "run", "--dry-run", NULL};
  static const char *const run[] = {"runbook", "run", NULL};
  static const char *const resume[] = {"runbook", "resume", NULL};
  own_argv_init(argv, own->options, own->model->config->path,
                offer->run ? resume
                : dry      ? dry_run
                           : run);
  own_argv_add(argv, offer->run ? offer->run : offer->name);
  for (size_t i = 0; !offer->run && i < offer->word_count; i++)
    own_argv_add(argv, offer->words[i]);
}

static void on_dry(void *arg, const struct child_result *result, const struct err *err) {
  struct dashboard_runbooks *own = arg;
  own->dry = NULL;
  own->offers.dry = RUNBOOK_DRY_OVER;
  own->offers.text =
      result && result->output_len > 0
          ? mem_printf("%s%s%s", result->output, err ? "\n" : "", err ? err->text : "")
          : mem_printf("The dry run printed nothing: %s", err ? err->text : "");
  own->hooks.changed(own->hooks.arg);
}

static void offer_open(struct dashboard_runbooks *own, uint32_t index) {
  struct runbook_offers *offers = &own->offers;
  struct own_argv argv;
  if (index >= offers->count)
    return;
  if (own->dry)
    child_cancel(own->dry);
  own->dry = NULL;
  free(offers->text);
  offers->text = NULL;
  offers->opened = index;
  offers->dry = RUNBOOK_DRY_NONE;
  if (offers->items[index].run)
    return;
  argv_make(own, &offers->items[index], true, &argv);
  const struct child_query query = {
      .argv = argv.words, .head_max = DRY_HEAD_MAX, .timeout_ms = DRY_MS};
  offers->dry = RUNBOOK_DRY_RUNS;
  own->dry = child_start(own->io, &query, on_dry, own);
  own_argv_fini(&argv);
}

static void offer_start(struct dashboard_runbooks *own) {
  struct own_argv argv;
  char text[STATE_MAX];
  if (own->offers.opened >= own->offers.count)
    return;
  if (own->lock->why) {
    snprintf(text, sizeof text,
             "Not started: %s, and a run could change nothing. `:unlock` is for the dashboard only",
             own->lock->why);
    own->hooks.say(own->hooks.arg, text);
    return;
  }
  argv_make(own, &own->offers.items[own->offers.opened], false, &argv);
  own->hooks.start(own->hooks.arg, &argv);
  own_argv_fini(&argv);
  dashboard_runbooks_drop(own);
}

/* ---- a run that is abandoned */

static void on_abandoned(void *arg, const struct child_result *result, const struct err *err) {
  struct dashboard_runbooks *own = arg;
  char text[STATE_MAX];
  own->abandon = NULL;
  const char *said = result && result->output_len > 0 ? result->output : "";
  const size_t length = strcspn(said, "\n");
  if (err || !result)
    snprintf(text, sizeof text, "Not abandoned: %.150s", err ? err->text : "");
  else if (result->exit_code != 0)
    snprintf(text, sizeof text, "Not abandoned: %.*s", (int)(length < 150 ? length : 150), said);
  else
    snprintf(text, sizeof text, "%.*s", (int)(length < 150 ? length : 150), said);
  char clean[STATE_MAX];
  text_sanitize(clean, sizeof clean, text, strlen(text), own->options->no_unicode);
  dashboard_runbooks_drop(own);
  own->hooks.say(own->hooks.arg, clean);
  own->hooks.changed(own->hooks.arg);
}

static void offer_abandon(struct dashboard_runbooks *own) {
  static const char *const command[] = {"runbook", "abandon", NULL};
  const struct runbook_offers *offers = &own->offers;
  struct own_argv argv;
  char text[STATE_MAX];
  if (own->abandon || offers->opened >= offers->count || !offers->items[offers->opened].run)
    return;
  if (own->lock->why) {
    snprintf(text, sizeof text, "Not abandoned: %.150s", own->lock->why);
    own->hooks.say(own->hooks.arg, text);
    return;
  }
  own_argv_init(&argv, own->options, own->model->config->path, command);
  own_argv_add(&argv, offers->items[offers->opened].run);
  const struct child_query query = {.argv = argv.words, .timeout_ms = ABANDON_MS};
  own->abandon = child_start(own->io, &query, on_abandoned, own);
  own_argv_fini(&argv);
}

bool dashboard_runbooks_request(struct dashboard_runbooks *own, const struct request *request) {
  switch (request->kind) {
  case REQUEST_RUNBOOKS:
    offers_begin(own, request);
    return true;
  case REQUEST_RUNBOOKS_CLOSE:
    dashboard_runbooks_drop(own);
    return true;
  case REQUEST_RUNBOOK_OPEN:
    offer_open(own, request->operation);
    return true;
  case REQUEST_RUNBOOK_START:
    offer_start(own);
    return true;
  case REQUEST_RUNBOOK_ABANDON:
    offer_abandon(own);
    return true;
  default:
    return false;
  }
}

void dashboard_runbooks_open(struct dashboard_runbooks *own) {
  own->pool = worker_pool_new(own->io, AT_ONCE);
  worker_pool_keep_loop(own->pool, false);
}

static void on_closed(void *arg) {
  (void)arg;
}

void dashboard_runbooks_close(struct dashboard_runbooks *own) {
  dashboard_runbooks_drop(own);
  worker_pool_close(own->pool, on_closed, own);
}
