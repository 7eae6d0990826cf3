#include "clients/docker/docker_waste.h"

#include "core/count.h"

#include <stdio.h>
#include <string.h>

static void total_add(struct docker_disk *disk, int64_t bytes) {
  if (bytes > 0)
    disk->total = count_add(disk->total, bytes);
}

static struct docker_waste *waste_add(struct docker_disk *disk, enum docker_waste_kind kind,
                                      const char *id) {
  if (disk->count == DOCKER_WASTE_MAX) {
    disk->cut = true;
    return NULL;
  }
  struct docker_waste *waste = &disk->waste[disk->count++];
  *waste = (struct docker_waste){
      .kind = kind, .id = id, .name = "", .state = "", .mark = "", .bytes = -1, .created_s = -1};
  return waste;
}

static void reference_add(struct docker_disk *disk, const char *text) {
  if (!*text)
    return;
  if (disk->reference_count == DOCKER_REFERENCES_MAX)
    disk->cut = true;
  else
    disk->references[disk->reference_count++] = text;
}

static bool is_referred_to(const struct docker_disk *disk, const char *text) {
  for (size_t i = 0; *text && i < disk->reference_count; i++)
    if (strcmp(disk->references[i], text) == 0)
      return true;
  return false;
}

/* ---- GET /system/df */

static const char *first_name(struct arena *arena, const json_t *names) {
  const char *name = json_string_value(json_array_get(names, 0));
  name = name ? name + (*name == '/') : "";
  return arena_text(arena, name, strnlen(name, DOCKER_TEXT_MAX));
}

static bool is_down(const char *state) {
  return strcmp(state, "exited") == 0 || strcmp(state, "created") == 0 ||
         strcmp(state, "dead") == 0;
}

static bool container_read(const json_t *json, struct arena *arena, struct docker_disk *disk) {
  const char *id = docker_text(arena, json, "Id"), *state = docker_text(arena, json, "State");
  json_t *networks = json_object_get(json_object_get(json, "NetworkSettings"), "Networks");
  const int64_t size = docker_int(json, "SizeRw");
  const char *name;
  json_t *network;
  if (!*id || !*state)
    return false;
  total_add(disk, size);
  reference_add(disk, docker_text(arena, json, "ImageID"));
  reference_add(disk, docker_text(arena, json_object_get(json, "HostConfig"), "NetworkMode"));
  json_object_foreach(networks, name, network) {
    reference_add(disk, arena_text(arena, name, strnlen(name, DOCKER_TEXT_MAX)));
    reference_add(disk, docker_text(arena, network, "NetworkID"));
  }
  struct docker_waste *waste = is_down(state) ? waste_add(disk, DOCKER_WASTE_CONTAINER, id) : NULL;
  if (!waste)
    return true;
  waste->name = first_name(arena, json_object_get(json, "Names"));
  waste->state = state;
  waste->bytes = size < 0 ? 0 : size; /* left out where it is 0 */
  waste->created_s = (double)docker_int(json, "Created");
  return true;
}

static bool is_named(const json_t *tags) {
  for (size_t i = 0; i < json_array_size(tags); i++) {
    const char *tag = json_string_value(json_array_get(tags, i));
    if (tag && strcmp(tag, "<none>:<none>") != 0)
      return true;
  }
  return false;
}

static bool image_read(const json_t *json, struct arena *arena, struct docker_disk *disk) {
  const char *id = docker_text(arena, json, "Id");
  const int64_t size = docker_int(json, "Size"), shared = docker_int(json, "SharedSize");
  if (!*id)
    return false;
  if (is_named(json_object_get(json, "RepoTags")) || docker_int(json, "Containers") > 0 ||
      is_referred_to(disk, id))
    return true;
  struct docker_waste *waste = waste_add(disk, DOCKER_WASTE_IMAGE, id);
  if (!waste)
    return true;
  waste->bytes = shared > 0 && shared <= size ? size - shared : size;
  waste->created_s = (double)docker_int(json, "Created");
  return true;
}

/* Whether it is one that is asked for; notes how many containers use it. A name may be there twice.
 */
