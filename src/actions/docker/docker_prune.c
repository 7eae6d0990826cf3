/* Removes what nothing refers to: each object by its id and one by one, so that only what was shown
 * goes. The engine's own prune would take what has come to it since. */
#include "actions/docker/docker_conn.h"
#include "actions/found.h"
#include "actions/shown.h"
#include "clients/docker/docker_waste.h"
#include "core/text/words.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
  SURVEY_MS = 180000,
  VERIFY_MS = 180000,
  DISK_MS = 120000, /* the engine adds up the files of its containers and volumes */
  REMOVE_MS = 120000,
  ID_SHOWN = 12,
};

/* ---- parameters */

static bool volumes_check(const char *text, struct err *err) {
  size_t count = 0;
  char **names = words_split(text, &count, err);
  const bool good = names && count <= DOCKER_VOLUMES_MAX;
  if (names && !good)
    err_set(err, ERR_LIMIT, "more than %d volumes", DOCKER_VOLUMES_MAX);
  free(names);
  return good;
}

static const struct option params[] = {
    {.name = "volumes",
     .type = OPTION_TEXT,
     .check = volumes_check,
     .help = "names of volumes without a container, separated by blanks; no other volume is "
             "offered",
     .example = "ecap_old-data"},
};

/* ---- the survey */

enum waste_column {
  WASTE_OBJECT,
  WASTE_STATE,
  WASTE_CREATED,
  WASTE_SIZE,
  WASTE_KIND,
  WASTE_MARK,
  WASTE_COLUMN_COUNT
};
static const struct column_spec waste_columns[WASTE_COLUMN_COUNT] = {
    [WASTE_OBJECT] = {.id = "object", .title = "OBJECT", .help = "what nothing refers to"},
    [WASTE_STATE] = {.id = "state", .title = "STATE", .help = "of a container"},
    [WASTE_CREATED] = {.id = "created", .title = "CREATED", .unit = UNIT_TIME, .help = "when"},
    [WASTE_SIZE] = {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .help = "that it frees"},
    [WASTE_KIND] = {.id = "kind", .title = "KIND", .flags = COLUMN_DETAIL, .help = "of object"},
    [WASTE_MARK] = {.id = "mark", .title = "MARK", .flags = COLUMN_DETAIL, .help = "its run"},
};
static const struct table_spec waste_table =
    FOUND_TABLE("waste", "What nothing refers to", waste_columns);

static bool read_disk(struct step *step, struct docker_disk *disk) {
  static const struct docker_query df = {.path = "/system/df", .timeout_ms = DISK_MS};
  static const struct docker_query networks = {.path = "/networks", .timeout_ms = DOCKER_ANSWER_MS};
  struct docker_reply reply;
  return docker_step_ask_patiently(step, &df, docker_disk_read, disk, &reply) &&
         docker_step_ask(step, &networks, docker_networks_read, disk, &reply);
}

/* "container/api", "image/0123456789ab": what a person picks by. */
static const char *label_of(struct sample *found, const struct docker_waste *waste) {
  static const char digest[] = "sha256:";
  const char *id = waste->id;
  if (strncmp(id, digest, strlen(digest)) == 0)
    id += strlen(digest);
  return *waste->name
             ? sample_printf(found, "%s/%s", docker_waste_name(waste->kind), waste->name)
             : sample_printf(found, "%s/%.*s", docker_waste_name(waste->kind), ID_SHOWN, id);
}

static bool path_of(char path[DOCKER_PATH_MAX], enum docker_waste_kind kind, const char *id,
                    bool remove) {
  static const struct {
    const char *before, *look, *remove;
  } places[DOCKER_WASTE_KINDS] = {
      [DOCKER_WASTE_CONTAINER] = {"/containers/", "/json", ""},
      /* with noprune its parents without a name stay: they were not shown */
      [DOCKER_WASTE_IMAGE] = {"/images/", "/json", "?noprune=1"},
      [DOCKER_WASTE_NETWORK] = {"/networks/", "", ""},
      [DOCKER_WASTE_VOLUME] = {"/volumes/", "", ""},
  };
  return kind < DOCKER_WASTE_KINDS && *id && strcmp(id, ".") != 0 && strcmp(id, "..") != 0 &&
         docker_path(path, places[kind].before, id,
                     remove ? places[kind].remove : places[kind].look);
}

