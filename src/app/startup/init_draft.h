/* The text of a first configuration, from the servers found on this host. */
#pragma once

#include "app/startup/schema.h"
#include "io/io.h"

struct init_draft {
  char *text;
  size_t targets;
};

/* Runs the loop for at most some hundred ms: ports of the loopback and of a compose file in the
 * current folder, engines, the kubeconfig, unit files. The text loads without errors. */
void init_draft_make(struct init_draft *draft, struct io *io, const struct app_schema *schema);
void init_draft_fini(struct init_draft *draft);
