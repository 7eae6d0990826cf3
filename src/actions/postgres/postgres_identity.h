/* The server and the database that a plan is for. A plan may be applied an hour later, when another
 * cluster listens at the same address, or a standby was promoted: the survey's connection records
 * which server it reached, the plan keeps it, and each later connection of the plan compares, on
 * the very connection that acts. A connection never changes its server. */
#pragma once

#include "actions/action.h"

struct postgres_identity {
  char server[24];   /* the cluster's system identifier; "" without the right to call
                        pg_control_system */
  char start[48];    /* of the postmaster: "2026-11-25 04:03:12.123456+00" */
  char database[16]; /* oid */
};

/* Into a survey's sample. */
void postgres_identity_keep(struct sample *found, const struct postgres_identity *identity);

enum postgres_identity_scope {
  POSTGRES_OF_DATA, /* tables and indexes: they survive a restart and a failover */
  POSTGRES_OF_RUN,  /* sessions, statistics, settings: one server's, some of them one run's */
};
/* Pins the plan to the server of the survey. Without the right to read its identifier, to the run
 * of the server, with a warning that says so. */
void postgres_identity_bind(const struct action_request *request, struct plan *plan,
                            enum postgres_identity_scope scope);
/* Whether it is the plan's; otherwise false with the server that answers instead. */
bool postgres_identity_fits(const struct postgres_identity *identity, const struct plan *plan,
                            struct err *err) MUST_CHECK;
