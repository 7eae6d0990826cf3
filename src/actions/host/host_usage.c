/* What fills a mount: a survey that reads only. Its table is what it is for: files that are deleted
 * but open, the largest directories and files as a tree, and what explains the rest. */
#include "clients/host/host_usage.h"
#include "actions/found.h"
#include "actions/host/host_scan.h"
#include "actions/shown.h"
#include "actions/work.h"
#include "clients/host/host_contract.h"
#include "clients/host/host_name.h"
#include "clients/host/host_rule.h"
#include "core/mem.h"
#include "io/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are shown: the first few of each kind, then those with a share of the used bytes. */
enum {
  DIRECTORIES_ALWAYS = 10,
  FILES_ALWAYS = 5,
  DIRECTORIES_MAX = 60,
  FILES_MAX = 40,
  DELETED_MAX = 40,
  SHARE_OF_USED = 100
};

enum usage_column {
  USAGE_WHAT,
  USAGE_BYTES,
  USAGE_SHARE,
  USAGE_GROWN,
  USAGE_FILES,
  USAGE_AGE,
  USAGE_HOLDER,
  USAGE_NOTE,
  USAGE_OPEN,
  USAGE_COLUMN_COUNT
};

static const struct column_spec usage_columns[USAGE_COLUMN_COUNT] = {
    [USAGE_WHAT] = {.id = "what", .title = "WHAT", .width = 16},
    [USAGE_BYTES] = {.id = "bytes", .title = "SIZE", .unit = UNIT_BYTES},
    [USAGE_SHARE] = {.id = "share", .title = "OF USED", .unit = UNIT_RATIO, .flags = COLUMN_GAUGE},
    [USAGE_GROWN] =
        {.id = "grown", .title = "GROWN", .unit = UNIT_BYTES, .flags = COLUMN_PLUS, .priority = 2},
    [USAGE_FILES] = {.id = "files", .title = "FILES", .unit = UNIT_COUNT, .priority = 4},
    [USAGE_AGE] = {.id = "age", .title = "CHANGED", .unit = UNIT_SECONDS, .priority = 3},
    [USAGE_HOLDER] = {.id = "holder", .title = "OPEN IN", .priority = 1},
    [USAGE_NOTE] = {.id = "note", .title = "NOTE", .priority = 5, .flags = COLUMN_FLEX},
    [USAGE_OPEN] = {.id = "open", .title = "PID/FD", .flags = COLUMN_DETAIL, .priority = 9},
};
static const struct table_spec usage_table = FOUND_TABLE("usage", "Usage", usage_columns);

/* ---- the work */

struct looking {
  struct step_work work; /* first */
  char *path, *folder;   /* folder: of the state; NULL: none */
  char shown[1024];      /* the path */
  struct host_usage usage;
  struct host_look last, part;
  struct err unsaved;
};

static void looking_drop(struct step_work *work) {
  struct looking *looking = (struct looking *)work;
  host_usage_fini(&looking->usage);
  host_look_fini(&looking->last);
  host_look_fini(&looking->part);
  free(looking->path);
  free(looking->folder);
  free(looking);
}

static void load(struct looking *looking) {
  host_look_load(&looking->last, looking->folder, looking->shown, "last");
  host_look_load(&looking->part, looking->folder, looking->shown, "part");
  const int64_t age_ms = clock_wall_read_ms() - looking->part.at_ms;
  if (looking->part.at_ms > 0 && age_ms >= 0 && age_ms <= HOST_LOOK_CONTINUE_MS)
    looking->usage.before = &looking->part;
}

static void save(struct looking *looking) {
  struct host_look look = {0};
  const bool partial = looking->usage.partial;
  host_usage_remember(&looking->usage, &look);
  if (host_look_save(&look, looking->folder, looking->shown, partial ? "part" : "last",
                     &looking->unsaved) &&
      !partial)
    host_look_forget(looking->folder, looking->shown, "part");
  host_look_fini(&look);
}

static void looking_run(struct step_work *work) {
  struct looking *looking = (struct looking *)work;
  looking->usage.path = looking->path;
  looking->usage.proc = "/proc";
  looking->usage.stop = &work->stop;
  looking->usage.files_so_far = &work->done;
  if (looking->folder)
    load(looking);
  host_usage_run(&looking->usage);
  if (looking->folder && looking->usage.err.kind == ERR_NONE)
    save(looking);
}

/* ---- rows */

