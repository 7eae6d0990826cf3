/* Hand-made operations: what the pipeline would put into a model, in each of its phases. */
#pragma once

#include "ui/screen_fixture.h"

static const struct option reset_params[] = {
    {.name = "to",
     .type = OPTION_TEXT,
     .required = true,
     .fallback = "latest",
     .help = "earliest, latest, an offset, +N or -N, or a time",
     .example = "2026-11-24T13:00:00Z"},
    {.name = "export",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "write an undo file before"},
    {.name = "note", .type = OPTION_TEXT, .help = "why, for the record", .example = "bad deploy"},
};

static const struct action_spec spec_cancel = {
    .id = "postgres.cancel",
    .kind = "postgres",
    .table = "sessions",
    .key = 'C',
    .title = "cancel the query",
    .what = "ends the running statement; the session stays, its transaction is aborted",
    .runs = "pg_cancel_backend(pid)",
    .danger = DANGER_REVERSIBLE,
    .many = true};
static const struct action_spec spec_terminate = {
    .id = "postgres.terminate",
    .kind = "postgres",
    .table = "sessions",
    .key = 'T',
    .title = "terminate",
    .what = "ends the session: its transaction is rolled back, its client loses the connection",
    .runs = "pg_terminate_backend(pid)",
    .danger = DANGER_DESTRUCTIVE,
    .many = true};
static const struct action_spec spec_vacuum = {.id = "postgres.vacuum",
                                               .kind = "postgres",
                                               .key = 'V',
                                               .title = "vacuum",
                                               .what = "reclaims the room of dead rows",
                                               .runs = "VACUUM (ANALYZE)",
                                               .danger = DANGER_REVERSIBLE,
                                               .choice = CHOICE_ONE};
static const struct action_spec spec_reset = {.id = "kafka.reset_offsets",
                                              .kind = "kafka",
                                              .table = "lag",
                                              .key = 'R',
                                              .title = "reset offsets",
                                              .what = "sets where a group that is empty goes on",
                                              .runs = "kafka-consumer-groups.sh --reset-offsets",
                                              .danger = DANGER_DESTRUCTIVE,
                                              .choice = CHOICE_MANY,
                                              .params = reset_params,
                                              .param_count = COUNT_OF(reset_params)};
static const struct action_spec *const fixture_specs[] = {&spec_cancel, &spec_terminate,
                                                          &spec_vacuum, &spec_reset, NULL};

static const struct action_offer fixture_offers[] = {
    {&spec_cancel, true, NULL},
    {&spec_terminate, true, NULL},
    {&spec_vacuum, false,
     "another VACUUM of that table is under way: wait until pid 8300 has ended"}};

/* The one that has the dialog. */
struct acting {
  struct fixture base;
  struct operation operation;
};

static inline void acting_drop(struct acting *acting) {
  struct operation *operation = &acting->operation;
  sample_free(operation->found);
  plan_free(operation->plan);
  if (operation->began)
    outcome_fini(&operation->outcome);
  free(operation->texts);
  *operation = (struct operation){.param_wrong = -1};
  acting->base.model.operations = (struct operations){.specs = fixture_specs};
}

/* calm: the environment is "staging", else "production". */
static inline void acting_init(struct acting *acting, bool calm) {
  *acting = (struct acting){.operation = {.param_wrong = -1}};
  fixture_init(&acting->base, calm ? SCENE_CALM : SCENE_INCIDENT, false);
  fixture_run(&acting->base);
  acting->base.model.operations.specs = fixture_specs;
}

static inline void acting_fini(struct acting *acting) {
  acting_drop(acting);
  fixture_fini(&acting->base);
}

static inline struct operation *acting_front(struct acting *acting, const struct action_spec *spec,
                                             enum operation_phase phase, int64_t now_ms) {
  static uint32_t serial = 0;
  acting_drop(acting);
  struct operation *operation = &acting->operation;
  struct operations *operations = &acting->base.model.operations;
  operation->id = ++serial;
  operation->action = spec;
  operation->phase = phase;
  operation->phase_ms = now_ms;
  operation->target_index = strcmp(spec->kind, "kafka") == 0 ? 3 : 4;
  operation->texts = mem_new((spec->param_count + 1) * sizeof *operation->texts);
  operations->items[0] = operations->front = operation;
  operations->count = 1;
  return operation;
}

static inline void acting_menu(struct acting *acting) {
  static const char *const keys[] = {"8123/1"};
  struct operations *operations = &acting->base.model.operations;
  acting_drop(acting);
  operations->menu = true;
  operations->menu_title = (char *)"pid 8123";
  operations->menu_subject =
      (struct subject){.target_index = 4, .table = "sessions", .keys = keys, .key_count = 1};
  operations->offers = fixture_offers;
  operations->offer_count = COUNT_OF(fixture_offers);
}

