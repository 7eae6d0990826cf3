#include "clients/service/service_docker_change.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 256 << 10, INSPECT_MS = 30000 };

enum phase { PHASE_BEFORE, PHASE_EFFECT, PHASE_AFTER_FAILURE, PHASE_FOLLOW };

struct docker_change {
  struct io *io;
  struct docker_endpoint endpoint;
  const struct docker_verb *verb;
  bool *sent;
  struct service_identity identity;
  struct docker_wait *wait; /* NULL: it changes */
  int64_t timeout_ms;
  enum phase phase;
  struct docker_request *request;
  char before[DOCKER_RUN_MAX + 32]; /* state and run */
  char refusal[DOCKER_WORDS_MAX];
  service_change_cb done;
  void *arg;
};

void docker_change_cancel(struct docker_change *change) {
  if (change->request)
    docker_cancel(change->request);
  free(change);
}

static void end(struct docker_change *change, enum object_result result, const char *words) {
  const service_change_cb done = change->done;
  void *arg = change->arg;
  change->request = NULL;
  docker_change_cancel(change);
  done(arg, result, words);
}

static void on_answer(void *arg, int status, json_t *json, const struct err *err);

static void ask(struct docker_change *change, enum phase phase) {
  char path[DOCKER_PATH_MAX] = "";
  const bool effect = phase == PHASE_EFFECT;
  const struct docker_query query = {
      .method = effect ? "POST" : NULL,
      .path = path,
      .timeout_ms = effect || change->timeout_ms < INSPECT_MS ? change->timeout_ms : INSPECT_MS};
  change->phase = phase;
  if (!docker_path(path, "/containers/", change->identity.id,
                   effect ? change->verb->path : "/json"))
    snprintf(path, sizeof path, "/containers/-/json"); /* no engine gives such an id: 404 */
  change->request = docker_ask(change->io, &change->endpoint, &query, on_answer, change);
}

/* What is removed is down, and nothing else. */
static void end_removed(struct docker_change *change) {
  end(change, change->verb->wanted == DOCKER_DOWN ? OBJECT_GONE : OBJECT_REFUSED,
      "the container was removed");
}

static void mark_text(const struct docker_detail *detail, char out[DOCKER_RUN_MAX + 32]) {
  snprintf(out, DOCKER_RUN_MAX + 32, "%.24s %.*s", detail->status, DOCKER_RUN_MAX, detail->started);
}

static void before(struct docker_change *change, const struct docker_detail *now) {
  char words[DOCKER_WORDS_MAX];
  const struct docker_planned planned = {.run = change->identity.run,
                                         .state = change->identity.state,
                                         .restarts = change->identity.restarts};
  if (!docker_is_as_planned(change->verb, &planned, now, words)) {
    end(change, OBJECT_REFUSED, words);
    return;
  }
  mark_text(now, change->before);
  *change->sent = true;
  ask(change, PHASE_EFFECT);
}

/* The engine failed in the middle: the container may no longer be as it was before. */
static void after_failure(struct docker_change *change, const struct docker_detail *now) {
  char words[DOCKER_WORDS_MAX * 2], mark[DOCKER_RUN_MAX + 32];
  mark_text(now, mark);
  if (strcmp(mark, change->before) == 0) {
    snprintf(words, sizeof words, "%s", change->refusal);
    end(change, OBJECT_REFUSED, words);
    return;
  }
  snprintf(words, sizeof words, "it is %.20s now: %s", now->status, change->refusal);
  end(change, OBJECT_PARTLY, words);
}

