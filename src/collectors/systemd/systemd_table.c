#include "collectors/systemd/systemd_table.h"

#include "clients/systemd/systemd_contract.h"

enum part { PART_UNIT, PART_RUN };
#define UNIT(member) FIGURE_FIELD(PART_UNIT, struct systemd_unit, member)
#define RUN(member) FIGURE_FIELD(PART_RUN, struct systemd_unit, member)

static const struct column_spec units[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "systemd_units.def"
#undef COLUMN
};

static const struct column_spec summary[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "systemd_summary.def"
#undef COLUMN
};

const struct table_spec systemd_units_table = {.id = SYSTEMD_UNITS_TABLE,
                                               .title = "Units",
                                               .columns = units,
                                               .column_count = UNIT_COLUMN_COUNT};
const struct table_spec systemd_summary_table = {.id = SYSTEMD_SUMMARY_TABLE,
                                                 .title = "systemd",
                                                 .flags = TABLE_SUMMARY,
                                                 .columns = summary,
                                                 .column_count = SUMMARY_COLUMN_COUNT};

/* What it uses applies while it has processes: its control group exists only then. */
static const void *part_of(const void *answer, int part, const char **none) {
  const struct systemd_reading *reading = answer;
  if (!reading->has_unit) {
    *none = SYSTEMD_NO_UNIT;
    return NULL;
  }
  if (part == PART_RUN && !*reading->unit.cgroup) {
    *none = NULL; /* does not apply */
    return NULL;
  }
  return &reading->unit;
}

const struct figures systemd_figures = {.table = &systemd_units_table, .part = part_of};
