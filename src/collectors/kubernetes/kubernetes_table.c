#include "collectors/kubernetes/kubernetes_table.h"

#include "clients/kubernetes/kubernetes_contract.h"

static const struct column_spec summary_columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kubernetes_summary.def"
#undef COLUMN
};
static const struct column_spec workloads_columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kubernetes_workloads.def"
#undef COLUMN
};
static const struct column_spec pods_columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kubernetes_pods.def"
#undef COLUMN
};
static const struct column_spec nodes_columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kubernetes_nodes.def"
#undef COLUMN
};
static const struct column_spec storage_columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kubernetes_storage.def"
#undef COLUMN
};

static const struct table_spec summary_table = {.id = KUBERNETES_SUMMARY_TABLE,
                                                .title = "Kubernetes",
                                                .flags = TABLE_SUMMARY,
                                                .columns = summary_columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};
static const struct table_spec workloads_table = {.id = KUBERNETES_WORKLOADS_TABLE,
                                                  .title = "Workloads",
                                                  .columns = workloads_columns,
                                                  .column_count = WORKLOAD_COLUMN_COUNT};
static const struct table_spec pods_table = {.id = KUBERNETES_PODS_TABLE,
                                             .title = "Pods",
                                             .columns = pods_columns,
                                             .column_count = POD_COLUMN_COUNT};
static const struct table_spec nodes_table = {.id = KUBERNETES_NODES_TABLE,
                                              .title = "Nodes",
                                              .columns = nodes_columns,
                                              .column_count = NODE_COLUMN_COUNT};
static const struct table_spec storage_table = {.id = KUBERNETES_STORAGE_TABLE,
                                                .title = "Storage",
                                                .columns = storage_columns,
                                                .column_count = STORAGE_COLUMN_COUNT};

const struct table_spec *const kubernetes_tables[KUBERNETES_TABLE_COUNT] = {
    [KUBERNETES_SUMMARY] = &summary_table, [KUBERNETES_WORKLOADS] = &workloads_table,
    [KUBERNETES_PODS] = &pods_table,       [KUBERNETES_NODES] = &nodes_table,
    [KUBERNETES_STORAGE] = &storage_table,
};
