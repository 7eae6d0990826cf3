#include "clients/kafka/child/kafka_session.h"

#include "clients/kafka/child/kafka_error.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Maximum delay of a cancel, while waiting. */
enum { SLICE_MS = 25 };

static rd_kafka_t *instance_new(rd_kafka_conf_t *conf, struct err *err) {
  char text[200] = "";
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
  if (!rk && rd_kafka_last_error() == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
    kafka_error(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, text, err);
  else if (!rk)
    err_set(err, ERR_INVALID, "librdkafka: %s", text);
  return rk;
}

/* Whether librdkafka accepts the keys, certificates and mechanisms: the rest cannot fail. */
static bool security_check(const rd_kafka_conf_t *conf, struct err *err) {
  char protocol[32] = "";
  size_t size = sizeof protocol;
  rd_kafka_conf_get(conf, "security.protocol", protocol, &size);
  if (strcmp(protocol, "plaintext") == 0)
    return true;
  rd_kafka_conf_t *own = rd_kafka_conf_dup(conf);
  rd_kafka_t *rk = instance_new(own, err);
  if (rk)
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  else
    rd_kafka_conf_destroy(own);
  return rk != NULL;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque,
                                  char *text, size_t size) {
  (void)conf, (void)text, (void)size;
  return kafka_roll_watch(opaque, rk);
}

/* Kafka 4 verifies what librdkafka sends wrongly before 2.6.1 (librdkafka#4895), and calls the
 * right password invalid. */
static bool is_old_scram(const rd_kafka_conf_t *conf) {
  char mechanism[32] = "";
  size_t size = sizeof mechanism;
  rd_kafka_conf_get(conf, "sasl.mechanism", mechanism, &size);
  return strncmp(mechanism, "SCRAM-", 6) == 0 && rd_kafka_version() < 0x020601ff;
}

/* The interceptor is for the roll. If rd_kafka_new fails it frees the interceptors of the
 * configuration, which then cannot be destroyed (2.0.2): so what may fail is tried before, without
 * it. */
bool kafka_session_open(struct kafka_session *session, const rd_kafka_conf_t *conf,
                        struct err *err) {
  if (!security_check(conf, err))
    return false;
  rd_kafka_conf_t *own = rd_kafka_conf_dup(conf);
  rd_kafka_conf_interceptor_add_on_new(own, "stacktop", on_new,
                                       &session->roll); /* a copy has none */
  kafka_roll_init(&session->roll);
  session->rk = instance_new(own, err);
  if (!session->rk) {
    kafka_roll_fini(&session->roll);
    return false;
  }
  session->old_scram = is_old_scram(conf);
  session->queue = rd_kafka_queue_new(session->rk);
  rd_kafka_queue_t *main_queue = rd_kafka_queue_get_main(session->rk);
  rd_kafka_queue_forward(main_queue, session->queue);
  rd_kafka_queue_destroy(main_queue);
  rd_kafka_set_log_queue(session->rk, session->queue);
  return true;
}

void kafka_session_close(struct kafka_session *session) {
  if (!session->rk)
    return;
  if (session->metadata)
    rd_kafka_metadata_destroy(session->metadata);
  kafka_session_drain(session);
  rd_kafka_queue_destroy(session->queue);
  rd_kafka_destroy_flags(session->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  for (struct kafka_ask *ask = session->asks, *next; ask; ask = next) {
    next = ask->next;
    free(ask);
  }
  kafka_roll_fini(&session->roll);
  *session = (struct kafka_session){0};
}

void kafka_session_begin(struct kafka_session *session, struct kafka_watch *watch) {
  session->call++;
  session->watch = watch;
  session->requests = 0;
  session->began_ms = clock_now_ms();
  session->give_up_ms = session->began_ms + KAFKA_RETRY_MS;
  kafka_session_drain(session); /* may find that all brokers are down */
}

void kafka_session_step(struct kafka_session *session, const char *step) {
  struct kafka_watch *watch = session->watch;
  bool same = watch->step && strcmp(watch->step, step) == 0;
  watch->step = step;
  if (!same && watch->tell)
    watch->tell(watch->tell_arg, step);
}

int kafka_session_left(const struct kafka_session *session) {
  int64_t left = session->watch->deadline_ms - clock_now_ms();
  return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

bool kafka_session_cancelled(const struct kafka_session *session) {
  return atomic_load(&session->watch->cancelled);
}

rd_kafka_AdminOptions_t *kafka_session_options(struct kafka_session *session,
                                               rd_kafka_admin_op_t operation, size_t subject,
                                               int limit_ms) {
  struct kafka_ask *ask = mem_new(sizeof *ask);
  *ask = (struct kafka_ask){session->asks, session->call, subject};
  session->asks = ask;
  session->requests++;
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(session->rk, operation);
  int left = kafka_session_left(session);
  int timeout_ms = left < limit_ms ? left : limit_ms;
  char text[80];
  rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms > 1 ? timeout_ms : 1, text,
                                            sizeof text);
  rd_kafka_AdminOptions_set_opaque(options, ask);
  return options;
}

static void forget_ask(struct kafka_session *session, struct kafka_ask *ask) {
  struct kafka_ask **link = &session->asks;
  while (*link != ask)
    link = &(*link)->next;
  *link = ask->next;
  free(ask);
}

static void explain(const struct kafka_session *session, struct err *err) {
  static const char login[] = "login failed: ";
  char *at = strstr(err->text, login);
  if (!session->old_scram || err->kind != ERR_DENIED || !at)
    return;
  at += sizeof login - 1;
  snprintf(
      at, sizeof err->text - (size_t)(at - err->text),
      "SCRAM to Kafka 4 needs librdkafka 2.6.1 (this is %s), or the user or its password is wrong",
      rd_kafka_version_str());
}

static void note_error(struct kafka_session *session, rd_kafka_event_t *event) {
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    session->down = true;
    session->give_up_ms = clock_now_ms() + KAFKA_GRACE_MS;
    if (session->trouble.kind == ERR_NONE)
      kafka_error(code, rd_kafka_event_error_string(event), &session->trouble);
  } else {
    kafka_error(code, rd_kafka_event_error_string(event), &session->trouble);
    explain(session, &session->trouble);
  }
  if (session->trouble.kind == ERR_LIMIT)
    session->limit = session->trouble;
}

/* Whether it is an answer to this call; otherwise it was processed and destroyed. */
static bool take_in(struct kafka_session *session, rd_kafka_event_t *event, size_t *subject) {
  switch (rd_kafka_event_type(event)) {
  case RD_KAFKA_EVENT_ERROR:
    note_error(session, event);
    break;
  case RD_KAFKA_EVENT_LISTCONSUMERGROUPS_RESULT:
  case RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT:
  case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
  case RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT:
  case RD_KAFKA_EVENT_DELETECONSUMERGROUPOFFSETS_RESULT:
  case RD_KAFKA_EVENT_DELETEGROUPS_RESULT:
  case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT:
  case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
  case RD_KAFKA_EVENT_ALTERCONFIGS_RESULT:
#if RD_KAFKA_VERSION >= 0x020200ff
  case RD_KAFKA_EVENT_INCREMENTALALTERCONFIGS_RESULT:
#endif
#if RD_KAFKA_VERSION >= 0x020300ff
  case RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
#endif
#if RD_KAFKA_VERSION >= 0x020600ff
  case RD_KAFKA_EVENT_ELECTLEADERS_RESULT:
#endif
  case RD_KAFKA_EVENT_DELETERECORDS_RESULT: {
    struct kafka_ask *ask = rd_kafka_event_opaque(event);
    bool ours = ask->call == session->call;
    *subject = ask->subject;
    forget_ask(session, ask);
    if (ours)
      return true;
    break;
  }
  default: /* log lines: important ones are errors, too */
    break;
  }
  rd_kafka_event_destroy(event);
  return false;
}

void kafka_session_drain(struct kafka_session *session) {
  rd_kafka_event_t *event;
  size_t subject;
  while ((event = rd_kafka_queue_poll(session->queue, 0)))
    if (take_in(session, event, &subject))
      rd_kafka_event_destroy(event);
}

void kafka_session_pause(struct kafka_session *session, int ms) {
  size_t subject;
  for (int64_t until_ms = clock_now_ms() + ms, left = ms; left > 0;
       left = until_ms - clock_now_ms()) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(session->queue, (int)left);
    if (event && take_in(session, event, &subject))
      rd_kafka_event_destroy(event);
  }
}

