/* Shared by the Memcached collector and the Memcached actions. */
#pragma once

/* One row: the figures of the server. */
#define MEMCACHED_SUMMARY_TABLE "summary"

/* A statistic that the client adds to the answer: the run of the server, as "pid 4711, started
 * 1700000000"; only if both are reported. */
#define MEMCACHED_RUN "stacktop_run"
