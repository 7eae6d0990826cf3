#include "audit/audit_acknowledge.h"

#include "audit/audit_file.h"
#include "audit/read/audit_lines.h"
#include "audit/read/audit_open.h"
#include "audit/read/audit_parse.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_MAX = 256, WHO_BYTES = 1024 };

/* What the file contains about one id. */
struct finding {
  char id[ID_MAX];
  const char *host;         /* in `id`, after its end: the host to match; NULL: any */
  struct audit_parsed last; /* its intent, or its outcome */
  struct audit_parsed acknowledged;
  bool has_last, has_acknowledged;
  char other_host[ID_MAX]; /* "": only one host has that id */
};

static void keep(struct audit_parsed *kept, bool *has, const struct audit_parsed *parsed) {
  if (*has)
    audit_parsed_fini(kept);
  *kept = *parsed;
  *has = true;
}

static const char *host_of(const struct audit_record *record) {
  return record->event == AUDIT_ACKNOWLEDGED && record->of_host ? record->of_host
                                                                : record->who.host;
}

static void take(struct finding *finding, struct audit_parsed *parsed) {
  const struct audit_record *record = &parsed->record;
  const char *host = host_of(record);
  if (strcmp(record->id, finding->id) != 0 || record->event > AUDIT_ACKNOWLEDGED ||
      (finding->host && strcmp(finding->host, host) != 0)) {
    audit_parsed_fini(parsed);
    return;
  }
  if (finding->has_last && strcmp(finding->last.record.who.host, host) != 0)
    snprintf(finding->other_host, sizeof finding->other_host, "%s", finding->last.record.who.host);
  if (record->event == AUDIT_ACKNOWLEDGED)
    keep(&finding->acknowledged, &finding->has_acknowledged, parsed);
  else
    keep(&finding->last, &finding->has_last, parsed);
}

/* The id is ASCII and needs no escaping, so lines without it need not be parsed. */
static void on_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct finding *finding = arg;
  struct audit_parsed parsed;
  (void)offset;
  if (memmem(line, len, finding->id, strlen(finding->id)) && audit_parse(&parsed, line, len))
    take(finding, &parsed);
}

static void finding_fini(struct finding *finding) {
  if (finding->has_last)
    audit_parsed_fini(&finding->last);
  if (finding->has_acknowledged)
    audit_parsed_fini(&finding->acknowledged);
  finding->has_last = finding->has_acknowledged = false;
  *finding->other_host = '\0';
}

static bool refuse_acknowledged(const struct finding *finding, struct err *err) {
  const struct audit_record *record = &finding->acknowledged.record;
  char at[FORMAT_MAX];
  format_time(at, sizeof at, record->at_ms, true, true);
  return err_set(err, ERR_INVALID, "%s was acknowledged by %.40s at %s UTC: %.100s", finding->id,
                 record->who.login ? record->who.login : record->who.user, at,
                 record->reason ? record->reason : "");
}

static bool may_acknowledge(const struct finding *finding, const char *path, struct err *err) {
  char host[256] = "";
  const struct audit_record *last = &finding->last.record;
  gethostname(host, sizeof host - 1);
  if (!finding->has_last)
    return err_set(
        err, ERR_INVALID,
        "%.100s has no action with the id \"%s\" (`stacktop audit --unknown` lists them)", path,
        finding->id);
  if (*finding->other_host)
    return err_set(err, ERR_INVALID,
                   "two hosts have an action with that id; use %s@%.60s or %s@%.60s", finding->id,
                   finding->other_host, finding->id, last->who.host);
  if (finding->has_acknowledged)
    return refuse_acknowledged(finding, err);
  if (last->event == AUDIT_OUTCOME && strcmp(last->result, "unknown") != 0)
    return err_set(err, ERR_INVALID, "the outcome of %s is known: %.40s", finding->id,
                   outcome_word_text(last->result));
  if (!audit_open_is_unknown(last, host, clock_wall_read_ms()))
    return err_set(err, ERR_INVALID, "%s is still in progress (pid %lld on %.60s)", finding->id,
                   (long long)last->who.pid, last->who.host);
  return true;
}

