/* A line read back. */
#pragma once

#include "audit/audit_record.h"

#include <jansson.h>

struct audit_parsed {
  struct audit_record record; /* its texts and lists belong to the following */
  json_t *tree;
  struct plan_param *params;
  const char **plan;
  struct audit_object *objects;
};

/* False for what is no record of a version that is known here; nothing is held then. Members that
 * are not known are passed over. What audit_line makes of the record reads back as the same. */
bool audit_parse(struct audit_parsed *parsed, const char *line, size_t len) MUST_CHECK;
void audit_parsed_fini(struct audit_parsed *parsed);
