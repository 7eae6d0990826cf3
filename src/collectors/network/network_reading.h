/* One reading of the network of the machine, on a worker thread. */
#pragma once

#include "clients/network/network_links.h"
#include "clients/network/network_owner.h"
#include "clients/network/network_stack.h"
#include "collectors/network/network_count.h"
#include "io/file/file.h"
#include "io/worker.h"

/* The machine, as the collector sees it; tests replace it. */
struct network_system {
  struct network_source source;
  int64_t growth_step_ms; /* of CLOSE_WAIT: see network_growth.h */
};
extern const struct network_system network_real_system;

struct network_reading {
  struct worker_task task;
  const struct network_system *system;
  char *space; /* the network namespace; NULL: that of stacktop */
  /* For a page: each connection as well; NULL: the counts suffice. On the thread. */
  network_each *each;
  void *arg;
  void (*arg_free)(void *arg);
  bool counts_only;  /* neither interfaces nor owners of listeners */
  bool wants_owners; /* of the connections: for the page's own work */

  struct network_owners owners; /* of the reading before, then of this one */
  int64_t at_us, took_us;
  bool from_proc; /* without sock_diag */
  struct err err; /* nothing is known */
  struct err udp_err, links_err;
  struct network_count count;
  struct network_stack stack;
  struct network_links links;
  struct file_text
      passwd; /* names of users: only of the file, because a directory service may hang */
};

/* space may be NULL. */
struct network_reading *network_reading_new(const struct network_system *system, const char *space);
void network_reading_free(struct network_reading *reading); /* NULL is fine */
void network_reading_take(struct network_reading *reading); /* blocks */
