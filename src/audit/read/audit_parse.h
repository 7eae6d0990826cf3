/* Parses a line. */
#pragma once

#include "audit/audit_record.h"

#include <jansson.h>

struct audit_parsed {
  struct audit_record record; /* its texts and lists are owned by the members below */
  json_t *tree;
  struct plan_param *params;
  const char **plan;
  struct audit_object *objects;
  struct output *outputs;
};

/* False if the line is not a record of a known version; nothing is allocated then. Unknown members
 * are ignored. The reverse of audit_line. */
bool audit_parse(struct audit_parsed *parsed, const char *line, size_t len) MUST_CHECK;
void audit_parsed_fini(struct audit_parsed *parsed);
