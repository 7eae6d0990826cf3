#include "actions/redis/redis_link.h"

#include "clients/redis/redis.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct question {
  redis_link_cb done;
  bool effect;
};

struct redis_link {
  struct redis_url url;
  bool url_owned;
  struct redis *redis; /* NULL: there never was one, or it is given up */
  struct err why;      /* while there is none */
  char address[REDIS_SOCKET_MAX];
  bool closing;
  void *self;
  struct question asked[REDIS_LINK_ASKED_MAX]; /* a ring, in the order of their answers */
  size_t first, count, effects;
  uv_timer_t turn;     /* tells what could not be asked, in a turn of its own */
  uv_timer_t patience; /* runs while an answer is owed */
  uv_timer_t wait;
  void (*tick)(void *self);
  int open_handles;
};

static void on_reply(void *arg, const struct redisReply *reply, const struct err *err);

/* ---- the questions under way */

static struct question pop(struct redis_link *link) {
  struct question question = link->asked[link->first];
  link->first = (link->first + 1) % REDIS_LINK_ASKED_MAX;
  link->count--;
  return question;
}

/* All that wait get the error; one of them may close the link, or ask again (and gets it, too). */
static void tell_all(struct redis_link *link) {
  size_t waiting = link->count;
  while (waiting-- > 0 && !link->closing)
    pop(link).done(link->self, NULL, &link->why);
}

static void on_handle_closed(struct redis_link *link) {
  if (--link->open_handles > 0)
    return;
  if (link->url_owned)
    redis_url_fini(&link->url);
  free(link);
}

static void on_timer_closed(uv_handle_t *handle) {
  on_handle_closed(handle->data);
}

static void on_redis_closed(void *arg) {
  on_handle_closed(arg);
}

static void hang_up(struct redis_link *link) {
  if (link->redis)
    redis_close(link->redis, on_redis_closed, link);
  link->redis = NULL;
}

static void on_turn(uv_timer_t *timer) {
  tell_all(timer->data);
}

static void on_impatient(uv_timer_t *timer) {
  struct redis_link *link = timer->data;
  char where[200];
  err_set(&link->why, ERR_TIMEOUT, "%s for %d s", redis_describe(link->redis, where, sizeof where),
          REDIS_LINK_PATIENCE_MS / 1000);
  hang_up(link);
  tell_all(link);
}

static void watch(struct redis_link *link) {
  if (link->count == 0 || !link->redis)
    uv_timer_stop(&link->patience);
  else
    uv_timer_start(&link->patience, on_impatient, REDIS_LINK_PATIENCE_MS, 0);
}

static void on_reply(void *arg, const struct redisReply *reply, const struct err *err) {
  struct redis_link *link = arg;
  struct question question = pop(link);
  struct err refusal;
  if (err) {
    link->why = *err;
    uv_timer_stop(&link->patience);
    question.done(link->self, NULL, &link->why);
    return;
  }
  link->effects -= question.effect;
  watch(link);
  if (!*link->address)
    snprintf(link->address, sizeof link->address, "%s", redis_address(link->redis));
  bool refused = redis_reply_err(reply, &refusal);
  question.done(link->self, refused ? NULL : reply, refused ? &refusal : NULL);
}

static void put(struct redis_link *link, struct question question, int argc,
                const char *const *argv, const size_t *lengths) {
  assert(link->count < REDIS_LINK_ASKED_MAX);
  link->asked[(link->first + link->count++) % REDIS_LINK_ASKED_MAX] = question;
  if (link->redis && redis_send(link->redis, argc, argv, lengths, on_reply, link, &link->why)) {
    link->effects += question.effect;
    if (link->count == 1)
      watch(link);
    return;
  }
  /* broken: all that waited before have been told */
  uv_timer_start(&link->turn, on_turn, 0, 0);
}

void redis_link_ask(struct redis_link *link, redis_link_cb done, int argc, const char *const *argv,
                    const size_t *lengths) {
  put(link, (struct question){done, false}, argc, argv, lengths);
}

void redis_link_do(struct redis_link *link, redis_link_cb done, int argc, const char *const *argv,
                   const size_t *lengths) {
  put(link, (struct question){done, true}, argc, argv, lengths);
}

/* ---- opening */

static void timer_init(struct redis_link *link, struct act *act, uv_timer_t *timer) {
  uv_timer_init(act->io->loop, timer);
  timer->data = link;
  link->open_handles++;
}

struct redis_link *redis_link_open(struct act *act, int db, redis_link_cb ready, void *self) {
  struct redis_link *link = mem_new(sizeof *link);
  link->self = self;
  timer_init(link, act, &link->turn);
  timer_init(link, act, &link->patience);
  timer_init(link, act, &link->wait);
  const struct target *target = act->target;
  link->url_owned = redis_url_parse(target_text(target, "url"), &link->url, &link->why);
  if (link->url_owned && redis_tls_check(&link->url, &link->why)) {
    redis_url_login(&link->url, target_text(target, "username"), target_text(target, "password"));
    if (db >= 0)
      link->url.db = db;
    link->redis = redis_open(act->io, &link->url);
    link->open_handles++;
  }
  redis_link_ask(link, ready, 1, (const char *const[]){"INFO"}, NULL);
  return link;
}

/* ---- once it is open */

size_t redis_link_effects(const struct redis_link *link) {
  return link->effects;
}

static void on_wait(uv_timer_t *timer) {
  struct redis_link *link = timer->data;
  link->tick(link->self);
}

void redis_link_wait(struct redis_link *link, int64_t ms, void (*tick)(void *self)) {
  link->tick = tick;
  uv_update_time(link->wait.loop);
  uv_timer_start(&link->wait, on_wait, ms > 0 ? (uint64_t)ms : 0, 0);
}

bool redis_link_stands(const struct redis_link *link) {
  return link->redis && redis_usable(link->redis);
}

const char *redis_link_address(const struct redis_link *link) {
  return link->address;
}

void redis_link_close(struct redis_link *link) {
  if (!link)
    return;
  link->closing = true;
  hang_up(link);
  uv_close((uv_handle_t *)&link->turn, on_timer_closed);
  uv_close((uv_handle_t *)&link->patience, on_timer_closed);
  uv_close((uv_handle_t *)&link->wait, on_timer_closed);
}
