/* From what one collection has read to a sample; keeps what the next one compares with. */
#pragma once

#include "collectors/docker/docker_table.h"
#include "collectors/past.h"
#include "model/sample.h"

enum { DOCKER_CONTAINERS_MAX = 500 };

struct docker_answers {
  const char *name;    /* of the target */
  const char *version; /* "Docker 20.10.24", "Podman 4.3.1"; "" if not known */
  int64_t latency_us;  /* of the list; -1: not known */
  struct docker_filter filter;
  struct docker_reading *readings;
  size_t count;
  size_t total;          /* wanted containers; more than count: the rest was not asked for */
  size_t unread;         /* containers for which a question failed */
  struct err unread_err; /* of the first of them */
};
/* now_s: the engine's clock. */
struct sample *docker_sample(const struct docker_answers *answers, struct pasts *pasts,
                             double now_s);
