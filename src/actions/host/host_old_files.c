#include "actions/host/host_old_files.h"

#include "actions/found.h"
#include "actions/shown.h"
#include "clients/host/host_contract.h"
#include "clients/host/host_name.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/mount.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HIDDEN(name) \
  { .id = (name), .title = (name), .flags = COLUMN_DETAIL, .priority = 9 }
static const struct column_spec old_columns[OLD_COLUMN_COUNT] = {
    [OLD_FILE] = {.id = "file", .title = "FILE"},
    [OLD_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    [OLD_AGE] = {.id = "age", .title = "AGE", .unit = UNIT_SECONDS},
    [OLD_HOLDER] = {.id = "holder", .title = "OPEN IN", .priority = 1},
    [OLD_NOTE] = {.id = "note", .title = "NOTE", .flags = COLUMN_FLEX, .priority = 2},
    [OLD_RULE] = HIDDEN("rule"),
    [OLD_DIRECTORY] = HIDDEN("directory"),
    [OLD_BELOW] = HIDDEN("below"),
    [OLD_NAME] = HIDDEN("name"),
    [OLD_SIZE] = HIDDEN("length"),
    [OLD_MODIFIED] = HIDDEN("modified"),
    [OLD_DEVICE] = HIDDEN("device"),
    [OLD_DIRECTORY_INODE] = HIDDEN("directory_inode"),
    [OLD_FOLDER_INODE] = HIDDEN("folder_inode"),
    [OLD_INODE] = HIDDEN("inode"),
    [OLD_MODE] = HIDDEN("mode"),
    [OLD_FORMAT] = HIDDEN("format"),
    [OLD_WRITTEN] = HIDDEN("written"),
};
static const struct table_spec old_table = FOUND_TABLE("files", "Old files", old_columns);

bool host_old_applies(const struct action_request *request, const char *option, struct err *why) {
  if (host_rule_count(request->target, option) > 0)
    return true;
  return err_set(
      why, ERR_UNSUPPORTED,
      "no rule in the configuration: add %s: {\"/var/log/ecap/*.log.*\": 7d} to the host", option);
}

/* ---- the survey */

static const char *shown(struct sample *found, const char *name) {
  char text[8192];
  return sample_copy(found, host_name_show(text, sizeof text, name));
}

/* A parent; NULL where the rule has nothing on this mount. */
static const char *add_rule(struct sample *found, const struct host_old_rule *rule) {
  if (rule->err.kind != ERR_NONE)
    sample_note(found, NULL, NULL, "%s", rule->err.text);
  if (rule->files == 0)
    return NULL;
  const char *name = shown(found, rule->rule.name);
  struct row *row = sample_row(found, &found->tables[0], name, NULL);
  if (!row)
    return NULL;
  row->cells[OLD_FILE] = value_text(name);
  row->cells[OLD_BYTES] = value_int(rule->allocated);
  row->cells[OLD_NOTE] = value_text(sample_printf(
      found, "%s, older than %s", shown_counted(&found->arena, rule->files, "file", "files"),
      shown_duration(&found->arena, rule->rule.older_ms)));
  return name;
}

static const struct host_held *holder_of(const struct host_held_list *list, uint64_t inode) {
  const struct host_held *holder = NULL;
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i].stat.inode == inode && (!holder || host_held_writes(&list->items[i])))
      holder = &list->items[i];
  return holder;
}

/* The name may be anything, and two names may be of one file. */
static const char *key_of(struct sample *found, const struct host_old_file *file) {
  const uint64_t names = map_hash_text(map_hash_text(MAP_HASH, file->below), file->name);
  return sample_printf(found, "%" PRIx64 "-%" PRIx64 "-%08" PRIx64, file->folder, file->stat.inode,
                       names & UINT32_MAX);
}

