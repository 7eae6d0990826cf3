#include "collectors/host/host_own.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* /proc/stat of a machine with hundreds of CPUs has some 100 kB, as has a list of a thousand
 * mounts. */
enum { FILE_BYTES_MAX = 1 << 20 };

static const char *const names[HOST_FILE_COUNT] = {
    [HOST_FILE_LOAD] = "loadavg",
    [HOST_FILE_STAT] = "stat",
    [HOST_FILE_MEMORY] = "meminfo",
    [HOST_FILE_UPTIME] = "uptime",
    [HOST_FILE_DISKSTATS] = "diskstats",
    [HOST_FILE_MOUNTINFO] = "self/mountinfo",
    [HOST_FILE_BOOT_ID] = "sys/kernel/random/boot_id",
    [HOST_FILE_PRESSURE_CPU] = "pressure/cpu",
    [HOST_FILE_PRESSURE_MEMORY] = "pressure/memory",
    [HOST_FILE_PRESSURE_IO] = "pressure/io",
};

struct host_reading *host_reading_new(const struct host_system *system) {
  struct host_reading *reading = mem_new(sizeof *reading);
  reading->proc = system->proc;
  reading->fstab = system->fstab;
  mounts_init(&reading->mounts, MOUNTINFO_BYTES_MAX);
  return reading;
}

void host_reading_free(struct host_reading *reading) {
  if (!reading)
    return;
  for (size_t i = 0; i < HOST_FILE_COUNT; i++)
    file_text_fini(&reading->files[i]);
  mounts_fini(&reading->mounts);
  free(reading);
}

void host_reading_take(struct host_reading *reading) {
  char path[512];
  for (size_t i = 0; i < HOST_FILE_COUNT; i++) {
    if (i == HOST_FILE_FSTAB)
      snprintf(path, sizeof path, "%s", reading->fstab ? reading->fstab : "");
    else
      snprintf(path, sizeof path, "%s/%s", reading->proc, names[i]);
    file_read(path, FILE_BYTES_MAX, &reading->files[i]);
  }
  struct file_text *mountinfo = &reading->files[HOST_FILE_MOUNTINFO];
  if (mountinfo->text) {
    mounts_parse(&reading->mounts, mountinfo->text);
    mounts_choose(&reading->mounts);
    reading->mounts.cut |= mountinfo->cut;
  }
  reading->read_ms = clock_now_ms();
}
