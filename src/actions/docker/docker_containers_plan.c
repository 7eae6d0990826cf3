/* What the engine says of each container now, and the plan that is made of it. */
#include "actions/docker/docker_containers.h"
#include "actions/found.h"

#include <stdio.h>

enum { SHOWN_STATE, SHOWN_IMAGE, SHOWN_POLICY };

/* ---- survey: what the engine says of each container now */

enum container_column {
  CONTAINER_NAME,
  CONTAINER_STATE,
  CONTAINER_IMAGE,
  CONTAINER_POLICY,
  CONTAINER_PROJECT,
  CONTAINER_RUN,
  CONTAINER_RESTARTS,
  CONTAINER_COLUMN_COUNT
};
static const struct column_spec container_columns[CONTAINER_COLUMN_COUNT] = {
    [CONTAINER_NAME] = {.id = DOCKER_CONTAINER_NAME, .title = "CONTAINER", .help = "its name"},
    [CONTAINER_STATE] = {.id = DOCKER_CONTAINER_STATE, .title = "STATE", .help = "its state"},
    [CONTAINER_IMAGE] = {.id = "image", .title = "IMAGE", .help = "its image"},
    [CONTAINER_POLICY] = {.id = DOCKER_CONTAINER_POLICY, .title = "POLICY", .help = "restarts"},
    [CONTAINER_PROJECT] = {.id = DOCKER_CONTAINER_PROJECT, .title = "PROJECT", .help = "compose"},
    [CONTAINER_RUN] = {.id = "run", .title = "RUN", .help = "when its present run began"},
    [CONTAINER_RESTARTS] = {.id = "restarts", .title = "RESTARTS", .help = "by the engine"},
};
static const struct table_spec containers_table = {.id = DOCKER_CONTAINERS_TABLE,
                                                   .title = "Containers",
                                                   .columns = container_columns,
                                                   .column_count = CONTAINER_COLUMN_COUNT};

static bool add_container(struct step *step, const char *id) {
  struct docker_detail detail;
  bool gone;
  if (!docker_step_inspect(step, &step->arena, id, &detail, &gone))
    return gone && step_fail(step, ERR_INVALID, "the container no longer exists");
  struct row *row = sample_row(step->found, &step->found->tables[0], id, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many containers");
  const char *const texts[CONTAINER_COLUMN_COUNT] = {
      [CONTAINER_NAME] = detail.name,
      [CONTAINER_STATE] = detail.status,
      [CONTAINER_IMAGE] = detail.image,
      [CONTAINER_POLICY] = detail.policy,
      [CONTAINER_PROJECT] = detail.project,
      [CONTAINER_RUN] = detail.started,
      [CONTAINER_RESTARTS] = arena_printf(&step->arena, "%lld", (long long)detail.restarts)};
  for (size_t i = 0; i < CONTAINER_COLUMN_COUNT; i++)
    row->cells[i] = value_text(sample_copy(step->found, texts[i]));
  return true;
}

bool docker_containers_survey(struct step *step) {
  static const struct table_spec *const specs[] = {&containers_table};
  const struct action_request *request = step->call->request;
  step->found = found_new(specs, 1);
  for (size_t i = 0; i < request->key_count; i++)
    if (!add_container(step, request->keys[i]))
      return false;
  return true;
}

/* ---- the plan */

static void say_policy(struct plan *plan, const struct docker_verb *verb,
                       const struct value *cells) {
  const char *name = cells[CONTAINER_NAME].text;
  char words[DOCKER_WORDS_MAX];
  const struct docker_detail detail = {.policy = cells[CONTAINER_POLICY].text,
                                       .project = cells[CONTAINER_PROJECT].text};
  const char *const sentences[] = {docker_undone_by_engine(&detail),
                                   docker_undone_by_compose(words, &detail)};
  for (size_t i = 0; verb->wanted == DOCKER_DOWN && i < sizeof sentences / sizeof *sentences; i++)
    if (sentences[i])
      plan_say(plan, PLAN_WARNING, "%s %s", name, sentences[i]);
}

static bool add_object(struct plan *plan, const struct docker_verb *verb, const struct row *row,
                       struct err *err) {
  const struct value *cells = row->cells;
  struct plan_object *object;
  if (!docker_state_fits(verb, cells[CONTAINER_STATE].text))
    return err_set(err, ERR_INVALID, "%.60s is %s", cells[CONTAINER_NAME].text,
                   cells[CONTAINER_STATE].text);
  if (!(object = plan_object(plan, row->key, cells[CONTAINER_NAME].text)))
    return err_set(err, ERR_LIMIT, "more than %d containers", PLAN_OBJECTS_MAX);
  object->cells[SHOWN_STATE] = plan_copy(plan, cells[CONTAINER_STATE].text);
  object->cells[SHOWN_IMAGE] = plan_copy(plan, cells[CONTAINER_IMAGE].text);
  object->cells[SHOWN_POLICY] = plan_copy(plan, cells[CONTAINER_POLICY].text);
  object->identities[DOCKER_IDENTITY_ID] = plan_copy(plan, row->key);
  object->identities[DOCKER_IDENTITY_RUN] = plan_copy(plan, cells[CONTAINER_RUN].text);
  object->identities[DOCKER_IDENTITY_STATE] = plan_copy(plan, cells[CONTAINER_STATE].text);
  object->identities[DOCKER_IDENTITY_RESTARTS] = plan_copy(plan, cells[CONTAINER_RESTARTS].text);
  return true;
}

bool docker_containers_objects(struct plan *plan, const struct docker_verb *verb,
                               const char *const *identities, size_t identity_count,
                               const struct sample *found, struct err *err) {
  static const struct plan_column columns[] = {[SHOWN_STATE] = {"STATE", false},
                                               [SHOWN_IMAGE] = {"IMAGE", false},
                                               [SHOWN_POLICY] = {"RESTART POLICY", false}};
  const struct table *table = &found->tables[0];
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->identities = identities;
  plan->identity_count = identity_count;
  for (size_t i = 0; i < table->row_count; i++)
    if (!add_object(plan, verb, &table->rows[i], err))
      return false;
  return plan->object_count > 0 || err_set(err, ERR_INVALID, "no container is selected");
}

bool docker_containers_plan(const struct action_request *request, struct plan *plan,
                            struct err *err) {
  static const char *const identities[] = {DOCKER_IDENTITIES};
  const struct docker_verb *verb = docker_verb_of(plan->action->id);
  const struct table *table = &request->found->tables[0];
  if (!docker_containers_objects(plan, verb, identities, sizeof identities / sizeof *identities,
                                 request->found, err))
    return false;
  for (size_t i = 0; i < table->row_count; i++) {
    plan_say(plan, PLAN_EFFECT, "docker %s %.*s", verb->command, DOCKER_ID_SHOWN,
             table->rows[i].key);
    say_policy(plan, verb, table->rows[i].cells);
  }
  plan_say(plan, PLAN_BLAST, "%s", verb->blast);
  plan_say(plan, PLAN_PRECONDITION,
           "it is the container with that id, and it was not started or stopped since");
  turns_plan(&docker_turns, plan, verb->title, request->target->name);
  if (verb->loss)
    plan_say(plan, PLAN_LOSS, "%s", verb->loss);
  if (verb->undo)
    plan_say(plan, PLAN_UNDO, "docker.%s", verb->undo);
  return true;
}
