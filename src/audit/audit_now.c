/* For `stacktop audit`, which has no loop: all functions block. */
#include "audit/audit.h"
#include "audit/audit_acknowledge.h"

bool audit_acknowledge_now(const struct audit_options *options, const char *id, const char *reason,
                           struct err *err) {
  char notice[AUDIT_SYSLOG_MAX];
  if (!options->path)
    return err_set(err, ERR_INVALID, "HOME is not set; set `state` in the configuration");
  if (!audit_acknowledge_file(options->path, id, reason, notice, err))
    return false;
  if (options->to_syslog)
    audit_syslog_send(notice);
  return true;
}
