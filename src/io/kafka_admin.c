#include "io/kafka_admin.h"

#include "core/mem.h"
#include "io/file.h"
#include "io/file_save.h"
#include "io/kafka_admin_run.h"
#include "io/kafka_client.h"
#include "io/kafka_error.h"

#include <stdlib.h>
#include <string.h>

enum gate { GATE_OPEN, GATE_SENT, GATE_SHUT };

struct kafka_asking {
  struct kafka_call call; /* first */
  struct kafka_client *client;
  struct kafka_admin *admin;
  kafka_admin_cb done;
  void *arg;
};

struct kafka_admin *kafka_admin_new(void) {
  struct kafka_admin *admin = mem_new(sizeof *admin);
  arena_init(&admin->arena, KAFKA_ADMIN_BYTES_MAX);
  admin->time_ms = admin->mark_ms = -1;
  admin->facts.state_text = "not known";
  atomic_init(&admin->gate, GATE_OPEN);
  return admin;
}

void kafka_admin_free(struct kafka_admin *admin) {
  if (!admin)
    return;
  free(admin->spots);
  free(admin->topics);
  free(admin->settings);
  free(admin->loaded);
  arena_fini(&admin->arena);
  free(admin);
}

struct kafka_spot *kafka_admin_spot(struct kafka_admin *admin, const char *topic,
                                    int32_t partition) {
  if (admin->spot_count == KAFKA_SPOTS_MAX) {
    admin->cut = true;
    return NULL;
  }
  const char *kept = admin->spot_count > 0 ? admin->spots[admin->spot_count - 1].topic : NULL;
  if (!kept || strcmp(kept, topic) != 0) /* a topic's name is kept once */
    kept = arena_text(&admin->arena, topic, strlen(topic));
  if (admin->spot_count == admin->spot_capacity) {
    admin->spot_capacity = admin->spot_capacity ? admin->spot_capacity * 2 : 16;
    admin->spots = mem_resize(admin->spots, admin->spot_capacity * sizeof *admin->spots);
  }
  struct kafka_spot *spot = &admin->spots[admin->spot_count++];
  *spot = (struct kafka_spot){.topic = kept,
                              .partition = partition,
                              .committed = KAFKA_NO_OFFSET,
                              .start = KAFKA_NO_OFFSET,
                              .end = KAFKA_NO_OFFSET,
                              .at = KAFKA_NO_OFFSET,
                              .mark = KAFKA_NO_OFFSET,
                              .want = KAFKA_NO_OFFSET};
  return spot;
}

bool kafka_admin_sent(const struct kafka_admin *admin) {
  return atomic_load(&admin->gate) == GATE_SENT;
}

bool kafka_admin_pass(struct kafka_admin *admin, struct err *err) {
  int open = GATE_OPEN;
  if (atomic_compare_exchange_strong(&admin->gate, &open, GATE_SENT))
    return true;
  return err_set(err, ERR_CLOSED, "cancelled: nothing was sent");
}

static struct kafka_asking *asking_of(struct kafka_call *call) {
  return (struct kafka_asking *)call;
}

static bool asking_run(struct kafka_session *session, struct kafka_call *call, struct err *err) {
  struct kafka_admin *admin = asking_of(call)->admin;
  return admin->run(session, admin, err);
}

static void asking_finished(struct kafka_call *call) {
  struct kafka_asking *asking = asking_of(call);
  struct err err = call->err;
  bool good = call->good;
  struct kafka_admin *admin = asking->admin;
  kafka_admin_cb done = asking->done;
  void *arg = asking->arg;
  free(asking);
  done(arg, admin, good ? NULL : &err);
}

static void asking_drop(struct kafka_call *call) {
  struct kafka_asking *asking = asking_of(call);
  kafka_admin_free(asking->admin);
  free(asking);
}

static const struct kafka_work work = {asking_run, asking_finished, asking_drop};

struct kafka_asking *kafka_admin_ask(struct kafka_client *client, struct kafka_admin *admin,
                                     int64_t deadline_ms, kafka_admin_cb done, void *arg) {
  struct kafka_asking *asking = mem_new(sizeof *asking);
  *asking = (struct kafka_asking){.client = client, .admin = admin, .done = done, .arg = arg};
  asking->call.work = &work;
  asking->call.watch.deadline_ms = deadline_ms;
  atomic_init(&asking->call.watch.cancelled, false);
  atomic_init(&asking->call.watch.step, "the brokers");
  kafka_worker_call(kafka_client_worker(client), &asking->call);
  return asking;
}

