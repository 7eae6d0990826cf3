/* The tables of a host. `host` has one row, with the name of the target as its key; `disks` has one
 * per file system or configured path, with the path as its key. */
#pragma once

#include "collectors/figures.h"

enum host_column {
#define COLUMN(name, ...) name,
#include "host_summary.def"
#undef COLUMN
  HOST_COLUMN_COUNT
};

enum disk_column {
#define COLUMN(name, ...) name,
#include "host_disks.def"
#undef COLUMN
  DISK_COLUMN_COUNT
};

extern const struct table_spec host_table, disk_table;
/* Of a struct host_facts, and of a struct disk_answer (host_own.h). */
extern const struct figures host_figures, disk_figures;
