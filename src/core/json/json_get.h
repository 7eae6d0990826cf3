/* Members of a JSON object that may be absent: what is missing or of another type is "not there".
 * For answers of servers whose versions differ; json_node.h reads documents that must be right. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* ""; belongs to the tree. */
const char *json_get_text(const json_t *object, const char *name);
/* -1 for what is missing, negative, not a number, or beyond 2^53. */
int64_t json_get_count(const json_t *object, const char *name);
/* False, and *number is 0, for what is missing, not a number or not finite. */
bool json_get_real(const json_t *object, const char *name, double *number);
