#include "operate/plan_at.h"

#include <stdio.h>
#include <string.h>

/* The target's name may now lead to a different server. If both identities are known they decide,
 * because one server may have several addresses. Execution checks the identity again. */
bool plan_is_at(const struct plan *plan, const struct sample *sample, struct err *err) {
  const char *server = sample ? sample->facts[FACT_SERVER] : NULL;
  if (plan->server && server)
    return strcmp(plan->server, server) == 0 ||
           err_set(err, ERR_INVALID, "%s is now a different server: %.80s; the plan is for %.80s",
                   plan->target, server, plan->server);
  if (!plan->address || !sample || !sample->address || strcmp(plan->address, sample->address) == 0)
    return true;
  return err_set(err, ERR_INVALID, "%s was at %.80s when the plan was made and is now at %.80s",
                 plan->target, plan->address, sample->address);
}