static const struct column_spec found_columns[] = {
    {.id = "name", .title = "TOPIC"},
    {.id = "committed", .title = "COMMITTED", .unit = UNIT_COUNT},
    {.id = "end", .title = "END", .unit = UNIT_COUNT},
    {.id = "lag", .title = "LAG", .unit = UNIT_COUNT},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
};
static const struct table_spec found_spec = {"partitions", "Partitions", 0, found_columns,
                                             COUNT_OF(found_columns)};

static inline struct sample *acting_found(int topics, int partitions) {
  static const struct table_spec *const specs[] = {&found_spec};
  struct sample *s = sample_new(specs, 1);
  for (int t = 0; t < topics; t++) {
    char topic[32], key[64], label[32];
    snprintf(topic, sizeof topic, t == 0 ? "transactions" : "customers-%d", t);
    ROW(s, "partitions", topic, NULL, T(topic), NA, NA, N(40 * partitions), NA);
    for (int p = 0; p < partitions; p++) {
      snprintf(key, sizeof key, "%s/%d", topic, p);
      snprintf(label, sizeof label, "partition %d", p);
      ROW(s, "partitions", key, topic, T(label), N(1000 + p), N(1040 + p), N(40),
          p == 2 ? T("no leader") : NA);
    }
  }
  return s;
}

/* `count` sessions, of which the filter hides 1 if there are more than 2. */
static inline struct plan *acting_plan_make(const struct action_spec *spec, int count,
                                            bool production, int64_t now_ms) {
  static const struct plan_column columns[] = {{"USER", false}, {"FOR", true}, {"QUERY", false}};
  struct plan *plan = plan_new(spec, "ecap", production ? "ecap-prod" : "ecap-staging", production);
  bool ends = spec->danger == DANGER_DESTRUCTIVE;
  plan->title = plan_printf(plan, "%s %d %s of ecap", ends ? "Terminate" : "Cancel", count,
                            ends ? "sessions" : "queries");
  if (count == 1)
    plan->title = plan_printf(plan, "%s pid 8123", ends ? "Terminate" : "Cancel the query of");
  plan->columns = columns;
  plan->column_count = COUNT_OF(columns);
  for (int i = 0; i < count; i++) {
    char key[32], label[32], held[16];
    snprintf(key, sizeof key, "%d/1", 8123 + i);
    snprintf(label, sizeof label, "pid %d", 8123 + i);
    struct plan_object *object = plan_object(plan, key, label);
    snprintf(held, sizeof held, "%dm", 14 + i);
    object->cells[0] = "ecap_user";
    object->cells[1] = plan_copy(plan, held);
    object->cells[2] = "UPDATE customers SET tier = 'gold' WHERE id = 4711";
  }
  plan->unit = "sessions";
  plan->count = count;
  plan->hidden = count > 2;
  plan_say(plan, PLAN_EFFECT, "select pg_%s_backend(8123);", ends ? "terminate" : "cancel");
  plan_say(plan, PLAN_BLAST, "frees 2 sessions that wait for it");
  plan_say(plan, PLAN_PRECONDITION,
           "the process is still the one that began at 2026-11-24 13:03:27 and no other one");
  if (ends)
    plan_say(plan, PLAN_LOSS, "the transaction of each is rolled back, and what it did is lost");
  plan->made_ms = now_ms;
  plan->data_ms = now_ms - 2000;
  return plan;
}

static inline struct plan *acting_plan(struct acting *acting, const struct action_spec *spec,
                                       int count, bool production, int64_t now_ms) {
  struct operation *operation = acting_front(acting, spec, OPERATION_PLAN, now_ms);
  operation->plan = acting_plan_make(spec, count, production, now_ms);
  return operation->plan;
}

/* Running or ended: of the objects, the first ones are done, one is refused, one gone. */
static inline struct operation *acting_run(struct acting *acting, enum operation_phase phase,
                                           int count, int64_t now_ms) {
  struct operation *operation = acting_front(acting, &spec_terminate, phase, now_ms);
  operation->plan = acting_plan_make(&spec_terminate, count, true, now_ms - 9000);
  operation->began = true;
  outcome_init(&operation->outcome, operation->plan->object_count);
  for (size_t i = 0; i < operation->outcome.count; i++) {
    if (i < operation->outcome.count / 2)
      outcome_set(&operation->outcome, i, OBJECT_DONE, "gone after 0.2 s");
    else if (i == operation->outcome.count / 2)
      outcome_set(&operation->outcome, i, OBJECT_REFUSED,
                  "ERROR:  must be a superuser to terminate superuser process");
    else if (phase == OPERATION_ENDED)
      outcome_set(&operation->outcome, i, OBJECT_GONE, "another session has this pid by now");
  }
  return operation;
}
