#include "collectors/docker/docker_table.h"

#include "clients/docker/docker_contract.h"

enum part { PART_DETAIL, PART_USAGE };
#define DETAIL(member) FIGURE_FIELD(PART_DETAIL, struct docker_detail, member)
#define USAGE(member) FIGURE_FIELD(PART_USAGE, struct docker_usage, member)

static const struct column_spec containers[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "docker_containers.def"
#undef COLUMN
};

static const struct column_spec summary[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "docker_summary.def"
#undef COLUMN
};

const struct table_spec docker_containers_table = {.id = DOCKER_CONTAINERS_TABLE,
                                                   .title = "Containers",
                                                   .columns = containers,
                                                   .column_count = CONTAINER_COLUMN_COUNT};
const struct table_spec docker_summary_table = {.id = DOCKER_SUMMARY_TABLE,
                                                .title = "Docker",
                                                .flags = TABLE_SUMMARY,
                                                .columns = summary,
                                                .column_count = SUMMARY_COLUMN_COUNT};

static const void *part_of(const void *answer, int part, const char **none) {
  const struct docker_reading *reading = answer;
  if (part == PART_DETAIL)
    return reading->has_detail ? &reading->detail : NULL;
  if (!docker_is_up(docker_state(reading)))
    *none = NULL; /* does not apply */
  return reading->has_usage ? &reading->usage : NULL;
}

const struct figures docker_figures = {.table = &docker_containers_table, .part = part_of};
