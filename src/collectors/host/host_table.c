#include "collectors/host/host_table.h"
#include "clients/host/host_contract.h"
#include "collectors/host/host_own.h"

#define FACTS(file, member) FIGURE_FIELD(file, struct host_facts, member)
#define LOAD(member) FACTS(HOST_FILE_LOAD, member)
#define STAT(member) FACTS(HOST_FILE_STAT, member)
#define MEMORY(member) FACTS(HOST_FILE_MEMORY, member)
#define UPTIME(member) FACTS(HOST_FILE_UPTIME, member)
#define PRESSURE_CPU(member) FACTS(HOST_FILE_PRESSURE_CPU, member)
#define PRESSURE_MEMORY(member) FACTS(HOST_FILE_PRESSURE_MEMORY, member)
#define PRESSURE_IO(member) FACTS(HOST_FILE_PRESSURE_IO, member)
#define SWAP(member) FACTS(HOST_PART_SWAP, member)
#define SHARES(member) FACTS(HOST_PART_SHARES, member)
#define SYSTEM(member) FACTS(HOST_PART_SYSTEM, member)

static const struct column_spec host_columns[HOST_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "host_summary.def"
#undef COLUMN
};

const struct table_spec host_table = {.id = "host",
                                      .title = "Host",
                                      .flags = TABLE_SUMMARY,
                                      .columns = host_columns,
                                      .column_count = HOST_COLUMN_COUNT};

static const void *facts_part(const void *of, int part, const char **none) {
  const struct host_facts *facts = of;
  if (facts->known[part])
    return facts;
  if (facts->missing[part])
    *none = facts->missing[part];
  return NULL;
}

const struct figures host_figures = {.table = &host_table, .part = facts_part};

/* ---- disks */

enum { OF_SPACE, OF_INODES, OF_IO, OF_ENTRY };
#define SPACE(member) FIGURE_FIELD(OF_SPACE, struct mount_facts, member)
#define INODES(member) FIGURE_FIELD(OF_INODES, struct mount_facts, member)
#define IO(member) FIGURE_FIELD(OF_IO, struct host_disk_io, member)
#define ENTRY(member) FIGURE_FIELD(OF_ENTRY, struct mount_entry, member)

static const struct column_spec disk_columns[DISK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "host_disks.def"
#undef COLUMN
};

const struct table_spec disk_table = {.id = HOST_DISKS_TABLE,
                                      .title = "Disks",
                                      .columns = disk_columns,
                                      .column_count = DISK_COLUMN_COUNT};

static const void *disk_part(const void *of, int part, const char **none) {
  const struct disk_answer *answer = of;
  const struct mount_facts *facts = &answer->mount->facts;
  if (part == OF_ENTRY)
    return answer->mount->entry;
  if (part == OF_IO) /* otherwise it is on no device of this machine */
    return answer->mount->has_io ? &answer->mount->io : NULL;
  if (answer->unusable)
    *none = answer->unusable;
  else if (facts->total > 0 && (part == OF_SPACE || facts->inodes > 0))
    return facts;
  /* otherwise it is /proc or similar, which cannot be full, or has no inodes or an unlimited
   * number */
  return NULL;
}

const struct figures disk_figures = {.table = &disk_table, .part = disk_part};
