/* Questions of a step to a Docker engine: one request at a time. */
#pragma once

#include "actions/step.h"
#include "clients/docker/docker.h"
#include "clients/docker/docker_read.h"

enum { DOCKER_ANSWER_MS = 30000 };

/* What became of a request, also of one that failed. */
struct docker_reply {
  int status;  /* of HTTP; 0 without an answer */
  bool unsent; /* nothing of it was sent */
  bool late;   /* of a stream: it did not end in time, or a person cancels */
};

/* One request. With a method it is a change: it has a connection of its own, and where it is
 * sent and not answered it counts as unanswered. read: gets the answer, its texts into the step's
 * arena; NULL: the answer is not wanted. False with step->err where the answer is not 2xx, or
 * `read` returns false. */
typedef bool (*docker_reader)(json_t *json, struct arena *arena, void *out);
bool docker_step_ask(struct step *step, const struct docker_query *query, docker_reader read,
                     void *out, struct docker_reply *reply);

/* The same for a question whose answer may take minutes: also false when a person cancels. */
bool docker_step_ask_patiently(struct step *step, const struct docker_query *query,
                               docker_reader read, void *out, struct docker_reply *reply);

/* The same, with an answer that is read as it comes (docker_stream). Until it ends, until_ms on the
 * steady clock, or a person cancels. False with step->err also where it does not end before that.
 */
bool docker_step_stream(struct step *step, const struct docker_query *query, int64_t until_ms,
                        void (*take)(void *arg, const char *bytes, size_t len), void *arg,
                        struct docker_reply *reply);

/* GET /containers/ID/json, texts in the arena: one of the caller's own where it asks again and
 * again. False with step->err; *gone: there is no such container. */
bool docker_step_inspect(struct step *step, struct arena *arena, const char *id,
                         struct docker_detail *detail, bool *gone);

/* A change: POST /containers/ID/... (after the id: "/stop?t=10"), on a connection of its own, and
 * waits at most timeout_ms for the engine's answer. False with step->err where it is not 2xx.
 * *status: of HTTP; 0 without an answer. One that was sent and not answered counts as unanswered;
 * *unsent: nothing of it was sent. */
bool docker_step_change(struct step *step, const char *id, const char *after, int64_t timeout_ms,
                        int *status, bool *unsent);
