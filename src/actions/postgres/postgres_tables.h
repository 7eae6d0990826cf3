/* What VACUUM and ANALYZE share: the survey of tables, and of who keeps dead rows from being
 * removed. */
#pragma once

#include "actions/postgres/postgres_found.h"
#include "actions/postgres/postgres_work.h"

/* The survey's tables. "tables": one row a table of the connection's database, the system's and
 * temporary ones left out; by its dead rows, the most first. "holders": who has the oldest
 * snapshots, the oldest first: rows that have died since cannot be removed by anybody. */
extern const struct table_spec postgres_tables_table, postgres_holders_table;

/* Bodies. */
bool postgres_survey_vacuum(struct step *step);
bool postgres_survey_analyze(struct step *step);

/* Fills "holders"; its place among the survey's tables is found by its id. Where the server
 * refuses, a note says so; false where the connection was lost. */
bool postgres_read_holders(struct step *step, struct postgres_conn *conn);
/* Says whose transactions a CONCURRENTLY waits for. */
void postgres_tables_warn_waits(struct plan *plan, const struct action_request *request);

/* Whether we may, as VACUUM and ANALYZE see it: they skip what they may not with a mere warning.
 * For `check`; $1 the oid, $2 the statement. */
extern const char postgres_vacuum_check[], postgres_analyze_check[];

/* Says which of the picked ones we may not do. */
void postgres_tables_warn_rights(struct plan *plan, const struct table *table,
                                 const struct row *const *rows, size_t count);

/* Says who keeps rows of these tables. */
void postgres_tables_warn_holders(struct plan *plan, const struct action_request *request,
                                  const struct row *const *rows, size_t count);
