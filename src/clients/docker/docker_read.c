#include "clients/docker/docker_read.h"

#include "core/count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *text_of(struct arena *arena, const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  size_t length = json_string_length(value);
  if (!json_is_string(value))
    return "";
  return arena_text(arena, json_string_value(value),
                    length < DOCKER_TEXT_MAX ? length : DOCKER_TEXT_MAX);
}

static int64_t int_of(const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
}

double docker_time(const char *text) {
  struct tm tm = {0};
  const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
  if (!rest || tm.tm_year <= 0) /* "0001-...": never */
    return -1;
  char *end = (char *)rest;
  double fraction = *rest == '.' ? strtod(rest, &end) : 0;
  int hours = 0, minutes = 0;
  char sign = 0;
  if (sscanf(end, "%c%2d:%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-')) {
    const int offset = (hours * 60 + minutes) * 60;
    fraction -= sign == '+' ? offset : -offset;
  }
  return (double)timegm(&tm) + fraction;
}

/* One entry of "Ports": {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}. */
static const char *port_text(struct arena *arena, const char *before, const json_t *port) {
  const char *ip = json_string_value(json_object_get(port, "IP"));
  const char *type = json_string_value(json_object_get(port, "Type"));
  const int inside = (int)json_integer_value(json_object_get(port, "PrivatePort"));
  const int outside = (int)json_integer_value(json_object_get(port, "PublicPort"));
  const char *comma = *before ? ", " : "";
  if (outside > 0)
    return arena_printf(arena, "%s%s%.45s:%d->%d/%.4s", before, comma, ip ? ip : "", outside,
                        inside, type ? type : "tcp");
  return arena_printf(arena, "%s%s%d/%.4s", before, comma, inside, type ? type : "tcp");
}

static const char *ports_of(struct arena *arena, const json_t *ports) {
  enum { PORTS_MAX = 16 };
  const char *text = "";
  for (size_t i = 0; i < json_array_size(ports) && i < PORTS_MAX; i++)
    text = port_text(arena, text, json_array_get(ports, i));
  return text;
}

static void container_read(const json_t *json, struct arena *arena,
                           struct docker_container *container) {
  const json_t *labels = json_object_get(json, "Labels");
  const char *name = json_string_value(json_array_get(json_object_get(json, "Names"), 0));
  name = name ? name + (*name == '/') : "";
  *container = (struct docker_container){
      .id = text_of(arena, json, "Id"),
      .name = arena_text(arena, name, strnlen(name, DOCKER_TEXT_MAX)),
      .image = text_of(arena, json, "Image"),
      .state = text_of(arena, json, "State"),
      .project = text_of(arena, labels, "com.docker.compose.project"),
      .service = text_of(arena, labels, "com.docker.compose.service"),
      .number = text_of(arena, labels, "com.docker.compose.container-number"),
      .ports = ports_of(arena, json_object_get(json, "Ports")),
      .created_s = int_of(json, "Created"),
  };
}

bool docker_containers_read(json_t *json, struct arena *arena, struct docker_container *containers,
                            size_t max, size_t *count, size_t *total) {
  *count = 0;
  *total = json_array_size(json);
  if (!json_is_array(json))
    return false;
  for (size_t i = 0; i < *total && *count < max; i++) {
    struct docker_container *container = &containers[*count];
    container_read(json_array_get(json, i), arena, container);
    if (!*container->id || !*container->state)
      return false;
    ++*count;
  }
  return true;
}

static const char *command_of(struct arena *arena, const json_t *json) {
  const json_t *args = json_object_get(json, "Args");
  const char *text = text_of(arena, json, "Path");
  for (size_t i = 0; i < json_array_size(args) && strlen(text) < DOCKER_TEXT_MAX; i++) {
    const char *arg = json_string_value(json_array_get(args, i));
    text = arena_printf(arena, "%s %.*s", text, DOCKER_TEXT_MAX, arg ? arg : "");
  }
  return text;
}

void docker_detail_read(json_t *json, struct arena *arena, struct docker_detail *detail) {
  const json_t *state = json_object_get(json, "State");
  const json_t *health = json_object_get(state, "Health");
  const json_t *checks = json_object_get(health, "Log");
  const json_t *config = json_object_get(json, "HostConfig");
  const json_t *last =
      json_array_size(checks) ? json_array_get(checks, json_array_size(checks) - 1) : NULL;
  const json_t *own = json_object_get(json, "Config");
  const char *name = text_of(arena, json, "Name");
  const char *health_text = text_of(arena, health, "Status");
  *detail = (struct docker_detail){
      .status = text_of(arena, state, "Status"),
      .error = text_of(arena, state, "Error"),
      .health = strcmp(health_text, "none") == 0 ? "" : health_text,
      .checked = text_of(arena, last, "Output"),
      .policy = text_of(arena, json_object_get(config, "RestartPolicy"), "Name"),
      .name = name + (*name == '/'),
      .image = text_of(arena, own, "Image"),
      .project = text_of(arena, json_object_get(own, "Labels"), "com.docker.compose.project"),
      .image_id = text_of(arena, json, "Image"),
      .command = command_of(arena, json),
      .oom_killed = json_is_true(json_object_get(state, "OOMKilled")),
      .exit_code = int_of(state, "ExitCode"),
      .restarts = int_of(json, "RestartCount"),
      .started_s = docker_time(json_string_value(json_object_get(state, "StartedAt"))),
      .finished_s = docker_time(json_string_value(json_object_get(state, "FinishedAt"))),
      .memory_limit = int_of(config, "Memory"),
  };
}

/* What can be dropped at once is no need of the container's: inactive_file (cgroup v2), and
 * total_inactive_file (v1), as `docker stats` has it. */
static int64_t memory_of(const json_t *memory) {
  const int64_t usage = int_of(memory, "usage");
  const json_t *stats = json_object_get(memory, "stats");
  int64_t inactive = int_of(stats, "total_inactive_file");
  if (inactive < 0)
    inactive = int_of(stats, "inactive_file");
  return usage < 0 || inactive < 0 ? usage : count_less(usage, inactive);
}

static int64_t sum_of_networks(const json_t *networks, const char *name) {
  int64_t sum = -1;
  const char *key;
  json_t *network;
  json_object_foreach((json_t *)networks, key, network) {
    const int64_t bytes = int_of(network, name);
    if (bytes >= 0)
      sum = sum < 0 ? bytes : count_add(sum, bytes);
  }
  return sum;
}

static int64_t sum_of_disks(const json_t *entries, const char *op) {
  int64_t sum = -1;
  for (size_t i = 0; i < json_array_size(entries); i++) {
    const json_t *entry = json_array_get(entries, i);
    const char *name = json_string_value(json_object_get(entry, "op"));
    const int64_t bytes = int_of(entry, "value");
    if (name && strcasecmp(name, op) == 0 && bytes >= 0)
      sum = sum < 0 ? bytes : count_add(sum, bytes);
  }
  return sum;
}

void docker_usage_read(json_t *json, struct docker_usage *usage) {
  const json_t *cpu = json_object_get(json_object_get(json, "cpu_stats"), "cpu_usage");
  const json_t *memory = json_object_get(json, "memory_stats");
  const json_t *disks =
      json_object_get(json_object_get(json, "blkio_stats"), "io_service_bytes_recursive");
  *usage = (struct docker_usage){
      .cpu_ns = int_of(cpu, "total_usage"),
      .memory = memory_of(memory),
      .memory_limit = int_of(memory, "limit"),
      .pids = int_of(json_object_get(json, "pids_stats"), "current"),
      .received = sum_of_networks(json_object_get(json, "networks"), "rx_bytes"),
      .sent = sum_of_networks(json_object_get(json, "networks"), "tx_bytes"),
      .disk_read = sum_of_disks(disks, "read"),
      .written = sum_of_disks(disks, "write"),
  };
}
