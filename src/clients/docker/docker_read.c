#include "clients/docker/docker_read.h"

#include "clients/docker/docker_json.h"
#include "core/count.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { DIGITS_MAX = 9 };

/* A number of at most DIGITS_MAX digits, as much of it as there is; *count gets how many. */
static int64_t digits_of(const char **text, int *count) {
  int64_t number = 0;
  for (*count = 0; **text >= '0' && **text <= '9' && *count < DIGITS_MAX; ++*text, ++*count)
    number = number * 10 + (**text - '0');
  return number;
}

/* ".188731545": strtod would read an exponent as well. */
static double fraction_of(const char **text) {
  int count;
  if (**text != '.')
    return 0;
  ++*text;
  double fraction = (double)digits_of(text, &count);
  while (count-- > 0)
    fraction /= 10;
  return fraction;
}

/* "Z" or "+02:00", in seconds. */
static int64_t offset_of(const char *text) {
  const char sign = *text;
  int count;
  if (sign != '+' && sign != '-')
    return 0;
  text++;
  const int64_t hours = digits_of(&text, &count);
  text += *text == ':';
  const int64_t seconds = (hours * 60 + digits_of(&text, &count)) * 60;
  return sign == '+' ? seconds : -seconds;
}

double docker_time(const char *text) {
  struct tm tm = {0};
  const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
  if (!rest || tm.tm_year < 70) /* "0001-...": never */
    return -1;
  const double fraction = fraction_of(&rest);
  const double seconds = (double)(timegm(&tm) - offset_of(rest)) + fraction;
  return seconds >= 0 ? seconds : -1;
}

/* ---- what Podman calls its states */

/* What is "stopped" has ended, and Podman has not yet tidied up behind it. */
static const char *state_named(const char *name) {
  static const struct {
    const char *podman, *docker;
  } names[] = {{"stopped", "exited"},
               {"stopping", "running"},
               {"initialized", "created"},
               {"configured", "created"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i].podman) == 0)
      return names[i].docker;
  return name;
}

/* Podman has no state for the time between two runs: while it is "stopped" it may still start the
 * next one, as Docker does in "restarting". Where a person has stopped it, it is soon "exited". */
static const char *status_of(struct arena *arena, const json_t *state, const char *policy) {
  const char *name = docker_text(arena, state, "Status");
  const bool always = strcmp(policy, "always") == 0 || strcmp(policy, "unless-stopped") == 0;
  const bool failed = strcmp(policy, "on-failure") == 0 && docker_int(state, "ExitCode") > 0;
  if (strcmp(name, "stopped") == 0 && (always || failed))
    return "restarting";
  return state_named(name);
}

/* ---- GET /containers/json */

enum { PORTS_MAX = 16, PORT_TEXT_MAX = 96 };

/* One entry of "Ports": {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}. */
static void port_text(char out[PORT_TEXT_MAX], const json_t *port) {
  const char *ip = json_string_value(json_object_get(port, "IP"));
  const char *type = json_string_value(json_object_get(port, "Type"));
  const int64_t inside = docker_int(port, "PrivatePort"), outside = docker_int(port, "PublicPort");
  if (!type)
    type = "tcp";
  if (outside > 0)
    snprintf(out, PORT_TEXT_MAX, "%.45s:%" PRId64 "->%" PRId64 "/%.4s", ip ? ip : "", outside,
             inside, type);
  else
    snprintf(out, PORT_TEXT_MAX, "%" PRId64 "/%.4s", inside, type);
}

static const char *ports_of(struct arena *arena, const json_t *ports) {
  char text[PORTS_MAX * (PORT_TEXT_MAX + 2) + 32] = "", one[PORT_TEXT_MAX];
  const size_t count = json_array_size(ports);
  size_t at = 0;
  for (size_t i = 0; i < count && i < PORTS_MAX; i++) {
    port_text(one, json_array_get(ports, i));
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i > 0 ? ", " : "", one);
  }
  if (count > PORTS_MAX)
    at += (size_t)snprintf(text + at, sizeof text - at, " and %zu more", count - PORTS_MAX);
  return arena_text(arena, text, at);
}

