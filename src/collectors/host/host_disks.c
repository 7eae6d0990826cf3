#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"

#include "core/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A tmpfs that is not configured is shown from this share on: there are many, and most are
 * empty. */
static const double TMPFS_SHOWN = 0.5;

struct context {
  struct sample *sample;
  struct table *table;
  int64_t hung_ms, now_ms;
};

/* A row before it is written, with its sort keys. */
struct line {
  struct host_mount *mount;
  bool usable;
  double used; /* ratio; -1 if not known */
  enum severity severity;
  char reason[320];
};

static bool same_mount(const struct host_mount *a, const struct host_mount *b) {
  return a->entry && a->entry == b->entry;
}

static bool is_mount_point(const struct host_mount *mount) {
  return mount->entry && mount->known && !mount->facts.error && !mount->facts.missing &&
         strcmp(mount->entry->point, mount->facts.resolved) == 0;
}

/* The mount whose row represents the file system of a path: its mount point's, or the first path's
 * on it. NULL if it is the path itself. */
static const struct host_mount *leader_of(const struct host_mount *mount,
                                          struct host_mount *const *mounts, size_t count) {
  const struct host_mount *first = NULL;
  if (is_mount_point(mount))
    return NULL;
  for (size_t i = 0; i < count; i++) {
    if (!mounts[i]->wanted || !same_mount(mount, mounts[i]))
      continue;
    if (is_mount_point(mounts[i]))
      return mounts[i];
    if (!first)
      first = mounts[i];
  }
  return first == mount ? NULL : first;
}

static double ratio_used(const struct mount_facts *facts) {
  uint64_t all = facts->used + facts->available;
  return all > 0 ? (double)facts->used / (double)all : 0;
}

static int line_compare(const void *a, const void *b) {
  const struct line *x = a, *y = b;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  if (x->used != y->used)
    return x->used < y->used ? 1 : -1;
  return strcmp(x->mount->path, y->mount->path);
}

static void fill_ratios(struct row *row, const struct mount_facts *facts) {
  if (facts->total == 0)
    return;
  if (facts->used + facts->available > 0)
    row->cells[DISK_USED] = value_real(ratio_used(facts));
  if (facts->inodes > 0)
    row->cells[DISK_INODES] =
        value_real((double)(facts->inodes - facts->inodes_free) / (double)facts->inodes);
}

static void fill_growth(struct row *row, const struct host_mount *mount) {
  const struct disk_growth_cells cells =
      disk_growth_cells(&mount->growth, (double)mount->facts.available);
  row->cells[DISK_GROWTH] = cells.growth;
  row->cells[DISK_GROWTH_WINDOW] = cells.window;
  row->cells[DISK_FULL_IN] = cells.full_in;
}

/* Why there are no figures; also adds a note for a missing permission. */
static const char *figures_reason(struct context *context, const struct line *line) {
  const struct host_mount *mount = line->mount;
  if (*line->reason)
    return sample_copy(context->sample, line->reason);
  sample_note(context->sample, context->table->spec->id, NULL,
              "%s: no permission to read its figures", mount->path);
  return sample_printf(context->sample, "no permission: %s", strerror(mount->facts.error));
}

static void fill_figures(struct context *context, struct row *row, const struct line *line) {
  const struct host_mount *mount = line->mount;
  const struct mount_entry *entry = mount->entry;
  const struct disk_answer answer = {mount, line->usable ? NULL : figures_reason(context, line)};
  figures_fill(context->sample, row->cells, &disk_figures, &answer, &mount->io_rates);
  row->cells[DISK_OPTIONS] = entry ? value_text(sample_printf(context->sample, "%s; %s",
                                                              entry->options, entry->super_options))
                                   : value_none("not in the list of mounts");
  if (answer.unusable) {
    row->cells[DISK_USED] = row->cells[DISK_INODES] = row->cells[DISK_GROWTH] =
        row->cells[DISK_GROWTH_WINDOW] = row->cells[DISK_FULL_IN] = row->cells[DISK_MODE] =
            value_none(answer.unusable);
    return;
  }
  fill_ratios(row, &mount->facts);
  fill_growth(row, mount);
  row->cells[DISK_MODE] = value_text(mount->facts.read_only ? "ro" : "rw");
  if (mount->call)
    row->cells[DISK_AGE] = value_real((double)(context->now_ms - mount->answered_ms) / 1000);
}

static const char *note_of(struct context *context, const struct line *line) {
  const struct host_mount *mount = line->mount;
  if (*line->reason)
    return sample_copy(context->sample, line->reason);
  if (line->usable && mount->entry && !is_mount_point(mount))
    return sample_printf(context->sample, "on the file system of %s", mount->entry->point);
  return line->usable && mount->facts.read_only ? "read-only" : NULL;
}

static void row_add(struct context *context, const struct line *line) {
  const struct host_mount *mount = line->mount;
  struct row *row = sample_row(context->sample, context->table, mount->path, NULL);
  if (!row)
    return;
  const char *note = note_of(context, line);
  row->severity = line->severity;
  if (line->severity != SEVERITY_OK)
    row->reason = note;
  row->cells[DISK_MOUNT] = value_text(sample_copy(context->sample, mount->path));
  if (note)
    row->cells[DISK_NOTE] = value_text(note);
  fill_figures(context, row, line);
}

static void line_make(struct context *context, struct host_mount *mount, struct line *line) {
  line->mount = mount;
  line->usable = host_mount_usable(mount, context->hung_ms, context->now_ms);
  line->used = line->usable ? ratio_used(&mount->facts) : -1;
  line->severity =
      host_mount_judge(mount, context->hung_ms, context->now_ms, line->reason, sizeof line->reason);
  mount->was_bad = line->severity >= SEVERITY_WARN;
  /* A problem of the file system is reported once, by the row that represents it. */
  if (mount->leader && !mount->facts.missing && !mount->lost)
    line->severity = SEVERITY_OK;
}

static bool is_temporary(const char *path) {
  return strcmp(path, "/tmp") == 0 || strcmp(path, "/var/tmp") == 0;
}

/* A mount that was found, not configured, is not a disk if it is a file with a mount on it, or has
 * disappeared. */
static bool is_shown(struct host_mount *mount) {
  const struct mount_facts *facts = &mount->facts;
  if (!mount->wanted)
    return false;
  if (mount->configured || !mount->known)
    return true;
  bool there = facts->error ? facts->error != ENOENT : facts->directory && !facts->missing;
  if (!there)
    mount->was_bad = false; /* not even its mount point exists: it is not expected */
  if (mount->lost || facts->error)
    return there;
  bool memory = mount->entry && mount_class_of(mount->entry->type) == MOUNT_MEMORY;
  bool filling = ratio_used(facts) >= TMPFS_SHOWN || is_temporary(mount->path);
  return there && (!memory || filling);
}

void host_disks_fill(struct sample *sample, struct table *table, struct host_mount *const *mounts,
                     size_t count, int64_t hung_ms, int64_t now_ms) {
  struct context context = {sample, table, hung_ms, now_ms};
  struct line *lines = mem_new(count * sizeof *lines);
  size_t shown = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_shown(mounts[i]))
      continue;
    mounts[i]->leader = mounts[i]->lost ? NULL : leader_of(mounts[i], mounts, count);
    line_make(&context, mounts[i], &lines[shown++]);
  }
  qsort(lines, shown, sizeof *lines, line_compare);
  for (size_t i = 0; i < shown; i++)
    row_add(&context, &lines[i]);
  free(lines);
}
