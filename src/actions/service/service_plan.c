/* How services and their runtimes are now, and the plan that is made of it. */
#include "actions/found.h"
#include "actions/service/service_actions.h"
#include "actions/shown.h"
#include "model/config/config.h"

#include <stdio.h>
#include <string.h>

/* ---- survey: a row for each object of each service */

enum found_column {
  FOUND_NAME,
  FOUND_SERVICE,
  FOUND_RUNTIME,
  FOUND_PLACE,
  FOUND_ID,
  FOUND_RUN,
  FOUND_STATE,
  FOUND_RESTARTS,
  FOUND_IMAGE,
  FOUND_GROUP,
  FOUND_FOUND_BY,
  FOUND_NOTE,
  FOUND_SCALED,
  FOUND_REPLICAS, /* a number; the others are texts */
  FOUND_UNDONE,
  FOUND_COLUMN_COUNT = FOUND_UNDONE + SERVICE_UNDONE_MAX
};
static const struct column_spec object_columns[FOUND_COLUMN_COUNT] = {
    [FOUND_NAME] = {.id = "name", .title = "NAME", .help = "as its runtime calls it"},
    [FOUND_SERVICE] = {.id = "service", .title = "SERVICE", .help = "of the configuration"},
    [FOUND_RUNTIME] = {.id = "runtime", .title = "RUNTIME", .help = "what runs it"},
    [FOUND_PLACE] = {.id = "place", .title = "PLACE", .help = "of its engine"},
    [FOUND_ID] = {.id = "id", .title = "ID", .help = "never used again"},
    [FOUND_RUN] = {.id = "run", .title = "RUN", .help = "when its present run began"},
    [FOUND_STATE] = {.id = "state", .title = "STATE", .help = "as its runtime calls it"},
    [FOUND_RESTARTS] = {.id = "restarts", .title = "RESTARTS", .help = "by the runtime"},
    [FOUND_IMAGE] = {.id = "image", .title = "IMAGE", .help = "its image"},
    [FOUND_GROUP] = {.id = "group", .title = "PROJECT", .help = "compose project, namespace"},
    [FOUND_FOUND_BY] = {.id = "found_by", .title = "FOUND BY", .help = "how it was found"},
    [FOUND_NOTE] = {.id = "note", .title = "NOTE", .help = "what its status command says"},
    [FOUND_SCALED] = {.id = "scaled_by", .title = "SCALED BY", .help = "who undoes a scale"},
    [FOUND_REPLICAS] = {.id = "replicas", .title = "REPLICAS", .help = "that are to run"},
    [FOUND_UNDONE] = {.id = "undone_1",
                      .title = "UNDONE BY",
                      .help = "what may start it again after a stop"},
    [FOUND_UNDONE + 1] = {.id = "undone_2",
                          .title = "UNDONE BY",
                          .help = "what may start it again after a stop"},
    [FOUND_UNDONE + 2] = {.id = "undone_3",
                          .title = "UNDONE BY",
                          .help = "what may start it again after a stop"},
};

/* A service as a whole: how it is now, or why it has no part in it. */
enum survey_column {
  SERVICE_FOUND_NAME,
  SERVICE_FOUND_NOW,
  SERVICE_FOUND_WHY,
  SERVICE_FOUND_COUNT
};
static const struct column_spec service_columns[SERVICE_FOUND_COUNT] = {
    [SERVICE_FOUND_NAME] = {.id = "name", .title = "SERVICE", .help = "of the configuration"},
    [SERVICE_FOUND_NOW] = {.id = "now", .title = "NOW", .help = "what the service says"},
    [SERVICE_FOUND_WHY] = {.id = "why", .title = "WHY NOT", .help = "why it has no part in it"},
};
static const struct table_spec objects_table = FOUND_TABLE("objects", "Objects", object_columns);
static const struct table_spec services_table =
    FOUND_TABLE("services", "Services", service_columns);

struct surveying {
  struct step *step;
  const struct target *target;
  const struct service_driver *driver;
  size_t count;
  bool full;
};

