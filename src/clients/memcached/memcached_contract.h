/* What the Memcached collector and the Memcached actions share. */
#pragma once

/* One row: the figures of the server. */
#define MEMCACHED_SUMMARY_TABLE "summary"

/* A name among the answer's statistics that the client adds: which run of the server it is, as
 * "pid 4711, started 1700000000"; only where both are told. */
#define MEMCACHED_RUN "stacktop_run"
