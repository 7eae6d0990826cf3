#include "audit/audit.h"
#include "audit/audit_file.h"
#include "audit/read/audit_lines.h"
#include "audit/read/audit_open.h"
#include "audit/read/audit_parse.h"
#include "io/clock.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
  const struct audit_filter *filter;
  audit_seen seen;
  void *arg;
  struct audit_open open;
  char host[256];
  int64_t now_ms;
};

/* The first pass: finds what is open. */
static void note_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct reading *reading = arg;
  struct audit_parsed parsed;
  if (!audit_parse(&parsed, line, len))
    return;
  audit_open_see(&reading->open, &parsed.record, offset, len);
  audit_parsed_fini(&parsed);
}

static bool matches(const char *glob, const char *text) {
  return !glob || (text && fnmatch(glob, text, 0) == 0);
}

static bool passes(const struct audit_filter *filter, const struct audit_record *record,
                   bool open) {
  return record->at_ms >= filter->since_ms && matches(filter->action, record->action) &&
         matches(filter->target, record->target) &&
         (matches(filter->user, record->who.user) || matches(filter->user, record->who.login)) &&
         (open || !filter->unknown_only);
}

/* The second pass: reports matching lines. */
static void tell_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct reading *reading = arg;
  struct audit_parsed parsed;
  if (!audit_parse(&parsed, line, len))
    return;
  const struct audit_record *record = &parsed.record;
  bool open = audit_open_has(&reading->open, record, offset);
  if (passes(reading->filter, record, open))
    reading->seen(reading->arg, record,
                  open && audit_open_is_unknown(record, reading->host, reading->now_ms));
  audit_parsed_fini(&parsed);
}

bool audit_read(const char *path, const struct audit_filter *filter, audit_seen seen, void *arg,
                struct err *err) {
  struct reading reading = {.filter = filter, .seen = seen, .arg = arg};
  struct audit_lines first = {0}, second = {0};
  struct stat file;
  struct err why;
  int number;
  int fd = audit_file_open(path, &number, &why);
  if (fd < 0 && number == ENOENT)
    return true;
  if (fd < 0)
    return err_set(err, why.kind, "cannot read the audit log %.120s (%.100s)", path, why.text);
  gethostname(reading.host, sizeof reading.host - 1);
  reading.now_ms = clock_wall_ms();
  audit_open_init(&reading.open);
  /* Both passes read the same lines: later ones are ignored. */
  int status = fstat(fd, &file) == 0 ? 0 : errno;
  if (status == 0)
    status = audit_lines_read(fd, &first, file.st_size, INT64_MAX / 2, note_line, &reading);
  if (status == 0)
    status = audit_lines_read(fd, &second, file.st_size, INT64_MAX / 2, tell_line, &reading);
  audit_open_fini(&reading.open);
  close(fd);
  return status == 0 ||
         err_set(err, ERR_IO, "cannot read the audit log %.120s (%s)", path, strerror(status));
}
