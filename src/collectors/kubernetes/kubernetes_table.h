/* The tables of a cluster, in the order of its samples. */
#pragma once

#include "model/table.h"

enum kubernetes_table {
  KUBERNETES_SUMMARY,
  KUBERNETES_WORKLOADS,
  KUBERNETES_PODS,
  KUBERNETES_NODES,
  KUBERNETES_STORAGE,
  KUBERNETES_TABLE_COUNT
};

enum kubernetes_summary_column {
#define COLUMN(name, ...) name,
#include "kubernetes_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

enum kubernetes_workloads_column {
#define COLUMN(name, ...) name,
#include "kubernetes_workloads.def"
#undef COLUMN
  WORKLOAD_COLUMN_COUNT
};

enum kubernetes_pods_column {
#define COLUMN(name, ...) name,
#include "kubernetes_pods.def"
#undef COLUMN
  POD_COLUMN_COUNT
};

enum kubernetes_nodes_column {
#define COLUMN(name, ...) name,
#include "kubernetes_nodes.def"
#undef COLUMN
  NODE_COLUMN_COUNT
};

enum kubernetes_storage_column {
#define COLUMN(name, ...) name,
#include "kubernetes_storage.def"
#undef COLUMN
  STORAGE_COLUMN_COUNT
};

extern const struct table_spec *const kubernetes_tables[KUBERNETES_TABLE_COUNT];
