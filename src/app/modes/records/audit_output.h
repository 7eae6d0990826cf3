/* What an action has printed, as text below its line of `stacktop audit`. */
#pragma once

#include "audit/audit_record.h"

#include <stdbool.h>

enum {
  AUDIT_OUTPUT_HEAD = 4, /* lines that are shown of a longer one */
  AUDIT_OUTPUT_TAIL = 4,
};

/* Its lines, sanitised, each with a newline; of more than head and tail what is between them is
 * counted, unless `whole`. NULL: it has printed nothing, or nothing is recorded. The caller frees
 * it. */
char *audit_output_text(const struct audit_record *record, bool whole, bool ascii);
