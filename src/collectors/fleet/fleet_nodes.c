#include "collectors/fleet/fleet_nodes.h"

#include "core/mem.h"
#include "io/clock.h"
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 128 << 20 };

void fleet_node_fini(struct fleet_node *node) {
  fleet_past_fini(&node->past);
}

/* ---- an answer */

static void fail(struct fleet_nodes *nodes, size_t index, const struct err *err) {
  struct fleet_host *host = &nodes->hosts[index];
  struct fleet_node *node = &nodes->nodes[index];
  const int64_t now_us = clock_now_us();
  host->state = model_err_is_outage(err) ? FLEET_DOWN : FLEET_UNKNOWN;
  host->error = arena_printf(&nodes->arena, "%.300s", err->text);
  if (node->failing_us == 0)
    node->failing_us = now_us;
  host->down_ms = (now_us - node->failing_us) / 1000;
}

static void take(struct fleet_nodes *nodes, size_t index, const struct web_answer *answer) {
  struct fleet_host *host = &nodes->hosts[index];
  struct fleet_node *node = &nodes->nodes[index];
  struct err err;
  if (answer->err) {
    fail(nodes, index, answer->err);
    return;
  }
  if (!fleet_facts_read(&host->facts, answer->text, answer->text_len, &err)) {
    fleet_facts_init(&host->facts, &nodes->arena);
    fail(nodes, index, &err);
    return;
  }
  node->failing_us = 0;
  host->state = FLEET_UP;
  host->age_s = 0;
  /* It reads its clock between the request and the answer. */
  host->clock_s =
      host->facts.time_s - (double)clock_wall_ms() / 1000 + (double)answer->answer_us / 2e6;
  fleet_past_take(&node->past, host, clock_now_us());
}

static void send_more(struct fleet_nodes *nodes);

static void on_answer(void *arg, const struct web_answer *answer) {
  struct fleet_node_place *place = arg;
  struct fleet_nodes *nodes = place->nodes;
  place->request = NULL;
  nodes->open--;
  take(nodes, place->host, answer);
  send_more(nodes);
  if (nodes->open == 0)
    nodes->done(nodes->arg);
}

/* ---- asking */

static void skip(struct fleet_nodes *nodes, size_t index) {
  struct err err;
  err_set(&err, ERR_LIMIT,
          "it was not asked: the collection took too long; raise timeout or parallel");
  fail(nodes, index, &err);
  nodes->nodes[index].failing_us = 0;
}

static void send_one(struct fleet_nodes *nodes, struct fleet_node_place *place, size_t index) {
  const int64_t left_ms = nodes->end_ms - clock_now_ms();
  const struct web_query query = {
      .url = nodes->addresses[index].url,
      .path = "",
      .text = true,
      .body_max = FLEET_PAGE_MAX,
      .timeout_ms = left_ms < nodes->host_timeout_ms ? left_ms : nodes->host_timeout_ms};
  *place = (struct fleet_node_place){.nodes = nodes, .host = index};
  place->request = web_ask(nodes->io, nodes->target, &query, on_answer, place);
  nodes->open++;
}

static struct fleet_node_place *free_place(struct fleet_nodes *nodes) {
  for (size_t i = 0; i < nodes->parallel; i++)
    if (!nodes->places[i].request)
      return &nodes->places[i];
  return NULL;
}

/* The first one is always asked, so that there is a completion to come. */
static void send_more(struct fleet_nodes *nodes) {
  struct fleet_node_place *place;
  while (nodes->next < nodes->count && (place = free_place(nodes))) {
    const size_t index = nodes->order[nodes->next++];
    if (nodes->next > 1 && clock_now_ms() >= nodes->end_ms)
      skip(nodes, index);
    else
      send_one(nodes, place, index);
  }
}

void fleet_nodes_start(struct fleet_nodes *nodes, int64_t end_ms, void (*done)(void *arg),
                       void *arg) {
  size_t ordered = 0;
  arena_init(&nodes->arena, ARENA_MAX);
  nodes->hosts = mem_new((nodes->count + 1) * sizeof *nodes->hosts);
  nodes->order = mem_new((nodes->count + 1) * sizeof *nodes->order);
  nodes->next = nodes->open = 0;
  nodes->end_ms = end_ms;
  nodes->done = done;
  nodes->arg = arg;
  for (int failing = 0; failing < 2; failing++)
    for (size_t i = 0; i < nodes->count; i++)
      if ((nodes->nodes[i].failing_us != 0) == failing)
        nodes->order[ordered++] = i;
  for (size_t i = 0; i < nodes->count; i++) {
    const struct fleet_address *address = &nodes->addresses[i];
    nodes->hosts[i] = (struct fleet_host){.key = address->label,
                                          .label = address->label,
                                          .address = address->url,
                                          .age_s = NAN,
                                          .clock_s = NAN};
    fleet_facts_init(&nodes->hosts[i].facts, &nodes->arena);
  }
  send_more(nodes);
}

void fleet_nodes_rest(struct fleet_nodes *nodes) {
  for (size_t i = 0; i < FLEET_PARALLEL_MAX; i++) {
    if (nodes->places[i].request)
      web_cancel(nodes->places[i].request);
    nodes->places[i].request = NULL;
  }
  free(nodes->hosts);
  free(nodes->order);
  nodes->hosts = NULL;
  nodes->order = NULL;
  arena_fini(&nodes->arena);
}
