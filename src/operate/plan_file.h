/* Plans on disk: STATE/plans/HASH.json, for `stacktop apply`. Everything here blocks: for the modes
 * without a screen, before and after the loop.
 *
 * The folder is its owner's alone (0700), the files too (0600). A plan can be applied for an hour,
 * and once: the process that applies it renames it to HASH.applied first. */
#pragma once

#include "model/plan_format.h"

enum { PLAN_FILE_LIFETIME_MS = 3600000, PLAN_FILE_PREFIX_MIN = 8 };

/* Writes the plan, by another name first; sets plan->hash. Files of plans that are over (more than
 * an hour old, applied or not) are removed. False with err when it is not there, or would not be
 * the same when it is read again. */
bool plan_file_save(const char *state, const struct plan_format *format, struct plan *plan,
                    int64_t now_ms, struct err *err) MUST_CHECK;
/* The plan whose hash begins with `prefix`, with its hash set, for the caller to free. NULL with
 * err: there is none or more than one, it was applied, it is too old (says when it was made), or
 * its content has another hash. */
struct plan *plan_file_load(const char *state, const struct plan_format *format, const char *prefix,
                            int64_t now_ms, struct err *err) MUST_CHECK;
/* From now on nobody else can apply it. False with err when somebody else just has. */
bool plan_file_claim(const char *state, const char *hash, struct err *err) MUST_CHECK;
/* It was not begun after all: it can be applied again. */
void plan_file_release(const char *state, const char *hash);
