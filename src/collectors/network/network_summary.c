#include "collectors/network/network_table.h"

#include <stdio.h>
#include <string.h>

/* The kernel's word for no limit of open files. */
static const int64_t UNLIMITED = INT64_MAX / 2;

enum { SEGMENTS_LEAST = 100 };

static void facts_take(struct network_facts *facts, const struct network_reading *reading) {
  const struct network_stack *stack = &reading->stack;
  const size_t *states = reading->count.states;
  *facts = (struct network_facts){
      .established = (int64_t)states[NETWORK_ESTABLISHED],
      .close_wait = (int64_t)states[NETWORK_CLOSE_WAIT],
      .syn_recv = (int64_t)states[NETWORK_SYN_RECV],
      .syn_sent = (int64_t)states[NETWORK_SYN_SENT],
      .time_wait = (int64_t)states[NETWORK_TIME_WAIT],
      .closing = (int64_t)(states[NETWORK_FIN_WAIT1] + states[NETWORK_FIN_WAIT2] +
                           states[NETWORK_CLOSING] + states[NETWORK_LAST_ACK]),
      .listeners = (int64_t)reading->count.listener_count,
      .udp = reading->udp_err.kind == ERR_NONE ? (int64_t)reading->count.udp : -1,
      .segments = stack->segments_out,
      .retransmits = stack->retransmits,
      .failed_attempts = stack->failed_attempts,
      .resets = stack->resets,
      .somaxconn = stack->somaxconn,
      .syn_backlog = stack->syn_backlog,
      .tracked = stack->tracked,
      .tracked_max = stack->tracked_max,
      .files = stack->files,
      .files_max = stack->files_max,
      .took = (double)reading->took_us / 1e6,
  };
  memcpy(facts->space, stack->space, sizeof facts->space);
}

/* Over a minute: within two seconds one segment of three may be sent again, which says nothing. */
static struct value retransmitted(struct network_past *past,
                                  const struct network_reading *reading) {
  const struct network_stack *stack = &reading->stack;
  int64_t sent = 0, again = 0;
  double seconds = 0;
  if (stack->segments_out < 0 || stack->retransmits < 0)
    return value_none(UNREPORTED);
  const bool known =
      network_window_take(&past->segments, stack->segments_out, reading->at_us, &sent, &seconds);
  if (!network_window_take(&past->retransmits, stack->retransmits, reading->at_us, &again,
                           &seconds) ||
      !known)
    return value_none(FIGURES_NEED_TWO);
  if (sent == 0 && again == 0)
    return value_none("no segments were sent");
  if (again > 0 && sent < SEGMENTS_LEAST)
    return value_none("too few segments were sent");
  return value_real(again < sent ? (double)again / (double)sent : 1);
}

/* Per second, over the same time. */
static void fill_losses(struct network_past *past, const struct network_reading *reading,
                        struct value *cells) {
  const struct network_stack *stack = &reading->stack;
  const struct {
    enum network_column column;
    int64_t counter;
  } losses[NETWORK_LOSSES] = {
      {NET_OVERFLOWS, stack->overflows},         {NET_LISTEN_DROPS, stack->listen_drops},
      {NET_BACKLOG_DROPS, stack->backlog_drops}, {NET_COOKIES, stack->cookies},
      {NET_QUEUE_FULL, stack->queue_full_drops}, {NET_UDP_ERRORS, stack->udp_buffer_errors},
  };
  for (size_t i = 0; i < NETWORK_LOSSES; i++) {
    int64_t growth = 0;
    double seconds = 0;
    struct value *cell = &cells[losses[i].column];
    if (losses[i].counter < 0)
      *cell = value_none(UNREPORTED);
    else if (network_window_take(&past->losses[i], losses[i].counter, reading->at_us, &growth,
                                 &seconds))
      *cell = value_real((double)growth / seconds);
    else
      *cell = value_none(FIGURES_NEED_TWO);
  }
}

static void fill_ports(struct sample *sample, const struct network_reading *reading,
                       struct value *cells) {
  const struct network_stack *stack = &reading->stack;
  const struct network_destination *busiest = network_busiest(&reading->count);
  char text[NETWORK_ADDRESS_MAX];
  if (stack->ports_first < 0) {
    cells[NET_PORTS] = cells[NET_RANGE] = cells[NET_PORTS_USED] =
        value_none("ip_local_port_range is not readable");
    return;
  }
  cells[NET_RANGE] = value_text(sample_printf(sample, "%lld-%lld", (long long)stack->ports_first,
                                              (long long)stack->ports_last));
  const uint32_t used = busiest ? busiest->used : 0;
  if (stack->ports_free <= 0)
    cells[NET_PORTS] = value_none("all ports of the range are reserved");
  else
    cells[NET_PORTS] =
        value_real(used < stack->ports_free ? (double)used / (double)stack->ports_free : 1);
  if (reading->count.destinations_cut)
    cells[NET_PORTS] = value_at_least(cells[NET_PORTS]);
  cells[NET_PORTS_USED] =
      value_text(sample_printf(sample, "%u of %lld", used, (long long)stack->ports_free));
  if (busiest)
    cells[NET_BUSIEST] =
        value_text(sample_copy(sample, network_endpoint_text(text, &busiest->peer, busiest->port)));
}

/* Which listener has most of them. */
static void judge_close_wait(struct sample *sample, struct row *row,
                             const struct network_reading *reading, struct network_past *past) {
  const struct network_count *count = &reading->count;
  const int64_t number = (int64_t)count->states[NETWORK_CLOSE_WAIT];
  const struct network_listener *most = NULL;
  char label[2 * NETWORK_ADDRESS_MAX];
  int64_t from;
  network_growth_take(&past->growth, number, reading->at_us / 1000,
                      reading->system->growth_step_ms);
  if (!network_growth_lasts(&past->growth, number, &from))
    return;
  for (size_t i = 0; i < count->listener_count; i++)
    if (!most || count->listeners[i].states[NETWORK_CLOSE_WAIT] > most->states[NETWORK_CLOSE_WAIT])
      most = &count->listeners[i];
  row->severity = SEVERITY_WARN;
  row->reason =
      sample_printf(sample, "CLOSE_WAIT keeps growing, from %lld to %lld: a program does not close",
                    (long long)from, (long long)number);
  if (most && most->states[NETWORK_CLOSE_WAIT] > 0)
    row->reason = sample_printf(
        sample, "%s (%zu at %s)", row->reason, most->states[NETWORK_CLOSE_WAIT],
        network_listener_label(label, &most->socket,
                               network_device_name(&reading->links, most->socket.interface)));
}

void network_summary_fill(struct sample *sample, struct row *row,
                          const struct network_reading *reading, struct network_past *past) {
  struct network_facts facts;
  struct counters now;
  struct rates rates;
  facts_take(&facts, reading);
  counters_read(&now, &network_figures, &facts, reading->at_us);
  rates_make(&rates, &past->before, &now);
  past->before = now;
  figures_fill(sample, row->cells, &network_figures, &facts, &rates);
  if (facts.files_max >= UNLIMITED)
    row->cells[NET_FILES] = row->cells[NET_FILES_MAX] = value_none(NULL);
  row->cells[NET_RETRANSMITTED] = retransmitted(past, reading);
  row->cells[NET_SOURCE] = value_text(reading->from_proc ? "/proc/net" : "sock_diag");
  fill_losses(past, reading, row->cells);
  fill_ports(sample, reading, row->cells);
  judge_close_wait(sample, row, reading, past);
}
