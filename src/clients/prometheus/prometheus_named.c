#include "clients/prometheus/prometheus_named.h"

#include "clients/prometheus/prometheus_contract.h"
#include "core/text/suggest.h"
#include "model/config/config.h"

#include <string.h>

bool prometheus_named(const struct target *target, const char *name, const struct target **found,
                      struct err *err) {
  const struct config *config = target->config;
  struct suggestion near = {0};
  size_t known = 0;
  *found = NULL;
  for (size_t i = 0; config && i < config->all_count; i++) {
    const struct target *each = config->all[i];
    if (strcmp(each->kind->kind, PROMETHEUS_KIND) != 0)
      continue;
    known++;
    suggest_consider(&near, name, each->name);
    if (strcmp(each->name, name) == 0) {
      *found = each;
      return true;
    }
  }
  if (!config)
    return true;
  if (known == 0)
    return err_set(err, ERR_INVALID, "there is no prometheus in the configuration");
  return err_set(err, ERR_INVALID, "no target of prometheus \"%.80s\"%s", name,
                 suggest_text(&near));
}
