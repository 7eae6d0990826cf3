/* The socket belongs to libpq, which may close it and open another with the same number while it
 * connects. So its poll handle is closed before each call that may do that, and opened again after
 * it. */
#include "clients/postgres/pg.h"

#include "clients/postgres/pg_answer.h"
#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_farewell.h"
#include "clients/postgres/pg_hosts.h"
#include "core/mem.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watch {
  uv_poll_t poll;
  struct pg *pg;
};

struct pg {
  struct io *io;
  char *dsn;
  char *database; /* instead of that of the dsn; NULL: none */
  enum pg_phase phase;
  pg_cb done; /* of the running connect or query; or ... */
  pg_parts_cb parts_done;
  void *arg;

  struct pg_hosts hosts;   /* while resolving: as configured, and ... */
  struct pg_hosts targets; /* ... their addresses so far; then those still to try */
  size_t resolving;        /* index into hosts */
  struct resolve *resolve;
  struct err unresolved; /* error of the first name; it counts if no name has an address */

  PGconn *conn;
  struct watch *watch;
  struct pg_answer answer;
  struct pg_answer parts[PG_PARTS_MAX]; /* those before it in the message */
  size_t part_count;
  char sqlstate[6];   /* of the last answer's error */
  struct err failure; /* found while starting: reported from the timer */
  uv_timer_t soon;    /* and, while it connects, for the next address */

  int open_handles;
  void (*freed)(void *arg); /* set by pg_free */
  void *freed_arg;
};

static void on_closed(struct pg *pg) {
  if (--pg->open_handles > 0 || !pg->freed)
    return;
  void (*freed)(void *arg) = pg->freed;
  void *arg = pg->freed_arg;
  free(pg->dsn);
  free(pg->database);
  free(pg);
  freed(arg);
}

static void on_watch_closed(uv_handle_t *handle) {
  struct watch *watch = handle->data;
  struct pg *pg = watch->pg;
  free(watch);
  on_closed(pg);
}

static void on_soon_closed(uv_handle_t *handle) {
  on_closed(handle->data);
}

static void watch_close(struct pg *pg) {
  if (pg->watch)
    uv_close((uv_handle_t *)&pg->watch->poll, on_watch_closed);
  pg->watch = NULL;
}

static void hang_up(struct pg *pg) {
  watch_close(pg);
  PQfinish(pg->conn); /* NULL is allowed; never blocks, because the socket is non-blocking */
  pg->conn = NULL;
  pg->phase = PG_DOWN;
}

static struct pg_rows rows_of(const struct pg_answer *answer) {
  return (struct pg_rows){answer->rows, answer->columns, answer->cells, answer->names, answer->tag};
}

static void finish_parts(struct pg *pg, const struct err *err) {
  struct pg_answer answers[PG_PARTS_MAX];
  struct pg_rows parts[PG_PARTS_MAX] = {0};
  const size_t count = pg->part_count;
  pg_parts_cb done = pg->parts_done;
  memcpy(answers, pg->parts, sizeof answers);
  for (size_t i = 0; i < count; i++)
    parts[i] = rows_of(&answers[i]);
  pg->part_count = 0;
  pg->parts_done = NULL;
  done(pg->arg, parts, count, err);
  for (size_t i = 0; i < count; i++)
    pg_answer_fini(&answers[i]);
}

/* Ends the connect or the query. Everything is at rest before the callback, which may begin the
 * next one, or call pg_free. */
static void finish(struct pg *pg, const struct err *err) {
  struct pg_answer answer = pg->answer;
  struct pg_rows rows = rows_of(&answer);
  pg_cb done = pg->done;
  memcpy(pg->sqlstate, answer.sqlstate, sizeof pg->sqlstate);
  pg->answer = (struct pg_answer){0};
  pg->done = NULL;
  if (pg->parts_done)
    finish_parts(pg, err);
  else
    done(pg->arg, err ? NULL : &rows, err);
  pg_answer_fini(&answer);
}

