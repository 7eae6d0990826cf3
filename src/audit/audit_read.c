#include "audit/audit.h"

bool audit_read(const char *path, const struct audit_filter *filter, audit_seen seen, void *arg,
                struct err *err) {
  (void)filter;
  (void)seen;
  (void)arg;
  return err_set(err, ERR_UNSUPPORTED, "%s is not read yet", path);
}
