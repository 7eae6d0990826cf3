/* Empties files that a process holds open: its space is freed at once, and the process keeps
 * writing. A deleted file can be reached in no other way. */
#include "clients/host/host_truncate.h"
#include "actions/found.h"
#include "actions/host/host_scan.h"
#include "actions/shown.h"
#include "clients/host/host_contract.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 500 };

/* ---- the survey */

enum open_column {
  OPEN_FILE,
  OPEN_BYTES,
  OPEN_STATE,
  OPEN_HOLDER,
  OPEN_MODE,
  OPEN_AGE,
  OPEN_FOLDER,
  OPEN_PID,
  OPEN_FD,
  OPEN_STARTED,
  OPEN_DEVICE,
  OPEN_INODE,
  OPEN_OTHERS,
  OPEN_COLUMN_COUNT
};

#define HIDDEN(name) \
  { .id = (name), .title = (name), .flags = COLUMN_DETAIL, .priority = 9 }
static const struct column_spec open_columns[OPEN_COLUMN_COUNT] = {
    [OPEN_FILE] = {.id = "file", .title = "FILE"},
    [OPEN_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    [OPEN_STATE] = {.id = "state", .title = "STATE"},
    [OPEN_HOLDER] = {.id = "holder", .title = "OPEN IN"},
    [OPEN_MODE] = {.id = "mode", .title = "MODE", .priority = 2},
    [OPEN_AGE] = {.id = "age", .title = "CHANGED", .unit = UNIT_SECONDS, .priority = 3},
    [OPEN_FOLDER] = {.id = "folder", .title = "DIRECTORY", .flags = COLUMN_FLEX, .priority = 4},
    [OPEN_PID] = HIDDEN("pid"),
    [OPEN_FD] = HIDDEN("fd"),
    [OPEN_STARTED] = HIDDEN("started"),
    [OPEN_DEVICE] = HIDDEN("device"),
    [OPEN_INODE] = HIDDEN("inode"),
    [OPEN_OTHERS] = HIDDEN("others"),
};
static const struct table_spec open_table = FOUND_TABLE("open", "Open files", open_columns);

static int compare_held(const void *a, const void *b) {
  const struct host_held *const *x = a, *const *y = b;
  if ((*x)->stat.allocated != (*y)->stat.allocated)
    return (*x)->stat.allocated < (*y)->stat.allocated ? 1 : -1;
  return (*x)->stat.inode < (*y)->stat.inode ? -1 : (*x)->stat.inode > (*y)->stat.inode;
}

/* Not the audit log: no action may erase what it has recorded. */
static bool is_candidate(const struct host_scan *scan, const struct host_held *held) {
  return held->stat.allocated > 0 && (host_held_deleted(held) || host_held_writes(held)) &&
         !host_scan_is_own(scan, held);
}

static const char *mode_of(const struct host_held *held) {
  if (held->flags < 0)
    return "not known";
  return !host_held_writes(held) ? "reads" : host_held_appends(held) ? "appends" : "writes";
}

static void add_row(const struct host_scan *scan, struct sample *found,
                    const struct host_held *held) {
  struct row *row = sample_row(found, &found->tables[0],
                               sample_printf(found, "%ld/%d", held->pid, held->fd), NULL);
  if (!row)
    return;
  const char *base = host_base(held->path);
  const int64_t age_ms = clock_wall_read_ms() - held->stat.modified_ns / 1000000;
  int64_t others = -1;
  for (size_t i = 0; i < scan->held.count; i++)
    others += scan->held.items[i].stat.inode == held->stat.inode;
  row->cells[OPEN_FILE] = value_text(sample_copy(found, base));
  row->cells[OPEN_BYTES] = value_int(held->stat.allocated);
  row->cells[OPEN_STATE] = value_text(host_held_deleted(held) ? "deleted" : "has a name");
  row->cells[OPEN_HOLDER] = value_text(sample_copy(found, host_holder_text(&found->arena, held)));
  row->cells[OPEN_MODE] = value_text(mode_of(held));
  row->cells[OPEN_AGE] = value_int(age_ms > 0 ? age_ms / 1000 : 0);
  row->cells[OPEN_FOLDER] = value_text(sample_text(found, held->path, (size_t)(base - held->path)));
  row->cells[OPEN_PID] = value_int(held->pid);
  row->cells[OPEN_FD] = value_int(held->fd);
  row->cells[OPEN_STARTED] = value_int((int64_t)held->started);
  row->cells[OPEN_DEVICE] = value_int((int64_t)held->stat.device);
  row->cells[OPEN_INODE] = value_int((int64_t)held->stat.inode);
  row->cells[OPEN_OTHERS] = value_int(others);
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&open_table};
  struct host_scan *scan = host_scan_run(step, NULL);
  if (!scan)
    return false;
  const struct host_held **items = mem_new((scan->held.count + 1) * sizeof *items);
  size_t count = 0;
  for (size_t i = 0; i < scan->held.count; i++)
    if (is_candidate(scan, &scan->held.items[i]))
      items[count++] = &scan->held.items[i];
  qsort(items, count, sizeof *items, compare_held);
  step->found = found_new(tables, 1);
  host_scan_note(scan, step->found);
  if (count == 0)
    sample_note(step->found, NULL, NULL,
                "no process writes to a file of %s, or holds a deleted one", scan->shown);
  for (size_t i = 0; i < count && i < ROWS_MAX; i++)
    add_row(scan, step->found, items[i]);
  step->found->tables[0].truncated |= count > ROWS_MAX;
  free(items);
  host_scan_free(scan);
  return true;
}

