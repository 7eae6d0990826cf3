#include "app/dashboard.h"

#include <stdio.h>
#include <stdlib.h>

int dashboard_run(struct runtime *runtime, struct config *config, const struct options *options) {
  (void)runtime;
  (void)options;
  config_free(config);
  fputs("stacktop: the dashboard is not built in yet; `stacktop check` is\n", stderr);
  return EXIT_FAILURE;
}
