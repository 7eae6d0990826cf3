#include "operate/state.h"

#include "audit/audit.h"
#include "core/mem.h"

char *state_choose(const struct config *config, struct err *err) {
  char *state = config->state ? mem_dup(config->state) : state_folder();
  if (!state)
    err_set(err, ERR_INVALID,
            "no directory for plans and the audit log: HOME is not set; set `state` in the "
            "configuration");
  return state;
}

char *state_audit_path(const char *state) {
  return mem_printf("%s/audit.jsonl", state);
}
