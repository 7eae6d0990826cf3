/* The tables of an engine, and what one collection has read for them. */
#pragma once

#include "clients/docker/docker_read.h"
#include "collectors/figures.h"
#include "model/table.h"

#define DOCKER_NO_DETAIL "the engine did not answer for this container"
#define DOCKER_NO_USAGE "the engine did not say what this container uses"

enum docker_container_column {
#define COLUMN(name, ...) name,
#include "docker_containers.def"
#undef COLUMN
  CONTAINER_COLUMN_COUNT
};

enum docker_summary_column {
#define COLUMN(name, ...) name,
#include "docker_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

extern const struct table_spec docker_summary_table, docker_containers_table;

/* One container, as far as it was read. */
struct docker_reading {
  struct docker_container container;
  bool gone;   /* it was removed between the list and the question for it */
  bool unread; /* a question for it failed */
  bool has_detail, has_usage;
  struct docker_detail detail;
  struct docker_usage usage;
  int64_t usage_us; /* when the usage was read, on the steady clock */
};
/* The newest that is known of its state: running, exited, ... */
const char *docker_state(const struct docker_reading *reading);
/* Whether a container in that state has processes: only then it uses anything. */
bool docker_is_up(const char *state);
extern const struct figures docker_figures; /* of a struct docker_reading */
