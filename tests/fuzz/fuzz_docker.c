/* Exercises what is read of a Docker engine's answers, and what is made of it.
 * The first byte says which answer the rest is: a list, a list for a service, a container, what it
 * uses, what the engine keeps (d), networks (n), or one object and one command (k).
 * Holds: texts are never NULL and never longer than DOCKER_TEXT_MAX; counts are -1 or not negative;
 * times are -1 or finite; no more containers than there is room for, each with an id and a state,
 * and only of the wanted projects; a judgement has a reason exactly where it is not OK.
 */
#include "fuzz.h"

#include "clients/docker/docker_exec.h"
#include "clients/docker/docker_judge.h"
#include "clients/docker/docker_waste.h"
#include "clients/service/service_docker_state.h"
#include "core/json/json_tree.h"

#include <math.h>
#include <string.h>

enum { MOST = 8 };
static const double now_s = 1795785732;

static void check_text(const char *text) {
  assert(text && strlen(text) <= DOCKER_TEXT_MAX);
}

static void check_count(int64_t count) {
  assert(count >= -1 && count <= INT64_C(1) << 62);
}

static void check_time(double seconds) {
  assert(isfinite(seconds) && (seconds == -1 || seconds >= 0));
}

static void check_list(json_t *json, struct arena *arena, bool filters) {
  static const char *const projects[] = {"ecap"};
  const struct docker_filter filter = {projects, filters};
  struct docker_container containers[MOST];
  size_t count, total;
  const bool good = docker_containers_read(json, &filter, arena, containers, MOST, &count, &total);
  assert(count <= MOST && (!good || total >= count) && total <= json_array_size(json));
  for (size_t i = 0; good && i < count; i++) {
    const struct docker_container *one = &containers[i];
    const char *const texts[] = {one->id,      one->name,    one->image, one->state,
                                 one->project, one->service, one->number};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
      check_text(texts[k]);
    assert(*one->id && *one->state && one->name && one->ports);
    assert(!filters || strcmp(one->project, "ecap") == 0);
    check_count(one->created_s);
  }
}

/* Those of a service: of one project, and of no other service. */
static void check_service(json_t *json, struct arena *arena) {
  static const struct docker_filter all;
  struct docker_container containers[MOST];
  struct service_docker_place place;
  struct err err;
  size_t count, total;
  service_docker_place_read(&place, "compose", "api");
  if (!docker_containers_read(json, &all, arena, containers, MOST, &count, &total) ||
      !service_docker_pick(&place, containers, &count, &err))
    return;
  for (size_t i = 0; i < count; i++)
    assert(strcmp(containers[i].service, "api") == 0 && !containers[i].one_off &&
           strcmp(containers[i].project, containers[0].project) == 0);
}

static void check_state(const struct docker_detail *detail, struct arena *arena) {
  const struct restarts restarts = {.known = -1};
  struct service_container one = {
      .reading = {.container = {.id = "", .state = "running"}, .has_detail = true},
      .restarts = &restarts};
  struct service_state state;
  one.reading.detail = *detail;
  service_docker_state(&one, 1, 0, "", now_s, arena, &state);
  assert(*state.state && strlen(state.state) < SERVICE_STATE_MAX);
  assert((state.severity == SEVERITY_OK) == !*state.reason);
  assert(state.since_s == -1 || state.since_s >= 0);
  check_count(state.restarts);
}

static void judge(const struct docker_detail *detail) {
  struct docker_reading reading = {
      .container = {.state = "running"}, .has_detail = true, .detail = *detail};
  struct restarts restarts = {.known = -1};
  struct docker_verdict verdict;
  for (int i = 0; i < 3; i++) {
    docker_restarts_take(&restarts, &reading.detail, now_s + i);
    assert(restarts.count <= RESTARTS_KEPT);
    docker_judge(&reading, &restarts, now_s + i, &verdict);
    assert(strlen(verdict.state) < DOCKER_STATE_MAX);
    assert((verdict.severity == SEVERITY_OK) == !*verdict.reason);
    if (reading.detail.restarts > 0 && reading.detail.restarts < INT64_MAX - 9)
      reading.detail.restarts += 1 - i * 3;
  }
}