static void take_object(struct surveying *surveying, const struct service_state *state,
                        const struct service_object *object) {
  struct sample *found = surveying->step->found;
  const char *service = surveying->target->name;
  char key[400];
  snprintf(key, sizeof key, "%.128s/%.200s", service, object->identity.id);
  struct row *row =
      sample_row(found, &found->tables[0], state->object_count == 1 ? service : key, NULL);
  if (!row) {
    surveying->full = true;
    return;
  }
  const char *const texts[FOUND_COLUMN_COUNT] = {[FOUND_NAME] = object->name,
                                                 [FOUND_SERVICE] = service,
                                                 [FOUND_RUNTIME] = surveying->driver->name,
                                                 [FOUND_PLACE] = object->identity.place,
                                                 [FOUND_ID] = object->identity.id,
                                                 [FOUND_RUN] = object->identity.run,
                                                 [FOUND_STATE] = object->identity.state,
                                                 [FOUND_RESTARTS] = object->identity.restarts,
                                                 [FOUND_IMAGE] = object->image,
                                                 [FOUND_GROUP] = object->group,
                                                 [FOUND_FOUND_BY] = state->found_by,
                                                 [FOUND_NOTE] = state->note ? state->note : "",
                                                 [FOUND_SCALED] = object->scaled_by,
                                                 [FOUND_UNDONE] = object->undone_by[0],
                                                 [FOUND_UNDONE + 1] = object->undone_by[1],
                                                 [FOUND_UNDONE + 2] = object->undone_by[2]};
  for (size_t i = 0; i < FOUND_COLUMN_COUNT; i++)
    row->cells[i] = value_text(sample_copy(found, texts[i] ? texts[i] : ""));
  row->cells[FOUND_REPLICAS] = value_int(state->wanted);
  surveying->count++;
}

static void take_state(void *arg, const struct service_state *state) {
  struct surveying *surveying = arg;
  for (size_t i = 0; i < state->object_count; i++)
    take_object(surveying, state, &state->objects[i]);
}

/* Its objects; "" where there are some, else why there is none. False when the step is dropped. */
static bool survey_runtime(struct surveying *surveying, enum service_verb verb, struct err *why) {
  struct step *step = surveying->step;
  *why = (struct err){0};
  surveying->driver = service_driver_for(surveying->target, verb, why);
  if (!surveying->driver)
    return true;
  struct service_conn *conn = service_step_open(step, surveying->driver, surveying->target);
  const struct service_look look = {.scaling = verb == SERVICE_SCALE,
                                    .timeout_ms = SERVICE_STATUS_MS};
  const bool good = conn && service_step_survey(conn, &look, take_state, surveying);
  if (step->dropped)
    return false;
  if (conn)
    service_step_close(conn);
  if (!good)
    err_set(why, step->err.kind, "%s: %.200s", surveying->driver->name, step->err.text);
  else if (surveying->full)
    err_set(why, ERR_LIMIT, "too many %s", surveying->driver->nouns);
  else if (surveying->count == 0 && target_option(surveying->target, "runtime")->item_count == 0)
    err_set(why, ERR_UNSUPPORTED,
            "no runtime is configured, and no container has its name and port: add runtime: "
            "{compose: SERVICE} or {%s: \"PROGRAM ARGS\"} to the service",
            service_verb_name(verb));
  else if (surveying->count == 0)
    err_set(why, ERR_INVALID, "there is no %s of %.80s", surveying->driver->noun,
            surveying->target->name);
  return true;
}

