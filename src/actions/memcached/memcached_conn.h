/* The connection of a step to a Memcached server, its own: the first question connects. The
 * server's identity ("run": pid and start) is read on the same connection before each change: a
 * connection does not outlive its server, so the change reaches the server that was checked. */
#pragma once

#include "actions/found.h"
#include "actions/shown.h"
#include "actions/step.h"
#include "clients/memcached/memcached.h"

/* One command and its answer, valid until the next question. NULL with step->err. A change is sent
 * after memcached_ask_stats. */
const struct memcached_answer *memcached_ask(struct step *step, bool change, const char *format,
                                             ...) __attribute__((format(printf, 3, 4)));
/* Its statistics. NULL with step->err, also where it is not the server of the step's plan. */
const struct memcached_answer *memcached_ask_stats(struct step *step);
/* The same for a survey, whose sample begins with the facts run and version. */
const struct memcached_answer *memcached_survey(struct step *step);
/* A statistic as a number; -1 if there is none. */
int64_t memcached_count(const struct memcached_answer *answer, const char *name);

/* The lines about the server in every plan, and the equivalent command. Its identity is set on the
 * only object. */
void memcached_plan_server(struct plan *plan, const struct action_request *request,
                           const char *command);