/* ---- under the lock: what was appended since the first look */

struct again {
  struct finding *finding;
  const char *path;
  struct audit_lines lines;
  struct stat file; /* of the first look */
};

static bool check_again(void *arg, int fd, int64_t size, struct err *err) {
  struct again *again = arg;
  struct stat file;
  if (fstat(fd, &file) != 0)
    return err_set(err, ERR_IO, "%s", strerror(errno));
  if (file.st_dev != again->file.st_dev || file.st_ino != again->file.st_ino) {
    finding_fini(again->finding); /* it was rotated in between */
    again->lines = (struct audit_lines){0};
  }
  int status = audit_lines_read(fd, &again->lines, size, INT64_MAX / 2, on_line, again->finding);
  if (status != 0)
    return err_set(err, ERR_IO, "%s", strerror(status));
  return may_acknowledge(again->finding, again->path, err);
}

static bool look_first(struct again *again, struct err *err) {
  struct err why;
  int number;
  int fd = audit_file_open(again->path, &number, &why);
  if (fd < 0 && number == ENOENT)
    return may_acknowledge(again->finding, again->path, err);
  if (fd < 0)
    return err_set(err, why.kind, "cannot read the audit log %.120s (%.100s)", again->path,
                   why.text);
  int status = fstat(fd, &again->file) == 0 ? 0 : errno;
  if (status == 0)
    status = audit_lines_read(fd, &again->lines, again->file.st_size, INT64_MAX / 2, on_line,
                              again->finding);
  close(fd);
  if (status != 0)
    return err_set(err, ERR_IO, "cannot read the audit log %.120s (%s)", again->path,
                   strerror(status));
  return may_acknowledge(again->finding, again->path, err);
}

/* The acknowledged action is that of the record; user and time are those of this process. */
static struct audit_record record_of(const struct audit_record *of, const char *reason,
                                     const struct audit_who *who) {
  return (struct audit_record){
      .event = AUDIT_ACKNOWLEDGED,
      .id = of->id,
      .at_ms = clock_wall_read_ms(),
      .who = *who,
      .platform = of->platform,
      .environment = of->environment,
      .kind = of->kind,
      .target = of->target,
      .address = of->address,
      .action = of->action,
      .title = of->title,
      .danger = of->danger,
      .hash = of->hash,
      .reason = reason,
      .of_host = of->who.host,
  };
}

static bool append(struct again *again, const char *reason, char notice[AUDIT_SYSLOG_MAX],
                   struct err *err) {
  char bytes[WHO_BYTES];
  struct audit_who who;
  audit_who_self(&who, bytes, sizeof bytes);
  const struct audit_record record = record_of(&again->finding->last.record, reason, &who);
  char *line = audit_line(&record);
  audit_syslog_line(notice, &record);
  struct err why;
  bool written = audit_file_append_if(again->path, line, strlen(line), check_again, again, &why);
  free(line);
  if (written)
    return true;
  *notice = '\0';
  return why.kind == ERR_INVALID ? err_set(err, why.kind, "%s", why.text)
                                 : err_set(err, why.kind,
                                           "cannot write the audit log %.100s (%.100s): the "
                                           "acknowledgement is not recorded",
                                           again->path, why.text);
}

bool audit_acknowledge_file(const char *path, const char *id, const char *reason,
                            char notice[AUDIT_SYSLOG_MAX], struct err *err) {
  struct finding finding = {0};
  struct again again = {.finding = &finding, .path = path};
  *notice = '\0';
  if (!*id || strlen(id) >= sizeof finding.id)
    return err_set(err, ERR_INVALID, "\"%.64s\" is not the id of an action", id);
  if (!reason || reason[strspn(reason, " \t\n")] == '\0')
    return err_set(err, ERR_INVALID, "a reason is required: what you found out about the outcome");
  memcpy(finding.id, id, strlen(id) + 1);
  char *at = strchr(finding.id, '@');
  if (at)
    *at = '\0';
  finding.host = at ? at + 1 : NULL;
  bool done = look_first(&again, err) && append(&again, reason, notice, err);
  finding_fini(&finding);
  return done;
}
