/* The tables of an engine. */
#pragma once

#include "clients/docker/docker_judge.h"
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

extern const struct figures docker_figures; /* of a struct docker_reading */
