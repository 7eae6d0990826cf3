/* Compresses old logs by the rules of the configuration. */
#include "actions/host/host_old_files.h"
#include "actions/shown.h"
#include "clients/host/host_compress.h"
#include "clients/host/host_contract.h"

static bool applies(const struct action_request *request, struct err *why) {
  return host_old_applies(request, HOST_COMPRESS, why);
}

static bool survey(struct step *step) {
  return host_old_survey(step, HOST_COMPRESS);
}

static bool check_written(const struct action_request *request, struct err *err) {
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(&request->found->tables[0], request->chosen[i]);
    if (row && row->cells[OLD_WRITTEN].type == VALUE_INT && row->cells[OLD_WRITTEN].integer)
      return err_set(err, ERR_INVALID,
                     "%.80s is open for writing in %.80s: what it writes would be lost",
                     row->cells[OLD_FILE].text, row->cells[OLD_HOLDER].text);
  }
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"DIRECTORY", false}, {"SIZE", true}, {"AGE", true}, {"OPEN IN", false}, {"NOTE", false}};
  int64_t bytes;
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->identities = host_old_identities;
  plan->identity_count = host_old_identity_count;
  if (!check_written(request, err) || !host_old_objects(request, plan, &bytes, err))
    return false;
  plan->unit = plan->object_count == 1 ? "file" : "files";
  plan->title = plan_printf(plan, "Compress %zu old %s of %s", plan->object_count, plan->unit,
                            request->target->name);
  for (size_t i = 0; i < plan->object_count && i < 3; i++)
    plan_say(plan, PLAN_EFFECT, "%s %s",
             action_identity_number(plan, i, "format", HOST_ZSTD) == HOST_GZIP ? "gzip"
                                                                               : "zstd --rm",
             shown_word(&plan->arena, plan->objects[i].label));
  if (plan->object_count > 3)
    plan_say(plan, PLAN_EFFECT, "and %zu more", plan->object_count - 3);
  plan_say(plan, PLAN_BLAST, "%s before; how much is freed depends on the content",
           shown_bytes(&plan->arena, bytes));
  plan_say(plan, PLAN_PRECONDITION,
           "directory, inode, size and time of change of each file are those of the plan, and no "
           "process has it open for writing");
  plan_say(plan, PLAN_PRECONDITION,
           "there is room for the new file beside the original, which is removed only after the "
           "new one is on disk and was compared with it");
  plan_say(plan, PLAN_WARNING,
           "access lists and other extended attributes are not copied; mode, owner and time of "
           "change are");
  plan_say(plan, PLAN_UNDO, "gunzip or unzstd --rm of the new files");
  return true;
}

static void compress_run(struct step_work *work) {
  struct host_old_work *old = (struct host_old_work *)work;
  const struct host_compression compression = {.id = &old->id.id,
                                               .format = old->format,
                                               .proc = "/proc",
                                               .stop = &work->stop,
                                               .done = &work->done};
  host_compress(&compression, &old->result);
}

static bool execute(struct step *step) {
  return host_old_execute(step, HOST_COMPRESS, compress_run, "bytes", "compressed");
}

STEP_CANCELLABLE(survey, 0)
STEP_CANCELLABLE(execute, 0)

const struct action action_host_compress_logs = {
    .spec = {.id = "host.compress-logs",
             .kind = "host",
             .table = HOST_DISKS_TABLE,
             .key = 'C',
             .title = "compress old logs",
             .past = "compressed",
             .what = "compresses old files that the configuration names (compress: directory, "
                     "pattern, age), and removes each original after the new file was compared "
                     "with it",
             .runs = "zstd or gzip, fsync, a comparison, and unlinkat by directory handles",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .applies = applies,
    .survey = &survey_step,
    .plan = make_plan,
    .execute = &execute_step,
};