static bool is_wanted(struct docker_disk *disk, const char *name, int64_t users) {
  bool wanted = false;
  for (size_t i = 0; disk->volumes && disk->volumes[i] && i < DOCKER_VOLUMES_MAX; i++)
    if (strcmp(disk->volumes[i], name) == 0) {
      disk->volume_users[i] = users;
      wanted = true;
    }
  return wanted;
}

static void volume_read(const json_t *json, struct arena *arena, struct docker_disk *disk) {
  const json_t *usage = json_object_get(json, "UsageData");
  const char *name = docker_text(arena, json, "Name");
  const int64_t users = docker_int(usage, "RefCount");
  total_add(disk, docker_int(usage, "Size"));
  if (!is_wanted(disk, name, users > 0 ? users : 0) || users > 0)
    return;
  struct docker_waste *waste = waste_add(disk, DOCKER_WASTE_VOLUME, name);
  if (!waste)
    return;
  waste->name = name;
  waste->mark = docker_text(arena, json, "CreatedAt");
  waste->bytes = docker_int(usage, "Size");
  waste->created_s = docker_time(waste->mark);
}

/* What `docker builder prune` leaves there: the records of its own working. */
static bool is_internal(const json_t *record) {
  const char *type = json_string_value(json_object_get(record, "Type"));
  return type && (strcmp(type, "internal") == 0 || strcmp(type, "frontend") == 0);
}

static void cache_read(const json_t *list, struct docker_disk *disk) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *record = json_array_get(list, i);
    const int64_t size = docker_int(record, "Size");
    if (json_is_true(json_object_get(record, "Shared")))
      continue;
    if (size > 0) {
      disk->build_cache = count_add(disk->build_cache, size);
      total_add(disk, size);
    }
    if (json_is_true(json_object_get(record, "InUse")) || is_internal(record))
      continue;
    disk->cache_records++;
    disk->unused_cache = count_add(disk->unused_cache, size > 0 ? size : 0);
  }
  struct docker_waste *waste =
      disk->cache_records > 0 ? waste_add(disk, DOCKER_WASTE_CACHE, "unused") : NULL;
  if (!waste)
    return;
  waste->name = "unused";
  waste->bytes = disk->unused_cache;
}

bool docker_disk_read(json_t *json, struct arena *arena, void *out) {
  struct docker_disk *disk = out;
  const json_t *containers = json_object_get(json, "Containers");
  const json_t *images = json_object_get(json, "Images"),
               *layers = json_object_get(json, "LayersSize");
  const json_t *volumes = json_object_get(json, "Volumes");
  *disk = (struct docker_disk){.volumes = disk->volumes};
  for (size_t i = 0; i < DOCKER_VOLUMES_MAX; i++)
    disk->volume_users[i] = -1;
  disk->waste = arena_alloc(arena, DOCKER_WASTE_MAX * sizeof *disk->waste);
  disk->references = arena_alloc(arena, DOCKER_REFERENCES_MAX * sizeof *disk->references);
  if (!json_is_number(layers) || !disk->waste || !disk->references)
    return false;
  total_add(disk, docker_int(json, "LayersSize"));
  for (size_t i = 0; i < json_array_size(containers); i++)
    if (!container_read(json_array_get(containers, i), arena, disk))
      return false;
  for (size_t i = 0; i < json_array_size(images); i++)
    if (!image_read(json_array_get(images, i), arena, disk))
      return false;
  for (size_t i = 0; i < json_array_size(volumes); i++)
    volume_read(json_array_get(volumes, i), arena, disk);
  cache_read(json_object_get(json, "BuildCache"), disk);
  return true;
}

/* ---- GET /networks */