/* A link gives a container one more name, "/web/db": its own has one slash. */
static const char *name_of(struct arena *arena, const json_t *names) {
  const char *own = NULL;
  for (size_t i = 0; i < json_array_size(names); i++) {
    const char *name = json_string_value(json_array_get(names, i));
    if (name && (!own || !strchr(name + (*name == '/'), '/')))
      own = name + (*name == '/');
  }
  return own ? arena_text(arena, own, strnlen(own, DOCKER_TEXT_MAX)) : "";
}

static bool is_wanted(const json_t *json, const struct docker_filter *filter) {
  const char *project = json_string_value(
      json_object_get(json_object_get(json, "Labels"), "com.docker.compose.project"));
  for (size_t i = 0; i < filter->count; i++)
    if (project && strcmp(filter->projects[i], project) == 0)
      return true;
  return filter->count == 0;
}

/* Compose writes "True". */
static bool is_true_label(const json_t *labels, const char *name) {
  const char *text = json_string_value(json_object_get(labels, name));
  return text && strcasecmp(text, "true") == 0;
}

static void public_ports_read(const json_t *ports, int64_t out[DOCKER_PUBLIC_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < json_array_size(ports) && count < DOCKER_PUBLIC_MAX; i++) {
    const int64_t port = docker_int(json_array_get(ports, i), "PublicPort");
    if (port > 0)
      out[count++] = port;
  }
}

static void container_read(const json_t *json, struct arena *arena,
                           struct docker_container *container) {
  const json_t *labels = json_object_get(json, "Labels");
  *container = (struct docker_container){
      .id = docker_text(arena, json, "Id"),
      .name = name_of(arena, json_object_get(json, "Names")),
      .image = docker_text(arena, json, "Image"),
      .state = state_named(docker_text(arena, json, "State")),
      .project = docker_text(arena, labels, "com.docker.compose.project"),
      .service = docker_text(arena, labels, "com.docker.compose.service"),
      .number = docker_text(arena, labels, "com.docker.compose.container-number"),
      .one_off = is_true_label(labels, "com.docker.compose.oneoff"),
      .ports = ports_of(arena, json_object_get(json, "Ports")),
      .created_s = docker_int(json, "Created"),
  };
  if (!*container->name)
    container->name = container->id;
  const char *network =
      json_string_value(json_object_get(json_object_get(json, "HostConfig"), "NetworkMode"));
  container->host_network = network && strcmp(network, "host") == 0;
  public_ports_read(json_object_get(json, "Ports"), container->public_ports);
}

bool docker_containers_read(json_t *json, const struct docker_filter *filter, struct arena *arena,
                            struct docker_container *containers, size_t max, size_t *count,
                            size_t *total) {
  *count = *total = 0;
  if (!json_is_array(json))
    return false;
  for (size_t i = 0; i < json_array_size(json); i++) {
    const json_t *entry = json_array_get(json, i);
    if (!json_string_length(json_object_get(entry, "Id")) ||
        !json_string_length(json_object_get(entry, "State")))
      return false;
    if (!is_wanted(entry, filter))
      continue;
    if (*count < max)
      container_read(entry, arena, &containers[(*count)++]);
    ++*total;
  }
  return true;
}

/* ---- GET /containers/ID/json */

static const char *command_of(struct arena *arena, const json_t *json) {
  const json_t *args = json_object_get(json, "Args");
  const char *path = json_string_value(json_object_get(json, "Path"));
  char text[DOCKER_TEXT_MAX + 1];
  size_t at = (size_t)snprintf(text, sizeof text, "%s", path ? path : "");
  for (size_t i = 0; i < json_array_size(args) && at < sizeof text; i++) {
    const char *arg = json_string_value(json_array_get(args, i));
    at += (size_t)snprintf(text + at, sizeof text - at, " %s", arg ? arg : "");
  }
  return arena_text(arena, text, strlen(text));
}

