#include "clients/postgres/pg_farewell.h"

#include "core/mem.h"

#include <stdbool.h>
#include <stdlib.h>

struct farewell {
  PGconn *conn;
  int socket;
  uv_poll_t poll;
  uv_timer_t timer;
  int open_handles;
};

static void on_closed(uv_handle_t *handle) {
  struct farewell *farewell = handle->data;
  if (--farewell->open_handles == 0)
    free(farewell);
}

/* The poll handle goes before libpq closes the socket: later the number may be another socket's. */
static void farewell_end(struct farewell *farewell) {
  uv_close((uv_handle_t *)&farewell->poll, on_closed);
  uv_close((uv_handle_t *)&farewell->timer, on_closed);
  PQfinish(farewell->conn);
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* Each of these returns false at the end: then the server expects the message that ends the
 * session, or there is no connection. */
static bool log_in(struct farewell *farewell) {
  uv_poll_stop(&farewell->poll); /* libpq may close the socket */
  const PostgresPollingStatusType wants = PQconnectPoll(farewell->conn);
  if ((wants != PGRES_POLLING_READING && wants != PGRES_POLLING_WRITING) ||
      PQsocket(farewell->conn) != farewell->socket)
    return false;
  uv_poll_start(&farewell->poll, wants == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE,
                on_ready);
  return true;
}

static bool take_answer(struct farewell *farewell) {
  if (PQconsumeInput(farewell->conn) != 1)
    return false;
  while (!PQisBusy(farewell->conn)) {
    PGresult *result = PQgetResult(farewell->conn);
    if (!result)
      return false;
    PQclear(result);
  }
  return true;
}

static bool read_on(struct farewell *farewell) {
  return PQstatus(farewell->conn) == CONNECTION_OK ? take_answer(farewell) : log_in(farewell);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct farewell *farewell = poll->data;
  if (status != 0 || !read_on(farewell))
    farewell_end(farewell);
}

/* What has arrived is read even so: where the loop was held up, the timer is served first. */
static void on_late(uv_timer_t *timer) {
  struct farewell *farewell = timer->data;
  read_on(farewell);
  farewell_end(farewell);
}

void pg_farewell(struct io *io, PGconn *conn) {
  struct farewell *farewell = mem_new(sizeof *farewell);
  farewell->conn = conn;
  farewell->socket = PQsocket(conn);
  if (uv_poll_init(io->loop, &farewell->poll, farewell->socket) != 0) {
    PQfinish(conn);
    free(farewell);
    return;
  }
  farewell->poll.data = farewell->timer.data = farewell;
  farewell->open_handles = 2;
  uv_update_time(io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_init(io->loop, &farewell->timer);
  uv_timer_start(&farewell->timer, on_late, PG_FAREWELL_MS, 0);
  uv_poll_start(&farewell->poll, UV_READABLE, on_ready);
}
