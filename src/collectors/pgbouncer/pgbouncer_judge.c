#include "collectors/pgbouncer/pgbouncer_judge.h"

#include "core/count.h"
#include "core/text/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MEMORY_BYTES_MAX = 4 << 20, CAUSE_MAX = 220 };
static const double LASTED_MAX = 1e9; /* seconds */

void pgbouncer_memory_fini(struct pgbouncer_memory *memory) {
  map_fini(&memory->since_ms);
  arena_fini(&memory->arena);
  *memory = (struct pgbouncer_memory){.since_ms = {.slots = NULL}};
}

static bool is_unconnected(const struct pgbouncer_pool *pool) {
  return pool->waiting > 0 && pgbouncer_open_servers(pool) == 0;
}

double pgbouncer_memory_take(const struct pgbouncer_memory *before, struct pgbouncer_memory *next,
                             const struct pgbouncer_pool *pool, const char *key, int64_t now_ms) {
  if (!is_unconnected(pool))
    return -1;
  const struct map_slot *known = map_find(&before->since_ms, key);
  const int64_t since_ms = known ? (int64_t)known->value : now_ms;
  if (next->arena.ceiling == 0)
    arena_init(&next->arena, MEMORY_BYTES_MAX);
  const char *copy = arena_text(&next->arena, key, strlen(key));
  if (*copy)
    map_add(&next->since_ms, copy, (size_t)since_ms);
  return (double)count_less(now_ms, since_ms) / 1000;
}

double pgbouncer_wait(const struct pgbouncer_pool *pool) {
  if (pool->wait_s < 0)
    return -1;
  return (double)pool->wait_s + (pool->wait_us > 0 ? (double)pool->wait_us / 1e6 : 0);
}

const char *pgbouncer_place(char out[PGBOUNCER_PLACE_MAX],
                            const struct pgbouncer_database *database) {
  const char *host = database->host;
  if (!*host || *host == '/')
    snprintf(out, PGBOUNCER_PLACE_MAX, "the local socket of port %" PRId64, database->port);
  else
    snprintf(out, PGBOUNCER_PLACE_MAX, strchr(host, ':') ? "[%.120s]:%" PRId64 : "%.120s:%" PRId64,
             host, database->port);
  return out;
}

/* ---- why the clients of a pool wait */

static bool is_paused(const struct pgbouncer_case *of) {
  return (of->mode && (of->mode->paused || of->mode->suspended)) ||
         (of->database && of->database->paused > 0);
}

/* Whether PgBouncer does not even try: it has just failed, and waits for server_login_retry. */
static bool is_failing(const struct pgbouncer_case *of) {
  return of->unconnected >= 0 && of->pool->login == 0 && !is_paused(of);
}

static void no_connection_words(char out[CAUSE_MAX], const struct pgbouncer_case *of) {
  char place[PGBOUNCER_PLACE_MAX] = "the server";
  if (of->database)
    pgbouncer_place(place, of->database);
  if (of->pool->login > 0)
    snprintf(out, CAUSE_MAX, "no connection to %.120s yet, a login is in progress", place);
  else if (of->mode)
    snprintf(out, CAUSE_MAX, "no connection to %.120s; PgBouncer's log says why", place);
  else
    snprintf(out, CAUSE_MAX,
             "no connection to %.120s, or a PAUSE of all; PgBouncer's log says which", place);
}

static void exhausted_words(char out[CAUSE_MAX], int64_t open) {
  if (open == 1)
    snprintf(out, CAUSE_MAX, "the pool is exhausted, its only server connection is in use");
  else
    snprintf(out, CAUSE_MAX, "the pool is exhausted, all %" PRId64 " server connections are in use",
             open);
}

/* The cause as a clause; "" where none is known. */
static void cause_words(char out[CAUSE_MAX], const struct pgbouncer_case *of) {
  const struct pgbouncer_pool *pool = of->pool;
  const struct pgbouncer_database *database = of->database;
  const int64_t open = pgbouncer_open_servers(pool);
  *out = '\0';
  if (of->mode && of->mode->suspended)
    snprintf(out, CAUSE_MAX, "PgBouncer is suspended");
  else if (of->mode && of->mode->paused)
    snprintf(out, CAUSE_MAX, "PgBouncer is paused");
  else if (is_paused(of))
    snprintf(out, CAUSE_MAX, "the database is paused");
  else if (of->unconnected >= 0)
    no_connection_words(out, of);
  else if (database && database->limit > 0 && database->connections >= database->limit)
    snprintf(out, CAUSE_MAX, "the database has reached its limit of %" PRId64 " server connections",
             database->limit);
  else if (database && database->pool_size > 0 && open >= database->pool_size && pool->idle <= 0)
    exhausted_words(out, open);
}

static enum severity severity_of(const struct pgbouncer_case *of,
                                 const struct pgbouncer_rules *rules, double lasted) {
  if (lasted >= rules->waiting_critical)
    return SEVERITY_CRIT;
  return lasted >= rules->waiting || is_failing(of) ? SEVERITY_WARN : SEVERITY_OK;
}

void pgbouncer_judge_pool(const struct pgbouncer_case *of, const struct pgbouncer_rules *rules,
                          struct pgbouncer_verdict *verdict) {
  char clients[FORMAT_MAX], time[FORMAT_MAX], cause[CAUSE_MAX];
  const double wait = pgbouncer_wait(of->pool);
  const double lasted = of->unconnected > wait ? of->unconnected : wait;
  *verdict = (struct pgbouncer_verdict){.severity = SEVERITY_OK};
  if (of->pool->waiting <= 0)
    return;
  verdict->severity = severity_of(of, rules, lasted);
  if (verdict->severity == SEVERITY_OK)
    return;
  verdict->lasted_ms =
      lasted > 0 ? (int64_t)((lasted < LASTED_MAX ? lasted : LASTED_MAX) * 1000) : 0;
  cause_words(cause, of);
  format_counted(clients, sizeof clients, of->pool->waiting, "client waits", "clients wait");
  format_duration(time, sizeof time, lasted);
  int used = snprintf(verdict->reason, sizeof verdict->reason, "%s", clients);
  if (lasted > 0)
    used += snprintf(verdict->reason + used, sizeof verdict->reason - (size_t)used, "%s for %s",
                     of->pool->waiting > 1 ? ", the longest" : "", time);
  if (*cause)
    snprintf(verdict->reason + used, sizeof verdict->reason - (size_t)used, ": %s", cause);
}

void pgbouncer_judge_database(const struct pgbouncer_database *database,
                              struct pgbouncer_verdict *verdict) {
  const char *words = "";
  if (database->paused > 0 && database->disabled > 0)
    words = "paused and disabled: its clients wait until it is resumed, new ones are refused";
  else if (database->paused > 0)
    words = "paused: its clients wait until it is resumed";
  else if (database->disabled > 0)
    words = "disabled: new clients are refused";
  *verdict = (struct pgbouncer_verdict){.severity = *words ? SEVERITY_WARN : SEVERITY_OK};
  snprintf(verdict->reason, sizeof verdict->reason, "%s", words);
}
