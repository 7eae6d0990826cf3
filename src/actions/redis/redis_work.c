#include "actions/redis/redis_work.h"

#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

const char *redis_victim_pin(const struct plan *plan, size_t victim, const char *name) {
  for (size_t i = 0; i < plan->pin_count; i++)
    if (strcmp(plan->pins[i], name) == 0)
      return plan->victims[victim].pins[i] ? plan->victims[victim].pins[i] : "";
  return "";
}

const char *redis_pin(const struct plan *plan, const char *name) {
  return plan->victim_count > 0 ? redis_victim_pin(plan, 0, name) : "";
}

int redis_db_of_plan(const struct act *act) {
  const char *db = redis_pin(act->plan, "db");
  return *db ? (int)strtol(db, NULL, 10) : -1;
}

char *redis_info_copy(const struct redisReply *reply) {
  bool text = reply->type == REDIS_REPLY_STRING;
#ifdef REDIS_REPLY_VERB
  text = text || reply->type == REDIS_REPLY_VERB;
#endif
  char *copy = mem_new(text ? reply->len + 1 : 1);
  if (text)
    memcpy(copy, reply->str, reply->len);
  return copy;
}

/* ---- the end */

static void dispose(struct redis_work *work) {
  if (work->kind->fini)
    work->kind->fini(work);
  redis_link_close(work->link);
  work->act->self = NULL;
  free(work->info);
  free(work);
}

void redis_work_end(void *self, struct sample *found, const struct err *err) {
  struct redis_work *work = self;
  struct act *act = work->act;
  struct err copy = err ? *err : (struct err){0};
  if (found) {
    found->address = sample_copy(found, redis_link_address(work->link));
    found->taken_ms = clock_now_ms();
  }
  dispose(work);
  act->end(act, found, err ? &copy : NULL);
}

/* Whether it is the server that said no, or what we know of it. */
bool redis_is_refusal(const struct err *err) {
  return err->kind == ERR_DENIED || err->kind == ERR_UNSUPPORTED || err->kind == ERR_INVALID ||
         err->kind == ERR_PROTOCOL;
}

static void say_failed(struct redis_work *work, const struct err *err) {
  struct outcome *outcome = work->act->outcome;
  if (!outcome)
    return;
  if (work->kind->phase == REDIS_VERIFY)
    outcome_set_all(outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                    "the server said OK, but it could not be looked at again: %s", err->text);
  else if (redis_link_effects(work->link) > 0)
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_UNKNOWN,
                    "it was asked for, but there was no answer: %s", err->text);
  else if (redis_is_refusal(err))
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_REFUSED, "%s", err->text);
  else
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was sent: %s", err->text);
}

void redis_work_fail(void *self, const struct err *err) {
  struct redis_work *work = self;
  struct err copy = *err;
  if (err->kind == ERR_DENIED && strncmp(err->text, "NOAUTH", 6) == 0)
    err_set(&copy, ERR_DENIED, "%.180s: set its password in the configuration, or REDISCLI_AUTH",
            err->text);
  say_failed(work, &copy);
  redis_work_end(work, NULL, &copy);
}

void redis_work_drop(struct act *act) {
  struct redis_work *work = act->self;
  struct err late;
  err_set(&late, ERR_TIMEOUT, "given up");
  if (!work)
    return;
  if (work->kind->dropped)
    work->kind->dropped(work);
  say_failed(work, &late);
  dispose(work);
}

/* ---- the beginning */

static bool same_server(const struct redis_work *work, struct err *err) {
  char run_id[64];
  const char *pinned = work->act->plan ? redis_pin(work->act->plan, "run_id") : "";
  if (!*pinned)
    return true;
  redis_told(work->info, "run_id", run_id, sizeof run_id);
  if (strcmp(run_id, pinned) == 0)
    return true;
  return err_set(err, ERR_INVALID,
                 "another server answers at %.60s, or it was restarted: run_id %.12s..., in the "
                 "plan %.12s...: plan again",
                 redis_link_address(work->link), run_id, pinned);
}

static bool may_write(const struct redis_work *work, struct err *err) {
  if (!work->kind->writes || !redis_told_is(work->info, "role", "slave"))
    return true;
  char host[128];
  int64_t port = 0;
  redis_told(work->info, "master_host", host, sizeof host);
  redis_told_int(work->info, "master_port", &port);
  return err_set(err, ERR_UNSUPPORTED, "read-only replica: it is to be done on its master, %s:%d",
                 host, (int)port);
}

static bool is_redis(const struct redis_work *work, struct err *err) {
  char run_id[64];
  if (redis_told_is(work->info, "redis_mode", "sentinel") ||
      redis_told_is(work->info, "server_mode", "sentinel"))
    return err_set(err, ERR_UNSUPPORTED, "a Sentinel, which holds no keys");
  if (redis_told(work->info, "run_id", run_id, sizeof run_id) && *run_id)
    return true;
  return err_set(err, ERR_UNSUPPORTED,
                 "INFO tells no run_id: the server could not be told from another");
}

static void on_info(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  struct err why;
  if (err && err->kind == ERR_DENIED && strncmp(err->text, "NOPERM", 6) == 0) {
    err_set(&why, ERR_DENIED, "%.180s: its ACL user needs +info", err->text);
    redis_work_fail(work, &why);
    return;
  }
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  work->info = redis_info_copy(reply);
  if (!is_redis(work, &why) || !same_server(work, &why) || !may_write(work, &why))
    redis_work_fail(work, &why);
  else
    work->kind->ready(work);
}

void redis_work_start(struct act *act, const struct redis_work_kind *kind) {
  struct redis_work *work = mem_new(kind->size);
  work->act = act;
  work->kind = kind;
  work->started_ms = clock_now_ms();
  act->self = work;
  work->link = redis_link_open(act, kind->db ? kind->db(act) : -1, on_info, work);
}