static void add_file(const struct host_scan *scan, struct sample *found,
                     const struct host_old_file *file, const char *parent) {
  const struct host_rule *rule = &scan->old.rules[file->rule].rule;
  const struct host_held *holder = holder_of(&scan->held, file->stat.inode);
  const int64_t age_ms = clock_wall_read_ms() - file->stat.modified_ns / 1000000;
  struct row *row = sample_row(found, &found->tables[0], key_of(found, file), parent);
  if (!row)
    return;
  struct value *cells = row->cells;
  cells[OLD_BELOW] = value_text(shown(found, file->below));
  cells[OLD_NAME] = value_text(shown(found, file->name));
  cells[OLD_FILE] = value_text(sample_printf(found, "%s%s%s", cells[OLD_BELOW].text,
                                             *file->below ? "/" : "", cells[OLD_NAME].text));
  cells[OLD_BYTES] = value_int(file->stat.allocated);
  cells[OLD_AGE] = value_int(age_ms > 0 ? age_ms / 1000 : 0);
  if (holder)
    cells[OLD_HOLDER] = value_text(host_holder_text(&found->arena, holder));
  if (file->stat.links > 1)
    cells[OLD_NOTE] = value_text(sample_printf(found, "has %" PRIu64 " names", file->stat.links));
  if (file->stat.immutable || file->stat.append_only)
    cells[OLD_NOTE] =
        value_text(file->stat.immutable ? "immutable (chattr +i)" : "append-only (chattr +a)");
  cells[OLD_RULE] = value_text(shown(found, rule->name));
  cells[OLD_DIRECTORY] = value_text(shown(found, rule->directory));
  cells[OLD_SIZE] = value_int(file->stat.size);
  cells[OLD_MODIFIED] = value_int(file->stat.modified_ns);
  cells[OLD_DEVICE] = value_int((int64_t)file->stat.device);
  cells[OLD_DIRECTORY_INODE] = value_int((int64_t)file->directory);
  cells[OLD_FOLDER_INODE] = value_int((int64_t)file->folder);
  cells[OLD_INODE] = value_int((int64_t)file->stat.inode);
  cells[OLD_MODE] = value_int(file->stat.mode);
  cells[OLD_FORMAT] = value_int(rule->format);
  cells[OLD_WRITTEN] = value_int(holder && host_held_writes(holder));
}

static void note_rules(const struct host_scan *scan, struct sample *found) {
  size_t elsewhere = 0;
  for (size_t i = 0; i < scan->old.rule_count; i++)
    elsewhere += scan->old.rules[i].elsewhere;
  if (found->tables[0].row_count == 0)
    sample_note(found, NULL, NULL, "no rule has an old file on %s", scan->shown);
  if (elsewhere > 0)
    sample_note(found, NULL, NULL,
                "%zu of %zu rules are for other file systems: select their mount", elsewhere,
                scan->old.rule_count);
  if (scan->old.count == HOST_OLD_MAX)
    sample_note(found, NULL, NULL, "only the %d largest files are listed", HOST_OLD_MAX);
}

bool host_old_survey(struct step *step, const char *option) {
  static const struct table_spec *const tables[] = {&old_table};
  struct host_scan *scan = host_scan_run(step, option);
  if (!scan)
    return false;
  step->found = found_new(tables, 1);
  size_t at = 0;
  for (size_t i = 0; i < scan->old.rule_count; i++) {
    const char *parent = add_rule(step->found, &scan->old.rules[i]);
    for (; at < scan->old.count && scan->old.items[at].rule == i; at++)
      if (parent)
        add_file(scan, step->found, &scan->old.items[at], parent);
  }
  note_rules(scan, step->found);
  host_scan_note(scan, step->found);
  host_scan_free(scan);
  return true;
}

/* ---- the plan */

const char *const host_old_identities[] = {"rule",         "directory", "below",  "name",
                                           "size",         "modified",  "device", "directory_inode",
                                           "folder_inode", "inode",     "mode",   "format"};
const size_t host_old_identity_count = sizeof host_old_identities / sizeof *host_old_identities;

static void bind_row(struct plan *plan, const struct row *row) {
  static const struct {
    const char *name;
    enum old_column column;
  } numbers[] = {{"size", OLD_SIZE},
                 {"modified", OLD_MODIFIED},
                 {"device", OLD_DEVICE},
                 {"directory_inode", OLD_DIRECTORY_INODE},
                 {"folder_inode", OLD_FOLDER_INODE},
                 {"inode", OLD_INODE},
                 {"mode", OLD_MODE},
                 {"format", OLD_FORMAT}};
  action_bind(plan, "rule", plan_copy(plan, row->cells[OLD_RULE].text));
  action_bind(plan, "directory", plan_copy(plan, row->cells[OLD_DIRECTORY].text));
  action_bind(plan, "below", plan_copy(plan, row->cells[OLD_BELOW].text));
  action_bind(plan, "name", plan_copy(plan, row->cells[OLD_NAME].text));
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    action_bind_number(plan, numbers[i].name, row->cells[numbers[i].column].integer);
}

