/* Deletes old files by the rules of the configuration. */
#include "actions/host/host_old_files.h"
#include "actions/shown.h"
#include "clients/host/host_contract.h"

#include <string.h>

static bool applies(const struct action_request *request, struct err *why) {
  return host_old_applies(request, HOST_CLEANUP, why);
}

static bool survey(struct step *step) {
  return host_old_survey(step, HOST_CLEANUP);
}

/* What would not come back at once. */
static void say_held(const struct action_request *request, struct plan *plan) {
  size_t held = 0, linked = 0;
  const char *first = NULL;
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(&request->found->tables[0], request->chosen[i]);
    if (row && row->cells[OLD_HOLDER].type == VALUE_TEXT && held++ == 0)
      first = row->cells[OLD_HOLDER].text;
    linked += row && row->cells[OLD_NOTE].type == VALUE_TEXT;
  }
  if (held > 0)
    plan_say(plan, PLAN_WARNING,
             "%zu of them %s open, first in %s: their space is freed only when the last process "
             "closes them; host.truncate-file frees it at once",
             held, held == 1 ? "is" : "are", first);
  if (linked > 0)
    plan_say(plan, PLAN_WARNING,
             "%zu of them cannot be removed, or have further names (see NOTE): their space does "
             "not come back",
             linked);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"DIRECTORY", false}, {"SIZE", true}, {"AGE", true}, {"OPEN IN", false}, {"NOTE", false}};
  int64_t bytes;
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->identities = host_old_identities;
  plan->identity_count = host_old_identity_count;
  if (!host_old_objects(request, plan, &bytes, err))
    return false;
  plan->unit = plan->object_count == 1 ? "file" : "files";
  plan->title = plan_printf(plan, "Delete %zu old %s of %s", plan->object_count, plan->unit,
                            request->target->name);
  plan_say(plan, PLAN_EFFECT, "unlinkat(DIRECTORY, NAME), after a move to a directory of its own");
  plan_say(plan, PLAN_BLAST, "frees %s", shown_bytes(&plan->arena, bytes));
  say_held(request, plan);
  plan_say(plan, PLAN_PRECONDITION,
           "directory, inode, size and time of change of each file are those of the plan");
  plan_say(plan, PLAN_LOSS, "the files; there is no copy");
  return true;
}

static void remove_run(struct step_work *work) {
  struct host_old_work *old = (struct host_old_work *)work;
  host_remove(&old->id.id, &old->result);
}

static bool execute(struct step *step) {
  return host_old_execute(step, HOST_CLEANUP, remove_run, NULL, "removed");
}

STEP_CANCELLABLE(survey, 0)
STEP_CANCELLABLE(execute, 0)

const struct action action_host_delete_old_files = {
    .spec = {.id = "host.delete-old-files",
             .kind = "host",
             .table = HOST_DISKS_TABLE,
             .key = 'D',
             .title = "delete old files",
             .past = "deleted",
             .what = "deletes old files that the configuration names (cleanup: directory, pattern, "
                     "age), after a look at the list",
             .runs = "renameat2, fstatat and unlinkat by directory handles",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .applies = applies,
    .survey = &survey_step,
    .plan = make_plan,
    .execute = &execute_step,
};
