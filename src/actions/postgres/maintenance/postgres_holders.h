/* The holders of the oldest snapshots: VACUUM cannot remove rows that have died since, and
 * CONCURRENTLY waits for older transactions. */
#pragma once

#include "actions/postgres/postgres_found.h"

/* A survey's table: one row per holder, the oldest first. */
extern const struct table_spec postgres_holders_table;

/* Fills it; finds it among the survey's tables by its id. Where the server refuses, a note says so;
 * false where the connection was lost. */
bool postgres_read_holders(struct step *step, struct postgres_conn *conn);
/* A note where sessions are hidden from us; they may hold snapshots as well. */
bool postgres_note_hidden_holders(struct step *step, struct postgres_conn *conn);

/* Names the holders that keep a VACUUM from removing rows of these tables. */
void postgres_holders_warn_rows(struct plan *plan, const struct action_request *request,
                                const struct row *const *rows, size_t count);
/* Names the transactions that a CONCURRENTLY waits for. */
void postgres_holders_warn_waits(struct plan *plan, const struct action_request *request);