bool host_old_objects(const struct action_request *request, struct plan *plan, int64_t *bytes,
                      struct err *err) {
  const struct table *table = &request->found->tables[0];
  struct map rows = {0};
  bool good = request->chosen_count > 0 || err_set(err, ERR_INVALID, "no file is selected");
  for (size_t i = 0; i < table->row_count; i++)
    map_add(&rows, table->rows[i].key, i);
  *bytes = 0;
  for (size_t i = 0; good && i < request->chosen_count; i++) {
    const struct map_slot *slot = map_find(&rows, request->chosen[i]);
    const struct row *row = slot ? &table->rows[slot->value] : NULL;
    if (!row || row->cells[OLD_INODE].type != VALUE_INT) {
      good = err_set(err, ERR_INVALID, "%.60s is not an old file any more", request->chosen[i]);
      break;
    }
    if (!plan_object(plan, row->key, row->cells[OLD_FILE].text)) {
      good = err_set(err, ERR_LIMIT, "more than %d files", PLAN_OBJECTS_MAX);
      break;
    }
    const struct value *cells = row->cells;
    ACTION_CELLS(plan, cells[OLD_DIRECTORY].text,
                 shown_bytes(&plan->arena, cells[OLD_BYTES].integer),
                 shown_duration(&plan->arena, cells[OLD_AGE].integer * 1000),
                 cells[OLD_HOLDER].type == VALUE_TEXT ? cells[OLD_HOLDER].text : NULL,
                 cells[OLD_NOTE].type == VALUE_TEXT ? cells[OLD_NOTE].text : NULL);
    bind_row(plan, row);
    *bytes += cells[OLD_BYTES].integer;
  }
  map_fini(&rows);
  return good;
}

/* ---- execute */

bool host_old_id_read(const struct plan *plan, size_t object, struct host_old_id *id) {
  if (!host_name_read(id->directory, sizeof id->directory,
                      action_identity(plan, object, "directory")) ||
      !host_name_read(id->below, sizeof id->below, action_identity(plan, object, "below")) ||
      !host_name_read(id->name, sizeof id->name, action_identity(plan, object, "name")) ||
      *id->directory != '/' || !*id->name || strchr(id->name, '/') || strcmp(id->name, ".") == 0 ||
      strcmp(id->name, "..") == 0)
    return false;
  id->id = (struct host_file_id){
      .directory = id->directory,
      .below = id->below,
      .name = id->name,
      .directory_inode = (uint64_t)action_identity_number(plan, object, "directory_inode", 0),
      .folder_inode = (uint64_t)action_identity_number(plan, object, "folder_inode", 0),
      .stat = {.device = (uint64_t)action_identity_number(plan, object, "device", 0),
               .inode = (uint64_t)action_identity_number(plan, object, "inode", 0),
               .mode = (mode_t)action_identity_number(plan, object, "mode", 0),
               .size = action_identity_number(plan, object, "size", -1),
               .modified_ns = action_identity_number(plan, object, "modified", 0)}};
  return true;
}

static void old_work_drop(struct step_work *work) {
  free((struct host_old_work *)work);
}

/* The used bytes of the file system; -1: not known. */
struct measuring {
  struct step_work work; /* first */
  char path[PATH_MAX];
  struct mount_facts facts;
};

static void measuring_run(struct step_work *work) {
  struct measuring *measuring = (struct measuring *)work;
  mount_probe(measuring->path, &measuring->facts);
}

static void measuring_drop(struct step_work *work) {
  free((struct measuring *)work);
}

