/* A node of a document that is being read, with typed access to its value. Every error names the
 * place: "targets[2].tables[0].rows[4].key: expected a text". */
#pragma once

#include "core/err.h"

#include <jansson.h>
#include <stdint.h>

/* A value and the path to it: nodes are on the stack of the reader. */
struct json_node {
  json_t *json;
  const struct json_node *above; /* NULL at the top */
  const char *key;               /* its name in the object, or NULL for an element of an array */
  size_t index;
  struct err *err;
};

/* Fills err with the place and the error; returns false. */
bool json_node_fail(const struct json_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The member of an object; json is NULL if it is absent or null. */
struct json_node json_member(const struct json_node *node, const char *key);
/* The element of an array; *element's `above` is node. */
struct json_node json_element(const struct json_node *node, size_t index);

/* Whether the node is of the type; `what` names it: "an object". */
bool json_expect(const struct json_node *node, bool right, const char *what) MUST_CHECK;

/* Members by name. Each fails if the value has another type; those with a default use it if the
 * member is absent. Texts belong to the tree and live as long as it does. */
bool json_read_text(const struct json_node *node, const char *key, const char **text) MUST_CHECK;
bool json_read_text_or(const struct json_node *node, const char *key, const char *fallback,
                       const char **text) MUST_CHECK;
bool json_read_int_or(const struct json_node *node, const char *key, int64_t fallback, int64_t min,
                      int64_t max, int64_t *integer) MUST_CHECK;
bool json_read_bool_or(const struct json_node *node, const char *key, bool fallback,
                       bool *yes) MUST_CHECK;
/* Also returns whether it is present. */
bool json_read_real(const struct json_node *node, const char *key, bool *there,
                    double *real) MUST_CHECK;
/* An array, or absent: *count is then 0. */
bool json_read_array(const struct json_node *node, const char *key, struct json_node *array,
                     size_t *count) MUST_CHECK;
