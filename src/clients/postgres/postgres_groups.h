/* Sessions by what they have in common: the rows of the page postgres.groups, and what
 * postgres.terminate-group ends.
 *
 * A group is "application=NAME", "user=NAME", "client=ADDRESS" or "database=NAME"; with a state
 * before it, "idle in txn/application=NAME", its sessions in that state. Numbers in the names of
 * applications are "*": pools number their sessions. A name with other than printable ASCII is
 * "md5:" and its digest. */
#pragma once

#include "clients/postgres/postgres_contract.h"

#include <stdbool.h>

#define POSTGRES_GROUPS_TABLE "groups"

/* The connections that are not reserved, as in "conns 45 of 47" of the overview. */
#define POSTGRES_GROUPS_SLOTS                                 \
  "(current_setting('max_connections')::int"                  \
  " - current_setting('superuser_reserved_connections')::int" \
  " - coalesce(current_setting('reserved_connections', true)::int, 0))"

/* Client sessions of pg_stat_activity; without pg_monitor their type is hidden. */
#define POSTGRES_GROUPS_CLIENTS(alias)              \
  "(" alias ".backend_type = 'client backend' OR (" \
  "" alias ".backend_type IS NULL AND " alias ".datid IS NOT NULL))"
/* For CROSS JOIN LATERAL (...): g.nth, g.kind, g.value, in the order of the kinds. */
#define POSTGRES_GROUPS_VALUES(alias)                                                           \
  "(VALUES (1, 'application', regexp_replace(" alias ".application_name, '[0-9]+', '*', 'g'))," \
  " (2, 'user', " alias ".usename::text),"                                                      \
  " (3, 'client', coalesce(host(" alias ".client_addr),"                                        \
  "   CASE WHEN " alias ".client_port = -1 THEN 'local' END)),"                                 \
  " (4, 'database', " alias ".datname::text)) g (nth, kind, value)"
/* The group of a kind and value. */
#define POSTGRES_GROUPS_KEY(kind, value)                                                         \
  kind " || '=' || CASE WHEN coalesce(" value                                                    \
       ", '') COLLATE \"C\" ~ '^[ -~]*$' THEN coalesce(" value ", '') ELSE 'md5:' || md5(" value \
       ") END"
/* POSTGRES_STATE_... */
#define POSTGRES_GROUPS_STATE(alias)                                                              \
  "CASE " alias ".state WHEN 'idle in transaction' THEN '" POSTGRES_STATE_IDLE_IN_TRANSACTION     \
  "' WHEN 'idle in transaction (aborted)' THEN '" POSTGRES_STATE_ABORTED "' ELSE coalesce(" alias \
  ".state, 'hidden') END"

struct postgres_group {
  char state[24];   /* "": all */
  const char *kind; /* "application"; static */
  const char *name; /* behind the "=", in the text that was read */
  const char *key;  /* without the state, in that text */
};
/* False for a text that is not a group. */
bool postgres_group_read(const char *text, struct postgres_group *group);
