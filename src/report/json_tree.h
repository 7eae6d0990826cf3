/* A document as jansson's tree, once it is known that the tree does not get too big. */
#pragma once

#include "core/err.h"

#include <jansson.h>
#include <stddef.h>

struct json_limits {
  size_t bytes, values, depth; /* a value takes up to 200 bytes in the tree */
};

/* NULL with "line 3, column 7: ..." or the limit that it goes beyond. A name that stands twice in
 * an object is an error. For the caller to json_decref. */
json_t *json_tree_new(const char *text, size_t len, const struct json_limits *limits,
                      struct err *err) MUST_CHECK;
