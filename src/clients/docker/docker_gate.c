#include "clients/docker/docker_gate.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 50 }; /* while one waits */

struct docker_gate {
  struct docker_gate *next;
  struct io *io;
  char *place;
  uv_timer_t timer;
  struct docker_turn *turns; /* in their order; the first have a place, or had one */
  bool closing;
};

static void on_closed(uv_handle_t *handle) {
  struct docker_gate *gate = handle->data;
  free(gate->place);
  free(gate);
}

static void close_if_empty(struct docker_gate *gate) {
  if (gate->turns || gate->closing)
    return;
  struct docker_gate **link = &gate->io->docker_gates;
  while (*link != gate)
    link = &(*link)->next;
  *link = gate->next;
  gate->closing = true;
  uv_close((uv_handle_t *)&gate->timer, on_closed);
}

static struct docker_gate *gate_at(struct io *io, const char *place) {
  for (struct docker_gate *gate = io->docker_gates; gate; gate = gate->next)
    if (strcmp(gate->place, place) == 0)
      return gate;
  struct docker_gate *gate = mem_new(sizeof *gate);
  gate->io = io;
  gate->place = mem_dup(place);
  uv_timer_init(io->loop, &gate->timer);
  gate->timer.data = gate;
  gate->next = io->docker_gates;
  io->docker_gates = gate;
  return gate;
}

static bool has_room(const struct docker_gate *gate, int64_t now_ms) {
  size_t count = 0;
  for (const struct docker_turn *turn = gate->turns; turn; turn = turn->next)
    count += turn->went_ms && (!turn->brief || now_ms - turn->went_ms < DOCKER_GATE_LOGIN_MS);
  return count < DOCKER_GATE_MAX;
}

static struct docker_turn *first_waiting(const struct docker_gate *gate) {
  struct docker_turn *turn = gate->turns;
  while (turn && turn->went_ms)
    turn = turn->next;
  return turn;
}

static struct docker_turn *first_late(const struct docker_gate *gate, int64_t now_ms) {
  struct docker_turn *turn = gate->turns;
  while (turn && (turn->went_ms || now_ms < turn->end_ms))
    turn = turn->next;
  return turn;
}

static void turn_remove(struct docker_turn *turn) {
  struct docker_turn **link = &turn->gate->turns;
  while (*link != turn)
    link = &(*link)->next;
  *link = turn->next;
  turn->gate = NULL;
}

/* A callback may enter, leave, and end what waits: the list is read again after each. */
static void on_look(uv_timer_t *timer) {
  struct docker_gate *gate = timer->data;
  const int64_t now_ms = clock_now_ms();
  struct docker_turn *turn;
  while (!gate->closing && (turn = first_late(gate, now_ms))) {
    turn_remove(turn);
    turn->late(turn->arg);
  }
  while (!gate->closing && has_room(gate, now_ms) && (turn = first_waiting(gate))) {
    turn->went_ms = now_ms;
    turn->go(turn->arg);
  }
  if (!gate->closing && !first_waiting(gate))
    uv_timer_stop(timer);
  close_if_empty(gate);
}

bool docker_gate_enter(struct io *io, const char *place, struct docker_turn *turn) {
  struct docker_gate *gate = gate_at(io, place);
  struct docker_turn **link = &gate->turns;
  const int64_t now_ms = clock_now_ms();
  const bool free_now = !first_waiting(gate) && has_room(gate, now_ms);
  while (*link)
    link = &(*link)->next;
  *link = turn;
  turn->next = NULL;
  turn->gate = gate;
  turn->went_ms = free_now ? now_ms : 0;
  if (!free_now && !uv_is_active((uv_handle_t *)&gate->timer))
    uv_timer_start(&gate->timer, on_look, LOOK_MS, LOOK_MS);
  return free_now;
}

void docker_gate_leave(struct docker_turn *turn) {
  struct docker_gate *gate = turn->gate;
  if (!gate)
    return;
  turn_remove(turn);
  if (first_waiting(gate)) /* not from here: this may be a callback of curl */
    uv_timer_start(&gate->timer, on_look, 0, LOOK_MS);
  close_if_empty(gate);
}
