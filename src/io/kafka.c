#include "io/kafka.h"

#include "core/mem.h"
#include "io/kafka_client.h"
#include "io/kafka_collect.h"
#include "io/kafka_conf.h"

#include <stdlib.h>

struct kafka_client {
  uv_async_t async; /* a call has finished, or the thread has ended */
  uv_timer_t patience;
  struct kafka_worker *worker;
  int open_handles;
  bool closing;
  void (*closed)(void *arg);
  void *closed_arg;
};

struct kafka_request {
  struct kafka_call call;
  struct kafka_client *client;
  kafka_snapshot_cb done;
  void *arg;
  struct kafka_collection collection;
};

static struct kafka_request *request_of(struct kafka_call *call) {
  return (struct kafka_request *)call; /* its first member */
}

static bool snapshot_run(struct kafka_session *session, struct kafka_call *call, struct err *err) {
  return kafka_collect(session, &request_of(call)->collection, err);
}

static void snapshot_finished(struct kafka_call *call) {
  struct kafka_request *request = request_of(call);
  struct kafka_snapshot *snapshot = request->collection.snapshot;
  if (!call->good) {
    kafka_snapshot_free(snapshot);
    snapshot = NULL;
  }
  struct err err = call->err;
  kafka_snapshot_cb done = request->done;
  void *arg = request->arg;
  free(request);
  done(arg, snapshot, snapshot ? NULL : &err);
}

static void snapshot_drop(struct kafka_call *call) {
  struct kafka_request *request = request_of(call);
  kafka_snapshot_free(request->collection.snapshot);
  free(request);
}

static const struct kafka_work snapshot_work = {snapshot_run, snapshot_finished, snapshot_drop};

static void on_handle_closed(uv_handle_t *handle) {
  struct kafka_client *client = handle->data;
  if (--client->open_handles > 0)
    return;
  void (*closed)(void *arg) = client->closed;
  void *arg = client->closed_arg;
  free(client);
  closed(arg);
}

static void leave(struct kafka_client *client) {
  if (!client->worker)
    return;
  kafka_worker_leave(client->worker);
  client->worker = NULL;
  uv_close((uv_handle_t *)&client->async, on_handle_closed);
  uv_close((uv_handle_t *)&client->patience, on_handle_closed);
}

static void on_async(uv_async_t *async) {
  struct kafka_client *client = async->data;
  struct kafka_call *call;
  while (client->worker && (call = kafka_worker_take(client->worker)))
    call->work->finished(call);
  if (client->closing && client->worker && kafka_worker_ended(client->worker))
    leave(client);
}

struct kafka_worker *kafka_client_worker(struct kafka_client *client) {
  return client->worker;
}

static void on_impatience(uv_timer_t *timer) {
  leave(timer->data);
}

const char *kafka_library_version(void) {
  return rd_kafka_version_str();
}

struct kafka_client *kafka_client_new(struct io *io, const struct kafka_config *config,
                                      struct err *err) {
  rd_kafka_conf_t *conf = kafka_conf_new(config, err);
  if (!conf)
    return NULL;
  struct kafka_client *client = mem_new(sizeof *client);
  if (uv_async_init(io->loop, &client->async, on_async) != 0) {
    rd_kafka_conf_destroy(conf);
    free(client);
    err_set(err, ERR_IO, "no more file descriptors");
    return NULL;
  }
  uv_timer_init(io->loop, &client->patience);
  client->async.data = client->patience.data = client;
  client->open_handles = 2;
  client->worker = kafka_worker_new(conf, &client->async);
  return client;
}

struct kafka_request *kafka_snapshot_start(struct kafka_client *client,
                                           const struct kafka_query *query, kafka_snapshot_cb done,
                                           void *arg) {
  struct kafka_request *request = mem_new(sizeof *request);
  request->call.work = &snapshot_work;
  request->call.watch.deadline_ms = query->deadline_ms;
  atomic_init(&request->call.watch.cancelled, false);
  atomic_init(&request->call.watch.step, "the brokers");
  request->client = client;
  request->done = done;
  request->arg = arg;
  kafka_collection_init(&request->collection, query);
  kafka_worker_call(client->worker, &request->call);
  return request;
}

void kafka_snapshot_cancel(struct kafka_request *request, const char **step) {
  if (step)
    *step = atomic_load(&request->call.watch.step);
  kafka_worker_cancel(request->client->worker, &request->call);
}

void kafka_client_close(struct kafka_client *client, void (*done)(void *arg), void *arg) {
  client->closed = done;
  client->closed_arg = arg;
  client->closing = true;
  if (!kafka_worker_end(client->worker)) {
    leave(client);
    return;
  }
  uv_update_time(client->patience.loop);
  uv_timer_start(&client->patience, on_impatience, KAFKA_CLOSE_MS, 0);
}
