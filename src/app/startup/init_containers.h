/* The running containers of this host's engines that belong to no compose project, for `stacktop
 * init`. Those of compose projects are services of their compose files. */
#pragma once

#include "clients/docker/docker_endpoint.h"
#include "core/arena.h"
#include "io/io.h"

enum { INIT_ENGINES_MAX = 5, INIT_CONTAINERS_MAX = 200, INIT_ENGINE_MS = 2000 };

struct init_container {
  const char *name;
  int host, container; /* the first TCP port that it publishes; 0: it publishes none */
};

struct init_engine {
  struct docker_endpoint endpoint;
  bool usual; /* the one of the docker command: a service need not name it */
  struct init_container containers[INIT_CONTAINERS_MAX];
  size_t count, left_out; /* left_out: beyond the limit, or of an odd name */
  struct err err;         /* why its containers are not known; ERR_NONE: they are */
};

/* Zeroed at first. */
struct init_engines {
  struct init_engine items[INIT_ENGINES_MAX];
  size_t count;
  struct arena arena;
};

/* Asks each engine with a sign of itself on this host, all at the same time, and runs the loop
 * until they have answered or INIT_ENGINE_MS has passed. A remote one is not asked, which is its
 * err. */
void init_engines_find(struct init_engines *engines, struct io *io);
void init_engines_fini(struct init_engines *engines);

/* The first published TCP port of "127.0.0.1:8080->80/tcp, 9000/udp"; false: there is none. Pure.
 */
bool init_port_read(const char *ports, int *host, int *container);