static bool survey_one(struct step *step, const struct target *target, enum service_verb verb,
                       struct err *why) {
  struct surveying surveying = {.step = step, .target = target};
  struct service_verdict verdict = {.state = "", .reason = ""};
  struct sample *found = step->found;
  *why = (struct err){0};
  if (target->disabled)
    err_set(why, ERR_DISABLED, "%.200s", target->disabled);
  else if (target->read_only)
    err_set(why, ERR_DENIED, "it is read-only in the configuration");
  else if (!survey_runtime(&surveying, verb, why))
    return false;
  if (why->kind == ERR_NONE && !service_step_look(step, target, SERVICE_LOOK_MS, &verdict))
    return false;
  struct row *row = sample_row(found, &found->tables[1], target->name, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many services");
  row->cells[SERVICE_FOUND_NAME] = value_text(sample_copy(found, target->name));
  row->cells[SERVICE_FOUND_NOW] =
      value_text(sample_copy(found, *verdict.reason ? verdict.reason : verdict.state));
  row->cells[SERVICE_FOUND_WHY] = value_text(sample_copy(found, why->text));
  return true;
}

static bool is_meant(const struct step *step, const struct service_action *action,
                     const struct target *target) {
  const struct action_request *request = step->call->request;
  for (size_t i = 0; i < request->key_count; i++)
    if (strcmp(request->keys[i], target->name) == 0)
      return true;
  return action->all;
}

bool service_survey(struct step *step, const struct service_action *action) {
  static const struct table_spec *const specs[] = {&objects_table, &services_table};
  const struct target *own = step->call->target;
  const struct config *config = own->config;
  struct err why;
  step->found = found_new(specs, 2);
  if (!action->all && step->call->request->key_count == 0)
    return survey_one(step, own, action->verb, &why) &&
           (why.kind == ERR_NONE || step_fail(step, why.kind, "%s", why.text));
  const size_t count = config ? config->all_count : 0;
  for (size_t i = 0; i < count; i++) {
    /* A service may need those before it, so that they are stopped after it. */
    const struct target *target = config->all[action->up ? i : count - 1 - i];
    if (target->kind == own->kind && is_meant(step, action, target) &&
        !survey_one(step, target, action->verb, &why))
      return false;
  }
  return true;
}

/* ---- the plan */

enum cell { CELL_NOW, CELL_STATE, CELL_ID, CELL_IMAGE, CELL_GROUP, CELL_COUNT };
enum { ID_SHOWN = 12 };

static const char *text_of(const struct row *row, size_t column) {
  return row->cells[column].text;
}

static struct service_change change_of(const struct row *row, enum service_verb verb) {
  return (struct service_change){.verb = verb,
                                 .name = text_of(row, FOUND_NAME),
                                 .identity = {.place = text_of(row, FOUND_PLACE),
                                              .id = text_of(row, FOUND_ID),
                                              .run = text_of(row, FOUND_RUN),
                                              .state = text_of(row, FOUND_STATE),
                                              .restarts = text_of(row, FOUND_RESTARTS)}};
}

static const struct service_driver *driver_of(const char *name) {
  for (const struct service_driver *const *driver = service_drivers; *driver; driver++)
    if (strcmp((*driver)->name, name) == 0)
      return *driver;
  return NULL;
}

static void say_commands(struct plan *plan, const struct service_driver *driver,
                         const struct target *target, const struct service_change *change) {
  const char *text = driver->command(&plan->arena, target, change);
  while (*text) {
    const size_t length = strcspn(text, "\n");
    plan_say(plan, PLAN_EFFECT, "%.*s", (int)length, text);
    text += length + (text[length] == '\n');
  }
}

static void say_warnings(struct plan *plan, const struct service_action *action,
                         const struct row *row) {
  for (size_t i = 0; action->verb == SERVICE_STOP && i < SERVICE_UNDONE_MAX; i++)
    if (*text_of(row, FOUND_UNDONE + i))
      plan_say(plan, PLAN_WARNING, "%s %s", text_of(row, FOUND_NAME),
               text_of(row, FOUND_UNDONE + i));
  if (*text_of(row, FOUND_FOUND_BY))
    plan_say(plan, PLAN_WARNING, "%s was found %s: no runtime is configured",
             text_of(row, FOUND_NAME), text_of(row, FOUND_FOUND_BY));
  if (*text_of(row, FOUND_NOTE))
    plan_say(plan, PLAN_BLAST, "%s: %s", text_of(row, FOUND_NAME), text_of(row, FOUND_NOTE));
}

/* What a scale does to a service that has so many replicas; they go into the plan's object. */
static void say_scale(struct plan *plan, const struct row *row, int64_t wanted) {
  const int64_t before = row->cells[FOUND_REPLICAS].integer;
  const int64_t more = wanted > before ? wanted - before : before - wanted;
  action_bind_number(plan, SERVICE_IDENTITY_WANTED, wanted);
  action_bind_number(plan, SERVICE_IDENTITY_BEFORE, before);
  plan_say(plan, PLAN_BLAST, wanted > before ? "starts %s" : "ends %s",
           shown_counted(&plan->arena, more, "replica", "replicas"));
  if (wanted == 0)
    plan_say(plan, PLAN_WARNING,
             "no replica is left: it serves nothing until it is scaled up again");
  if (*text_of(row, FOUND_SCALED))
    plan_say(plan, PLAN_WARNING, "%s", text_of(row, FOUND_SCALED));
}

static const char *now_of(const struct action_request *request, const char *service) {
  const struct row *row = table_find(&request->found->tables[1], service);
  return row ? row->cells[SERVICE_FOUND_NOW].text : "";
}

/* Whether the plan is for several services, or would be if they could be changed. */
static bool is_several(const struct action_request *request, const struct service_action *action) {
  return action->all || request->found->tables[1].row_count > 1;
}

static bool add_object(const struct action_request *request, struct plan *plan,
                       const struct service_action *action, const struct row *row,
                       struct err *err) {
  const char *service = text_of(row, FOUND_SERVICE), *name = text_of(row, FOUND_NAME);
  const struct target *target = target_beside(request->target, service);
  const struct service_driver *driver = driver_of(text_of(row, FOUND_RUNTIME));
  const bool scales = action->verb == SERVICE_SCALE;
  struct service_change change = change_of(row, action->verb);
  change.replicas = scales ? request->params[0].number : 0;
  const char *label = strcmp(name, service) == 0    ? service
                      : is_several(request, action) ? plan_printf(plan, "%s (%s)", service, name)
                                                    : name;
  if (!target || !driver)
    return err_set(err, ERR_INVALID, "%.80s is no longer configured", service);
  if (scales && change.replicas == row->cells[FOUND_REPLICAS].integer)
    return err_set(err, ERR_INVALID, "%.80s has %s already", label,
                   shown_counted(&plan->arena, change.replicas, "replica", "replicas"));
  struct plan_object *object = plan_object(plan, row->key, label);
  if (!object)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  object->cells[CELL_NOW] = plan_copy(plan, now_of(request, service));
  object->cells[CELL_STATE] = plan_copy(plan, change.identity.state);
  object->cells[CELL_ID] =
      *change.identity.run ? plan_printf(plan, "%.*s", ID_SHOWN, change.identity.id) : "";
  object->cells[CELL_IMAGE] = plan_copy(plan, text_of(row, FOUND_IMAGE));
  object->cells[CELL_GROUP] = plan_copy(plan, text_of(row, FOUND_GROUP));
  action_bind(plan, SERVICE_IDENTITY_SERVICE, service);
  action_bind(plan, SERVICE_IDENTITY_ADDRESS, target_text(target, "address"));
  action_bind(plan, SERVICE_IDENTITY_RUNTIME, driver->name);
  action_bind(plan, SERVICE_IDENTITY_PLACE, change.identity.place);
  action_bind(plan, SERVICE_IDENTITY_ID, change.identity.id);
  action_bind(plan, SERVICE_IDENTITY_RUN, change.identity.run);
  action_bind(plan, SERVICE_IDENTITY_STATE, change.identity.state);
  action_bind(plan, SERVICE_IDENTITY_RESTARTS, change.identity.restarts);
  say_commands(plan, driver, target, &change);
  if (scales)
    say_scale(plan, row, change.replicas);
  say_warnings(plan, action, row);
  return true;
}

/* The label of the object that is the same container, deployment, ... of another service; NULL. */
static const char *same_as(const struct plan *plan, const struct row *row) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (strcmp(action_identity(plan, i, SERVICE_IDENTITY_ID), text_of(row, FOUND_ID)) == 0 &&
        strcmp(action_identity(plan, i, SERVICE_IDENTITY_PLACE), text_of(row, FOUND_PLACE)) == 0)
      return plan->objects[i].label;
  return NULL;
}

