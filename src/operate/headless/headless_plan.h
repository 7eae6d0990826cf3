/* `stacktop plan` without its output: from words to a plan on disk. */
#pragma once

#include "model/action/plan_format.h"
#include "operate/headless/headless.h"

/* The target named by the words (operate/command/words.h). NULL with err if the words are not
 * valid. */
const struct target *headless_plan_target(const struct config *config,
                                          const struct action *const *list, size_t count,
                                          const char *const *words, struct err *err) MUST_CHECK;
/* Collects the target and plans the words: the operation is then in PLAN, or in CHOICE if the words
 * do not name the candidates. NULL with err if there is no plan. */
struct operation *headless_plan(struct headless *headless, size_t count, const char *const *words,
                                struct err *err) MUST_CHECK;
/* Writes the plan to the state directory and sets its hash. */
bool headless_plan_keep(struct headless *headless, struct plan *plan,
                        const struct plan_format *format, struct err *err) MUST_CHECK;