/* How one object is now. False with step->err; *gone: there is no such object. */
static bool look(struct step *step, enum docker_waste_kind kind, const char *id,
                 struct docker_kept *kept, bool *gone) {
  static const docker_reader readers[DOCKER_WASTE_KINDS] = {
      [DOCKER_WASTE_CONTAINER] = docker_kept_container,
      [DOCKER_WASTE_IMAGE] = docker_kept_image,
      [DOCKER_WASTE_NETWORK] = docker_kept_network,
      [DOCKER_WASTE_VOLUME] = docker_kept_volume,
  };
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.path = path, .timeout_ms = DOCKER_ANSWER_MS};
  struct docker_reply reply = {0};
  *kept = (struct docker_kept){.why = "", .mark = ""};
  *gone = false;
  if (!path_of(path, kind, id, false))
    return step_fail(step, ERR_INVALID, "not an object of an engine");
  const bool good = docker_step_ask(step, &query, readers[kind], kept, &reply);
  *gone = reply.status == 404;
  return good;
}

/* A container's run is not in the list. *skip: it is no waste any more. */
static bool mark_of(struct step *step, const struct docker_waste *waste, const char **mark,
                    bool *skip) {
  struct docker_kept kept;
  bool gone = false;
  *mark = waste->mark;
  *skip = false;
  if (waste->kind != DOCKER_WASTE_CONTAINER)
    return true;
  const bool seen = look(step, waste->kind, waste->id, &kept, &gone);
  *skip = gone || (seen && kept.in_use);
  if (seen)
    *mark = kept.mark;
  return seen || gone;
}

static bool add_waste(struct step *step, const struct docker_waste *waste) {
  struct sample *found = step->found;
  const char *mark;
  bool skip;
  if (!mark_of(step, waste, &mark, &skip))
    return false;
  if (skip)
    return true;
  const char *key = sample_printf(found, "%s/%s", docker_waste_name(waste->kind), waste->id);
  struct row *row = sample_row(found, &found->tables[0], key, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many objects");
  row->cells[WASTE_OBJECT] = value_text(label_of(found, waste));
  row->cells[WASTE_STATE] =
      *waste->state ? value_text(sample_copy(found, waste->state)) : value_none(NULL);
  row->cells[WASTE_CREATED] = waste->created_s >= 0 ? value_int((int64_t)(waste->created_s * 1000))
                                                    : value_none("the engine does not say");
  row->cells[WASTE_SIZE] =
      waste->bytes >= 0 ? value_int(waste->bytes) : value_none("the engine does not say");
  row->cells[WASTE_KIND] = value_text(docker_waste_name(waste->kind));
  row->cells[WASTE_MARK] = value_text(sample_copy(found, mark));
  return true;
}

static bool check_volumes(struct step *step, const struct docker_disk *disk) {
  for (size_t i = 0; disk->volumes && disk->volumes[i] && i < DOCKER_VOLUMES_MAX; i++) {
    if (disk->volume_users[i] < 0)
      return step_fail(step, ERR_INVALID, "there is no volume %.80s", disk->volumes[i]);
    if (disk->volume_users[i] > 0)
      return step_fail(
          step, ERR_INVALID, "volume %.80s is in use by %s", disk->volumes[i],
          shown_counted(&step->arena, disk->volume_users[i], "container", "containers"));
  }
  return true;
}

/* The largest first. */
static int compare(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  const int order = value_compare(y->cells[WASTE_SIZE], x->cells[WASTE_SIZE]);
  return order ? order : strcmp(x->key, y->key);
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&waste_table};
  const char *names = step->call->request->params[0].text;
  struct docker_disk disk = {0};
  size_t count = 0;
  char **volumes = names ? words_split(names, &count, &step->err) : NULL;
  if (names && !volumes)
    return false;
  disk.volumes = volumes;
  step->found = found_new(specs, 1);
  found_set_int(step->found, "surveyed", clock_wall_ms());
  bool good = read_disk(step, &disk) && check_volumes(step, &disk);
  if (good && disk.cut)
    good = step_fail(step, ERR_LIMIT, "the engine keeps too many objects: more than %d",
                     DOCKER_WASTE_MAX);
  for (size_t i = 0; good && i < disk.count; i++)
    good = add_waste(step, &disk.waste[i]);
  free(volumes);
  found_set_int(step->found, "cache_left", disk.build_cache - disk.unused_cache);
  found_set_int(step->found, "cache_records", disk.cache_records);
  found_set_int(step->found, "kept", disk.total);
  struct table *table = &step->found->tables[0];
  if (good && table->row_count == 0)
    return step_fail(step, ERR_INVALID,
                     "nothing to remove: no container that has ended, no image without a name, no "
                     "network without a container and no unused build cache");
  qsort(table->rows, table->row_count, sizeof *table->rows, compare);
  return good;
}