static const struct row *first_left_out(const struct action_request *request) {
  const struct table *services = &request->found->tables[1];
  for (size_t i = 0; i < services->row_count; i++)
    if (*services->rows[i].cells[SERVICE_FOUND_WHY].text)
      return &services->rows[i];
  return NULL;
}

/* Those of which the state fits: a running container is not started. */
static bool add_objects(const struct action_request *request, struct plan *plan,
                        const struct service_action *action, struct err *err) {
  const struct table *objects = &request->found->tables[0];
  const struct row *unfit = NULL;
  for (size_t i = 0; i < objects->row_count; i++) {
    const struct row *row = &objects->rows[i];
    const struct service_driver *driver = driver_of(text_of(row, FOUND_RUNTIME));
    if (driver && !driver->fits(action->verb, text_of(row, FOUND_STATE))) {
      unfit = row;
      if (is_several(request, action) || objects->row_count > 1)
        plan_say(plan, PLAN_WARNING, "not included: %s is %s", text_of(row, FOUND_NAME),
                 text_of(row, FOUND_STATE));
    } else if (same_as(plan, row)) {
      plan_say(plan, PLAN_BLAST, "%s is %s once for %s and %s", text_of(row, FOUND_NAME),
               plan->action->past, same_as(plan, row), text_of(row, FOUND_SERVICE));
    } else if (!add_object(request, plan, action, row, err)) {
      return false;
    }
  }
  if (plan->object_count > 0)
    return true;
  const struct row *left_out = first_left_out(request);
  if (!unfit && left_out)
    return err_set(err, ERR_INVALID, "%.80s: %.300s", left_out->cells[SERVICE_FOUND_NAME].text,
                   left_out->cells[SERVICE_FOUND_WHY].text);
  return unfit ? err_set(err, ERR_INVALID, "%.80s is %.40s", text_of(unfit, FOUND_NAME),
                         text_of(unfit, FOUND_STATE))
               : err_set(err, ERR_INVALID, "there is nothing to %s", plan->action->title);
}