struct context {
  struct sample *found;
  struct table *table;
  const struct looking *looking;
  const struct host_usage *usage;
  int64_t now_ms;
  bool emitted[HOST_USAGE_DIRECTORIES], emitted_file[HOST_USAGE_FILES];
};

static const char *shown_path(struct sample *found, const char *path) {
  char text[4096];
  return sample_copy(found, host_name_show(text, sizeof text, path));
}

static struct row *add(struct context *context, const char *key, const char *parent,
                       const char *what, int64_t bytes) {
  struct row *row = sample_row(context->found, context->table, key, parent);
  if (!row)
    return NULL;
  row->cells[USAGE_WHAT] = value_text(what);
  row->cells[USAGE_BYTES] = value_int(bytes);
  if (context->usage->facts.used > 0)
    row->cells[USAGE_SHARE] = value_real((double)bytes / (double)context->usage->facts.used);
  return row;
}

static void set_age(const struct context *context, struct row *row, int64_t modified_ms) {
  const int64_t age_ms = context->now_ms - modified_ms;
  row->cells[USAGE_AGE] = value_int(age_ms > 0 ? age_ms / 1000 : 0);
}

static void set_holder(const struct context *context, struct row *row,
                       const struct host_held *held) {
  row->cells[USAGE_HOLDER] =
      value_text(sample_printf(context->found, "%s %ld (%s)",
                               *held->program ? held->program : "pid", held->pid, held->user));
  row->cells[USAGE_OPEN] = value_text(sample_printf(context->found, "%ld/%d", held->pid, held->fd));
}

/* Without the mount point, where the process sees it at the same path. */
static const char *path_below(const struct context *context, const char *path) {
  const char *mount = context->looking->shown;
  const size_t length = strcmp(mount, "/") == 0 ? 0 : strlen(mount);
  const bool below = strncmp(path, mount, length) == 0 && path[length] == '/' && path[length + 1];
  return sample_copy(context->found, below ? path + length + 1 : path);
}

static int compare_held(const void *a, const void *b) {
  const struct host_held *const *x = a, *const *y = b;
  if ((*x)->stat.allocated != (*y)->stat.allocated)
    return (*x)->stat.allocated < (*y)->stat.allocated ? 1 : -1;
  if ((*x)->stat.inode != (*y)->stat.inode)
    return (*x)->stat.inode < (*y)->stat.inode ? -1 : 1;
  return (*x)->pid < (*y)->pid ? -1 : (*x)->pid > (*y)->pid;
}

/* The deleted ones, the largest first, those of one file beside each other; the caller frees
 * them. */
static const struct host_held **deleted_of(const struct host_held_list *list, size_t *count) {
  const struct host_held **items = mem_new((list->count + 1) * sizeof *items);
  *count = 0;
  for (size_t i = 0; i < list->count; i++)
    if (host_held_deleted(&list->items[i]) && list->items[i].stat.allocated > 0)
      items[(*count)++] = &list->items[i];
  qsort(items, *count, sizeof *items, compare_held);
  return items;
}

static bool same_file(const struct host_held *a, const struct host_held *b) {
  return a->stat.inode == b->stat.inode;
}

/* The bytes of all of them, each file once. */
static int64_t deleted_bytes_of(const struct host_held **items, size_t count, size_t *files) {
  int64_t bytes = 0;
  *files = 0;
  for (size_t i = 0; i < count; i++)
    if (i == 0 || !same_file(items[i], items[i - 1])) {
      ++*files;
      bytes += items[i]->stat.allocated;
    }
  return bytes;
}

/* Before the tree, because no directory shows them, or after it where they are of little weight.
 * Returns their bytes. */
