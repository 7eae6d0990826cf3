/* The secrets of a configuration, to be masked in what people type and in logs that are kept. */
#pragma once

#include "core/text/mask.h"
#include "model/config/config.h"

struct incident_secrets {
  struct mask mask;
  char **texts; /* those of mask */
  size_t count;
};

void incident_secrets_init(struct incident_secrets *secrets, const struct config *config);
void incident_secrets_fini(struct incident_secrets *secrets);