static void say_left_out(const struct action_request *request, struct plan *plan) {
  const struct table *services = &request->found->tables[1];
  for (size_t i = 0; i < services->row_count; i++) {
    const struct value *cells = services->rows[i].cells;
    if (*cells[SERVICE_FOUND_WHY].text)
      plan_say(plan, PLAN_WARNING, "not included: %s: %s", cells[SERVICE_FOUND_NAME].text,
               cells[SERVICE_FOUND_WHY].text);
  }
}

/* What proves it. */
static const char *done_when(const struct action_request *request,
                             const struct service_action *action) {
  if (action->verb == SERVICE_SCALE && request->params[0].number == 0)
    return "done when no replica is left";
  if (is_several(request, action))
    return action->up ? "done when each service answers as it should"
                      : "done when each service no longer answers";
  return action->up ? "done when the service answers as it should"
                    : "done when the service no longer answers";
}

static void say_impact(const struct action_request *request, struct plan *plan,
                       const struct service_action *action) {
  const struct table *objects = &request->found->tables[0];
  const char *said = "";
  for (size_t i = 0; i < objects->row_count; i++) {
    const struct service_driver *driver = driver_of(text_of(&objects->rows[i], FOUND_RUNTIME));
    const char *impact = driver ? driver->impact(action->verb) : "";
    if (impact && *impact && strcmp(impact, said) != 0)
      plan_say(plan, PLAN_BLAST, "%s", impact);
    said = impact ? impact : "";
  }
  if (plan->object_count > 1)
    plan_say(plan, PLAN_BLAST, "one after the other; the first that fails ends it");
  plan_say(plan, PLAN_BLAST, "%s", done_when(request, action));
}