bool kafka_admin_cancel(struct kafka_asking *asking) {
  int open = GATE_OPEN;
  bool shut = atomic_compare_exchange_strong(&asking->admin->gate, &open, GATE_SHUT);
  kafka_worker_cancel(kafka_client_worker(asking->client), &asking->call);
  return !shut;
}

/* ---- what the runs share */

bool kafka_run_load(struct kafka_session *session, struct kafka_admin *admin, struct err *err) {
  (void)session;
  struct file_text file;
  file_read(admin->path, KAFKA_FILE_MAX, &file);
  if (!file.text) {
    err_set(err, file.err.kind, "%.180s", file.err.text);
    file_text_fini(&file);
    return false;
  }
  if (file.cut) {
    file_text_fini(&file);
    return err_set(err, ERR_LIMIT, "%.180s is larger than %d MB", admin->path,
                   KAFKA_FILE_MAX >> 20);
  }
  admin->loaded = file.text;
  admin->loaded_len = file.len;
  return true;
}

bool kafka_admin_save(const struct kafka_admin *admin, struct err *err) {
  struct err why = {0};
  if (!admin->path || file_save_new(admin->path, admin->text, strlen(admin->text), &why))
    return true;
  return err_set(err, ERR_IO, "nothing was changed: the undo file cannot be written: %.180s",
                 why.text);
}

const char *kafka_admin_words(struct kafka_admin *admin, rd_kafka_resp_err_t code,
                              const char *text) {
  static const char says_who[] = "Broker: ";
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID) /* "Unknown member" is what we are then */
    text = "a member has joined meanwhile";
  else if (!text || !*text)
    text = rd_kafka_err2str(code);
  if (strncmp(text, says_who, sizeof says_who - 1) == 0)
    text += sizeof says_who - 1;
  return arena_printf(&admin->arena, "%.400s (%s)", text, rd_kafka_err2name(code));
}

void kafka_admin_doubt(struct kafka_admin *admin, rd_kafka_resp_err_t code) {
  bool certain = (code > 0 && code != RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT) ||
                 code == RD_KAFKA_RESP_ERR__INVALID_ARG ||
                 code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
  admin->unsure = kafka_admin_sent(admin) && !certain;
}

rd_kafka_event_t *kafka_admin_answer(struct kafka_session *session, struct kafka_admin *admin,
                                     const char *step, struct err *err) {
  size_t subject;
  atomic_store(&session->watch->step, step);
  rd_kafka_event_t *event = kafka_session_wait(session, &subject, err);
  if (!event) {
    admin->unsure = kafka_admin_sent(admin);
    return NULL;
  }
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    kafka_session_answered(session);
    return event;
  }
  kafka_admin_doubt(admin, code);
  kafka_session_fail(session, code, rd_kafka_event_error_string(event), err);
  if (code > 0) /* a broker's, not librdkafka's own */
    err_set(err, err->kind, "%.240s",
            kafka_admin_words(admin, code, rd_kafka_event_error_string(event)));
  rd_kafka_event_destroy(event);
  return NULL;
}

rd_kafka_topic_partition_list_t *kafka_admin_list(const struct kafka_admin *admin) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)admin->spot_count);
  for (size_t i = 0; i < admin->spot_count; i++)
    rd_kafka_topic_partition_list_add(list, admin->spots[i].topic, admin->spots[i].partition)
        ->offset = admin->spots[i].want;
  return list;
}

void kafka_admin_take_errors(struct kafka_admin *admin,
                             const rd_kafka_topic_partition_list_t *list) {
  for (int i = 0; list && i < list->cnt; i++) {
    const rd_kafka_topic_partition_t *from = &list->elems[i];
    struct kafka_spot *spot = kafka_admin_find(admin, from->topic, from->partition);
    if (!spot)
      continue;
    spot->error = from->err ? kafka_admin_words(admin, from->err, NULL) : NULL;
  }
}

static int spot_compare(const void *a, const void *b) {
  const struct kafka_spot *x = a, *y = b;
  int order = x->topic == y->topic ? 0 : strcmp(x->topic, y->topic);
  if (order)
    return order;
  return x->partition < y->partition ? -1 : x->partition > y->partition;
}

void kafka_admin_sort(struct kafka_admin *admin) {
  if (admin->spot_count > 1)
    qsort(admin->spots, admin->spot_count, sizeof *admin->spots, spot_compare);
}

struct kafka_spot *kafka_admin_find(const struct kafka_admin *admin, const char *topic,
                                    int32_t partition) {
  struct kafka_spot key = {.topic = topic, .partition = partition};
  if (admin->spot_count == 0)
    return NULL;
  return bsearch(&key, admin->spots, admin->spot_count, sizeof *admin->spots, spot_compare);
}