static void take_effect(struct docker_change *change, int status, const struct err *err) {
  char words[DOCKER_WORDS_MAX + 64];
  if (!err) {
    end(change, OBJECT_SENT, "the engine did it");
  } else if (status == 404) {
    end_removed(change);
  } else if (status >= 500) {
    snprintf(change->refusal, sizeof change->refusal, "%s", err->text);
    ask(change, PHASE_AFTER_FAILURE);
  } else if (status > 0 || docker_was_not_sent(err)) {
    snprintf(words, sizeof words, "%s", err->text);
    end(change, status > 0 ? OBJECT_REFUSED : OBJECT_SKIPPED, words);
  } else {
    snprintf(words, sizeof words, "sent, but no answer: %s", err->text);
    end(change, OBJECT_UNKNOWN, words);
  }
}

static void take_failure(struct docker_change *change, int status, const struct err *err) {
  char words[DOCKER_WORDS_MAX * 2];
  if (change->phase == PHASE_FOLLOW && status == 404) {
    char settled[DOCKER_WORDS_MAX];
    const enum object_result result = docker_settled_gone(change->wait, settled);
    end(change, result, settled);
  } else if (change->phase == PHASE_BEFORE && status == 404) {
    end_removed(change);
  } else if (change->phase == PHASE_AFTER_FAILURE) {
    snprintf(words, sizeof words, "%s; and then: %.200s", change->refusal, err->text);
    end(change, OBJECT_UNKNOWN, words);
  } else {
    snprintf(words, sizeof words, "%.300s", err->text);
    end(change, change->phase == PHASE_FOLLOW ? OBJECT_UNKNOWN : OBJECT_SKIPPED, words);
  }
}

static void take_detail(struct docker_change *change, const struct docker_detail *now) {
  char words[DOCKER_WORDS_MAX];
  if (change->phase == PHASE_BEFORE) {
    before(change, now);
  } else if (change->phase == PHASE_AFTER_FAILURE) {
    after_failure(change, now);
  } else {
    const enum object_result result = docker_settled(change->wait, now, clock_now_ms(), words);
    end(change, result, words);
  }
}

static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct docker_change *change = arg;
  struct docker_detail detail;
  struct arena arena;
  struct err foreign;
  change->request = NULL;
  if (change->phase == PHASE_BEFORE &&
      strcmp(change->identity.place, docker_endpoint_place(&change->endpoint)) != 0) {
    end(change, OBJECT_REFUSED, "the configuration now names another engine");
    return;
  }
  if (change->phase == PHASE_EFFECT) {
    take_effect(change, status, err);
    return;
  }
  arena_init(&arena, ARENA_MAX);
  if (!err && (!docker_detail_read(json, &arena, &detail) || arena.exhausted)) {
    err_set(&foreign, ERR_PROTOCOL, "the answer has no state of a container");
    err = &foreign;
  }
  if (err)
    take_failure(change, status, err);
  else
    take_detail(change, &detail);
  arena_fini(&arena);
}

struct docker_change *docker_change_start(struct io *io, const struct docker_endpoint *endpoint,
                                          const struct docker_verb *verb,
                                          const struct service_identity *identity,
                                          int64_t timeout_ms, bool *sent, service_change_cb done,
                                          void *arg) {
  struct docker_change *change = mem_new(sizeof *change);
  *sent = false;
  *change = (struct docker_change){.io = io,
                                   .endpoint = *endpoint,
                                   .sent = sent,
                                   .verb = verb,
                                   .identity = *identity,
                                   .timeout_ms = timeout_ms,
                                   .done = done,
                                   .arg = arg};
  ask(change, PHASE_BEFORE);
  return change;
}

struct docker_change *docker_follow_start(struct io *io, const struct docker_endpoint *endpoint,
                                          struct docker_wait *wait, const char *id,
                                          int64_t timeout_ms, service_change_cb done, void *arg) {
  struct docker_change *change = mem_new(sizeof *change);
  *change = (struct docker_change){.io = io,
                                   .endpoint = *endpoint,
                                   .verb = wait->verb,
                                   .identity = {.id = id},
                                   .wait = wait,
                                   .timeout_ms = timeout_ms,
                                   .done = done,
                                   .arg = arg};
  ask(change, PHASE_FOLLOW);
  return change;
}
