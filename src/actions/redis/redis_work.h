/* How every step of a Redis action begins and ends: a link of its own, and the same server as in
 * the plan. What a step keeps begins with a struct redis_work. */
#pragma once

#include "actions/redis/redis_link.h"
#include "actions/redis/redis_text.h"

enum redis_phase { REDIS_SURVEY, REDIS_EXECUTE, REDIS_VERIFY };

struct redis_work_kind {
  size_t size; /* of the struct that begins with a struct redis_work; made zeroed */
  enum redis_phase phase;
  bool writes;                      /* no read-only replica will do */
  int (*db)(const struct act *act); /* -1, or NULL: the url's */
  /* The link stands, `info` is there, and the plan's pins hold. */
  void (*ready)(void *self);
  /* Frees what it has beside; may be NULL. */
  void (*fini)(void *self);
  /* drop is about to fill the outcome: whoever has better words says them. May be NULL. */
  void (*dropped)(void *self);
};

struct redis_work {
  struct act *act;
  const struct redis_work_kind *kind;
  struct redis_link *link;
  char *info; /* INFO's text, at the link's opening */
  int64_t started_ms;
};

/* Makes the step's struct as act->self and opens its link. When it does not come to `ready`, it
 * ends as redis_work_fail does. */
void redis_work_start(struct act *act, const struct redis_work_kind *kind);
/* Ends the step. Takes found; err is borrowed, NULL when it went through. `self` is gone. */
void redis_work_end(void *self, struct sample *found, const struct err *err);
/* Ends it with an error. Victims that are pending: refused with the server's words; unknown where a
 * command of redis_link_do has had no answer; skipped where nothing was sent. In verify, those that
 * were sent: unknown. */
void redis_work_fail(void *self, const struct err *err);
/* For act_step's drop. */
void redis_work_drop(struct act *act);

/* Whether it is the server that said no (or what we know of it), not the way there that broke. */
bool redis_is_refusal(const struct err *err);

/* The victim's pin of that name; "" if there is none. */
const char *redis_victim_pin(const struct plan *plan, size_t victim, const char *name);
/* The first victim's, where they all have the same; "" without victims, too. */
const char *redis_pin(const struct plan *plan, const char *name);
int redis_db_of_plan(const struct act *act); /* the pin "db" */
/* A copy of INFO's text in a reply; "" for anything else. On the heap. */
char *redis_info_copy(const struct redisReply *reply);
