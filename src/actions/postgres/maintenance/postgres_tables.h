/* The survey of VACUUM and ANALYZE. */
#pragma once

#include "actions/step.h"

/* One row per table of the connection's database, without system and temporary tables; by its dead
 * rows (for ANALYZE by its changed rows), the most first. */
extern const struct table_spec postgres_tables_table;

/* The name in a row of the page postgres.tables: the key of the surveys' rows. */
bool postgres_tables_preset(const struct row *row, char *out, size_t size);

/* Bodies. The holders (postgres_holders.h) only for VACUUM. */
bool postgres_survey_vacuum(struct step *step);
bool postgres_survey_analyze(struct step *step);

/* SQL: whether we may VACUUM and ANALYZE pg_class c of pg_database d, by the server's rules: the
 * owner of the table or of the database, from 17 on also roles with MAINTAIN, which
 * has_table_privilege does not know in older versions; it is evaluated only in 17 and newer. */
#define POSTGRES_MAY_MAINTAIN                                                                \
  "(pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE')"                      \
  " OR (current_setting('server_version_num')::int >= 170000 AND has_table_privilege(c.oid," \
  "  CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'MAINTAIN'"         \
  "   ELSE 'SELECT' END)))"