static int64_t add_deleted(struct context *context, bool before_tree) {
  static const char parent[] = "deleted";
  size_t count, files;
  const struct host_held **items = deleted_of(&context->usage->held, &count);
  const int64_t bytes = deleted_bytes_of(items, count, &files);
  if (before_tree != ((uint64_t)bytes >= context->usage->facts.used / SHARE_OF_USED)) {
    free(items);
    return bytes;
  }
  struct row *row = files > 0 ? add(context, parent, NULL, "deleted, but still open", bytes) : NULL;
  if (row) {
    row->cells[USAGE_FILES] = value_int((int64_t)files);
    row->cells[USAGE_NOTE] = value_text("freed when the last process closes it");
  }
  size_t shown = 0;
  for (size_t i = 0; row && i < count && shown < DELETED_MAX; i++) {
    size_t holders = 1;
    if (shown >= FILES_ALWAYS &&
        (uint64_t)items[i]->stat.allocated < context->usage->facts.used / SHARE_OF_USED)
      break;
    if (i > 0 && same_file(items[i], items[i - 1]))
      continue;
    while (i + holders < count && same_file(items[i], items[i + holders]))
      holders++;
    struct row *child =
        add(context, sample_printf(context->found, "o%" PRIx64, items[i]->stat.inode), parent,
            path_below(context, items[i]->path), items[i]->stat.allocated);
    if (!child)
      break;
    shown++;
    set_age(context, child, items[i]->stat.modified_ns / 1000000);
    set_holder(context, child, items[i]);
    if (holders > 1)
      child->cells[USAGE_NOTE] =
          value_text(sample_printf(context->found, "and %zu other processes", holders - 1));
  }
  free(items);
  return bytes;
}

/* ---- the tree */

/* Whether a directory contains the path. */
static bool contains(const char *directory, const char *path) {
  const size_t length = strlen(directory);
  return length == 0 ? *path != '\0' : strncmp(directory, path, length) == 0 && path[length] == '/';
}

static size_t rows_of_top(const struct host_usage_top *top, size_t always, size_t most,
                          uint64_t used) {
  size_t count = 0;
  while (count < top->count && count < most &&
         (count < always || (uint64_t)top->items[count].bytes >= used / SHARE_OF_USED))
    count++;
  return count;
}

static const char *name_below(const char *directory, const char *path) {
  return *directory ? path + strlen(directory) + 1 : path;
}

static const struct host_held *holder_of(const struct host_held_list *list, uint64_t inode) {
  const struct host_held *holder = NULL;
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i].stat.inode == inode && (!holder || host_held_writes(&list->items[i])))
      holder = &list->items[i];
  return holder;
}

static void set_grown(const struct context *context, struct row *row, const char *path,
                      const struct host_usage_entry *entry) {
  const struct host_look *last = &context->looking->last;
  if (last->at_ms == 0) {
    row->cells[USAGE_GROWN] = value_none("needs a second look");
    return;
  }
  const struct host_look_entry *before = host_look_directory(last, path);
  if (entry->partial)
    row->cells[USAGE_GROWN] = value_none("not read to its end");
  else if (before)
    row->cells[USAGE_GROWN] = value_int(entry->bytes - before->bytes);
  else
    row->cells[USAGE_GROWN] = value_none("not among the largest in the previous run");
}

static void add_file(struct context *context, const struct host_usage_entry *entry,
                     const char *parent_key, const char *name) {
  struct row *row = add(context, sample_printf(context->found, "f%" PRIx64, entry->inode),
                        parent_key, shown_path(context->found, name), entry->bytes);
  if (!row)
    return;
  set_age(context, row, entry->modified_ms);
  const struct host_held *holder = holder_of(&context->usage->held, entry->inode);
  if (holder)
    set_holder(context, row, holder);
  if (entry->size > 2 * entry->bytes)
    row->cells[USAGE_NOTE] = value_text(sample_printf(
        context->found, "sparse: %s long", shown_bytes(&context->found->arena, entry->size)));
}

static void add_directory(struct context *context, size_t index, const char *parent_key,
                          const char *parent_path, size_t directories, size_t files);

/* What is directly below a shown directory: the largest first, directories and files together. */
static void add_children(struct context *context, const char *key, const char *path,
                         size_t directories, size_t files) {
  const struct host_usage *usage = context->usage;
  for (;;) {
    size_t d = 0, f = 0;
    while (d < directories &&
           (context->emitted[d] || !contains(path, usage->directories.items[d].path)))
      d++;
    while (f < files && (context->emitted_file[f] || !contains(path, usage->files.items[f].path)))
      f++;
    if (d == directories && f == files)
      return;
    const bool file = d == directories || (f < files && usage->files.items[f].bytes >
                                                            usage->directories.items[d].bytes);
    if (!file) {
      add_directory(context, d, key, path, directories, files);
      continue;
    }
    /* below a directory that is as large, or not shown: that one first if it is shown */
    const struct host_usage_entry *entry = &usage->files.items[f];
    size_t between = d;
    while (between < directories &&
           (context->emitted[between] || !contains(path, usage->directories.items[between].path) ||
            !contains(usage->directories.items[between].path, entry->path)))
      between++;
    if (between < directories) {
      add_directory(context, between, key, path, directories, files);
      continue;
    }
    context->emitted_file[f] = true;
    add_file(context, entry, key, name_below(path, entry->path));
  }
}

