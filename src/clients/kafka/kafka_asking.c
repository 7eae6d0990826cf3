#include "clients/kafka/kafka_asking.h"

#include "clients/kafka/kafka_client.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* The texts of the request, and the largest answer: its frame and the structures. */
enum { ANSWER_BYTES_MAX = KAFKA_ADMIN_BYTES_MAX + 2 * KAFKA_FRAME_MAX };

struct kafka_asking {
  struct kafka_call call; /* first */
  struct kafka_client *client;
  struct kafka_admin *admin;
  kafka_admin_cb done;
  void *arg;
};

static struct kafka_asking *asking_of(struct kafka_call *call) {
  return (struct kafka_asking *)call; /* its first member */
}

static bool asking_pass(struct kafka_call *call) {
  struct kafka_admin *admin = asking_of(call)->admin;
  if (admin->gate == KAFKA_GATE_OPEN)
    admin->gate = KAFKA_GATE_SENT;
  return admin->gate == KAFKA_GATE_SENT;
}

static bool asking_take(struct kafka_call *call, bool good, const struct wire_in *in) {
  (void)good;
  struct kafka_admin *admin = asking_of(call)->admin;
  struct wire_in own = {arena_alloc(&admin->arena, in->left), in->left, &admin->arena, false};
  if (!own.bytes)
    return false;
  memcpy(own.bytes, in->bytes, in->left);
  return kafka_answer_get(&own, admin);
}

/* The process ended, or was killed, before it answered. */
static void lose(struct kafka_admin *admin, struct err *err) {
  struct err why = *err;
  admin->unsure = kafka_admin_sent(admin);
  if (!admin->unsure)
    err_set(err, why.kind, "%.200s; nothing was sent", why.text);
}

static void asking_finished(struct kafka_call *call) {
  struct kafka_asking *asking = asking_of(call);
  struct kafka_admin *admin = asking->admin;
  struct err err = call->err;
  bool good = call->good;
  if (!call->answered)
    lose(admin, &err);
  kafka_admin_cb done = asking->done;
  void *arg = asking->arg;
  free(asking);
  done(arg, admin, good ? NULL : &err);
}

static const struct kafka_work work = {asking_pass, asking_take, asking_finished};

struct kafka_asking *kafka_admin_ask(struct kafka_client *client, struct kafka_admin *admin,
                                     int64_t deadline_ms, kafka_admin_cb done, void *arg) {
  struct kafka_asking *asking = mem_new(sizeof *asking);
  *asking = (struct kafka_asking){.client = client, .admin = admin, .done = done, .arg = arg};
  admin->arena.ceiling = ANSWER_BYTES_MAX;
  asking->call.work = &work;
  asking->call.deadline_ms = deadline_ms;
  asking->call.frame = kafka_frame_begin(KAFKA_FRAME_ASK, 0);
  wire_put_time(&asking->call.frame, deadline_ms);
  kafka_question_put(&asking->call.frame, admin);
  kafka_process_call(kafka_client_process(client), &asking->call);
  return asking;
}

bool kafka_admin_cancel(struct kafka_asking *asking) {
  bool sent = kafka_admin_sent(asking->admin);
  kafka_process_cancel(kafka_client_process(asking->client), &asking->call, NULL);
  free(asking);
  return sent;
}