static void fail(struct pg *pg, const struct err *err) {
  struct err copy = *err; /* it may be in memory that is freed now */
  hang_up(pg);
  finish(pg, &copy);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static bool watch_for(struct pg *pg, int events) {
  int status = 0;
  if (!pg->watch) {
    struct watch *watch = mem_new(sizeof *watch);
    status = uv_poll_init(pg->io->loop, &watch->poll, PQsocket(pg->conn));
    if (status != 0) {
      free(watch);
      return err_set(&pg->failure, ERR_IO, "cannot watch the socket: %s", uv_strerror(status));
    }
    watch->pg = pg;
    watch->poll.data = watch;
    pg->watch = watch;
    pg->open_handles++;
  }
  uv_poll_start(&pg->watch->poll, events, on_ready);
  return true;
}

/* ---- connecting */

static void swallow_notice(void *arg, const PGresult *result) {
  (void)arg;
  (void)result;
}

static void connect_failed(struct pg *pg) {
  struct err err = {0};
  pg_error_connect(PQerrorMessage(pg->conn), &err);
  fail(pg, &err);
}

static void on_impatience(uv_timer_t *timer);

/* libpq tries the next address only after one has failed, and one that drops packets does not fail
 * before the deadline. */
static void connect_wait(struct pg *pg, PostgresPollingStatusType wants) {
  pg->phase = PQstatus(pg->conn) == CONNECTION_STARTED ? PG_CONNECTING : PG_LOGGING_IN;
  if (pg->phase == PG_CONNECTING && pg->targets.count > 1)
    uv_timer_start(&pg->soon, on_impatience, PG_PATIENCE_MS, 0);
  if (!watch_for(pg, wants == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE))
    fail(pg, &pg->failure);
}

static void connect_step(struct pg *pg) {
  uv_timer_stop(&pg->soon);
  watch_close(pg);
  PostgresPollingStatusType wants = PQconnectPoll(pg->conn);
  if (wants == PGRES_POLLING_FAILED) {
    connect_failed(pg);
  } else if (wants != PGRES_POLLING_OK) {
    connect_wait(pg, wants);
  } else if (PQsetnonblocking(pg->conn, 1) != 0) {
    connect_failed(pg);
  } else {
    pg->phase = PG_IDLE;
    finish(pg, NULL);
  }
}

static PGconn *conn_start(const char *dsn, const struct pg_hosts *targets, const char *database) {
  struct pg_host_lists lists;
  pg_hosts_join(targets, &lists);
  const char *const keywords[] = {"dbname", "fallback_application_name",
                                  "dbname", "client_encoding",
                                  "host",   "hostaddr",
                                  "port",   NULL};
  const char *const values[] = {dsn,        "stacktop",     database,   "UTF8",
                                lists.host, lists.hostaddr, lists.port, NULL};
  /* Later values override those to which the string, as the first dbname, is expanded. Only the
   * first dbname is expanded: a database named "host=x" is a name. NULL overrides nothing. */
  PGconn *conn = PQconnectStartParams(keywords, values, 1);
  pg_host_lists_fini(&lists);
  return conn;
}

static void connect_begin(struct pg *pg) {
  pg->conn = conn_start(pg->dsn, &pg->targets, pg->database);
  pg_hosts_fini(&pg->hosts);
  if (!pg->conn || PQstatus(pg->conn) == CONNECTION_BAD) {
    connect_failed(pg);
    return;
  }
  PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE); /* the only way to an error's SQLSTATE here */
  PQsetNoticeReceiver(pg->conn, swallow_notice, NULL);
  connect_wait(pg, PGRES_POLLING_WRITING);
}

static void on_impatience(uv_timer_t *timer) {
  struct pg *pg = timer->data;
  const char *address = PQhostaddr(pg->conn), *port = PQport(pg->conn);
  if (!address || !port || !pg_hosts_remove(&pg->targets, address, port))
    return;
  hang_up(pg);
  connect_begin(pg);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err);

/* Resolves the names one after the other, as libpq would. */
static void resolve_next(struct pg *pg) {
  for (; pg->resolving < pg->hosts.count; pg->resolving++) {
    const struct pg_host *host = &pg->hosts.items[pg->resolving];
    if (pg_host_is_name(host)) {
      pg->resolve = resolve_start(pg->io, host->name, 0, on_resolved, pg);
      return;
    }
    pg_hosts_add(&pg->targets, host->name, host->address, host->port);
  }
  if (pg->targets.count > 0) {
    connect_begin(pg);
    return;
  }
  pg_hosts_fini(&pg->hosts);
  fail(pg, &pg->unresolved);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct pg *pg = arg;
  pg->resolve = NULL;
  if (result)
    pg_hosts_add_addresses(&pg->targets, &pg->hosts.items[pg->resolving], result);
  else if (pg->unresolved.kind == ERR_NONE)
    pg->unresolved = *err;
  pg->resolving++;
  resolve_next(pg);
}

/* ---- asking */

static void query_end(struct pg *pg, const struct err *err) {
  if (PQstatus(pg->conn) != CONNECTION_OK || !pg->watch) {
    hang_up(pg);
  } else { /* what comes while it is idle stays in the kernel until the next query */
    uv_poll_stop(&pg->watch->poll);
    pg->phase = PG_IDLE;
  }
  struct err copy = *err;
  finish(pg, copy.kind == ERR_NONE ? NULL : &copy);
}

static void query_lost(struct pg *pg) {
  struct err err = pg->answer.err;
  if (err.kind == ERR_NONE)
    pg_error_connect(PQerrorMessage(pg->conn), &err);
  fail(pg, &err);
}

