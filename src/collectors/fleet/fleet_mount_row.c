/* The rows of mounts. */
#include "collectors/fleet/fleet_rows.h"

#include "collectors/file_systems.h"
#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column_spec columns[MOUNT_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "fleet_mounts.def"
#undef COLUMN
};

const struct table_spec fleet_mounts_table = {.id = FLEET_MOUNTS_TABLE,
                                              .title = "Mounts",
                                              .columns = columns,
                                              .column_count = MOUNT_COLUMN_COUNT};

const struct table_spec fleet_host_mounts_table = {
    .id = "host_mounts", .title = "Mounts", .columns = columns, .column_count = MOUNT_COLUMN_COUNT};

/* A tmpfs is shown from this share on, and /tmp always, as those of the local host. */
static const double TMPFS_SHOWN = 0.5;

static enum mount_class class_of(const struct fleet_mount *mount) {
  return mount_class_of(mount->type ? mount->type : "");
}

static bool is_temporary(const char *path) {
  return strcmp(path, "/tmp") == 0 || strcmp(path, "/var/tmp") == 0;
}

static bool is_shown(const struct fleet_mount *mount) {
  const enum mount_class class = class_of(mount);
  if (class == MOUNT_MEMORY)
    return !file_system_is_containers(mount->point) && mount->size > 0 &&
           (is_temporary(mount->point) || fleet_mount_used(mount) >= TMPFS_SHOWN);
  return class != MOUNT_PSEUDO && mount->size != 0 &&
         (!mount->type || strcmp(mount->type, "overlay") != 0 || strcmp(mount->point, "/") == 0);
}

/* A device that is mounted several times on a host is shown once, by its shortest path. */
static bool is_repeated(const struct fleet_facts *facts, const struct fleet_mount *mount) {
  if (!mount->device || mount->device[0] != '/')
    return false;
  for (size_t i = 0; i < facts->mount_count; i++) {
    const struct fleet_mount *other = &facts->mounts[i];
    if (other == mount || !other->device || strcmp(other->device, mount->device) != 0 ||
        !is_shown(other))
      continue;
    const size_t length = strlen(mount->point), others = strlen(other->point);
    if (others < length || (others == length && other < mount))
      return true;
  }
  return false;
}

const struct fleet_mount *fleet_fullest(const struct fleet_host *host) {
  const struct fleet_mount *fullest = NULL;
  for (size_t i = 0; i < host->facts.mount_count; i++) {
    const struct fleet_mount *mount = &host->facts.mounts[i];
    const double used = fleet_mount_used(mount);
    if (!isnan(used) && is_shown(mount) && (!fullest || used > fleet_mount_used(fullest)))
      fullest = mount;
  }
  return fullest;
}

/* ---- judging */

static bool turned_read_only(const struct fleet_host *host, const struct fleet_mount *mount) {
  const struct fleet_past_mount *past =
      host->past ? fleet_past_mount(host->past, mount->point) : NULL;
  return mount->turned > 0 || (mount->read_only > 0 && past && past->was_writable);
}

/* Without figures of a network file system its server hangs, most often. A missing permission of
 * the node_exporter is no problem of the disk. */
static enum severity judge(const struct fleet_host *host, const struct fleet_mount *mount,
                           char *reason, size_t size) {
  *reason = '\0';
  if (turned_read_only(host, mount)) {
    snprintf(reason, size, "has become read-only");
    return SEVERITY_CRIT;
  }
  if (!(mount->failed > 0))
    return SEVERITY_OK;
  if (mount->error && strcmp(mount->error, "permission denied") == 0)
    return SEVERITY_OK;
  const bool network = class_of(mount) == MOUNT_NETWORK;
  snprintf(reason, size, "its node_exporter cannot read its figures%s%.100s%s",
           mount->error ? ": " : "", mount->error ? mount->error : "",
           network && !mount->error ? " (server hung?)" : "");
  return network ? SEVERITY_CRIT : SEVERITY_UNKNOWN;
}

/* ---- cells */

struct line {
  const struct fleet_host *host;
  const struct fleet_mount *mount;
  double used; /* -1: not known */
  enum severity severity;
  char reason[200];
};

static struct value count(double value) {
  return value >= 0 && value < 9e18 ? value_int((int64_t)value) : value_none("not known");
}

/* From Prometheus. The forecast reaches as far as that of disk_growth.h; for a day the growth has
 * to show over the long time too. */
static void fill_slopes(struct value *cells, const struct fleet_found *found,
                        const struct fleet_mount *mount) {
  enum { FORECAST_REACH = 15, FORECAST_MAX_S = 86400, LONG_S = 3600 };
  if (isnan(mount->slope)) {
    cells[MOUNT_GROWTH] = cells[MOUNT_FULL_IN] = value_none("needs 10m of history in Prometheus");
    return;
  }
  const double growth = -mount->slope;
  cells[MOUNT_GROWTH] = value_real(growth);
  cells[MOUNT_GROWTH_WINDOW] = value_real(found->window_s);
  const double full_in = growth > 0 ? mount->available / growth : NAN;
  if (!(full_in <= FORECAST_MAX_S))
    return;
  if (full_in <= found->window_s * FORECAST_REACH || mount->slope_long < 0)
    cells[MOUNT_FULL_IN] =
        value_forecast(full_in, mount->slope_long < 0 ? (double)LONG_S : found->window_s);
  else if (isnan(mount->slope_long))
    cells[MOUNT_FULL_IN] = value_none("needs more history at this growth rate");
}