/* ---- the plan */

static bool add_object(struct plan *plan, const struct row *row, const struct sample *found,
                       int64_t *bytes) {
  const int64_t kept = found_int(found, "kept", 0), surveyed_ms = found_int(found, "surveyed", 0);
  const struct value *cells = row->cells;
  const char *label = cells[WASTE_OBJECT].text, *kind = cells[WASTE_KIND].text;
  if (!plan_object(plan, row->key, label))
    return false;
  ACTION_CELLS(plan, cells[WASTE_STATE].type == VALUE_TEXT ? cells[WASTE_STATE].text : "",
               shown_value(&plan->arena, cells[WASTE_CREATED], UNIT_TIME),
               shown_value(&plan->arena, cells[WASTE_SIZE], UNIT_BYTES));
  action_bind(plan, "kind", kind);
  action_bind(plan, "id", row->key + strlen(kind) + 1);
  action_bind(plan, "mark", cells[WASTE_MARK].text);
  action_bind_number(plan, "kept", kept);
  action_bind_number(plan, "surveyed", surveyed_ms);
  if (cells[WASTE_SIZE].type == VALUE_INT)
    *bytes += cells[WASTE_SIZE].integer;
  return true;
}

static void say_command(struct plan *plan, size_t object) {
  static const char *const commands[DOCKER_WASTE_KINDS] = {
      [DOCKER_WASTE_CONTAINER] = "rm",
      [DOCKER_WASTE_IMAGE] = "image rm --no-prune",
      [DOCKER_WASTE_NETWORK] = "network rm",
      [DOCKER_WASTE_VOLUME] = "volume rm",
      [DOCKER_WASTE_CACHE] = "builder prune --force --filter until=",
  };
  const enum docker_waste_kind kind = docker_waste_kind_of(action_identity(plan, object, "kind"));
  const char *id = action_identity(plan, object, "id");
  if (kind == DOCKER_WASTE_VOLUME)
    plan_say(plan, PLAN_EFFECT, "docker volume rm %s", shown_word(&plan->arena, id));
  else if (kind == DOCKER_WASTE_CACHE)
    plan_say(plan, PLAN_EFFECT, "docker %sTIME, which is the time of the list", commands[kind]);
  else if (kind < DOCKER_WASTE_KINDS)
    plan_say(plan, PLAN_EFFECT, "docker %s %s", commands[kind], id);
}

static void say_losses(struct plan *plan) {
  static const char *const losses[DOCKER_WASTE_KINDS] = {
      [DOCKER_WASTE_CONTAINER] = "the logs and the files of the containers; their volumes stay",
      [DOCKER_WASTE_IMAGE] = "images that no registry has any more",
      [DOCKER_WASTE_VOLUME] = "all data of the volumes",
      [DOCKER_WASTE_CACHE] = "the time that the cache saves: the next builds run their steps again",
  };
  bool said[DOCKER_WASTE_KINDS + 1] = {false};
  for (size_t i = 0; i < plan->object_count; i++)
    said[docker_waste_kind_of(action_identity(plan, i, "kind"))] = true;
  for (size_t kind = 0; kind < DOCKER_WASTE_KINDS; kind++)
    if (said[kind] && losses[kind])
      plan_say(plan, PLAN_LOSS, "%s", losses[kind]);
}

static bool has_cache(const struct plan *plan) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (docker_waste_kind_of(action_identity(plan, i, "kind")) == DOCKER_WASTE_CACHE)
      return true;
  return false;
}

