/* The tables of the network of a machine, and how they are filled from a reading. */
#pragma once

#include "collectors/figures.h"
#include "collectors/network/network_growth.h"
#include "collectors/network/network_reading.h"
#include "collectors/network/network_window.h"
#include "collectors/row_past.h"
#include "model/sample.h"

#define UNREPORTED "not reported by the kernel"

enum network_column {
#define COLUMN(name, ...) name,
#include "network_summary.def"
#undef COLUMN
  NETWORK_COLUMN_COUNT
};
enum listener_column {
#define COLUMN(name, ...) name,
#include "network_listeners.def"
#undef COLUMN
  LISTENER_COLUMN_COUNT
};
enum link_column {
#define COLUMN(name, ...) name,
#include "network_interfaces.def"
#undef COLUMN
  LINK_COLUMN_COUNT
};
extern const struct table_spec network_table, listener_table, link_table;

/* The data of the row of network_table; -1: not known. */
struct network_facts {
  int64_t established, close_wait, syn_recv, syn_sent, time_wait, closing, listeners, udp;
  int64_t segments, retransmits, failed_attempts, resets;
  int64_t somaxconn, syn_backlog, tracked, tracked_max, files, files_max;
  double took;
  char space[64];
};
extern const struct figures network_figures;

enum { NETWORK_LOSSES = 6 };
/* An interface that was seen with a link. */
struct link_past {
  int index;
  char name[NETWORK_LINK_NAME_MAX];
  int64_t lost_ms; /* since when it has none; 0: it has one */
  bool seen;
};
/* A listening socket, or several of the same address. */
struct listener_past {
  char *key;
  struct network_window drops;
  bool seen;
};
/* What a collection keeps for the next one. Zeroed at first. */
struct network_past {
  struct counters before;
  char space[64]; /* in another network namespace, nothing of this holds */
  struct network_growth growth;
  struct network_window segments, retransmits, losses[NETWORK_LOSSES];
  struct row_past rows;
  struct link_past *links;
  size_t link_count;
  struct map by_key; /* index into listeners */
  struct listener_past *listeners;
  size_t listener_count;
};
void network_past_fini(struct network_past *past);
/* Before the tables are filled: forgets all if the reading is of another network namespace. */
void network_past_begin(struct network_past *past, const struct network_reading *reading);

void network_summary_fill(struct sample *sample, struct row *row,
                          const struct network_reading *reading, struct network_past *past);
void network_listeners_fill(struct sample *sample, struct table *table,
                            const struct network_reading *reading, struct network_past *past);
/* wanted: patterns of names, in the configuration; count 0: those that are up, without loopback and
 * the ends of containers' networks. */
void network_interfaces_fill(struct sample *sample, struct table *table,
                             const struct network_reading *reading, struct network_past *past,
                             char *const *wanted, size_t count, int64_t now_ms);

/* The name of an interface by its index; NULL. */
const char *network_device_name(const struct network_links *links, uint32_t index);
/* The name of a user in /etc/passwd, else the number; in the sample. */
const char *network_user(struct sample *sample, const struct file_text *passwd, uint32_t user);
