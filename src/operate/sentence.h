/* What was done, in the words of an event: "terminated pid 8123: gone after 0.2 s". */
#pragma once

#include "audit/audit.h"

enum { SENTENCE_MAX = 512 };

/* A plan's title ("Terminate pid 8123 of ecap") as what has been done to the target whose name the
 * event has already: "terminated pid 8123", with the action's `past`; NULL: "terminate pid 8123".
 * Returns out. */
const char *sentence_deed(char *out, size_t size, const char *past, const char *title,
                          const char *target);

/* What became of it, counted where there are several: "gone after 0.2 s", "1 done, 1 refused (pid
 * 8124: permission denied)". "" when there is nothing to say beyond the word. Returns out. */
const char *sentence_detail(char *out, size_t size, const struct plan *plan,
                            const struct outcome *outcome);
/* The whole: deed, word and detail; why (may be "") is what ended it early. Returns out. */
const char *sentence_outcome(char *out, size_t size, const struct plan *plan,
                             const struct outcome *outcome, const char *why);

/* Of another's record: "ops@10.0.0.7 terminated pid 8123: done"; unknown: an outcome that is not
 * known, or an intent whose outcome nobody will write. Returns out. */
const char *sentence_record(char *out, size_t size, const struct audit_record *record,
                            bool unknown);
/* How bad the outcome is that the word names: done OK, unknown CRIT, else WARN. */
enum severity sentence_severity(const char *word);