/* ---- the plan */

static const char *const identities[] = {"pid", "fd", "started", "device", "inode", "deleted"};

static void say_row(struct plan *plan, const struct row *row, bool deleted) {
  const struct value *cells = row->cells;
  const char *file = cells[OPEN_FILE].text, *mode = cells[OPEN_MODE].text;
  plan_say(plan, PLAN_EFFECT, "truncate -s 0 /proc/%lld/fd/%lld",
           (long long)cells[OPEN_PID].integer, (long long)cells[OPEN_FD].integer);
  if (strcmp(mode, "writes") == 0 || strcmp(mode, "not known") == 0)
    plan_say(
        plan, PLAN_WARNING,
        "%s does not append to %s: it continues to write at its old position, so the file becomes "
        "sparse; it looks as large as before, but the space is free",
        cells[OPEN_HOLDER].text, file);
  if (strcmp(mode, "reads") == 0)
    plan_say(plan, PLAN_WARNING,
             "%s reads %s: it finds the file empty, and ends with SIGBUS if it has mapped it",
             cells[OPEN_HOLDER].text, file);
  if (cells[OPEN_OTHERS].integer > 0)
    plan_say(plan, PLAN_WARNING, "%s is open in %lld more processes", file,
             (long long)cells[OPEN_OTHERS].integer);
  if (!deleted)
    plan_say(plan, PLAN_BLAST, "%s keeps its name, and %s keeps writing to it", file,
             cells[OPEN_HOLDER].text);
}

static bool add_object(struct plan *plan, const struct row *row) {
  const struct value *cells = row->cells;
  const bool deleted = strcmp(cells[OPEN_STATE].text, "deleted") == 0;
  const char *key = plan_printf(plan, "%lld/%lld/%s", (long long)cells[OPEN_DEVICE].integer,
                                (long long)cells[OPEN_INODE].integer, row->key);
  if (!plan_object(plan, key, cells[OPEN_FILE].text))
    return false;
  ACTION_CELLS(plan, cells[OPEN_FOLDER].text, shown_bytes(&plan->arena, cells[OPEN_BYTES].integer),
               cells[OPEN_STATE].text, cells[OPEN_HOLDER].text, cells[OPEN_MODE].text);
  action_bind_number(plan, "pid", cells[OPEN_PID].integer);
  action_bind_number(plan, "fd", cells[OPEN_FD].integer);
  action_bind_number(plan, "started", cells[OPEN_STARTED].integer);
  action_bind_number(plan, "device", cells[OPEN_DEVICE].integer);
  action_bind_number(plan, "inode", cells[OPEN_INODE].integer);
  action_bind_number(plan, "deleted", deleted);
  say_row(plan, row, deleted);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"DIRECTORY", false}, {"SIZE", true}, {"STATE", false}, {"OPEN IN", false}, {"MODE", false}};
  int64_t bytes = 0;
  if (request->chosen_count == 0)
    return err_set(err, ERR_INVALID, "no file is selected");
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(&request->found->tables[0], request->chosen[i]);
    if (!row)
      return err_set(err, ERR_INVALID, "%.60s is no longer open", request->chosen[i]);
    if (!add_object(plan, row))
      return err_set(err, ERR_LIMIT, "more than %d files", PLAN_OBJECTS_MAX);
    bytes += row->cells[OPEN_BYTES].integer;
  }
  plan->unit = plan->object_count == 1 ? "file" : "files";
  plan->title = plan->object_count == 1
                    ? plan_printf(plan, "Truncate %s", plan->objects[0].label)
                    : plan_printf(plan, "Truncate %zu files", plan->object_count);
  plan_say(plan, PLAN_BLAST, "frees %s", shown_bytes(&plan->arena, bytes));
  plan_say(plan, PLAN_PRECONDITION,
           "the process still runs, and its descriptor is still the same file");
  plan_say(plan, PLAN_LOSS,
           "the content: fine for a log, but a program that reads it back (a database, a queue) "
           "loses data");
  return true;
}

