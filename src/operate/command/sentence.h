/* Sentences about actions for the events: "terminated pid 8123: gone after 0.2 s". */
#pragma once

#include "audit/audit.h"

enum { SENTENCE_MAX = 512 };

/* The title of a plan ("Terminate pid 8123 of ecap") as a completed action, without the target that
 * the event names already: "terminated pid 8123" with the action's `past`; with NULL: "terminate
 * pid 8123". Returns out. */
const char *sentence_deed(char *out, size_t size, const char *past, const char *title,
                          const char *target);

/* The result, counted if there are several objects: "gone after 0.2 s", "1 done, 1 refused (pid
 * 8124: permission denied)". "" if the outcome's word says it all. Returns out. */
const char *sentence_detail(char *out, size_t size, const struct plan *plan,
                            const struct outcome *outcome);
/* The whole sentence: action, outcome and detail; why (may be "") is what ended it early. Returns
 * out. */
const char *sentence_outcome(char *out, size_t size, const struct plan *plan,
                             const struct outcome *outcome, const char *why);

/* A record of another user: "ops@10.0.0.7 terminated pid 8123: done". unknown: the outcome is
 * unknown, or the intent will never get one. Returns out. */
const char *sentence_record(char *out, size_t size, const struct audit_record *record,
                            bool unknown);
/* The severity of an outcome's word: done OK, unknown CRIT, otherwise WARN. */
enum severity sentence_severity(const char *word);