static void say_preconditions(const struct action_request *request, struct plan *plan) {
  const struct table *objects = &request->found->tables[0];
  bool commands = false, others = false;
  for (size_t i = 0; i < objects->row_count; i++) {
    const bool has_run = *text_of(&objects->rows[i], FOUND_RUN);
    commands |= !has_run;
    others |= has_run;
  }
  if (commands)
    plan_say(plan, PLAN_PRECONDITION,
             "the configuration still names these commands and this address");
  if (others)
    plan_say(plan, PLAN_PRECONDITION,
             "each has the id that is shown, and was not started or stopped since");
}

size_t service_plan_count(const struct plan *plan) {
  size_t count = 0;
  for (size_t i = 0; i < plan->object_count; i++)
    count += i == 0 || strcmp(action_identity(plan, i, SERVICE_IDENTITY_SERVICE),
                              action_identity(plan, i - 1, SERVICE_IDENTITY_SERVICE)) != 0;
  return count;
}

static const char *title_of(struct plan *plan, const struct service_action *action, size_t count) {
  const char *name = action_identity(plan, 0, SERVICE_IDENTITY_SERVICE);
  if (action->verb == SERVICE_SCALE)
    return plan_printf(plan, "Scale %s from %s to %s", name,
                       action_identity(plan, 0, SERVICE_IDENTITY_BEFORE),
                       action_identity(plan, 0, SERVICE_IDENTITY_WANTED));
  return count == 1 ? plan_printf(plan, "%s %s", action->title, name)
                    : plan_printf(plan, "%s %zu services in %s", action->title, count,
                                  action->up ? "order" : "reverse order");
}

const char *service_undo(struct arena *arena, const struct plan *plan,
                         const struct service_action *action) {
  const char *text = action->undo, *last = "";
  for (size_t i = 0; i < plan->object_count; i++) {
    const char *service = action_identity(plan, i, SERVICE_IDENTITY_SERVICE);
    if (strcmp(service, last) != 0)
      text = arena_printf(arena, "%s %s", text, shown_word(arena, service));
    last = service;
  }
  return action->verb == SERVICE_SCALE
             ? arena_printf(arena, "%s replicas=%s", text,
                            action_identity(plan, 0, SERVICE_IDENTITY_BEFORE))
             : text;
}

bool service_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[CELL_COUNT] = {[CELL_NOW] = {"NOW", false},
                                                         [CELL_STATE] = {"STATE", false},
                                                         [CELL_ID] = {"ID", false},
                                                         [CELL_IMAGE] = {"IMAGE", false},
                                                         [CELL_GROUP] = {"PROJECT", false}};
  static const char *const identities[] = {SERVICE_IDENTITY_SERVICE, SERVICE_IDENTITY_ADDRESS,
                                           SERVICE_IDENTITY_RUNTIME, SERVICE_IDENTITY_PLACE,
                                           SERVICE_IDENTITY_ID,      SERVICE_IDENTITY_RUN,
                                           SERVICE_IDENTITY_STATE,   SERVICE_IDENTITY_RESTARTS,
                                           SERVICE_IDENTITY_WANTED,  SERVICE_IDENTITY_BEFORE};
  const struct service_action *action = service_action_of(plan->action);
  ACTION_OBJECTS(plan, columns, identities);
  if (action->verb != SERVICE_SCALE)
    plan->identity_count -= 2; /* the last ones are its own */
  if (!add_objects(request, plan, action, err))
    return false;
  const size_t count = service_plan_count(plan);
  plan->unit = count == 1 ? "service" : "services";
  plan->count = (int64_t)count;
  plan->title = title_of(plan, action, count);
  if (is_several(request, action))
    say_left_out(request, plan);
  if (count == 1)
    plan->name = action_identity(plan, 0, SERVICE_IDENTITY_SERVICE);
  say_impact(request, plan, action);
  say_preconditions(request, plan);
  if (action->loss)
    plan_say(plan, PLAN_LOSS, "%s", action->loss);
  if (action->undo)
    plan_say(plan, PLAN_UNDO, "stacktop plan %s", service_undo(&plan->arena, plan, action));
  return true;
}
