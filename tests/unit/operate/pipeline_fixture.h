/* A pipeline with actions of the test's own, on a hand-made model, with a real audit in a folder of
 * its own. */
#pragma once

#include "core/mem.h"
#include "io/clock.h"
#include "operate/pipeline/pipeline.h"
#include "support/core_test.h"

#include <sys/stat.h>
#include <unistd.h>

enum { FIXTURE_MS = 8000 };

/* ---- the model: a table of two columns, three rows */

static const struct column_spec pid_columns[] = {
    {.id = "name", .title = "NAME"},
    {.id = "age", .title = "AGE", .unit = UNIT_SECONDS},
};
static const struct table_spec pid_table = {
    .id = "sessions", .title = "Sessions", .columns = pid_columns, .column_count = 2};
static const struct table_spec *const pid_tables[] = {&pid_table};
static const struct target_kind pid_kind = {.kind = "fake", .key = "fakes", .title = "Fake"};
static const struct target_kind other_kind = {.kind = "other", .key = "others", .title = "Other"};

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  struct lock lock;
  struct audit *audit;
  struct pipeline *pipeline;
  char folder[64];
  char path[96];
  uv_timer_t patience;
  bool patience_closed;
  bool late;
  int changed, opened, collected;
};

/* How the fake actions are to behave, and what they have seen. Only one test runs in a process at a
 * time. */
static struct script {
  struct fixture *fixture;
  int applies_no; /* the refusal of the next applies */
  bool plan_no;   /* no plan */
  bool hang;      /* execute never ends by itself */
  bool batches;   /* 100 of 340 rows of the first object are done before */
  bool hang_verify;
  bool refuse; /* the second object is refused */
  bool err;    /* execute ends with an error after the first object */
  bool undo;
  int surveys, executions, verifications, cancels, drops;
  bool intent_first;           /* the intent was in the file when execute began */
  const struct plan *executed; /* the plan object that was executed */
  struct step_call *call;      /* running, when it hangs */
  uv_timer_t *turn;
  char param[64];     /* of the last plan */
  const char *output; /* what execute prints */
  bool output_private;
} script;

static inline char *file_text(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file)
    return mem_dup("");
  char *text = mem_new(1 << 20);
  text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
  fclose(file);
  return text;
}

static inline size_t count_of(const char *text, const char *needle) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, needle)); at += strlen(needle))
    count++;
  return count;
}

/* Lines of the audit that contain both. */
static inline size_t audited(const struct fixture *f, const char *one, const char *two) {
  char *text = file_text(f->path), *save = NULL;
  size_t count = 0;
  for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
    count += strstr(line, one) && strstr(line, two);
  free(text);
  return count;
}

/* ---- steps: each ends in a later iteration of the loop */

static void turn_closed(uv_handle_t *handle) {
  free(handle);
}

static void later(struct step_call *call, uv_timer_cb callback) {
  uv_timer_t *timer = mem_new(sizeof *timer);
  uv_timer_init(call->io->loop, timer);
  timer->data = call;
  script.turn = timer;
  uv_timer_start(timer, callback, 1, 0);
}

static struct step_call *turn_end(uv_timer_t *timer) {
  struct step_call *call = timer->data;
  script.turn = NULL;
  uv_close((uv_handle_t *)timer, turn_closed);
  return call;
}

static void fake_drop(struct step_call *call) {
  (void)call;
  script.drops++;
  script.call = NULL;
  if (script.turn)
    uv_close((uv_handle_t *)script.turn, turn_closed);
  script.turn = NULL;
}

static void on_surveyed(uv_timer_t *timer) {
  struct step_call *call = turn_end(timer);
  struct sample *found = sample_new(pid_tables, 1);
  for (int i = 0; i < 3; i++) {
    char key[16];
    snprintf(key, sizeof key, "pick%d", i);
    struct row *row = sample_row(found, &found->tables[0], key, NULL);
    row->cells[0] = value_text(row->key);
  }
  call->end(call, found, NULL);
}

static void fake_survey_start(struct step_call *call) {
  script.surveys++;
  if (script.hang)
    return;
  later(call, on_surveyed);
}