static void say_cache(struct plan *plan, int64_t records, int64_t left) {
  plan_say(plan, PLAN_BLAST, "build cache: %s; what a build has used since the plan stays",
           shown_counted(&plan->arena, records, "record", "records"));
  if (left > 0)
    plan_say(plan, PLAN_BLAST, "%s of the build cache stay, because a build or the builder uses it",
             shown_bytes(&plan->arena, left));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"STATE", false}, {"CREATED", false}, {"SIZE", true}};
  static const char *const identities[] = {"kind", "id", "mark", "kept", "surveyed"};
  const int64_t cache_left = found_int(request->found, "cache_left", 0);
  int64_t bytes = 0;
  if (request->chosen_count == 0)
    return err_set(err, ERR_INVALID, "nothing is picked");
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(&request->found->tables[0], request->chosen[i]);
    if (!row)
      return err_set(err, ERR_INVALID, "%.100s no longer exists", request->chosen[i]);
    if (!add_object(plan, row, request->found, &bytes))
      return err_set(err, ERR_LIMIT, "more than %d objects", PLAN_OBJECTS_MAX);
  }
  plan->unit = plan->object_count == 1 ? "object" : "objects";
  plan->title = plan_printf(plan, "Remove %zu %s of %s that nothing refers to", plan->object_count,
                            plan->unit, request->target->name);
  for (size_t i = 0; i < plan->object_count; i++)
    say_command(plan, i);
  plan_say(plan, PLAN_BLAST, "frees about %s", shown_bytes(&plan->arena, bytes));
  if (has_cache(plan))
    say_cache(plan, found_int(request->found, "cache_records", 0), cache_left);
  plan_say(plan, PLAN_PRECONDITION,
           "it is the object with that id, and nothing uses it: the engine refuses otherwise");
  plan_say(plan, PLAN_PRECONDITION,
           "a container was not started, and a volume not created again, since");
  say_losses(plan);
  return true;
}

/* ---- execute: one after the other; one that fails does not end it */

/* Whether it may be removed; otherwise the outcome says why not. False with step->err where that is
 * not known. */
static bool check(struct step *step, size_t object, bool *fits) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const enum docker_waste_kind kind = docker_waste_kind_of(action_identity(plan, object, "kind"));
  struct docker_kept kept;
  bool gone;
  *fits = false;
  if (!look(step, kind, action_identity(plan, object, "id"), &kept, &gone)) {
    if (gone)
      outcome_set(outcome, object, OBJECT_GONE, "already removed");
    return gone;
  }
  *fits = !kept.in_use && strcmp(kept.mark, action_identity(plan, object, "mark")) == 0;
  if (kept.in_use)
    outcome_set(outcome, object, OBJECT_REFUSED, "in use: %s", kept.why);
  else if (!*fits)
    outcome_set(outcome, object, OBJECT_REFUSED, "%s since the plan was made",
                kind == DOCKER_WASTE_VOLUME ? "another volume of that name was made"
                                            : "it was started");
  return true;
}

static bool say_unremoved(struct step *step, size_t object, const struct docker_reply *reply) {
  struct outcome *outcome = step->call->outcome;
  if (reply->status == 404)
    outcome_set(outcome, object, OBJECT_GONE, "already removed");
  else if (reply->status == 409 || reply->status == 403) /* 403: a network */
    outcome_set(outcome, object, OBJECT_REFUSED, "in use: %.200s", step->err.text);
  else if (reply->status > 0)
    outcome_set(outcome, object, OBJECT_REFUSED, "%.200s", step->err.text);
  else if (reply->unsent)
    return false;
  else {
    outcome_set(outcome, object, OBJECT_UNKNOWN, "sent, but no answer: %.200s", step->err.text);
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED,
                    "not attempted: the one before it failed");
    return false;
  }
  return true;
}

