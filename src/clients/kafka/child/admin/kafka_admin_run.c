#include "clients/kafka/child/admin/kafka_admin_run.h"

#include "clients/kafka/child/kafka_error.h"
#include "io/file/file.h"
#include "io/file/file_save.h"

#include <stdlib.h>
#include <string.h>

bool kafka_admin_pass(struct kafka_admin *admin, struct err *err) {
  if (admin->ask_to_pass && admin->ask_to_pass(admin->pass_arg))
    admin->gate = KAFKA_GATE_SENT;
  return admin->gate == KAFKA_GATE_SENT || err_set(err, ERR_CLOSED, "cancelled: nothing was sent");
}

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
  return err_set(err, ERR_IO, "cannot write the undo file: %.180s", why.text);
}

const char *kafka_admin_words(struct kafka_admin *admin, rd_kafka_resp_err_t code,
                              const char *text) {
  static const char says_who[] = "Broker: ";
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID) /* "Unknown member" is what we are then */
    text = "a member has joined in the meantime";
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
  kafka_session_step(session, step);
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