static void on_executed_turn(uv_timer_t *timer) {
  struct step_call *call = turn_end(timer);
  for (size_t i = 0; i < call->outcome->count; i++) {
    if (script.err && i > 0)
      break;
    if (script.refuse && i == 1)
      outcome_set(call->outcome, i, OBJECT_REFUSED, "permission denied");
    else
      outcome_set(call->outcome, i, OBJECT_SENT, "%s", "");
    call->progress->done = (int64_t)i + 1;
    call->changed(call);
  }
  if (script.undo)
    outcome_undo(call->outcome, "fake.target main");
  if (script.output) {
    static const char *const secrets[] = {"known-secret"};
    struct excerpt excerpt;
    excerpt_init(&excerpt, OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
    excerpt_add(&excerpt, script.output, strlen(script.output));
    outcome_output(call->outcome, OUTPUT_STDOUT, &excerpt, &(struct mask){secrets, 1});
    call->outcome->output_private = script.output_private;
    excerpt_fini(&excerpt);
  }
  struct err err;
  err_set(&err, ERR_CLOSED, "connection lost");
  call->end(call, NULL, script.err ? &err : NULL);
}

static void fake_execute_start(struct step_call *call) {
  script.executions++;
  script.executed = call->plan;
  script.intent_first = audited(script.fixture, "\"intent\"", call->plan->objects[0].label) == 1;
  script.call = call;
  if (script.batches)
    outcome_note(call->outcome, 0, 100, 340, "rows");
  if (!script.hang)
    later(call, on_executed_turn);
}

static void fake_cancel(struct step_call *call) {
  struct err err = {.kind = ERR_NONE, .text = "cancelled"};
  script.cancels++;
  script.call = NULL;
  outcome_set(call->outcome, 0, script.batches ? OBJECT_SKIPPED : OBJECT_SENT, "%s", "");
  for (size_t i = 1; i < call->outcome->count; i++)
    outcome_set(call->outcome, i, OBJECT_SKIPPED, "cancelled");
  call->end(call, NULL, &err);
}

static void on_verified_turn(uv_timer_t *timer) {
  struct step_call *call = turn_end(timer);
  for (size_t i = 0; i < call->outcome->count; i++)
    if (call->outcome->objects[i].result == OBJECT_SENT)
      outcome_set(call->outcome, i, OBJECT_DONE, "gone after 0.2 s");
  call->end(call, NULL, NULL);
}

static void fake_verify_start(struct step_call *call) {
  script.verifications++;
  script.call = call;
  if (!script.hang_verify)
    later(call, on_verified_turn);
}

static const struct step_kind fake_survey = {
    .timeout_ms = 100, .start = fake_survey_start, .drop = fake_drop};
static const struct step_kind fake_execute = {
    .timeout_ms = 200, .start = fake_execute_start, .cancel = fake_cancel, .drop = fake_drop};
static const struct step_kind fake_long = {
    .start = fake_execute_start, .cancel = fake_cancel, .drop = fake_drop};
static const struct step_kind fake_verify = {
    .timeout_ms = 100, .start = fake_verify_start, .drop = fake_drop};

/* ---- the actions */

static bool fake_applies(const struct action_request *request, struct err *why) {
  for (size_t i = 0; i < request->key_count; i++)
    if (strcmp(request->keys[i], "k2") == 0)
      return err_set(why, ERR_INVALID, "k2 is not to be touched");
  return true;
}

static bool fake_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  if (script.plan_no)
    return err_set(err, ERR_INVALID, "there is no way");
  for (size_t i = 0; i < request->key_count; i++)
    if (!plan_object(plan, request->keys[i], plan_printf(plan, "pid %s", request->keys[i] + 1)))
      return false;
  for (size_t i = 0; i < request->chosen_count; i++)
    if (!plan_object(plan, request->chosen[i], request->chosen[i]))
      return false;
  if (request->key_count == 0 && request->chosen_count == 0)
    plan_object(plan, request->target->name, request->target->name);
  if (plan->params)
    snprintf(script.param, sizeof script.param, "%s", plan->params[0].value);
  plan->title =
      plan->object_count == 1
          ? plan_printf(plan, "Terminate %s of %s", plan->objects[0].label, plan->target)
          : plan_printf(plan, "Terminate %zu sessions of %s", plan->object_count, plan->target);
  if (plan->object_count == 1)
    plan->name = plan->target; /* the same for all tests */
  plan_say(plan, PLAN_EFFECT, "KILL %s", plan->objects[0].label);
  return true;
}

static const struct option fake_params[] = {
    {.name = "age", .type = OPTION_DURATION, .fallback = "5m", .help = "beyond which"},
    {.name = "name", .type = OPTION_TEXT, .required = true, .help = "the name"},
};

#define FAKE(action_id, more...)                                                                  \
  {                                                                                               \
    .spec = {.id = action_id,                                                                     \
             .kind = "fake",                                                                      \
             .title = "terminate",                                                                \
             .past = "terminated",                                                                \
             .what = "ends it",                                                                   \
             .runs = "KILL",                                                                      \
             more},                                                                               \
    .applies = fake_applies, .plan = fake_plan, .execute = &fake_execute, .verify = &fake_verify, \
  }

static const struct action fake_rows =
    FAKE("fake.rows", .table = "sessions", .many = true, .danger = DANGER_DESTRUCTIVE);
