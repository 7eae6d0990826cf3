/* Exercises the parsers of /proc: the list of mounts, and the kernel's numbers.
 *
 * Holds: at most one mount of a device is chosen, the mount found contains the path, and every
 * share is within 0..1. */
#include "collectors/host/host_mountinfo.h"
#include "collectors/host/host_proc.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mounts(const char *text) {
  struct mount_list list;
  mounts_init(&list, 64 << 10);
  mounts_parse(&list, text);
  mounts_choose(&list);
  for (size_t i = 0; i < list.count; i++) {
    const struct mount_entry *entry = &list.items[i];
    assert(entry->point[0] == '/');
    mount_has_option(entry->options, "ro");
    for (size_t j = 0; j < i; j++)
      assert(!entry->chosen || !list.items[j].chosen || entry->major != list.items[j].major ||
             entry->minor != list.items[j].minor);
  }
  const struct mount_entry *found = mounts_find(&list, "/var/lib/postgresql");
  assert(!found || strncmp("/var/lib/postgresql", found->point, strlen(found->point)) == 0);
  mounts_fini(&list);
}

static void check_share(double share) {
  assert(share >= 0 && share <= 1);
}

static void check_figures(const char *text) {
  struct host_load load;
  if (host_load_parse(text, &load))
    assert(load.one >= 0 && load.tasks >= 0);
  struct host_cpu cpu, none = {0};
  struct host_cpu_shares shares;
  if (host_cpu_parse(text, &cpu) && host_cpu_between(&none, &cpu, &shares)) {
    check_share(shares.used);
    check_share(shares.iowait);
    check_share(shares.steal);
  }
  struct host_memory memory;
  if (host_memory_parse(text, &memory))
    assert(memory.total > 0 && memory.available <= memory.total &&
           memory.swap_free <= memory.swap_total);
  struct host_pressure pressure;
  if (host_pressure_parse(text, &pressure))
    check_share(pressure.some);
  double uptime;
  if (host_uptime_parse(text, &uptime))
    assert(uptime >= 0);
  struct host_disk_io io;
  (void)host_disk_io_find(text, 8, 1, "/dev/sda1", &io);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = '\0';
  check_mounts(text);
  check_figures(text);
  free(text);
  return 0;
}
