/* The page network.connections: the states of TCP, and which addresses use up the ports. */
#include "clients/network/network_contract.h"
#include "collectors/network/pages/network_page.h"

enum state_column {
#define COLUMN(name, ...) name,
#include "network_states.def"
#undef COLUMN
  STATE_COLUMN_COUNT
};
enum destination_column {
#define COLUMN(name, ...) name,
#include "network_destinations.def"
#undef COLUMN
  DESTINATION_COLUMN_COUNT
};
static const struct column_spec state_columns[STATE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_states.def"
#undef COLUMN
};
static const struct column_spec destination_columns[DESTINATION_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_destinations.def"
#undef COLUMN
};
static const struct table_spec states_table = {.id = "states",
                                               .title = "States",
                                               .columns = state_columns,
                                               .column_count = STATE_COLUMN_COUNT};
static const struct table_spec destinations_table = {.id = "destinations",
                                                     .title = "Destinations",
                                                     .columns = destination_columns,
                                                     .column_count = DESTINATION_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&states_table, &destinations_table};
static const struct page_sort sorts[] = {{"most ports", "destinations", "used"}};

/* In the order of a connection's life. */
static const struct {
  enum network_state state;
  const char *meaning;
} states[] = {
    {NETWORK_SYN_SENT, "opened from here, no answer yet: the peer is away or drops"},
    {NETWORK_SYN_RECV,
     "opened from outside, not yet complete: a flood, or the way back is blocked"},
    {NETWORK_ESTABLISHED, "open"},
    {NETWORK_CLOSE_WAIT, "the peer has closed, the program here has not: a leak if it grows"},
    {NETWORK_LAST_ACK, "both have closed, the peer has not confirmed it"},
    {NETWORK_FIN_WAIT1, "closed here, the peer has not confirmed it: it may be away"},
    {NETWORK_FIN_WAIT2, "closed here, the peer's program has not closed"},
    {NETWORK_CLOSING, "both have closed at the same time"},
    {NETWORK_TIME_WAIT, "closed here first: the port waits for a minute"},
};

static void add_states(struct sample *sample, const struct network_count *count) {
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    const size_t all = count->states[states[i].state], in = count->incoming[states[i].state];
    struct row *row =
        sample_row(sample, &sample->tables[0], network_state_name(states[i].state), NULL);
    if (!row)
      return;
    row->cells[STATE_NAME] = value_text(row->key);
    row->cells[STATE_COUNT] = value_int((int64_t)all);
    row->cells[STATE_INCOMING] = value_int((int64_t)in);
    row->cells[STATE_OUTGOING] = value_int((int64_t)(all - in));
    row->cells[STATE_MEANING] = value_text(states[i].meaning);
  }
}

static bool add_destination(struct sample *sample, const struct network_destination *destination,
                            int64_t ports) {
  char peer[NETWORK_ADDRESS_MAX], local[NETWORK_ADDRESS_MAX];
  network_endpoint_text(peer, &destination->peer, destination->port);
  network_address_text(local, &destination->local);
  struct row *row = sample_row(sample, &sample->tables[1],
                               sample_printf(sample, "%s from %s", peer, local), NULL);
  if (!row)
    return false;
  const double share = ports > 0 ? (double)destination->used / (double)ports : -1;
  row->cells[DESTINATION_NAME] = value_text(sample_copy(sample, peer));
  row->cells[DESTINATION_USED] = value_int(destination->used);
  row->cells[DESTINATION_SHARE] =
      share >= 0 ? value_real(share < 1 ? share : 1) : value_none("the range is not readable");
  row->cells[DESTINATION_WAITING] = value_int(destination->waiting);
  row->cells[DESTINATION_LOCAL] = value_text(sample_copy(sample, local));
  return true;
}

static bool fill(struct sample *sample, const struct network_reading *reading,
                 const struct network_gather *gather, const struct page_focus *focus,
                 struct err *err) {
  const struct network_count *count = &reading->count;
  (void)gather;
  (void)err;
  add_states(sample, count);
  for (size_t i = 0; i < count->item_count &&
                     add_destination(sample, &count->items[i], reading->stack.ports_free);
       i++)
    ;
  network_page_cut(sample, &sample->tables[1], focus, count->item_count);
  if (count->destinations_cut)
    sample_note(sample, destinations_table.id, NULL,
                "more than %d destinations; not all are counted", NETWORK_DESTINATIONS_MAX);
  return true;
}

static const struct network_page own = {.fill = fill};

const struct page page_network_connections = {
    .spec = {.id = "network.connections",
             .kind = NETWORK_KIND,
             .title = "Connections",
             .question = "In which states, and what uses up the ports?",
             .cost = "a list of all sockets every 2s: 0.3s for 100,000",
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &network_page_watch,
    .own = &own,
};