static int64_t measure(struct step *step, const char *path) {
  struct measuring *measuring = mem_new(sizeof *measuring);
  measuring->work =
      (struct step_work){.run = measuring_run, .drop = measuring_drop, .stall_ms = HOST_STALL_MS};
  int64_t used = -1;
  if (!host_name_read(measuring->path, sizeof measuring->path, path)) {
    free(measuring);
    return -1;
  }
  if (!step_work(step, &measuring->work))
    return -1;
  if (!measuring->facts.error && !measuring->facts.missing)
    used = (int64_t)measuring->facts.used;
  measuring_drop(&measuring->work);
  return used;
}

static void settle(struct step *step, size_t index, const struct host_result *result,
                   const char *verb) {
  static const enum object_result results[] = {
      [HOST_DONE] = OBJECT_DONE, [HOST_GONE] = OBJECT_GONE, [HOST_REFUSED] = OBJECT_REFUSED};
  struct outcome *outcome = step->call->outcome;
  if (result->end == HOST_DONE)
    outcome_set(outcome, index, OBJECT_DONE, "%s, %s%s freed", verb, result->freed < 0 ? "-" : "",
                shown_bytes(&step->arena, result->freed < 0 ? -result->freed : result->freed));
  else
    outcome_set(outcome, index, results[result->end], "%s", result->err.text);
}

static void prove(struct step *step, int64_t freed, int64_t before, int64_t after) {
  struct outcome *outcome = step->call->outcome;
  struct arena *arena = &step->arena;
  const char *counted = shown_bytes(arena, freed);
  const size_t done = outcome_count(outcome, OBJECT_DONE);
  if (before < 0 || after < 0)
    outcome_proof(outcome, "%zu of %zu files, %s by their blocks", done, outcome->count, counted);
  else
    outcome_proof(outcome,
                  "%zu of %zu files, %s by their blocks; the used space went from %s to %s", done,
                  outcome->count, counted, shown_bytes(arena, before), shown_bytes(arena, after));
}

static bool has_rule(const struct step *step, const char *option, size_t object) {
  const struct target *target = step->call->target;
  const char *rule = action_identity(step->call->plan, object, "rule");
  char name[8192];
  for (size_t i = 0; i < host_rule_count(target, option); i++)
    if (strcmp(host_name_show(name, sizeof name, target_option(target, option)->names[i]), rule) ==
        0)
      return true;
  return false;
}

bool host_old_execute(struct step *step, const char *option, void (*run)(struct step_work *work),
                      const char *unit, const char *verb) {
  const struct plan *plan = step->call->plan;
  const char *directory = action_identity(plan, 0, "directory");
  const int64_t before = measure(step, directory);
  int64_t freed = 0;
  for (size_t i = 0; i < plan->object_count && !step->dropped; i++) {
    if (step->cancelled)
      return host_cancelled(step);
    if (!has_rule(step, option, i)) {
      outcome_set(step->call->outcome, i, OBJECT_REFUSED,
                  "the configuration no longer has its rule");
      continue;
    }
    struct host_old_work *work = mem_new(sizeof *work);
    work->work = (struct step_work){.run = run,
                                    .drop = old_work_drop,
                                    .change = true,
                                    .unit = unit,
                                    .stall_ms = 5 * HOST_STALL_MS};
    work->format = (enum host_format)action_identity_number(plan, i, "format", HOST_ZSTD);
    if (!host_old_id_read(plan, i, &work->id)) {
      free(work);
      outcome_set(step->call->outcome, i, OBJECT_REFUSED, "the plan has no valid name for it");
      continue;
    }
    atomic_store(&work->work.total, 2 * work->id.id.stat.size);
    if (unit)
      snprintf(step->call->progress->step, sizeof step->call->progress->step,
               "file %zu of %zu: %.60s", i + 1, plan->object_count, plan->objects[i].label);
    if (!step_work(step, &work->work)) {
      host_skip_from(step, i + 1);
      return false; /* the frame settles this one */
    }
    settle(step, i, &work->result, verb);
    freed += work->result.end == HOST_DONE ? work->result.freed : 0;
    old_work_drop(&work->work);
    if (!unit)
      step_progress(step, (int64_t)i + 1, (int64_t)plan->object_count, "files");
    step_yield(step);
  }
  prove(step, freed, before, measure(step, directory));
  return !step->dropped;
}