static bool take_part(struct pg *pg) {
  if (pg->part_count == PG_PARTS_MAX)
    return err_set(&pg->answer.err, ERR_LIMIT, "the answer has more than %d parts", PG_PARTS_MAX);
  pg->parts[pg->part_count++] = pg->answer;
  pg_answer_init(&pg->answer);
  return true;
}

/* Processes what has arrived. True if that has ended the query. */
static bool take_results(struct pg *pg) {
  while (!PQisBusy(pg->conn)) {
    PGresult *result = PQgetResult(pg->conn);
    if (!result) {
      query_end(pg, &pg->answer.err);
      return true;
    }
    const bool is_part = pg->parts_done && PQresultStatus(result) == PGRES_TUPLES_OK;
    bool good = pg_answer_add(&pg->answer, result) && (!is_part || take_part(pg));
    PQclear(result);
    if (!good) {
      fail(pg, &pg->answer.err);
      return true;
    }
  }
  return false;
}

static void query_step(struct pg *pg) {
  /* libpq closes the socket itself when it finds it broken */
  int alive = PQconsumeInput(pg->conn);
  int unsent = alive ? PQflush(pg->conn) : -1;
  if (unsent < 0)
    watch_close(pg);
  if (take_results(pg)) /* the server's last words come before its hanging up */
    return;
  if (unsent < 0)
    query_lost(pg);
  else if (!watch_for(pg, UV_READABLE | (unsent ? UV_WRITABLE : 0)))
    fail(pg, &pg->failure);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  (void)status; /* libpq finds out by itself what is wrong */
  (void)events;
  struct pg *pg = ((struct watch *)poll->data)->pg;
  if (pg->phase == PG_ASKING)
    query_step(pg);
  else
    connect_step(pg);
}

/* ---- the interface */

static void on_soon(uv_timer_t *timer) {
  struct pg *pg = timer->data;
  if (pg->failure.kind != ERR_NONE)
    fail(pg, &pg->failure);
  else if (!pg_hosts_read(pg->dsn, &pg->hosts, &pg->failure))
    fail(pg, &pg->failure);
  else
    resolve_next(pg);
}

/* libpq ends the user and password at the first "@" and takes what follows for a host, whose name
 * it then quotes in errors: half a password. A "@" that it does not end them with is refused. */
static bool uri_is_plain(const char *uri) {
  const char *rest = strstr(uri, "://") + 3;
  const char *end = rest + strcspn(rest, "@/");
  if (*end == '@')
    rest = end + 1;
  return !memchr(rest, '@', strcspn(rest, "?"));
}

/* libpq would say so only when it connects. "5432,5433" belongs to two hosts. The text is not
 * quoted: of a password with an unescaped "/" libpq takes the first half for a port. */
static bool ports_are_right(const PQconninfoOption *options, struct err *err) {
  const char *list = NULL;
  for (; options->keyword; options++)
    if (strcmp(options->keyword, "port") == 0)
      list = options->val;
  for (; list && *list; list += strcspn(list, ","), list += *list == ',') {
    char *end;
    const size_t length = strcspn(list, ",");
    const long port = strtol(list, &end, 10);
    if (length > 0 && (end != list + length || port < 1 || port > 65535))
      return err_set(
          err, ERR_INVALID,
          "the port is not a number from 1 to 65535; in a URI, write %%2F for a / in the "
          "password");
  }
  return true;
}

bool pg_dsn_check(const char *dsn, struct err *err) {
  PQconninfoOption *options = PQconninfoParse(dsn, NULL);
  const bool ports = !options || ports_are_right(options, err);
  PQconninfoFree(options);
  if (!ports)
    return false;
  const bool uri = strncmp(dsn, "postgres://", 11) == 0 || strncmp(dsn, "postgresql://", 13) == 0;
  if (uri && !uri_is_plain(dsn))
    return err_set(err, ERR_INVALID,
                   "the URI has more than one \"@\"; in a user, password or database write %%40 "
                   "for @, %%2F for / and %%3F for ?");
  if (options)
    return true;
  return err_set(err, ERR_INVALID, "not a valid %s; write %s", uri ? "URI" : "connection string",
                 uri ? "postgresql://user@host:5432/database, with special characters as %XX"
                     : "postgresql://user@host:5432/database, \"host=... dbname=...\" or "
                       "\"service=...\"");
}

struct pg *pg_new(struct io *io, const char *dsn) {
  struct pg *pg = mem_new(sizeof *pg);
  pg->io = io;
  pg->dsn = mem_dup(dsn);
  uv_timer_init(io->loop, &pg->soon);
  pg->soon.data = pg;
  pg->open_handles = 1;
  return pg;
}

