/* What can be done: all actions as text and as JSON, what `stacktop actions` prints.
 *
 *     postgres
 *       K  postgres.terminate  destructive, for rows of sessions
 *          Ends the session ...
 *          runs     pg_terminate_backend(pid)
 *          age=DURATION  minimum age (1s to 30d, default 5m)
 */
#pragma once

#include "model/action/action_spec.h"
#include "report/text/text.h"

/* specs ends with NULL. Grouped by kind, in their order. True unless writing failed. */
bool report_actions_text(FILE *out, const struct action_spec *const *specs,
                         const struct report_text_options *options) MUST_CHECK;
/* One document: {"version": 1, "actions": [...]}, each with id, kind, table (where it is for rows),
 * key (where it has one), title, what, runs, danger, many, choice ("none", "one", "many") and
 * params: name, type, required, fallback, choices, min, max, unit ("ms", of min and max of a
 * duration), allowed ("1s to 30d"), example (each if set), help. */
bool report_actions_json(FILE *out, const struct action_spec *const *specs) MUST_CHECK;