static const struct action fake_one = FAKE("fake.one", .table = "sessions");
static const struct action fake_target = FAKE("fake.target");
static const struct action fake_form = FAKE("fake.form", .params = fake_params, .param_count = 2);
static bool fake_preset(const struct row *row, size_t param, char *out, size_t size) {
  if (param != 1)
    return false;
  snprintf(out, size, "%s", row->key);
  return true;
}

/* For the target; a row of sessions has the name. */
static const struct action fake_context = {
    .spec = {.id = "fake.context",
             .kind = "fake",
             .context = "sessions",
             .title = "name",
             .what = "names",
             .runs = "NAME",
             .params = fake_params,
             .param_count = 2},
    .preset = fake_preset,
    .plan = fake_plan,
    .execute = &fake_execute,
};
static const struct action fake_pick = {
    .spec = {.id = "fake.pick",
             .kind = "fake",
             .title = "pick",
             .what = "picks",
             .runs = "PICK",
             .choice = CHOICE_MANY},
    .survey = &fake_survey,
    .plan = fake_plan,
    .execute = &fake_execute,
    .verify = &fake_verify,
};
static const struct action fake_row_pick = {
    .spec = {.id = "fake.rowpick",
             .kind = "fake",
             .table = "sessions",
             .title = "pick",
             .what = "picks",
             .runs = "PICK",
             .choice = CHOICE_ONE},
    .survey = &fake_survey,
    .plan = fake_plan,
    .execute = &fake_execute,
};
/* "k1" of sessions is "pick1" of the survey. */
static bool fake_pick_preset(const struct row *row, size_t param, char *out, size_t size) {
  snprintf(out, size, "pick%s", row->key + 1);
  return param == 0;
}

static const struct action fake_context_pick = {
    .spec = {.id = "fake.contextpick",
             .kind = "fake",
             .context = "sessions",
             .title = "pick",
             .what = "picks",
             .runs = "PICK",
             .choice = CHOICE_MANY},
    .preset = fake_pick_preset,
    .survey = &fake_survey,
    .plan = fake_plan,
    .execute = &fake_execute,
};
static const struct action fake_slow = {
    .spec = {.id = "fake.slow", .kind = "fake", .title = "wait", .what = "waits", .runs = "WAIT"},
    .plan = fake_plan,
    .execute = &fake_long,
};
static const struct action fake_other = {
    .spec = {.id = "other.one", .kind = "other", .title = "x", .what = "x", .runs = "X"},
    .plan = fake_plan,
    .execute = &fake_execute,
};
static const struct action *const fake_actions[] = {
    &fake_rows, &fake_one,   &fake_target,  &fake_form,         &fake_pick, &fake_row_pick,
    &fake_slow, &fake_other, &fake_context, &fake_context_pick, NULL,
};

/* ---- the fixture */

static inline void fixture_publish_as(struct fixture *f, const char *server, const char *address,
                                      int64_t at_ms) {
  struct sample *sample = sample_new(pid_tables, 1);
  static const char *const keys[] = {"k1", "k2", "k3"};
  for (size_t i = 0; i < COUNT(keys); i++) {
    struct row *row = sample_row(sample, &sample->tables[0], keys[i], NULL);
    row->cells[0] = value_text(sample_printf(sample, "pid %s", keys[i] + 1));
    row->cells[1] = value_int(5);
  }
  sample->address = sample_copy(sample, address);
  sample_fact(sample, FACT_SERVER, server);
  sample->taken_ms = at_ms;
  model_publish(&f->model, 0, sample, at_ms);
}

static inline void fixture_publish_at(struct fixture *f, const char *address, int64_t at_ms) {
  fixture_publish_as(f, NULL, address, at_ms);
}

static inline void fixture_publish(struct fixture *f) {
  fixture_publish_at(f, "127.0.0.1:1", clock_now_ms());
}

static void fixture_changed(void *arg) {
  struct fixture *f = arg;
  f->changed++;
  uv_stop(&f->loop);
}

static void fixture_opened(void *arg) {
  ((struct fixture *)arg)->opened++;
}

static void fixture_collect(void *arg, size_t target_index) {
  assert_int_equal(target_index, 0);
  ((struct fixture *)arg)->collected++;
}

static inline void fixture_target(struct fixture *f, const struct target_kind *kind,
                                  const char *name) {
  struct target *target = target_new(kind, name);
  target->interval_ms = 2000;
  target->timeout_ms = 1000;
  config_add(f->config, target);
}

static inline void fixture_pipeline(struct fixture *f) {
  f->audit = audit_new(&f->io, &(struct audit_options){.path = f->path});
  f->pipeline = pipeline_new(&(struct pipeline_options){.io = &f->io,
                                                        .model = &f->model,
                                                        .audit = f->audit,
                                                        .lock = &f->lock,
                                                        .state = f->folder,
                                                        .actions = fake_actions,
                                                        .changed = fixture_changed,
                                                        .opened = fixture_opened,
                                                        .collect = fixture_collect,
                                                        .arg = f});
}