/* Those of the engine itself, which it does not remove. */
static bool is_own(const char *name) {
  static const char *const names[] = {"bridge", "host", "none", "default", "podman"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

bool docker_networks_read(json_t *json, struct arena *arena, void *out) {
  struct docker_disk *disk = out;
  if (!json_is_array(json))
    return false;
  for (size_t i = 0; i < json_array_size(json); i++) {
    const json_t *network = json_array_get(json, i);
    const char *id = docker_text(arena, network, "Id"), *name = docker_text(arena, network, "Name");
    if (!*id || !*name)
      return false;
    if (is_own(name) || is_referred_to(disk, id) || is_referred_to(disk, name) ||
        json_object_size(json_object_get(network, "Containers")) > 0 ||
        json_is_true(json_object_get(network, "Ingress")) ||
        strcmp(docker_text(arena, network, "Scope"), "swarm") == 0) /* services are not listed */
      continue;
    struct docker_waste *waste = waste_add(disk, DOCKER_WASTE_NETWORK, id);
    if (!waste)
      return true;
    waste->name = name;
    waste->bytes = 0;
    waste->created_s = docker_time(docker_text(arena, network, "Created"));
  }
  return true;
}

/* ---- names */

static const char *const kinds[DOCKER_WASTE_KINDS] = {[DOCKER_WASTE_CONTAINER] = "container",
                                                      [DOCKER_WASTE_IMAGE] = "image",
                                                      [DOCKER_WASTE_NETWORK] = "network",
                                                      [DOCKER_WASTE_VOLUME] = "volume",
                                                      [DOCKER_WASTE_CACHE] = "build-cache"};

const char *docker_waste_name(enum docker_waste_kind kind) {
  return kinds[kind];
}

enum docker_waste_kind docker_waste_kind_of(const char *name) {
  size_t kind = 0;
  while (kind < DOCKER_WASTE_KINDS && strcmp(kinds[kind], name) != 0)
    kind++;
  return (enum docker_waste_kind)kind;
}

/* ---- one object */

bool docker_kept_container(json_t *json, struct arena *arena, void *out) {
  struct docker_kept *kept = out;
  const json_t *state = json_object_get(json, "State");
  const char *status = docker_text(arena, state, "Status");
  *kept = (struct docker_kept){.in_use = !is_down(status),
                               .why = arena_printf(arena, "it is %.20s", status),
                               .mark = docker_text(arena, state, "StartedAt")};
  return *status;
}

/* A name leads to it: removing it by its id would take the name away too. */
bool docker_kept_image(json_t *json, struct arena *arena, void *out) {
  struct docker_kept *kept = out;
  (void)arena;
  *kept = (struct docker_kept){
      .in_use = is_named(json_object_get(json, "RepoTags")), .why = "it has a name", .mark = ""};
  return json_string_length(json_object_get(json, "Id")) > 0;
}

bool docker_kept_network(json_t *json, struct arena *arena, void *out) {
  struct docker_kept *kept = out;
  (void)arena;
  *kept = (struct docker_kept){.in_use = json_object_size(json_object_get(json, "Containers")) > 0,
                               .why = "a container is connected to it",
                               .mark = ""};
  return json_string_length(json_object_get(json, "Id")) > 0;
}

bool docker_kept_volume(json_t *json, struct arena *arena, void *out) {
  struct docker_kept *kept = out;
  *kept = (struct docker_kept){.why = "", .mark = docker_text(arena, json, "CreatedAt")};
  return json_string_length(json_object_get(json, "Name")) > 0;
}

/* ---- the build cache */

void docker_cache_path(char out[DOCKER_CACHE_PATH_MAX], int64_t unused_s) {
  static const char before[] = "%7B%22until%22%3A%7B%22", after[] = "s%22%3Atrue%7D%7D"; /* JSON */
  snprintf(out, DOCKER_CACHE_PATH_MAX, "/build/prune?filters=%s%lld%s", before, (long long)unused_s,
           after);
}

bool docker_cache_pruned_read(json_t *json, struct arena *arena, void *out) {
  struct docker_cache_pruned *pruned = out;
  const int64_t bytes = docker_int(json, "SpaceReclaimed");
  (void)arena;
  *pruned = (struct docker_cache_pruned){
      .records = (int64_t)json_array_size(json_object_get(json, "CachesDeleted")),
      .bytes = bytes > 0 ? bytes : 0};
  return json_is_object(json);
}
