#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"

#include "core/mem.h"
#include "core/text/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file system that takes longer is reported as slow. */
enum { SLOW_MS = 1000 };

void host_mount_answer(struct host_mount *mount, const struct mount_facts *facts, int64_t now_ms) {
  mount->known = true;
  mount->answered_ms = now_ms;
  mount->facts = *facts;
  if (facts->error)
    return;
  mount->was_writable |= !facts->read_only;
  disk_growth_add(&mount->growth, now_ms, facts->used, facts->total);
}

bool host_mount_usable(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms) {
  bool hung = mount->call && now_ms - mount->asked_ms >= hung_ms;
  return mount->known && !mount->facts.error && mount->err.kind == ERR_NONE && !hung &&
         !mount->lost;
}

/* Another device with the same number starts at 0: the counters decrease. */
static void take_io(struct host_mount *mount, const struct host_reading *reading) {
  const struct file_text *file = &reading->files[HOST_FILE_DISKSTATS];
  const struct mount_entry *entry = mount->entry;
  const struct disk_answer answer = {.mount = mount};
  struct host_disk_io io;
  struct counters now;
  bool found = file->text && entry &&
               host_disk_io_find(file->text, entry->major, entry->minor, entry->source, &io);
  if (found && mount->has_io && reading->read_ms * 1000 <= mount->io_counters.at_us)
    return; /* read again within the millisecond: unchanged */
  mount->has_io = found;
  if (found)
    mount->io = io;
  counters_read(&now, &disk_figures, &answer, reading->read_ms * 1000);
  now.known = found;
  rates_make(&mount->io_rates, &mount->io_counters, &now);
  mount->io_counters = now;
}

/* Data about one file system does not apply to another one. */
static void take_home(struct host_mount *mount, const struct mount_entry *entry) {
  bool same_device =
      mount->home && mount->home_major == entry->major && mount->home_minor == entry->minor;
  if (!same_device && mount->home) {
    mount->growth = (struct disk_growth){0};
    mount->was_writable = false;
  }
  if (!mount->home || strcmp(mount->home, entry->point) != 0) {
    free(mount->home);
    mount->home = mem_dup(entry->point);
  }
  mount->home_major = entry->major;
  mount->home_minor = entry->minor;
}

/* A path with its own file system in fstab does not belong to the surrounding one. */
static void expect_home(struct host_mount *mount, const struct host_reading *reading) {
  const struct file_text *fstab = &reading->files[HOST_FILE_FSTAB];
  if (!mount->home && mount->configured && fstab->text && mounts_expects(fstab->text, mount->path))
    mount->home = mem_dup(mount->path);
}

static void find_home(struct host_mount *mount, const struct host_reading *reading) {
  const struct mount_entry *entry = mount->entry;
  expect_home(mount, reading);
  mount->lost = false;
  if (!entry)
    return;
  if (mount->home && strcmp(mount->home, entry->point) != 0) {
    const struct mount_entry *home = mounts_find(&reading->mounts, mount->home);
    /* Still mounted, or covered by another mount: an administrator has moved the path. */
    mount->lost = !home || (strcmp(home->point, mount->home) != 0 &&
                            strlen(entry->point) < strlen(mount->home));
  }
  if (!mount->lost)
    take_home(mount, entry);
}

void host_mount_fini(struct host_mount *mount) {
  free(mount->path);
  free(mount->home);
}

void host_mount_place(struct host_mount *mount, const struct host_reading *reading) {
  bool resolved = mount->known && !mount->facts.error;
  mount->entry = mounts_find(&reading->mounts, resolved ? mount->facts.resolved : mount->path);
  if (reading->files[HOST_FILE_MOUNTINFO].text)
    find_home(mount, reading);
  take_io(mount, reading);
}

static const char *suspect(const struct mount_entry *entry, char *out, size_t size) {
  if (!entry)
    return "file system hung?";
  switch (mount_class_of(entry->type)) {
  case MOUNT_NETWORK:
    snprintf(out, size, "%s server hung?", entry->type);
    return out;
  case MOUNT_FUSE:
    snprintf(out, size, "the process behind %s hung?", entry->type);
    return out;
  default:
    return "device hung?";
  }
}

static enum severity judge_silence(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms,
                                   char *reason, size_t size) {
  const int64_t waited_ms = now_ms - mount->asked_ms;
  if (waited_ms < SLOW_MS && host_mount_usable(mount, hung_ms, now_ms))
    return SEVERITY_OK;
  char waited[FORMAT_MAX], who[80];
  snprintf(reason, size, "no answer for %s (%s)",
           format_duration(waited, sizeof waited, (double)waited_ms / 1000),
           suspect(mount->entry, who, sizeof who));
  return waited_ms >= hung_ms ? SEVERITY_CRIT : SEVERITY_WARN;
}

/* The kernel makes a damaged file system read-only: its own options then have ro, those of the
 * mount still rw. */
static bool turned_read_only(const struct host_mount *mount) {
  const struct mount_entry *entry = mount->entry;
  bool by_kernel = entry && mount_has_option(entry->options, "rw") &&
                   mount_has_option(entry->super_options, "ro");
  return by_kernel || (mount->facts.read_only && mount->was_writable);
}

enum severity host_mount_judge(const struct host_mount *mount, int64_t hung_ms, int64_t now_ms,
                               char *reason, size_t size) {
  const struct mount_facts *facts = &mount->facts;
  *reason = '\0';
  if (mount->err.kind != ERR_NONE) {
    snprintf(reason, size, "cannot read its figures: %s", mount->err.text);
    return SEVERITY_UNKNOWN;
  }
  if (mount->lost) {
    snprintf(reason, size, "not mounted: %s is now on the file system of %s", mount->path,
             mount->entry ? mount->entry->point : "?");
    return mount->configured ? SEVERITY_CRIT : SEVERITY_WARN;
  }
  if (mount->call)
    return judge_silence(mount, hung_ms, now_ms, reason, size);
  if (facts->error == EACCES || facts->error == EPERM)
    return SEVERITY_OK; /* a missing permission: a note, not a problem of the disk */
  if (facts->error) {
    snprintf(reason, size, "%s", strerror(facts->error));
    return SEVERITY_CRIT;
  }
  if (facts->missing) {
    snprintf(reason, size, "does not exist; the figures are those of %s",
             mount->entry ? mount->entry->point : facts->resolved);
    return SEVERITY_WARN;
  }
  if (turned_read_only(mount)) {
    snprintf(reason, size, "has become read-only");
    return SEVERITY_CRIT;
  }
  return SEVERITY_OK;
}
