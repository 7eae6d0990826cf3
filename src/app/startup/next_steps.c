/* The next steps of all findings, by kind of target. The first entry that fits counts, so that
 * those for one metric come before those for a table, and these before those for a kind.
 * tests/unit/app/test_next_steps.c walks over all findings that there can be. */
#include "app/startup/next_steps.h"

#include "clients/connect/connect_contract.h"
#include "clients/docker/docker_contract.h"
#include "clients/fleet/fleet_contract.h"
#include "clients/host/host_contract.h"
#include "clients/kafka/kafka_contract.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/network/network_contract.h"
#include "clients/postgres/pgbouncer_contract.h"
#include "clients/postgres/postgres_contract.h"
#include "clients/prometheus/prometheus_contract.h"
#include "clients/spark/spark_contract.h"

#define LOGS NEXT_STEP_LOGS
#define RUNBOOKS NEXT_STEP_RUNBOOKS
#define DETAILS NEXT_STEP_DETAILS

/* Of the target itself: it does not answer, or a part of its data is missing. */
#define TARGET ""
#define ANY NULL

const struct next_step next_steps[] = {
    /* A slow service is looked into first; one that is down is started again. */
    {"service", ANY, "service.latency", {LOGS, DETAILS}},
    {"service", ANY, ANY, {"service.start", "service.restart", LOGS, DETAILS}},

    /* Lag, a stuck consumer, skew, lost messages: who reads what, how far behind, and why. */
    {"kafka", KAFKA_LAG_TABLE, ANY, {"kafka.group", DETAILS}},
    {"kafka", ANY, "kafka.offline", {"kafka.topics", DETAILS}},
    {"kafka", ANY, "kafka.under_replicated", {"kafka.topics", DETAILS}},
    {"kafka", TARGET, ANY, {LOGS, DETAILS}},
    {"kafka", ANY, ANY, {"kafka.brokers", DETAILS}},

    {"postgres",
     POSTGRES_SESSIONS_TABLE,
     "postgres.query",
     {"postgres.cancel", "postgres.session", DETAILS}},
    {"postgres",
     POSTGRES_SESSIONS_TABLE,
     ANY,
     {"postgres.terminate-root", "postgres.terminate", "postgres.session", DETAILS}},
    {"postgres", "replicas", ANY, {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.connections", {"postgres.groups", DETAILS}},
    {"postgres",
     ANY,
     "postgres.idle_in_transaction",
     {"postgres.terminate-idle", "postgres.activity", DETAILS}},
    {"postgres", ANY, "postgres.waiting", {"postgres.locks", DETAILS}},
    {"postgres", ANY, "postgres.deadlocks", {"postgres.locks", DETAILS}},
    {"postgres", ANY, "postgres.hit_ratio", {"postgres.statements", DETAILS}},
    {"postgres", ANY, "postgres.temp_bytes", {"postgres.statements", DETAILS}},
    {"postgres", ANY, "postgres.rollbacks", {"postgres.statements", DETAILS}},
    {"postgres", ANY, "postgres.lag", {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.lag_bytes", {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.replayed", {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.replicas", {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.contact", {"postgres.replication", DETAILS}},
    {"postgres", ANY, "postgres.frozen_age", {"postgres.space", DETAILS}},
    {"postgres", ANY, "postgres.xmin_age", {"postgres.space", DETAILS}},
    {"postgres", ANY, "postgres.prepared", {"postgres.space", DETAILS}},
    {"postgres", ANY, "postgres.prepared_age", {"postgres.space", DETAILS}},
    {"postgres", "checks", ANY, {DETAILS}},
    {"postgres", TARGET, ANY, {LOGS, DETAILS}},
    {"postgres", ANY, ANY, {"postgres.activity", DETAILS}},

    {"pgbouncer", PGBOUNCER_POOLS_TABLE, ANY, {"pgbouncer.pool", DETAILS}},
    {"pgbouncer", PGBOUNCER_DATABASES_TABLE, ANY, {"pgbouncer.resume", DETAILS}},
    {"pgbouncer", ANY, ANY, {LOGS, DETAILS}},

    {"redis", ANY, "redis.memory", {"redis.set-memory", "redis.clients", DETAILS}},
    {"redis", ANY, "redis.evictions", {"redis.set-memory", DETAILS}},
    {"redis", ANY, "redis.hit_ratio", {"redis.commands", DETAILS}},
    {"redis", ANY, "redis.clients", {"redis.clients", DETAILS}},
    {"redis", ANY, "redis.rejected", {"redis.clients", DETAILS}},
    {"redis", ANY, "redis.latency", {"redis.latency", DETAILS}},
    {"redis", ANY, "redis.fork", {"redis.latency", DETAILS}},
    {"redis", TARGET, ANY, {LOGS, DETAILS}},
    {"redis", ANY, ANY, {"redis.script-kill", LOGS, "redis.topology", DETAILS}}, /* if it is busy */
    {"memcached", ANY, ANY, {LOGS, DETAILS}},

    {"docker", DOCKER_CONTAINERS_TABLE, "docker.memory", {"docker.set-memory", LOGS, DETAILS}},
    {"docker", DOCKER_CONTAINERS_TABLE, "docker.cpu", {LOGS, DETAILS}},
    {"docker", DOCKER_CONTAINERS_TABLE, ANY, {"docker.start", "docker.restart", LOGS, DETAILS}},
    {"docker", ANY, ANY, {DETAILS}},
    {"kubernetes", KUBERNETES_WORKLOADS_TABLE, ANY, {LOGS, "kubernetes.undo", DETAILS}},
    {"kubernetes", KUBERNETES_PODS_TABLE, ANY, {LOGS, "kubernetes.delete-pod", DETAILS}},
    {"kubernetes", KUBERNETES_STORAGE_TABLE, ANY, {"kubernetes.resize-claim", DETAILS}},
    {"kubernetes", ANY, ANY, {DETAILS}},
    {"systemd", "units", ANY, {"systemd.start", "systemd.restart", LOGS, DETAILS}},
    {"systemd", ANY, ANY, {DETAILS}},

    {"host", HOST_DISKS_TABLE, ANY, {"host.usage", DETAILS}},
    {"host", ANY, ANY, {DETAILS}},
    {"fleet", FLEET_HOSTS_TABLE, ANY, {"fleet.host", DETAILS}},
    {"fleet", FLEET_MOUNTS_TABLE, ANY, {"fleet.host", DETAILS}},
    {"fleet", ANY, ANY, {DETAILS}},
    {"network", NETWORK_LISTENERS_TABLE, ANY, {"network.sockets", DETAILS}},
    {"network", NETWORK_SUMMARY_TABLE, ANY, {"network.connections", DETAILS}},
    {"network", ANY, ANY, {DETAILS}},
    {"dns", ANY, ANY, {DETAILS}},
    {"tls", ANY, ANY, {DETAILS}},

    {"prometheus", PROMETHEUS_ALERTS_TABLE, ANY, {"prometheus.silence", DETAILS}},
    {"prometheus", ANY, "prometheus.targets_down", {"prometheus.targets", DETAILS}},
    {"prometheus", ANY, ANY, {DETAILS}},
    {"elasticsearch", ANY, ANY, {LOGS, DETAILS}},
    {"s3", ANY, ANY, {DETAILS}},
    {"spark", SPARK_APPS_TABLE, ANY, {"spark.stages", DETAILS}},
    {"spark", SPARK_STREAMS_TABLE, ANY, {"spark.batches", DETAILS}},
    {"spark", ANY, ANY, {LOGS, DETAILS}},
    {"connect", CONNECT_CONNECTORS_TABLE, ANY, {"connect.connector", DETAILS}},
    {"connect", ANY, ANY, {LOGS, DETAILS}},
    {"zookeeper", ANY, ANY, {LOGS, DETAILS}},

    {"runbook", ANY, ANY, {RUNBOOKS}},
    {"alert", ANY, ANY, {RUNBOOKS}},
    {"notifier", ANY, ANY, {DETAILS}},
    {NULL},
};
