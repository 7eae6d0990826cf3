/* Pages of the network: a reading of all sockets while the page is open, from which each takes what
 * it shows. */
#pragma once

#include "collectors/frame.h"
#include "collectors/network/network_table.h"

enum { NETWORK_GATHERED_MAX = 50000, NETWORK_NAMED_MAX = 1000 };

/* What a page takes from the reading, on the thread of the reading, which owns it. */
struct network_gather {
  const struct network_reading *reading;
  char *table, *key; /* the row that it is about; NULL: none */
  bool refused;      /* the row is gone */
  const struct network_listener *listener;
  struct network_address peer;
  struct network_socket *sockets;
  struct network_peer *peers;
  struct map by_address; /* index into peers */
  size_t count, beyond;  /* beyond: not kept */
};

/* Connections to and from one address. */
struct network_peer {
  struct network_address address;
  size_t states[NETWORK_STATE_COUNT], incoming;
  uint64_t receive, send;
};

struct network_page {
  network_each *each; /* arg: struct network_gather; NULL: the counts suffice */
  bool owners;        /* which processes have the gathered sockets open */
  /* On the loop's thread. False with err: the page fails. */
  bool (*fill)(struct sample *sample, const struct network_reading *reading,
               const struct network_gather *gather, const struct page_focus *focus,
               struct err *err);
};

extern const struct watch_kind network_page_watch;

/* Orders the rows by the focus' column, keeps as many as it wants, and says how many there are.
 * total: with those that were not gathered. */
void network_page_cut(struct sample *sample, struct table *table, const struct page_focus *focus,
                      size_t total);
