/* What an engine keeps and nothing refers to: containers that do not run, images without a name,
 * networks, the build cache as a whole and, only where they are named, volumes. Pure.
 *
 * The rules are stricter than those of the engine's own prune: an image or a network of a container
 * that has stopped is no waste, because the container needs it for its next start. */
#pragma once

#include "clients/docker/docker_read.h"

enum docker_waste_kind {
  DOCKER_WASTE_CONTAINER,
  DOCKER_WASTE_IMAGE,
  DOCKER_WASTE_NETWORK,
  DOCKER_WASTE_VOLUME,
  DOCKER_WASTE_CACHE, /* all records of the build cache that no build uses */
  DOCKER_WASTE_KINDS
};

struct docker_waste {
  enum docker_waste_kind kind;
  const char *id;    /* of a volume: its name; of the build cache: "unused" */
  const char *name;  /* "": it has none */
  const char *state; /* of a container: exited, created, dead; else "" */
  const char *mark;  /* changes when another one takes its name: when it was created, as the engine
                        writes it; "" where the id is enough */
  int64_t bytes;     /* that its removal frees; -1: not known */
  double created_s;  /* since 1970; -1: not known */
};

enum { DOCKER_WASTE_MAX = 5000, DOCKER_REFERENCES_MAX = 20000, DOCKER_VOLUMES_MAX = 64 };

/* Of GET /system/df, then GET /networks. */
struct docker_disk {
  char *const *volumes; /* the names that are asked for; set before, ends with NULL; NULL: none */
  int64_t volume_users[DOCKER_VOLUMES_MAX]; /* of each: containers that use it; -1: there is none */
  struct docker_waste *waste;               /* in the arena */
  size_t count;
  bool cut;            /* there is more than DOCKER_WASTE_MAX, or more than is followed */
  int64_t total;       /* bytes that the engine keeps: layers, containers, volumes, build cache */
  int64_t build_cache; /* bytes of it; 0: none */
  int64_t unused_cache, cache_records; /* of that: bytes and records that no build uses */
  const char **references; /* ids and names of images and networks that any container refers to */
  size_t reference_count;
};

/* False if it is not what an engine says of its disk. out: a struct docker_disk *, with `volumes`
 * set. Both are docker_readers. */
bool docker_disk_read(json_t *json, struct arena *arena, void *out) MUST_CHECK;
/* Adds the networks; needs what docker_disk_read has read. False if it is not a list of networks.
 */
bool docker_networks_read(json_t *json, struct arena *arena, void *out) MUST_CHECK;

/* "container", "image", "network", "volume", "build-cache" */
const char *docker_waste_name(enum docker_waste_kind kind);
/* Of that name; DOCKER_WASTE_KINDS where it is none. */
enum docker_waste_kind docker_waste_kind_of(const char *name);

/* GET of one object, before it is removed. */
struct docker_kept {
  bool in_use;
  const char *why;  /* it is in use: "it is running" */
  const char *mark; /* as above */
};
/* Each for objects of its kind; out: a struct docker_kept *. */
bool docker_kept_container(json_t *json, struct arena *arena, void *out) MUST_CHECK;
bool docker_kept_image(json_t *json, struct arena *arena, void *out) MUST_CHECK;
bool docker_kept_network(json_t *json, struct arena *arena, void *out) MUST_CHECK;
bool docker_kept_volume(json_t *json, struct arena *arena, void *out) MUST_CHECK;

/* The path of POST that removes what of the build cache was not used for so long: records that a
 * build has used since the plan stay. */
enum { DOCKER_CACHE_PATH_MAX = 128 };
void docker_cache_path(char out[DOCKER_CACHE_PATH_MAX], int64_t unused_s);
/* Its answer. out: a struct docker_cache_pruned *. A docker_reader. */
struct docker_cache_pruned {
  int64_t records, bytes;
};
bool docker_cache_pruned_read(json_t *json, struct arena *arena, void *out) MUST_CHECK;
