/* The tables of a systemd manager, and what one collection has read for them. */
#pragma once

#include "clients/systemd/systemd_judge.h"
#include "collectors/figures.h"
#include "model/table.h"

#define SYSTEMD_NO_UNIT "systemd did not answer for this unit"

enum systemd_unit_column {
#define COLUMN(name, ...) name,
#include "systemd_units.def"
#undef COLUMN
  UNIT_COLUMN_COUNT
};

enum systemd_summary_column {
#define COLUMN(name, ...) name,
#include "systemd_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

extern const struct table_spec systemd_summary_table, systemd_units_table;

/* One unit, as far as it was read. */
struct systemd_reading {
  struct systemd_entry entry;
  enum systemd_wish wish;
  bool has_unit;
  struct systemd_unit unit;
  int64_t read_us; /* when that was, on the steady clock */
};
extern const struct figures systemd_figures; /* of a struct systemd_reading */
