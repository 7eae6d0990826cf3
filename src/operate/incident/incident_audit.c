#include "operate/incident/incident_audit.h"

#include "audit/audit_file.h"
#include "audit/read/audit_parse.h"
#include "core/mem.h"
#include "operate/incident/incident_who.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_BYTES = 16 << 20, KEY_MAX = 256, TARGET_MAX = 256 };

struct taking {
  const struct incident_audit *audit;
  struct incident_batch *batch;
};

/* What is typed about an incident is an entry of its own. */
static bool is_of_incidents(const struct audit_record *record) {
  return record->kind && strcmp(record->kind, INCIDENT_AUDIT_KIND) == 0;
}

static const char *word_of_record(const struct audit_record *record) {
  if (record->event == AUDIT_OUTCOME)
    return record->result ? record->result : "unknown";
  return audit_event_name(record->event);
}

static const char *proof_of(const struct audit_record *record) {
  if (record->event == AUDIT_ACKNOWLEDGED)
    return record->reason;
  if (record->error && *record->error)
    return record->error;
  if (record->proof && *record->proof)
    return record->proof;
  return record->event == AUDIT_OUTCOME && record->object_count == 1 ? record->objects[0].words
                                                                     : NULL;
}

static void record_take(const struct taking *taking, const struct audit_record *record) {
  char key[KEY_MAX], target[TARGET_MAX], who[INCIDENT_WHO_MAX];
  if (record->at_ms < taking->audit->since_ms || is_of_incidents(record))
    return;
  snprintf(key, sizeof key, "audit:%.100s@%.80s:%s", record->id ? record->id : "?",
           record->who.host ? record->who.host : "?", audit_event_name(record->event));
  snprintf(target, sizeof target, "%.60s %.120s", record->kind ? record->kind : "",
           record->target ? record->target : "");
  incident_batch_add(taking->batch,
                     &(struct incident_entry){.kind = INCIDENT_ACTION,
                                              .at_ms = record->at_ms,
                                              .who = incident_who_text(who, &record->who),
                                              .host = record->who.host,
                                              .pid = record->who.pid,
                                              .pid_start = record->who.pid_start,
                                              .key = key,
                                              .word = word_of_record(record),
                                              .text = record->title,
                                              .audit = record->id,
                                              .action = record->action,
                                              .target = target,
                                              .proof = proof_of(record)});
}

static void on_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct audit_parsed parsed;
  (void)offset;
  if (!audit_parse(&parsed, line, len))
    return;
  record_take(arg, &parsed.record);
  audit_parsed_fini(&parsed);
}

void incident_audit_init(struct incident_audit *audit, const char *path, int64_t since_ms) {
  *audit = (struct incident_audit){.path = mem_dup(path), .since_ms = since_ms};
}

void incident_audit_fini(struct incident_audit *audit) {
  free(audit->path);
  audit->path = NULL;
}

void incident_audit_read(struct incident_audit *audit, struct incident_batch *batch) {
  struct taking taking = {audit, batch};
  struct stat file;
  struct err ignored;
  int number;
  const int fd = audit_file_open(audit->path, &number, &ignored);
  if (fd < 0)
    return;
  if (fstat(fd, &file) == 0) {
    const bool same = audit->begun && file.st_dev == audit->dev && file.st_ino == audit->ino &&
                      file.st_size >= audit->lines.offset;
    if (!same)
      audit->lines = (struct audit_lines){0};
    if (!same && file.st_size > START_BYTES)
      audit->lines =
          (struct audit_lines){.offset = file.st_size - START_BYTES - 1, .skipping = true};
    audit->begun = true;
    audit->dev = file.st_dev;
    audit->ino = file.st_ino;
    (void)audit_lines_read(fd, &audit->lines, file.st_size, START_BYTES + 1, on_line, &taking);
  }
  close(fd);
}