void pg_use_database(struct pg *pg, const char *database) {
  assert(pg->phase == PG_DOWN);
  free(pg->database);
  pg->database = database ? mem_dup(database) : NULL;
}

void pg_connect(struct pg *pg, pg_cb done, void *arg) {
  assert(pg->phase == PG_DOWN && !pg->done);
  pg->done = done;
  pg->arg = arg;
  pg->phase = PG_RESOLVING;
  pg->resolving = 0;
  pg_hosts_fini(&pg->targets);
  pg->failure = pg->unresolved = (struct err){0};
  uv_timer_start(&pg->soon, on_soon, 0, 0);
}

static void query_begin(struct pg *pg, pg_cb done, void *arg) {
  assert(pg->phase == PG_IDLE && !pg->done && !pg->parts_done);
  pg->done = done;
  pg->arg = arg;
  pg->phase = PG_ASKING;
  pg->failure = (struct err){0};
  pg_answer_init(&pg->answer);
}

/* taken: what libpq's send function said. */
static void query_sent(struct pg *pg, int taken) {
  int unsent = taken ? PQflush(pg->conn) : -1;
  if (unsent >= 0) {
    PQsetSingleRowMode(pg->conn); /* so that the ceilings hold while it comes in */
    if (watch_for(pg, UV_READABLE | (unsent ? UV_WRITABLE : 0)))
      return;
  } else {
    watch_close(pg);
    pg_error_connect(PQerrorMessage(pg->conn), &pg->failure);
  }
  uv_timer_start(&pg->soon, on_soon, 0, 0);
}

void pg_query(struct pg *pg, const char *sql, pg_cb done, void *arg) {
  query_begin(pg, done, arg);
  query_sent(pg, PQsendQuery(pg->conn, sql));
}

void pg_query_parts(struct pg *pg, const char *sql, pg_parts_cb done, void *arg) {
  query_begin(pg, NULL, arg);
  pg->parts_done = done;
  query_sent(pg, PQsendQuery(pg->conn, sql));
}

void pg_query_params(struct pg *pg, const char *sql, size_t count, const char *const *values,
                     pg_cb done, void *arg) {
  assert(count <= PG_VALUES_MAX);
  query_begin(pg, done, arg);
  query_sent(pg, PQsendQueryParams(pg->conn, sql, (int)count, NULL, values, NULL, NULL, 0));
}

void pg_parse(struct pg *pg, const char *sql, pg_cb done, void *arg) {
  query_begin(pg, done, arg);
  query_sent(pg, PQsendPrepare(pg->conn, "", sql, 0, NULL));
}

void pg_drop(struct pg *pg) {
  uv_timer_stop(&pg->soon);
  if (pg->resolve)
    resolve_cancel(pg->resolve);
  pg->resolve = NULL;
  pg_hosts_fini(&pg->hosts);
  pg_hosts_fini(&pg->targets);
  if ((pg->phase == PG_LOGGING_IN || pg->phase == PG_ASKING) && pg->watch) {
    watch_close(pg);
    pg_farewell(pg->io, pg->conn);
    pg->conn = NULL;
  }
  hang_up(pg);
  pg_answer_fini(&pg->answer);
  pg->answer = (struct pg_answer){0};
  while (pg->part_count > 0)
    pg_answer_fini(&pg->parts[--pg->part_count]);
  pg->done = NULL;
  pg->parts_done = NULL;
}

void pg_free(struct pg *pg, void (*done)(void *arg), void *arg) {
  pg_drop(pg);
  pg->freed = done;
  pg->freed_arg = arg;
  uv_close((uv_handle_t *)&pg->soon, on_soon_closed);
}

enum pg_phase pg_phase(const struct pg *pg) {
  return pg->phase;
}

int pg_server_version(const struct pg *pg) {
  return pg->conn ? PQserverVersion(pg->conn) : 0;
}

const char *pg_server_version_text(const struct pg *pg) {
  const char *text = pg->conn ? PQparameterStatus(pg->conn, "server_version") : NULL;
  return text ? text : "";
}

const char *pg_sqlstate(const struct pg *pg) {
  return pg->sqlstate;
}

int pg_backend_pid(const struct pg *pg) {
  return pg->conn ? PQbackendPID(pg->conn) : 0;
}

const char *pg_user(const struct pg *pg) {
  const char *user = pg->conn ? PQuser(pg->conn) : NULL;
  return user ? user : "";
}

void pg_address(const struct pg *pg, char *out, size_t size) {
  const char *address = pg->conn ? PQhostaddr(pg->conn) : "";
  const char *host = address && *address ? address : pg->conn ? PQhost(pg->conn) : "";
  const char *port = pg->conn ? PQport(pg->conn) : "";
  snprintf(out, size, *host != '/' && strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}