static void fill_growth(struct value *cells, const struct fleet_found *found,
                        const struct fleet_host *host, const struct fleet_mount *mount) {
  const struct fleet_past_mount *past =
      host->past ? fleet_past_mount(host->past, mount->point) : NULL;
  if (!host->past) {
    fill_slopes(cells, found, mount);
    return;
  }
  if (!past)
    return;
  const struct disk_growth_cells growth = disk_growth_cells(&past->growth, mount->available);
  cells[MOUNT_GROWTH] = growth.growth;
  cells[MOUNT_GROWTH_WINDOW] = growth.window;
  cells[MOUNT_FULL_IN] = growth.full_in;
}

static void fill(struct sample *sample, struct row *row, const struct fleet_found *found,
                 const struct line *line) {
  static const char failed[] = "its figures cannot be read";
  struct value *cells = row->cells;
  const struct fleet_mount *mount = line->mount;
  cells[MOUNT_HOST] = value_text(sample_copy(sample, line->host->label));
  cells[MOUNT_POINT] = value_text(sample_copy(sample, mount->point));
  cells[MOUNT_NAME] =
      value_text(sample_printf(sample, "%s:%s", cells[MOUNT_HOST].text, mount->point));
  cells[MOUNT_TYPE] = mount->type ? value_text(sample_copy(sample, mount->type)) : value_none(NULL);
  cells[MOUNT_DEVICE] =
      mount->device ? value_text(sample_copy(sample, mount->device)) : value_none(NULL);
  if (*line->reason)
    cells[MOUNT_NOTE] = value_text(sample_copy(sample, line->reason));
  else if (mount->read_only > 0)
    cells[MOUNT_NOTE] = value_text("read-only");
  row->severity = line->severity;
  row->reason = line->severity != SEVERITY_OK ? cells[MOUNT_NOTE].text : NULL;
  if (mount->failed > 0 || line->used < 0) {
    for (size_t i = MOUNT_USED; i <= MOUNT_GROWTH; i++)
      if (i != MOUNT_NOTE)
        cells[i] = value_none(failed);
    return;
  }
  cells[MOUNT_USED] = value_real(line->used);
  cells[MOUNT_FREE] = count(mount->available);
  cells[MOUNT_SIZE] = count(mount->size);
  cells[MOUNT_USED_BYTES] = count(mount->size - mount->free);
  if (mount->files > 0) { /* otherwise it does not count them */
    const double inodes = fleet_mount_inodes_used(mount);
    cells[MOUNT_INODES] = isnan(inodes) ? value_none("not known") : value_real(inodes);
    cells[MOUNT_INODES_FREE] = count(mount->files_free);
    cells[MOUNT_INODES_TOTAL] = count(mount->files);
  }
  if (!isnan(mount->read_only))
    cells[MOUNT_MODE] = value_text(mount->read_only > 0 ? "ro" : "rw");
  fill_growth(cells, found, line->host, mount);
}

static int compare(const void *a, const void *b) {
  const struct line *x = a, *y = b;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  if (x->used != y->used)
    return x->used < y->used ? 1 : -1;
  const int hosts = strcmp(x->host->label, y->host->label);
  return hosts ? hosts : strcmp(x->mount->point, y->mount->point);
}

static size_t lines_make(const struct fleet_found *found, struct line *lines) {
  size_t count_lines = 0;
  for (size_t i = 0; i < found->count; i++) {
    const struct fleet_host *host = &found->hosts[i];
    for (size_t k = 0; host->state == FLEET_UP && k < host->facts.mount_count; k++) {
      const struct fleet_mount *mount = &host->facts.mounts[k];
      if (!is_shown(mount) || is_repeated(&host->facts, mount))
        continue;
      struct line *line = &lines[count_lines++];
      const double used = fleet_mount_used(mount);
      *line = (struct line){.host = host, .mount = mount, .used = isnan(used) ? -1 : used};
      line->severity = judge(host, mount, line->reason, sizeof line->reason);
    }
  }
  return count_lines;
}

static size_t mounts_of(const struct fleet_found *found) {
  size_t all = 0;
  for (size_t i = 0; i < found->count; i++)
    all += found->hosts[i].facts.mount_count;
  return all;
}

/* What several hosts have mounted of one server is one file system: the first row is judged, the
 * others are its children. NULL: it is no such mount. */
static const char *export_of(struct sample *sample, const struct line *line) {
  const struct fleet_mount *mount = line->mount;
  if (class_of(mount) != MOUNT_NETWORK || !mount->device || !strchr(mount->device, ':') ||
      line->severity != SEVERITY_OK)
    return NULL;
  return sample_printf(sample, "%s %.0f", mount->device, mount->size);
}

size_t fleet_mounts_fill(struct sample *sample, struct table *table,
                         const struct fleet_found *found) {
  struct line *lines = mem_new((mounts_of(found) + 1) * sizeof *lines);
  const size_t count_lines = lines_make(found, lines);
  struct map exports = {.slots = NULL}, seen = {.slots = NULL};
  qsort(lines, count_lines, sizeof *lines, compare);
  for (size_t i = 0; i < count_lines; i++) {
    const char *key = sample_printf(sample, "%s %s", lines[i].host->key, lines[i].mount->point);
    const char *export = export_of(sample, &lines[i]);
    const struct map_slot *leader = export ? map_find(&exports, export) : NULL;
    if (!map_add(&seen, key, i)) /* two devices at one point: the one below is not reachable */
      continue;
    if (export && !leader)
      map_add(&exports, export, table->row_count);
    const char *parent = leader ? table->rows[leader->value].key : NULL;
    struct row *row = sample_row(sample, table, key, parent);
    if (!row)
      break;
    fill(sample, row, found, &lines[i]);
  }
  map_fini(&exports);
  map_fini(&seen);
  free(lines);
  return count_lines;
}