static inline int fixture_setup(void **state) {
  struct fixture *f = mem_new(sizeof *f);
  unsetenv("STACKTOP_READ_ONLY");
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  snprintf(f->folder, sizeof f->folder, "/tmp/stacktop-pipeline-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->path, sizeof f->path, "%s/audit.jsonl", f->folder);
  f->config = config_new();
  f->config->name = mem_dup("ecap");
  fixture_target(f, &pid_kind, "main");
  fixture_target(f, &other_kind, "second");
  model_init(&f->model, f->config);
  lock_init(&f->lock, f->config, false, false);
  fixture_pipeline(f);
  fixture_publish(f);
  script = (struct script){.fixture = f};
  *state = f;
  return 0;
}

static void fixture_late(uv_timer_t *timer) {
  struct fixture *f = timer->data;
  f->late = true;
  uv_stop(&f->loop);
}

static void fixture_patience_closed(uv_handle_t *timer) {
  ((struct fixture *)timer->data)->patience_closed = true;
}

/* Runs the loop until done; fails when that takes too long. */
static inline void fixture_wait(struct fixture *f, bool (*done)(struct fixture *f)) {
  uv_timer_init(&f->loop, &f->patience);
  f->patience.data = f;
  uv_update_time(&f->loop);
  uv_timer_start(&f->patience, fixture_late, FIXTURE_MS, 0);
  while (!done(f) && !f->late)
    uv_run(&f->loop, UV_RUN_ONCE);
  f->patience_closed = false;
  uv_close((uv_handle_t *)&f->patience, fixture_patience_closed);
  while (!f->patience_closed) /* an iteration may end before it, after uv_stop: it is used again */
    uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_false(f->late);
}

static void fixture_audit_closed(void *arg) {
  ((struct fixture *)arg)->audit = NULL;
}

static void fixture_pipeline_closed(void *arg) {
  ((struct fixture *)arg)->pipeline = NULL;
}

static inline bool is_closed(struct fixture *f) {
  return !f->pipeline && !f->audit;
}

/* Both at once, as the program does. */
static inline void fixture_close(struct fixture *f) {
  pipeline_close(f->pipeline, fixture_pipeline_closed, f);
  assert_non_null(f->pipeline); /* closed is called in a later iteration */
  audit_close(f->audit, fixture_audit_closed, f);
  fixture_wait(f, is_closed);
}

static inline int fixture_teardown(void **state) {
  struct fixture *f = *state;
  if (f->pipeline)
    fixture_close(f);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  model_fini(&f->model);
  config_free(f->config);
  unlink(f->path);
  rmdir(f->path);
  rmdir(f->folder);
  free(f);
  return 0;
}

/* ---- requests and assertions */

static inline struct operation *front(struct fixture *f) {
  return f->model.operations.front;
}

static inline void ask(struct fixture *f, enum request_kind kind) {
  pipeline_request(f->pipeline, &(struct request){.kind = kind});
}

static inline void act_on(struct fixture *f, const struct action *action, size_t count,
                          const char *const *keys) {
  pipeline_request(
      f->pipeline,
      &(struct request){.kind = REQUEST_ACT,
                        .action = &action->spec,
                        .subject = {.table = "sessions", .keys = keys, .key_count = count}});
}

static inline void act_row(struct fixture *f, const struct action *action, const char *key) {
  const char *keys[] = {key};
  act_on(f, action, 1, keys);
}

static inline void agree_to(struct fixture *f, const char *typed) {
  pipeline_request(f->pipeline, &(struct request){.kind = REQUEST_AGREE, .text = typed});
}

static inline void give(struct fixture *f, enum request_kind kind, size_t count,
                        const char *const *texts) {
  pipeline_request(f->pipeline,
                   &(struct request){.kind = kind, .texts = texts, .text_count = count});
}

static inline bool is_ended(struct fixture *f) {
  return front(f) && front(f)->phase == OPERATION_ENDED;
}
static inline bool is_executing(struct fixture *f) {
  return f->model.operations.count && script.executions && script.call;
}
static inline bool is_choice(struct fixture *f) {
  return front(f)->phase == OPERATION_CHOICE;
}
static inline bool is_plan(struct fixture *f) {
  return front(f)->phase == OPERATION_PLAN;
}

#define assert_has(text, needle)                            \
  do {                                                      \
    const char *text_ = (text);                             \
    if (!strstr(text_, needle))                             \
      fail_msg("\"%s\" is not in \"%s\"", (needle), text_); \
  } while (0)

static inline const struct event *last_event(struct fixture *f) {
  const struct event *event = events_get(&f->model.events, 0);
  assert_non_null(event);
  return event;
}
