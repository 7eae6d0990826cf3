/* What a Docker engine's answers say. Pure; what is missing or of another type is not known (-1, or
 * ""). Texts are copied into the arena, at most DOCKER_TEXT_MAX bytes each. */
#pragma once

#include "clients/docker/docker_json.h"
#include "core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { DOCKER_PUBLIC_MAX = 16 };

/* One entry of GET /containers/json. */
struct docker_container {
  const char *id;      /* 64 hex digits */
  const char *name;    /* without the slash before it */
  const char *image;   /* as it was named at its start: "bb:1" */
  const char *state;   /* created, running, paused, restarting, removing, exited, dead;
                        * what Podman has besides is named as one of them */
  const char *project; /* compose project; "": it is of none */
  const char *service; /* service of the compose project */
  const char *number;  /* which container of the service: "1" */
  bool one_off;        /* of docker compose run: it does not serve */
  bool host_network;   /* it listens on the ports of its host */
  int64_t public_ports[DOCKER_PUBLIC_MAX]; /* of its host; 0: no more */
  const char *ports;                       /* "127.0.0.1:8080->80/tcp, 9000/udp" */
  int64_t created_s;                       /* since 1970 */
};

/* GET /containers/ID/json. */
struct docker_detail {
  const char *status;   /* as `state` above */
  const char *error;    /* why the engine could not start it */
  const char *health;   /* starting, healthy, unhealthy; "": it has no health check */
  const char *checked;  /* last output of its health check */
  const char *policy;   /* restart policy: no, always, unless-stopped, on-failure */
  const char *name;     /* without the slash before it */
  const char *image;    /* as it was named when the container was created */
  const char *project;  /* compose project; "": it is of none */
  const char *image_id; /* "sha256:..." */
  const char *command;  /* path and arguments */
  bool oom_killed;
  int64_t exit_code;    /* of the last run that ended */
  int64_t restarts;     /* by the engine, since a person last started it */
  const char *started;  /* as the engine writes it, to the nanosecond: tells runs apart */
  double started_s;     /* since 1970; -1: never */
  double finished_s;    /* of the last run that ended; -1: none */
  int64_t memory_limit; /* bytes; 0: none */
  int64_t swap_limit;   /* bytes of memory and swap together; 0: the default; -1: none */
};

/* GET /containers/ID/stats?stream=false&one-shot=true of a running container. */
struct docker_usage {
  int64_t cpu_ns;             /* CPU time since its start */
  int64_t memory;             /* bytes, without the page cache that can be dropped at once */
  int64_t memory_limit;       /* bytes; the host's where the container has none */
  int64_t pids;               /* processes and threads */
  int64_t received, sent;     /* bytes over its networks since its start */
  int64_t disk_read, written; /* bytes since its start */
};

/* Which containers are wanted: those of the compose projects; all with a count of 0. */
struct docker_filter {
  const char *const *projects;
  size_t count;
};

/* False if it is not a list of containers. Reads at most `max` of those that are wanted; *total
 * gets how many there are of them. */
bool docker_containers_read(json_t *json, const struct docker_filter *filter, struct arena *arena,
                            struct docker_container *containers, size_t max, size_t *count,
                            size_t *total) MUST_CHECK;
/* False if it does not say what state the container is in: it is no container. */
bool docker_detail_read(json_t *json, struct arena *arena, struct docker_detail *detail) MUST_CHECK;
/* Whether the environment of GET /containers/ID/json has the variable. Its value is compared with
 * "" where it is, and not copied. */
enum docker_variable { DOCKER_VARIABLE_MISSING, DOCKER_VARIABLE_EMPTY, DOCKER_VARIABLE_SET };
enum docker_variable docker_variable(const json_t *json, const char *name);
void docker_usage_read(json_t *json, struct docker_usage *usage);

/* "2026-11-27T12:32:24.188731545Z" as seconds since 1970; -1 where it is no time, or the engine's
 * "0001-01-01T00:00:00Z" for never. */
double docker_time(const char *text);
