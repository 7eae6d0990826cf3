/* Questions of a step to a Docker engine: one request at a time. */
#pragma once

#include "actions/step.h"
#include "clients/docker/docker_read.h"

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
