#include "actions/postgres/postgres_identity.h"

#include <string.h>

void postgres_identity_keep(struct sample *found, const struct postgres_identity *identity) {
  sample_fact(found, FACT_SERVER, identity->server);
  sample_fact(found, FACT_START, identity->start);
  sample_fact(found, FACT_DATABASE, identity->database);
}

static const char *kept(struct plan *plan, const struct sample *found, enum fact_kind kind) {
  return found && found->facts[kind] ? plan_copy(plan, found->facts[kind]) : NULL;
}

void postgres_identity_bind(const struct action_request *request, struct plan *plan,
                            enum postgres_identity_scope scope) {
  const struct sample *found = request->found;
  plan->server = kept(plan, found, FACT_SERVER);
  plan->database = kept(plan, found, FACT_DATABASE);
  plan->start = scope == POSTGRES_OF_RUN || !plan->server ? kept(plan, found, FACT_START) : NULL;
  if (!plan->server)
    plan_say(plan, PLAN_WARNING,
             "the server's identifier may not be read (EXECUTE on pg_control_system): the plan is "
             "bound to its start instead, and not valid after a restart");
}

static bool same(const char *planned, const char *now) {
  return !planned || strcmp(planned, now) == 0;
}

bool postgres_identity_fits(const struct postgres_identity *identity, const struct plan *plan,
                            struct err *err) {
  if (!same(plan->server, identity->server))
    return err_set(err, ERR_INVALID,
                   "a different server answers, system identifier %s; the plan is for %.40s",
                   *identity->server ? identity->server : "not readable", plan->server);
  if (!same(plan->start, identity->start))
    return err_set(err, ERR_INVALID,
                   "the server was restarted, or a different one answers: it has run since %s; the "
                   "plan is for one that has run since %.40s",
                   identity->start, plan->start);
  return same(plan->database, identity->database) ||
         err_set(err, ERR_INVALID,
                 "the connection leads to a different database, oid %s; the plan is for %.20s",
                 identity->database, plan->database);
}
