#include "actions/memcached/memcached_conn.h"

#include "actions/conn.h"
#include "clients/memcached/memcached_contract.h"
#include "core/number.h"
#include "io/net/tcp.h"

const struct memcached_answer *memcached_ask(struct step *step, bool change, const char *format,
                                             ...) {
  struct conn *conn = conn_of(step, memcached_open);
  va_list args;
  va_start(args, format);
  const char *command = arena_vprintf(&step->arena, format, args);
  va_end(args);
  if (change && !memcached_ask_stats(step))
    return NULL;
  if (conn_queue(conn) &&
      memcached_send(conn->line, command, change ? conn_on_change : conn_on_answer, conn,
                     &conn->lost))
    conn->unanswered += change;
  return conn_wait(conn) ? conn->answer : NULL;
}

const struct memcached_answer *memcached_ask_stats(struct step *step) {
  const struct memcached_answer *stats = memcached_ask(step, false, "stats");
  const char *run = stats ? memcached_stat(stats, MEMCACHED_RUN) : NULL;
  if (stats && !run)
    step_fail(step, ERR_UNSUPPORTED,
              "stats has no pid and start, so this server cannot be told from another");
  return run && conn_is_planned(conn_of(step, memcached_open), "run", run) ? stats : NULL;
}

int64_t memcached_count(const struct memcached_answer *answer, const char *name) {
  int64_t count;
  return number_count(memcached_stat(answer, name), &count) ? count : -1;
}

const struct memcached_answer *memcached_survey(struct step *step) {
  const struct memcached_answer *stats = memcached_ask_stats(step);
  if (!stats)
    return NULL;
  const char *version = memcached_stat(stats, "version");
  step->found = found_new(NULL, 0);
  step->found->address =
      sample_copy(step->found, line_address(conn_of(step, memcached_open)->line));
  found_set_text(step->found, "run", memcached_stat(stats, MEMCACHED_RUN));
  found_set_text(step->found, "version", version ? version : "");
  return stats;
}

/* Memcached's only identity is its run: the collector names it after the run that it saw first, and
 * another stacktop may have seen another one. */
void memcached_plan_server(struct plan *plan, const struct action_request *request,
                           const char *command) {
  const struct sample *found = request->found;
  const char *run = plan_copy(plan, found_text(found, "run"));
  char host[HOST_MAX] = "";
  int port = 0;
  struct err ignored; /* it was checked when the configuration was loaded */
  action_bind(plan, "run", run);
  plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  if (!tcp_address_split(target_text(request->target, "address"), host, &port, &ignored))
    return;
  plan_say(plan, PLAN_EFFECT, "printf %s | nc %s %d",
           shown_word(&plan->arena, plan_printf(plan, "%s\\r\\nquit\\r\\n", command)), host, port);
  plan_say(plan, PLAN_PRECONDITION,
           "the same server process answers: %s (Memcached %s), read on the connection that then "
           "sends the command",
           run, found_text(found, "version"));
  plan_say(plan, PLAN_WARNING,
           "Memcached has no identity but its pid and start time: a server with the same pid that "
           "started in the same second would be taken for this one");
}