static bool fail_by_trouble(struct kafka_session *session, struct err *err) {
  *err = session->trouble;
  return false;
}

bool kafka_session_fail(struct kafka_session *session, rd_kafka_resp_err_t code, const char *text,
                        struct err *err) {
  bool unreachable = code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                     code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
                     code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (unreachable && session->trouble.kind != ERR_NONE)
    return fail_by_trouble(session, err);
  if (unreachable) {
    char waited[FORMAT_MAX];
    format_duration(waited, sizeof waited, (double)(clock_now_ms() - session->began_ms) / 1000);
    return err_set(err, ERR_TIMEOUT, "no answer within %s: waited for %s", waited,
                   session->watch->step ? session->watch->step : "the brokers");
  }
  kafka_error(code, text, err);
  explain(session, err);
  return false;
}

/* False with err if it must not wait any longer. */
static bool may_wait(struct kafka_session *session, struct err *err) {
  if (kafka_session_cancelled(session))
    return err_set(err, ERR_CLOSED, "cancelled");
  if (session->down && clock_now_ms() >= session->give_up_ms)
    return fail_by_trouble(session, err);
  if (kafka_session_left(session) == 0)
    return kafka_session_fail(session, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, err);
  return true;
}

void kafka_session_answered(struct kafka_session *session) {
  session->trouble = (struct err){0};
  session->down = false;
}

rd_kafka_event_t *kafka_session_wait(struct kafka_session *session, size_t *subject,
                                     struct err *err) {
  while (may_wait(session, err)) {
    int left = kafka_session_left(session);
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(session->queue, left < SLICE_MS ? left : SLICE_MS);
    if (event && take_in(session, event, subject))
      return event;
  }
  return NULL;
}
