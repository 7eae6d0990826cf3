/* What a step asks a Memcached, on a connection of its own: the first question connects. Which
 * server it is (identity "run": pid and start) is read on the same connection before each change:
 * a connection does not outlive its server, so the change reaches the one that was read. */
#pragma once

#include "actions/found.h"
#include "actions/shown.h"
#include "actions/step.h"
#include "clients/memcached/memcached.h"

/* One command and its answer, valid until the next question. NULL with step->err. A change is sent
 * behind memcached_ask_stats. */
const struct memcached_answer *memcached_ask(struct step *step, bool change, const char *format,
                                             ...) __attribute__((format(printf, 3, 4)));
/* Its statistics. NULL with step->err, also where it is another server than the step's plan has. */
const struct memcached_answer *memcached_ask_stats(struct step *step);
/* The same for a survey, whose sample it begins with the facts run and version. */
const struct memcached_answer *memcached_survey(struct step *step);
/* A statistic as a number; -1 if there is none. */
int64_t memcached_count(const struct memcached_answer *answer, const char *name);

/* What every plan says of the server, and how the command is typed. The only object is bound to it.
 */
void memcached_plan_server(struct plan *plan, const struct action_request *request,
                           const char *command);
