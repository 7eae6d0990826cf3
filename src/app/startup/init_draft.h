/* The text of a first configuration, from the servers found on this host. */
#pragma once

#include "app/startup/schema.h"
#include "io/io.h"

struct init_draft {
  char *text;
  char *trouble; /* what could not be looked at, in one line; NULL: nothing */
  size_t targets;
};

/* Runs the loop for at most some seconds: ports of the loopback and of a compose file in the
 * current folder, engines and their running containers, the kubeconfig, unit files. The text loads
 * without errors. */
void init_draft_make(struct init_draft *draft, struct io *io, const struct app_schema *schema);
void init_draft_fini(struct init_draft *draft);
