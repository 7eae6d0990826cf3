/* Parses a document into jansson's tree, after checking that the tree does not become too large. */
#pragma once

#include "core/err.h"

#include <jansson.h>
#include <stddef.h>

struct json_limits {
  size_t bytes, values, depth; /* a value takes up to 200 bytes in the tree */
  /* Integers become reals: one beyond 64 bits is not an error, and one beyond 2^53 is rounded. */
  bool as_reals;
  /* What is written as \u0000 becomes U+FFFD: jansson refuses it, and the whole document with it.
   */
  bool without_nul;
};

/* NULL with "line 3, column 7: ..." or the limit that it exceeds. A duplicate name in an object is
 * an error. The caller calls json_decref. */
json_t *json_tree_new(const char *text, size_t len, const struct json_limits *limits,
                      struct err *err) MUST_CHECK;
