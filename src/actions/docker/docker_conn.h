/* Questions of a step to a Docker engine: one request at a time, over a connection that curl
 * keeps. */
#pragma once

#include "actions/step.h"
#include "clients/docker/docker_read.h"

#include <jansson.h>

struct docker_reply {
  int status;   /* of HTTP; 0: no answer */
  json_t *json; /* until the next question of the step; NULL: an empty answer */
};

enum { DOCKER_ANSWER_MS = 30000 };

/* Asks the engine of the step's target and waits at most timeout_ms. False with step->err when
 * there is no answer or its status is 400 or more; the status stands in *reply all the same. A
 * change that was sent and not answered counts as unanswered. */
bool docker_step_ask(struct step *step, bool change, const char *method, const char *path,
                     int64_t timeout_ms, struct docker_reply *reply);

/* GET /containers/ID/json, texts in the step's arena. False with step->err; *gone: there is no such
 * container. */
bool docker_step_inspect(struct step *step, const char *id, struct docker_detail *detail,
                         bool *gone);
