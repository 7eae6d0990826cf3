/* The one way of every action: plan, agree, record, execute, verify, record.
 *
 * It owns model->operations. All that a key, a command line or `stacktop plan` and `apply` ask for
 * goes through here, and here is where read-only is held: whatever is asked, nothing is executed
 * while the lock is on, and nothing that is not on disk as an intent. */
#pragma once

#include "model/request.h"
#include "operate/pipeline_options.h"

struct pipeline;

struct pipeline *pipeline_new(const struct pipeline_options *options);

/* Handles REQUEST_MENU to REQUEST_UNDO; CANCEL and DISMISS go to the operation with the request's
 * id, or to the front one where that is 0. What cannot be done is said in the operation's err, or,
 * if there is none, by an event. */
void pipeline_request(struct pipeline *pipeline, const struct request *request);

/* While the screen is held nothing is planned: what it shows is old. */
void pipeline_pause(struct pipeline *pipeline, bool paused);

/* Begins the operation that words tell: ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...], as
 * `stacktop plan`, `:` and an undo have it (operate/words.h). NULL with err (also when the lock is
 * on and `dry` is false). dry: it is never executed, so it may be planned in read-only, too. The
 * operation is then the front one; it goes on by itself to PLAN (or ENDED with err). */
struct operation *pipeline_begin(struct pipeline *pipeline, size_t count, const char *const *words,
                                 bool dry, struct err *err);
/* Takes a plan that was made before (`stacktop apply`): an operation in PLAN, however old the plan
 * is. NULL, and the plan is still the caller's, when it is not for that target_index's target. */
struct operation *pipeline_adopt(struct pipeline *pipeline, struct plan *plan, size_t target_index);
/* As REQUEST_AGREE: false with err when it does not begin. */
bool pipeline_agree(struct pipeline *pipeline, struct operation *operation, const char *typed,
                    struct err *err) MUST_CHECK;

/* Acknowledges an unknown outcome in the audit (audit_acknowledge); an event says what came of it.
 */
void pipeline_acknowledge(struct pipeline *pipeline, const char *id, const char *reason);
/* Records that read-only was ended for a while (`locked` false) or begins again. */
void pipeline_record_lock(struct pipeline *pipeline, bool locked);

/* Drops what is under way (its objects are unknown), writes the outcomes that are owed, frees
 * itself; closed(arg) comes in a later turn of the loop. audit_close is to be called as well:
 * outcomes that the disk does not take are waited for until it gives them up. */
void pipeline_close(struct pipeline *pipeline, void (*closed)(void *arg), void *arg);