/* The engine takes how long a record was not used: longer than since the survey. */
static bool remove_cache(struct step *step, size_t object) {
  const int64_t now_ms = clock_wall_ms();
  const int64_t since_ms =
      now_ms - action_identity_number(step->call->plan, object, "surveyed", now_ms);
  char path[DOCKER_CACHE_PATH_MAX];
  const struct docker_query query = {.method = "POST", .path = path, .timeout_ms = REMOVE_MS};
  struct docker_cache_pruned pruned;
  struct docker_reply reply;
  docker_cache_path(path, since_ms > 0 ? since_ms / 1000 + 1 : 1);
  if (!docker_step_ask(step, &query, docker_cache_pruned_read, &pruned, &reply))
    return say_unremoved(step, object, &reply);
  if (pruned.records == 0)
    outcome_set(step->call->outcome, object, OBJECT_REFUSED,
                "nothing was removed: builds have used all of it since the list, or in the second "
                "before it");
  else
    outcome_set(step->call->outcome, object, OBJECT_SENT, "removed %s, %s",
                shown_counted(&step->arena, pruned.records, "record", "records"),
                shown_bytes(&step->arena, pruned.bytes));
  return true;
}

/* False with step->err where nothing more is to be sent. */
static bool remove_one(struct step *step, size_t object) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.method = "DELETE", .path = path, .timeout_ms = REMOVE_MS};
  struct docker_reply reply;
  bool fits;
  if (docker_waste_kind_of(action_identity(plan, object, "kind")) == DOCKER_WASTE_CACHE)
    return remove_cache(step, object);
  if (!check(step, object, &fits))
    return false;
  if (!fits)
    return true;
  if (!path_of(path, docker_waste_kind_of(action_identity(plan, object, "kind")),
               action_identity(plan, object, "id"), true))
    return step_fail(step, ERR_INVALID, "not an object of an engine");
  if (docker_step_ask(step, &query, NULL, NULL, &reply))
    outcome_set(outcome, object, OBJECT_SENT, "removed");
  else
    return say_unremoved(step, object, &reply);
  return true;
}

static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    if (!remove_one(step, i))
      return false;
    step_progress(step, (int64_t)i + 1, (int64_t)outcome->count, "objects");
    step_yield(step);
  }
  return true;
}

/* ---- verify: they are no longer there, and what the engine keeps then */

static bool verify_one(struct step *step, size_t object) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct docker_kept kept;
  bool gone;
  if (docker_waste_kind_of(action_identity(plan, object, "kind")) == DOCKER_WASTE_CACHE) {
    outcome_set(outcome, object, OBJECT_DONE, "%s", outcome->objects[object].words);
    return true; /* the engine has named its records; the proof has its size */
  }
  const bool seen = look(step, docker_waste_kind_of(action_identity(plan, object, "kind")),
                         action_identity(plan, object, "id"), &kept, &gone);
  if (gone)
    outcome_set(step->call->outcome, object, OBJECT_DONE, "removed");
  else if (seen && strcmp(kept.mark, action_identity(plan, object, "mark")) != 0)
    outcome_set(step->call->outcome, object, OBJECT_DONE, "removed, and created again since");
  else if (seen)
    outcome_set(step->call->outcome, object, OBJECT_UNKNOWN,
                "the engine said that it removed it, but it is still there");
  return seen || gone;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct docker_disk disk = {0};
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT && !verify_one(step, i))
      return false;
  const size_t removed = outcome_count(outcome, OBJECT_DONE);
  if (!read_disk(step, &disk)) {
    outcome_proof(outcome, "%zu of %zu removed; what the engine keeps now is not known: %.150s",
                  removed, outcome->count, step->err.text);
    return !step->dropped;
  }
  const int64_t before = action_identity_number(step->call->plan, 0, "kept", disk.total);
  outcome_proof(
      outcome, "%zu of %zu removed; the engine keeps %s, %s %s than in the plan", removed,
      outcome->count, shown_bytes(&step->arena, disk.total),
      shown_bytes(&step->arena, before > disk.total ? before - disk.total : disk.total - before),
      before >= disk.total ? "less" : "more");
  return true;
}

STEP(survey, SURVEY_MS)
STEP(execute, 0)
STEP_CANCELLABLE(verify, VERIFY_MS)

const struct action action_docker_prune = {
    .spec = {.id = "docker.prune",
             .kind = "docker",
             .title = "remove unused objects",
             .past = "removed",
             .what =
                 "removes containers that have ended, images without a name, networks without a "
                 "container, unused build cache and, where they are named, volumes",
             .runs = "docker rm, docker image rm, docker network rm, docker volume rm, docker "
                     "builder prune",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY,
             ACTION_PARAMS(params)},
    STEPS,
};