static void add_directory(struct context *context, size_t index, const char *parent_key,
                          const char *parent_path, size_t directories, size_t files) {
  const struct host_usage_entry *entry = &context->usage->directories.items[index];
  struct sample *found = context->found;
  context->emitted[index] = true;
  const char *shown = shown_path(found, entry->path);
  const char *key = sample_printf(found, "d%" PRIx64, entry->inode);
  const char *name = !*entry->path  ? context->looking->shown
                     : *parent_path ? shown_path(found, name_below(parent_path, entry->path))
                                    : shown;
  struct row *row =
      add(context, key, parent_key,
          sample_printf(found, "%s%s", name, *name && name[strlen(name) - 1] == '/' ? "" : "/"),
          entry->bytes);
  if (!row)
    return;
  row->cells[USAGE_FILES] = value_int(entry->files);
  if (entry->partial)
    row->cells[USAGE_FILES] = value_at_least(row->cells[USAGE_FILES]);
  if (entry->partial)
    row->cells[USAGE_BYTES] = value_at_least(row->cells[USAGE_BYTES]);
  set_grown(context, row, shown, entry);
  add_children(context, key, entry->path, directories, files);
}

static void add_tree(struct context *context) {
  const struct host_usage *usage = context->usage;
  const size_t directories =
      rows_of_top(&usage->directories, DIRECTORIES_ALWAYS, DIRECTORIES_MAX, usage->facts.used);
  const size_t files = rows_of_top(&usage->files, FILES_ALWAYS, FILES_MAX, usage->facts.used);
  /* the root contains all others, and is the first of those as large as it */
  for (size_t i = 0; i < directories; i++)
    if (!context->emitted[i])
      add_directory(context, i, NULL, "", directories, files);
}

/* ---- what explains the rest */

static void add_rest(struct context *context, int64_t deleted_bytes) {
  const struct host_usage *usage = context->usage;
  struct sample *found = context->found;
  const int64_t rest = (int64_t)usage->facts.used - usage->bytes - deleted_bytes;
  const char *why = "";
  if (!usage->mount_root)
    why = sample_printf(found, "%s; all that is not below %s, which is not a mount point", why,
                        context->looking->shown);
  if (usage->unreadable > 0)
    why = sample_printf(found, "%s; %s not readable, first %s", why,
                        shown_counted(&found->arena, usage->unreadable, "directory", "directories"),
                        usage->unreadable_name);
  if (usage->held.unreadable > 0)
    why = sample_printf(found, "%s; open files of %zu of %zu processes not readable", why,
                        usage->held.unreadable, usage->held.processes);
  if (usage->mounts > 0)
    why = sample_printf(found, "%s; what is hidden below %s", why,
                        shown_counted(&found->arena, usage->mounts, "mount", "mounts"));
  if (usage->too_deep > 0)
    why = sample_printf(found, "%s; %s too deep", why,
                        shown_counted(&found->arena, usage->too_deep, "directory", "directories"));
  if (usage->partial)
    why = sample_printf(found, "%s; what was not read yet", why);
  if (rest > 0 && !usage->partial && (*why || (uint64_t)rest > usage->facts.used / SHARE_OF_USED)) {
    struct row *row = add(context, "rest", NULL, "not found by name", rest);
    if (row)
      row->cells[USAGE_NOTE] =
          value_text(*why ? why + 2 : "the file system's own data, or files mapped but not open");
  } else if (*why) {
    sample_note(found, NULL, NULL, "not counted: %s", why + 2);
  }
  const uint64_t free_bytes = usage->facts.total - usage->facts.used;
  if (free_bytes > usage->facts.available && free_bytes - usage->facts.available > 0) {
    struct row *row = add(context, "reserved", NULL, "free, but reserved for root",
                          (int64_t)(free_bytes - usage->facts.available));
    if (row) {
      row->cells[USAGE_SHARE] = value_none(NULL);
      row->cells[USAGE_NOTE] = value_text("not part of the used bytes");
    }
  }
}

