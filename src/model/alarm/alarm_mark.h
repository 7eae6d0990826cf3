/* Marks of operators on findings: an acknowledgement (an operator works on it) or a silence (it is
 * known and not wanted). A mark ends by itself, and never covers a finding that is worse than it
 * says. Pure: file and audit log are operate/alarm. */
#pragma once

#include "core/err.h"
#include "model/judge/finding.h"
#include "model/target.h"

enum {
  ALARM_FILE_VERSION = 1,
  ALARM_MARKS_MAX = 256,
  ALARM_KEY_MAX = 512,    /* bytes of a key, with the final 0 */
  ALARM_REASON_MAX = 300, /* the same */
  ALARM_WHO_MAX = 200,
  ALARM_ID_MAX = 64,
  ALARM_BYTES_MAX = 1 << 20, /* of the file */
};

enum alarm_kind { ALARM_ACKNOWLEDGED, ALARM_SILENCED };
/* "acknowledged", "silenced". */
const char *alarm_kind_name(enum alarm_kind kind);

struct alarm_mark {
  enum alarm_kind kind;
  char id[ALARM_ID_MAX];   /* of its record in the audit log */
  char key[ALARM_KEY_MAX]; /* see alarm_key; of a silence with * for any text, if `pattern` */
  bool pattern;
  enum severity most; /* of the findings that it covers */
  char who[ALARM_WHO_MAX], reason[ALARM_REASON_MAX];
  char platform[128], environment[128]; /* of the configuration: another one has other targets */
  int64_t at_ms, until_ms;              /* wall time */
};

struct alarm_marks {
  struct alarm_mark *items;
  size_t count;
};
void alarm_marks_fini(struct alarm_marks *marks);
/* The newest for the same kind and key replaces the older one. False: there are too many. */
bool alarm_marks_add(struct alarm_marks *marks, const struct alarm_mark *mark,
                     struct err *err) MUST_CHECK;
void alarm_marks_remove(struct alarm_marks *marks, size_t index);
/* Without those that are over. True: there were some. */
bool alarm_marks_expire(struct alarm_marks *marks, int64_t wall_ms);

/* The content of the file, for the caller to free. */
char *alarm_marks_make(const struct alarm_marks *marks);
/* False with err: it is not such a file. Zeroed at first. */
bool alarm_marks_read(struct alarm_marks *marks, const char *text, size_t len,
                      struct err *err) MUST_CHECK;

/* What identifies a finding over restarts: "kafka/main/groups/orders/lag"; "kafka/main" if the
 * target is down. Returns out. */
const char *alarm_key(char out[ALARM_KEY_MAX], const struct target *target,
                      const struct finding *finding);
/* The same of its parts; each may be NULL. */
const char *alarm_key_of(char out[ALARM_KEY_MAX], const char *kind, const char *target,
                         const char *table, const char *row, const char *column);
/* Whether it is about that finding, whatever its severity. */
bool alarm_mark_is_of(const struct alarm_mark *mark, const char *key);
/* Whether it was made with this configuration; the names may have been cut. */
bool alarm_mark_is_for(const struct alarm_mark *mark, const char *platform,
                       const char *environment);
/* Whether text matches the pattern, in which * is any text. */
bool alarm_pattern_matches(const char *pattern, const char *text);
