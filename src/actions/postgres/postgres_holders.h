/* Who holds the oldest snapshots: VACUUM cannot remove what has died since, and CONCURRENTLY waits
 * for older transactions. */
#pragma once

#include "actions/postgres/postgres_found.h"

/* A survey's table: one row a holder, the oldest first. */
extern const struct table_spec postgres_holders_table;

/* Fills it; its place among the survey's tables is found by its id. Where the server refuses, a
 * note says so; false where the connection was lost. */
bool postgres_read_holders(struct step *step, struct postgres_conn *conn);
/* A note where sessions are hidden from us, which may hold snapshots as well. */
bool postgres_note_hidden_holders(struct step *step, struct postgres_conn *conn);

/* Says who keeps rows of these tables, which a VACUUM is to remove. */
void postgres_holders_warn_rows(struct plan *plan, const struct action_request *request,
                                const struct row *const *rows, size_t count);
/* Says whose transactions a CONCURRENTLY waits for. */
void postgres_holders_warn_waits(struct plan *plan, const struct action_request *request);
