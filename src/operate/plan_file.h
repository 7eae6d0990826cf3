/* Plans on disk: STATE/plans/HASH.json, for `stacktop apply`. `list`: the actions that a plan may
 * be for, ended with NULL. All functions block: they are for the modes without a screen, before and
 * after the loop.
 *
 * Directory (0700) and files (0600) are private to their owner. A plan can be applied once, within
 * an hour: the process that applies it renames it to HASH.applied first. */
#pragma once

#include "actions/action.h"
#include "model/action/plan_format.h"

enum { PLAN_FILE_LIFETIME_MS = 3600000, PLAN_FILE_PREFIX_MIN = 8 };

/* Writes the plan under a temporary name, renames it and sets plan->hash. Removes expired plans
 * (more than an hour old, applied or not). False with err if it could not be written or would not
 * read back unchanged. */
bool plan_file_save(const char *state, const struct plan_format *format,
                    const struct action *const *list, struct plan *plan, int64_t now_ms,
                    struct err *err) MUST_CHECK;
/* The plan whose hash begins with `prefix`, with its hash set; the caller frees it. NULL with err:
 * none or more than one matches, it was applied, it is too old (with the time it was made), or its
 * content has a different hash. */
struct plan *plan_file_load(const char *state, const struct plan_format *format,
                            const struct action *const *list, const char *prefix, int64_t now_ms,
                            struct err *err) MUST_CHECK;
/* Claims the plan, so that no other process can apply it. False with err if another process has
 * just done so. */
bool plan_file_claim(const char *state, const char *hash, struct err *err) MUST_CHECK;
/* The plan was not started after all: it can be applied again. */
void plan_file_release(const char *state, const char *hash);