/* ---- execute */

struct emptying {
  struct step_work work; /* first */
  struct host_opened opened;
  struct host_result result;
};

static void emptying_run(struct step_work *work) {
  struct emptying *emptying = (struct emptying *)work;
  host_truncate(&emptying->opened, &emptying->result);
}

static void emptying_drop(struct step_work *work) {
  free((struct emptying *)work);
}

static void settle(struct step *step, size_t index, const struct host_result *result) {
  struct outcome *outcome = step->call->outcome;
  static const enum object_result results[] = {
      [HOST_DONE] = OBJECT_DONE, [HOST_GONE] = OBJECT_GONE, [HOST_REFUSED] = OBJECT_REFUSED};
  if (result->end == HOST_DONE)
    outcome_set(outcome, index, OBJECT_DONE, "%s freed", shown_bytes(&step->arena, result->freed));
  else
    outcome_set(outcome, index, results[result->end], "%s", result->err.text);
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  int64_t freed = 0;
  for (size_t i = 0; i < plan->object_count; i++) {
    if (step->cancelled)
      return host_cancelled(step);
    struct emptying *emptying = mem_new(sizeof *emptying);
    emptying->work = (struct step_work){
        .run = emptying_run, .drop = emptying_drop, .change = true, .stall_ms = HOST_STALL_MS};
    emptying->opened =
        (struct host_opened){.proc = "/proc",
                             .pid = (long)action_identity_number(plan, i, "pid", 0),
                             .fd = (int)action_identity_number(plan, i, "fd", -1),
                             .started = (uint64_t)action_identity_number(plan, i, "started", 0),
                             .device = (uint64_t)action_identity_number(plan, i, "device", 0),
                             .inode = (uint64_t)action_identity_number(plan, i, "inode", 0),
                             .deleted = action_identity_number(plan, i, "deleted", 0)};
    if (!step_work(step, &emptying->work)) {
      host_skip_from(step, i + 1);
      return false; /* the frame settles this one */
    }
    settle(step, i, &emptying->result);
    freed += emptying->result.freed;
    emptying_drop(&emptying->work);
    step_progress(step, (int64_t)i + 1, (int64_t)plan->object_count, "files");
    step_yield(step);
  }
  outcome_proof(outcome, "%s freed, by the blocks of the files before and after",
                shown_bytes(&step->arena, freed));
  return true;
}

STEP_CANCELLABLE(survey, 0)
STEP_CANCELLABLE(execute, 0)

const struct action action_host_truncate_file = {
    .spec = {.id = "host.truncate-file",
             .kind = "host",
             .table = HOST_DISKS_TABLE,
             .key = 'T',
             .title = "truncate open files",
             .past = "truncated",
             .what = "empties files that a process holds open, deleted or not: their space is free "
                     "at once, and the process keeps running",
             .runs = "ftruncate through /proc/PID/fd/FD",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .survey = &survey_step,
    .plan = make_plan,
    .execute = &execute_step,
};
