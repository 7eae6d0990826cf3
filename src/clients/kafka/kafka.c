#include "clients/kafka/kafka.h"

#include "clients/kafka/child/kafka_conf.h"
#include "clients/kafka/kafka_client.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* The largest answer: its frame, and the structures. */
enum { ANSWER_BYTES_MAX = 2 * KAFKA_FRAME_MAX };

struct kafka_client {
  struct kafka_process *process;
  void (*closed)(void *arg);
  void *closed_arg;
};

struct kafka_request {
  struct kafka_call call;
  struct kafka_client *client;
  struct kafka_snapshot *snapshot;
  kafka_snapshot_cb done;
  void *arg;
};

static struct kafka_request *request_of(struct kafka_call *call) {
  return (struct kafka_request *)call; /* its first member */
}

static bool snapshot_take(struct kafka_call *call, bool good, const struct wire_in *in) {
  struct kafka_snapshot *snapshot = request_of(call)->snapshot;
  if (!good)
    return in->left == 0;
  struct wire_in own = {arena_alloc(&snapshot->arena, in->left), in->left, &snapshot->arena, false};
  if (!own.bytes)
    return false;
  memcpy(own.bytes, in->bytes, in->left);
  return kafka_snapshot_get(&own, snapshot);
}

static void snapshot_finished(struct kafka_call *call) {
  struct kafka_request *request = request_of(call);
  struct kafka_snapshot *snapshot = request->snapshot;
  const char *crash = call->good ? kafka_process_crash(request->client->process) : NULL;
  if (crash) /* crashed while idle: otherwise the call has failed with it */
    snapshot->crash = arena_text(&snapshot->arena, crash, strlen(crash));
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

static const struct kafka_work snapshot_work = {NULL, snapshot_take, snapshot_finished};

struct kafka_process *kafka_client_process(struct kafka_client *client) {
  return client->process;
}

const char *kafka_library_version(void) {
  return rd_kafka_version_str();
}

struct kafka_client *kafka_client_new(struct io *io, const struct kafka_config *config,
                                      struct err *err) {
  rd_kafka_conf_t *conf =
      kafka_conf_new(config, err); /* only checked: no instance is created here */
  if (!conf)
    return NULL;
  rd_kafka_conf_destroy(conf);
  struct kafka_client *client = mem_new(sizeof *client);
  client->process = kafka_process_new(io, config);
  return client;
}

struct kafka_request *kafka_snapshot_start(struct kafka_client *client,
                                           const struct kafka_query *query, kafka_snapshot_cb done,
                                           void *arg) {
  struct kafka_request *request = mem_new(sizeof *request);
  request->client = client;
  request->done = done;
  request->arg = arg;
  request->snapshot = kafka_snapshot_new();
  request->snapshot->arena.ceiling = ANSWER_BYTES_MAX;
  request->call.work = &snapshot_work;
  request->call.deadline_ms = query->deadline_ms;
  request->call.frame = kafka_frame_begin(KAFKA_FRAME_COLLECT, 0);
  wire_put(&request->call.frame, &kafka_query_fields, query);
  kafka_process_call(client->process, &request->call);
  return request;
}

void kafka_snapshot_cancel(struct kafka_request *request, const char **step) {
  kafka_process_cancel(request->client->process, &request->call, step);
  kafka_snapshot_free(request->snapshot);
  free(request);
}

static void on_closed(void *arg) {
  struct kafka_client *client = arg;
  void (*closed)(void *arg) = client->closed;
  void *closed_arg = client->closed_arg;
  free(client);
  closed(closed_arg);
}

void kafka_client_close(struct kafka_client *client, void (*done)(void *arg), void *arg) {
  client->closed = done;
  client->closed_arg = arg;
  kafka_process_close(client->process, on_closed, client);
}