static void check_detail(json_t *json, struct arena *arena) {
  struct docker_detail detail;
  if (!docker_detail_read(json, arena, &detail))
    return;
  const char *const texts[] = {detail.status,  detail.error,   detail.health,  detail.checked,
                               detail.policy,  detail.name,    detail.image,   detail.project,
                               detail.started, detail.command, detail.image_id};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    check_text(texts[i]);
  assert(*detail.status);
  check_count(detail.exit_code);
  check_count(detail.restarts);
  check_count(detail.memory_limit);
  check_time(detail.started_s);
  check_time(detail.finished_s);
  judge(&detail);
  check_state(&detail, arena);
}

static void check_usage(json_t *json) {
  struct docker_usage usage;
  docker_usage_read(json, &usage);
  const int64_t counts[] = {usage.cpu_ns, usage.memory, usage.memory_limit, usage.pids};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    check_count(counts[i]);
  assert(usage.received >= -1 && usage.sent >= -1);
  assert(usage.disk_read >= -1 && usage.written >= -1);
}

/* Networks come after the rest of what an engine keeps. */
static void check_disk(json_t *json, struct arena *arena, bool networks) {
  static char names[2][4] = {"old", "v"};
  static char *volumes[] = {names[0], names[1], NULL};
  struct docker_disk disk = {.volumes = volumes};
  json_t *empty = json_pack("{s:i}", "LayersSize", 0);
  const bool good = docker_disk_read(networks ? empty : json, arena, &disk) &&
                    (!networks || docker_networks_read(json, arena, &disk));
  json_decref(empty);
  if (!good)
    return;
  assert(disk.count <= DOCKER_WASTE_MAX && disk.reference_count <= DOCKER_REFERENCES_MAX);
  assert(disk.total >= 0 && disk.build_cache >= 0);
  for (size_t i = 0; i < disk.count; i++) {
    const struct docker_waste *waste = &disk.waste[i];
    check_text(waste->id);
    check_text(waste->name);
    check_text(waste->state);
    check_text(waste->mark);
    check_count(waste->bytes);
    check_time(waste->created_s);
    assert(*waste->id || waste->kind == DOCKER_WASTE_VOLUME);
    assert(waste->kind != DOCKER_WASTE_VOLUME || strcmp(waste->name, "old") == 0 ||
           strcmp(waste->name, "v") == 0);
  }
}

static void check_one(json_t *json, struct arena *arena) {
  static bool (*const readers[])(json_t *, struct arena *, void *) = {
      docker_kept_container, docker_kept_image, docker_kept_network, docker_kept_volume};
  struct docker_kept kept;
  struct docker_exec exec;
  const char *id;
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
    if (readers[i](json, arena, &kept)) {
      check_text(kept.why);
      check_text(kept.mark);
    }
  if (docker_exec_id_read(json, arena, &id))
    check_text(id);
  if (docker_exec_read(json, arena, &exec)) {
    check_count(exec.exit_code);
    check_count(exec.pid);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct json_limits limits = {
      .bytes = 1 << 20, .values = 20000, .depth = 64, .as_reals = true};
  struct arena arena;
  struct err err;
  if (size == 0)
    return 0;
  json_t *json = json_tree_new((const char *)data + 1, size - 1, &limits, &err);
  arena_init(&arena, 16 << 20);
  if (*data == 'l' || *data == 'f')
    check_list(json, &arena, *data == 'f');
  else if (*data == 's')
    check_service(json, &arena);
  else if (*data == 'u')
    check_usage(json);
  else if (*data == 'd' || *data == 'n')
    check_disk(json, &arena, *data == 'n');
  else if (*data == 'k')
    check_one(json, &arena);
  else
    check_detail(json, &arena);
  assert(!arena.exhausted);
  arena_fini(&arena);
  json_decref(json);
  struct fuzz_input input = {data, size};
  char *text = fuzz_text(&input, '\0');
  check_time(docker_time(text));
  free(text);
  return 0;
}
