/* A plan as JSON and back, so that one user can make it and another apply it.
 *
 * A plan that is read back executes exactly as written: objects with keys, labels, cells and
 * identities, parameters, count, target and address are byte-identical. A text that is not UTF-8
 * (raw bytes of a server) is written as {"bytes": "hexadecimal"}. Only the same version of stacktop
 * reads it, because the meaning of an identity depends on the version. */
#pragma once

#include "model/action/plan_format.h"

enum {
  PLAN_JSON_VERSION = 2,
  PLAN_JSON_MAX = 64 << 20, /* maximum size that is read */
  PLAN_JSON_VALUES_MAX = 2 << 20,
  PLAN_JSON_DEPTH_MAX = 8,
  PLAN_JSON_COLUMNS_MAX = 64,
  PLAN_JSON_PINS_MAX = 64,
};

/* One document and a newline; objects and texts on lines of their own, and for the reader the
 * confirmation phrase and, if plan->hash is set, the hash. True unless writing failed. */
bool plan_json_write(FILE *out, const struct plan *plan) MUST_CHECK;

/* The caller frees it; its `hash` is NULL. NULL with the place and what was expected there. */
struct plan *plan_json_read(const char *text, size_t len, plan_action_find find, void *arg,
                            struct err *err) MUST_CHECK;

/* SHA-256 in hexadecimal of everything that defines the action, its objects and what was shown of
 * it: the document on one line without made_ms, data_ms, phrase and hash. It covers the versions of
 * the document and of stacktop, the action, the target with its kind, address, environment, server,
 * start and database, title, name, unit, whole, count, the count of the hidden, parameters,
 * columns, identities, objects and texts, each in order. A plan made again from an unchanged state
 * has the same hash. Returns out. */
const char *plan_hash(const struct plan *plan, char out[PLAN_HASH_SIZE]);

/* The three as one. */
extern const struct plan_format plan_json;
