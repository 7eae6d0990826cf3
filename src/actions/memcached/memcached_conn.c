#include "actions/memcached/memcached_conn.h"

#include "actions/conn.h"
#include "clients/memcached/memcached_contract.h"
#include "core/mem.h"
#include "core/number.h"
#include "core/quote.h"
#include "io/tcp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memcached_conn {
  struct conn conn; /* first */
  struct line *line;
  char host[HOST_MAX];
};

static void close_part(struct step_part *part) {
  struct memcached_conn *conn = (struct memcached_conn *)part;
  if (conn->line)
    line_close(conn->line, free, conn); /* which has borrowed the host */
  else
    free(conn);
}

static struct memcached_conn *conn_of(struct step *step) {
  int port;
  if (step->parts) /* a step has no other */
    return (struct memcached_conn *)step->parts;
  struct memcached_conn *conn = mem_new(sizeof *conn);
  conn_add(&conn->conn, step, close_part);
  if (tcp_address_split(target_text(step->act->target, "address"), conn->host, &port,
                        &conn->conn.lost))
    conn->conn.line = conn->line = memcached_open(step->act->io, conn->host, port);
  return conn;
}

static void take(struct conn *conn, bool change, const struct memcached_answer *answer,
                 const struct err *err) {
  if (err && !line_usable(conn->line))
    conn_broken(conn, err);
  else
    conn_answered(conn, change, answer, err);
}

static void on_answered(void *arg, const struct memcached_answer *answer, const struct err *err) {
  take(arg, false, answer, err);
}

static void on_changed(void *arg, const struct memcached_answer *answer, const struct err *err) {
  take(arg, true, answer, err);
}

const struct memcached_answer *memcached_ask(struct step *step, bool change, const char *format,
                                             ...) {
  struct memcached_conn *conn = conn_of(step);
  char command[MEMCACHED_COMMAND_MAX + 2];
  va_list args;
  va_start(args, format);
  vsnprintf(command, sizeof command, format, args);
  va_end(args);
  if (change && !memcached_ask_stats(step))
    return NULL;
  if (conn_queue(&conn->conn) &&
      memcached_send(conn->line, command, change ? on_changed : on_answered, conn,
                     &conn->conn.lost))
    conn->conn.unanswered += change;
  return conn_wait(&conn->conn) ? conn->conn.answer : NULL;
}

const struct memcached_answer *memcached_ask_stats(struct step *step) {
  const struct memcached_answer *stats = memcached_ask(step, false, "stats");
  const char *planned = step->act->plan ? action_identity(step->act->plan, 0, "run") : NULL;
  const char *run = stats ? memcached_stat(stats, MEMCACHED_RUN) : NULL;
  if (stats && !run)
    step_fail(step, ERR_UNSUPPORTED,
              "stats has no pid and start, so this server cannot be told from another");
  else if (stats && planned && strcmp(run, planned) != 0)
    step_fail(
        step, ERR_INVALID,
        "another server answers at %.60s, or it was restarted: %.60s, in the plan %.60s: plan "
        "again",
        line_address(conn_of(step)->line), run, planned);
  else
    return stats;
  return NULL;
}

int64_t memcached_count(const struct memcached_answer *answer, const char *name) {
  int64_t count;
  return number_count(memcached_stat(answer, name), &count) ? count : -1;
}

/* ---- of the server, in every plan */

struct sample *memcached_found_new(struct step *step, const struct memcached_answer *stats) {
  const char *version = memcached_stat(stats, "version");
  struct sample *found = found_new(NULL, 0);
  found->address = sample_copy(found, line_address(conn_of(step)->line));
  found_set_text(found, "run", memcached_stat(stats, MEMCACHED_RUN));
  found_set_text(found, "version", version ? version : "");
  return found;
}

/* Memcached's only identity is its run: the collector's name for it is that of the run which it met
 * first, and another stacktop may have met another one. */
void memcached_plan_server(struct plan *plan, const struct action_request *request,
                           const char *command) {
  const struct sample *found = request->found;
  char host[HOST_MAX], word[4 * (MEMCACHED_COMMAND_MAX + 20) + 3];
  int port = 0;
  struct err ignored; /* it was checked when the configuration was read */
  plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  if (!tcp_address_split(target_text(request->target, "address"), host, &port, &ignored))
    *host = '\0';
  const char *typed = plan_printf(plan, "%s\\r\\nquit\\r\\n", command);
  plan_say(plan, PLAN_EFFECT, "printf %s | nc %s %d", quote_word(word, sizeof word, typed), host,
           port);
  plan_say(plan, PLAN_PRECONDITION,
           "the same server process answers: %s (Memcached %s), read on the connection that then "
           "sends the command",
           found_text(found, "run"), found_text(found, "version"));
  plan_say(plan, PLAN_WARNING,
           "Memcached has no identity but its pid and start time: a server with the same pid that "
           "started in the same second would be taken for this one");
}
