/* `stacktop plan` without what it prints: words to a plan on disk. */
#pragma once

#include "model/plan_format.h"
#include "operate/headless.h"

/* The target that the words name (operate/words.h). NULL with why when they make no sense. */
const struct target *headless_plan_target(const struct config *config, size_t count,
                                          const char *const *words, struct err *err) MUST_CHECK;
/* Asks the target and plans what the words tell: the operation is in PLAN then, or in CHOICE, where
 * the words have to say which of what was found. NULL with err when there is no plan. */
struct operation *headless_plan(struct headless *headless, size_t count, const char *const *words,
                                struct err *err) MUST_CHECK;
/* Writes the plan to the state folder; sets its hash. */
bool headless_plan_keep(struct headless *headless, struct plan *plan,
                        const struct plan_format *format, struct err *err) MUST_CHECK;
