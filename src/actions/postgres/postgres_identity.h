/* Which server and which database a plan is for. A plan may be applied an hour later, when another
 * cluster may listen at the same address, or a standby may have been promoted: the survey's link
 * says who it was connected to, the plan keeps it, and each later link of the plan compares, on the
 * very connection that acts. A connection never changes its server. */
#pragma once

#include "actions/action.h"

struct postgres_identity {
  char server[24]; /* the cluster's system identifier; "" where we may not call pg_control_system */
  char start[48];  /* of the postmaster: "2026-11-25 04:03:12.123456+00" */
  char database[16]; /* oid */
};

/* In a survey's sample. */
void postgres_identity_keep(struct sample *found, const struct postgres_identity *identity);

enum postgres_identity_scope {
  POSTGRES_OF_DATA, /* tables and indexes: they outlive a restart, and a failover */
  POSTGRES_OF_RUN,  /* sessions, statistics, settings: one server's, some of them one run's */
};
/* Binds the plan to the server that the survey has seen. Where its identifier may not be read, to
 * the run of the server, with a warning that says so. */
void postgres_identity_bind(const struct action_request *request, struct plan *plan,
                            enum postgres_identity_scope scope);
/* Whether it is the plan's; else false with who answers instead. */
bool postgres_identity_fits(const struct postgres_identity *identity, const struct plan *plan,
                            struct err *err) MUST_CHECK;
