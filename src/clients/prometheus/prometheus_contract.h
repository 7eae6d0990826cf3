/* Shared by the Prometheus collector, the alert rules in PromQL and the Prometheus actions. */
#pragma once

#define PROMETHEUS_KIND "prometheus"
#define PROMETHEUS_SUMMARY_TABLE "summary"
#define PROMETHEUS_ALERTS_TABLE "alerts" /* the key of a row is that of the alert's labels */
#define PROMETHEUS_QUERIES_TABLE "queries"

/* The beginning of the key of a result for which a rule in PromQL holds. */
#define PROMETHEUS_RULE_KEY "prometheus/"

/* Paths of the API. */
#define PROMETHEUS_TARGETS_PATH "/api/v1/targets?state=active"
#define PROMETHEUS_RULES_PATH "/api/v1/rules"
#define PROMETHEUS_QUERY_PATH "/api/v1/query?query="
#define ALERTMANAGER_ALERTS_PATH "/api/v2/alerts"
#define ALERTMANAGER_SILENCES_PATH "/api/v2/silences"
#define ALERTMANAGER_SILENCE_PATH "/api/v2/silence/"

enum { PROMETHEUS_QUERY_MAX = 4096, PROMETHEUS_PATH_MAX = 3 * PROMETHEUS_QUERY_MAX + 64 };