static void add_notes(struct context *context, int64_t deleted_bytes) {
  const struct host_usage *usage = context->usage;
  struct arena *arena = &context->found->arena;
  const double share = usage->facts.used > 0
                           ? (double)(usage->bytes + deleted_bytes) / (double)usage->facts.used
                           : 1;
  const char *percent = shown_value(arena, value_real(share > 1 ? 1 : share), UNIT_RATIO);
  sample_note(context->found, NULL, NULL, "%s%s%s, %s of the used bytes accounted for",
              usage->partial ? "stopped: " : "",
              shown_counted(arena, usage->file_count, "file", "files"),
              usage->partial ? " so far" : "", percent);
  if (usage->partial && context->looking->folder)
    sample_note(context->found, NULL, NULL, "the same action within an hour continues here");
  if (usage->files_before > 0)
    sample_note(context->found, NULL, NULL, "of these, %s as of %s ago",
                shown_counted(arena, usage->files_before, "file", "files"),
                shown_duration(arena, clock_wall_read_ms() - context->looking->part.at_ms));
  if (context->looking->last.at_ms > 0)
    sample_note(context->found, NULL, NULL, "GROWN: growth since the last complete run, %s ago",
                shown_duration(arena, clock_wall_read_ms() - context->looking->last.at_ms));
  if (usage->links_cut)
    sample_note(context->found, NULL, NULL,
                "more than %d files with several names: some of them count twice",
                HOST_USAGE_LINKS);
  if (usage->held.cut)
    sample_note(context->found, NULL, NULL, "more than %d open files; not all are shown",
                HOST_HELD_MAX);
  if (context->looking->unsaved.kind != ERR_NONE)
    sample_note(context->found, NULL, NULL, "not remembered for the next look: %s",
                context->looking->unsaved.text);
}

static bool survey(struct step *step) {
  const struct action_request *request = step->call->request;
  struct looking *looking = mem_new(sizeof *looking);
  looking->work = (struct step_work){
      .run = looking_run, .drop = looking_drop, .unit = "files", .stall_ms = HOST_STALL_MS};
  looking->path = mem_dup(request->keys[0]);
  looking->folder = request->state ? mem_dup(request->state) : NULL;
  host_name_show(looking->shown, sizeof looking->shown, looking->path);
  snprintf(step->call->progress->step, sizeof step->call->progress->step,
           "reading all directories of %.40s with idle priority", looking->shown);
  if (!step_work(step, &looking->work))
    return false;
  if (looking->usage.err.kind != ERR_NONE) {
    step->err = looking->usage.err;
    looking_drop(&looking->work);
    return false;
  }
  static const struct table_spec *const tables[] = {&usage_table};
  step->found = found_new(tables, 1);
  struct context *context = mem_new(sizeof *context);
  *context = (struct context){.found = step->found,
                              .table = &step->found->tables[0],
                              .looking = looking,
                              .usage = &looking->usage,
                              .now_ms = clock_wall_read_ms()};
  const int64_t deleted_bytes = add_deleted(context, true);
  add_tree(context);
  add_deleted(context, false);
  add_notes(context, deleted_bytes);
  add_rest(context, deleted_bytes);
  free(context);
  looking_drop(&looking->work);
  return true;
}

/* ---- what can be done about a row */

static bool next(const struct action_request *request, const struct row *row, char *out,
                 size_t size, struct err *why) {
  struct arena arena;
  arena_init(&arena, 64 << 10);
  const char *target = shown_word(&arena, request->target->name);
  const char *mount = shown_word(&arena, request->keys[0]);
  const struct value open = row->cells[USAGE_OPEN];
  bool good = true;
  if (open.type == VALUE_TEXT)
    snprintf(out, size, "host.truncate-file %s %s %s", target, mount, open.text);
  else if (target_option(request->target, HOST_CLEANUP)->item_count > 0)
    snprintf(out, size, "host.delete-old-files %s %s", target, mount);
  else
    good = err_set(why, ERR_UNSUPPORTED,
                   "no process has it open, and the configuration of %.60s has no rule (cleanup:) "
                   "for old files",
                   request->target->name);
  arena_fini(&arena);
  return good;
}

STEP_CANCELLABLE(survey, 0)

const struct action action_host_usage = {
    .spec = {.id = "host.usage",
             .kind = "host",
             .table = HOST_DISKS_TABLE,
             .key = 'U',
             .title = "what fills it",
             .past = "looked at",
             .what =
                 "lists the largest directories and files of the file system, its deleted "
                 "files that are still open, and what has grown since the previous run; it reads "
                 "every directory once, with idle priority, and changes nothing",
             .runs = "openat2, getdents and statx of each directory; /proc/PID/fd",
             .danger = DANGER_NONE,
             .choice = CHOICE_ONE},
    .survey = &survey_step,
    .next = next,
};
