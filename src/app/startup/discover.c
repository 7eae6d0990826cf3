#include "app/startup/discover.h"

#include "collectors/collector.h"
#include "core/mem.h"
#include "io/net/dial.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum { PROBES_MAX = 64 };

struct probe {
  struct discovery *discovery;
  const struct collector *collector;
  const struct usual_place *place;
  struct dial *dial; /* open until it answers */
  bool found;
};

struct discovery {
  struct probe probes[PROBES_MAX];
  size_t count;
  size_t open; /* not answered yet */
  uv_timer_t deadline;
};

static void discovery_end(struct discovery *discovery) {
  for (size_t i = 0; i < discovery->count; i++) {
    if (discovery->probes[i].dial)
      dial_cancel(discovery->probes[i].dial);
    discovery->probes[i].dial = NULL;
  }
  uv_close((uv_handle_t *)&discovery->deadline, NULL);
}

static void on_answer(void *arg, const struct dial_result *result, const struct err *err) {
  (void)err;
  struct probe *probe = arg;
  probe->dial = NULL;
  probe->found = result != NULL;
  if (result)
    close(result->socket);
  if (--probe->discovery->open == 0)
    discovery_end(probe->discovery);
}

static void on_deadline(uv_timer_t *timer) {
  discovery_end(timer->data);
}

static void probe_add(struct discovery *discovery, struct io *io, const struct collector *collector,
                      const struct usual_place *place) {
  assert(discovery->count < PROBES_MAX);
  struct probe *probe = &discovery->probes[discovery->count++];
  *probe = (struct probe){.discovery = discovery, .collector = collector, .place = place};
  if (place->port == 0) {
    probe->found = !place->exists || place->exists();
    return;
  }
  probe->dial = dial_start(io, "127.0.0.1", place->port, on_answer, probe);
  discovery->open++;
}

static struct target *target_make(const struct probe *probe) {
  const struct target_kind *kind = &probe->collector->kind;
  struct target *target = target_new(kind, probe->place->name);
  for (size_t i = 0; probe->place->option && i < kind->option_count; i++) {
    struct err err;
    if (strcmp(kind->options[i].name, probe->place->option) == 0 &&
        !option_parse(&kind->options[i], probe->place->value, &target->values[i], &err))
      assert(!"a default address does not parse");
  }
  return target;
}

static void discovery_run(struct discovery *discovery, struct io *io) {
  uv_timer_init(io->loop, &discovery->deadline);
  discovery->deadline.data = discovery;
  uv_timer_start(&discovery->deadline, on_deadline, DISCOVER_MS, 0);
  if (discovery->open == 0)
    discovery_end(discovery);
  uv_run(io->loop, UV_RUN_DEFAULT);
}

void discover_ports(struct io *io, const int *ports, size_t count, bool *answers) {
  struct discovery discovery = {0};
  struct usual_place places[DISCOVER_PORTS_MAX] = {0};
  assert(count <= DISCOVER_PORTS_MAX);
  for (size_t i = 0; i < count; i++) {
    places[i].port = ports[i];
    probe_add(&discovery, io, NULL, &places[i]);
  }
  discovery_run(&discovery, io);
  for (size_t i = 0; i < count; i++)
    answers[i] = discovery.probes[i].found;
}

struct config *discover(struct io *io) {
  struct discovery discovery = {0};
  for (const struct collector *const *each = collectors; *each; each++)
    for (const struct usual_place *place = (*each)->usual; place && place->name; place++)
      probe_add(&discovery, io, *each, place);
  discovery_run(&discovery, io);

  struct config *config = config_new();
  config->name = mem_dup("local");
  config->discovered = true;
  for (size_t i = 0; i < discovery.count; i++)
    if (discovery.probes[i].found)
      config_add(config, target_make(&discovery.probes[i]));
  return config;
}
