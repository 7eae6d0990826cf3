/* The data checks of a target: they run beside its collections, over a connection of their own that
 * is open only meanwhile, one after another, each at its interval. A slow one delays the next
 * check, and no collection.
 *
 * Each is one statement of the extended protocol in a read-only transaction that is rolled back,
 * with the time limit of the check on the server, and one of stacktop a little later. */
#pragma once

#include "io/io.h"
#include "model/sample.h"
#include "model/target.h"

extern const struct table_spec postgres_check_table;

struct postgres_checks;

/* NULL: the target has none. finished (may be NULL): no check is running any more. */
struct postgres_checks *postgres_checks_new(struct io *io, const struct target *target,
                                            void (*finished)(void *arg), void *arg);
/* Starts what is due, unless one is running. It is called with each collection. */
void postgres_checks_start(struct postgres_checks *checks, int64_t now_ms);
bool postgres_checks_run(const struct postgres_checks *checks);
/* Ends those that run or wait, as if they had not answered within that time. */
void postgres_checks_stop(struct postgres_checks *checks, int64_t within_ms);
/* Statements sent since the last call. */
uint32_t postgres_checks_requests(struct postgres_checks *checks);
/* The last results, the worst first, as rows of its table. */
void postgres_checks_fill(const struct postgres_checks *checks, struct sample *sample,
                          int64_t now_ms);
/* Closes the connection and its handles, then calls closed(arg); nothing is called afterwards. */
void postgres_checks_close(struct postgres_checks *checks, void (*closed)(void *arg), void *arg);
void postgres_checks_free(struct postgres_checks *checks); /* NULL is fine */
