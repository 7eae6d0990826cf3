/* A plan as JSON and back, so that one person can make it and another apply it.
 *
 * What is read back executes as the plan that was written: objects with keys, labels, cells and
 * identities, parameters, count, target and address are the same to the byte. A text that is not
 * UTF-8 (a server's own bytes) is written as {"bytes": "hexadecimal"}. It is read by the same
 * version of stacktop only: what an identity means is that version's affair. */
#pragma once

#include "model/plan_format.h"

enum {
  PLAN_JSON_VERSION = 2,
  PLAN_JSON_MAX = 64 << 20, /* bytes that are read */
  PLAN_JSON_VALUES_MAX = 2 << 20,
  PLAN_JSON_DEPTH_MAX = 8,
  PLAN_JSON_COLUMNS_MAX = 64,
  PLAN_JSON_PINS_MAX = 64,
};

/* One document and a newline; objects and texts on lines of their own, and for the reader's sake
 * what is to be typed and, where plan->hash is set, the hash. True unless writing failed. */
bool plan_json_write(FILE *out, const struct plan *plan) MUST_CHECK;

/* For the caller to free; its `hash` is NULL. NULL with the place and what was expected there. */
struct plan *plan_json_read(const char *text, size_t len, plan_action_find find, void *arg,
                            struct err *err) MUST_CHECK;

/* SHA-256 in hexadecimal of all that says what is done, to whom, and what was shown of it: the
 * document in one line without made_ms, data_ms, phrase and hash. So it covers the versions of the
 * document and of stacktop, the action, the target with its kind, address, environment, server,
 * start and database, title, name, unit, whole, count, the count of the hidden, parameters,
 * columns, identities, objects and texts, each in its order; and a plan made again from an
 * unchanged world has the same. Returns out. */
const char *plan_hash(const struct plan *plan, char out[PLAN_HASH_SIZE]);

/* The three as one. */
extern const struct plan_format plan_json;
