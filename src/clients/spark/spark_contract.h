/* Shared by the Spark collector and its pages. */
#pragma once

#define SPARK_KIND "spark"
#define SPARK_SUMMARY_TABLE "summary"
#define SPARK_APPS_TABLE "applications" /* the key of a row is that of spark_app_key */
#define SPARK_STREAMS_TABLE "streams"
#define SPARK_FAILURES_TABLE "failures"

/* Paths of the API. */
#define SPARK_APPS_PATH "/api/v1/applications?limit=200"
#define SPARK_VERSION_PATH "/api/v1/version"
#define SPARK_METRICS_PATH "/metrics/json/" /* without the last slash it redirects */
#define SPARK_APP_PATH "/api/v1/applications/"

/* Applications beyond the port of `url`: a driver takes the next free one, up to 16 further
 * (spark.port.maxRetries). */
enum { SPARK_PORTS_MAX = 17 };