bool docker_detail_read(json_t *json, struct arena *arena, struct docker_detail *detail) {
  const json_t *state = json_object_get(json, "State");
  const json_t *health = json_object_get(state, "Health");
  const json_t *checks = json_object_get(health, "Log");
  const json_t *config = json_object_get(json, "HostConfig");
  const json_t *last =
      json_array_size(checks) ? json_array_get(checks, json_array_size(checks) - 1) : NULL;
  const json_t *own = json_object_get(json, "Config");
  const char *name = docker_text(arena, json, "Name");
  const char *health_text = docker_text(arena, health, "Status");
  const char *policy = docker_text(arena, json_object_get(config, "RestartPolicy"), "Name");
  *detail = (struct docker_detail){
      .status = status_of(arena, state, policy),
      .error = docker_text(arena, state, "Error"),
      .health = strcmp(health_text, "none") == 0 ? "" : health_text,
      .checked = docker_text(arena, last, "Output"),
      .policy = policy,
      .name = name + (*name == '/'),
      .image = docker_text(arena, own, "Image"),
      .project = docker_text(arena, json_object_get(own, "Labels"), "com.docker.compose.project"),
      .image_id = docker_text(arena, json, "Image"),
      .command = command_of(arena, json),
      .oom_killed = json_is_true(json_object_get(state, "OOMKilled")),
      .exit_code = docker_int(state, "ExitCode"),
      .restarts = docker_int(json, "RestartCount"),
      .started = docker_text(arena, state, "StartedAt"),
      .started_s = docker_time(json_string_value(json_object_get(state, "StartedAt"))),
      .finished_s = docker_time(json_string_value(json_object_get(state, "FinishedAt"))),
      .memory_limit = docker_int(config, "Memory"),
      .swap_limit = docker_int(config, "MemorySwap"),
  };
  return *detail->status;
}

enum docker_variable docker_variable(const json_t *json, const char *name) {
  const json_t *entries = json_object_get(json_object_get(json, "Config"), "Env");
  const size_t length = strlen(name);
  enum docker_variable found = DOCKER_VARIABLE_MISSING;
  for (size_t i = 0; i < json_array_size(entries); i++) { /* of two, the last one counts */
    const char *entry = json_string_value(json_array_get(entries, i));
    if (entry && strncmp(entry, name, length) == 0 && entry[length] == '=')
      found = entry[length + 1] ? DOCKER_VARIABLE_SET : DOCKER_VARIABLE_EMPTY;
  }
  return found;
}

/* ---- GET /containers/ID/stats */

/* What can be dropped at once is no need of the container's: total_inactive_file (cgroup v1) or
 * inactive_file (v2), as `docker stats` has it, which takes neither off where it is not less. */
static int64_t memory_of(const json_t *memory) {
  const int64_t usage = docker_int(memory, "usage");
  const json_t *stats = json_object_get(memory, "stats");
  int64_t inactive = docker_int(stats, "total_inactive_file");
  if (inactive < 0)
    inactive = docker_int(stats, "inactive_file");
  return inactive >= 0 && inactive < usage ? usage - inactive : usage;
}

static int64_t sum_of_networks(const json_t *networks, const char *name) {
  int64_t sum = -1;
  const char *key;
  json_t *network;
  json_object_foreach((json_t *)networks, key, network) {
    const int64_t bytes = docker_int(network, name);
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
    const int64_t bytes = docker_int(entry, "value");
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
      .cpu_ns = docker_int(cpu, "total_usage"),
      .memory = memory_of(memory),
      .memory_limit = docker_int(memory, "limit"),
      .pids = docker_int(json_object_get(json, "pids_stats"), "current"),
      .received = sum_of_networks(json_object_get(json, "networks"), "rx_bytes"),
      .sent = sum_of_networks(json_object_get(json, "networks"), "tx_bytes"),
      .disk_read = sum_of_disks(disks, "read"),
      .written = sum_of_disks(disks, "write"),
  };
}
