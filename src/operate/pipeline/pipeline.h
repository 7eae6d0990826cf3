/* The one path of every action: plan, confirm, record, execute, verify, record.
 *
 * It owns model->operations. Everything that a key, a command line, `stacktop plan` or `stacktop
 * apply` requests passes through here, and read-only mode is enforced here: nothing is executed
 * while the lock is on or before its intent is on disk. */
#pragma once

#include "model/action/request.h"
#include "operate/pipeline/pipeline_options.h"

struct pipeline;

struct pipeline *pipeline_new(const struct pipeline_options *options);

/* Handles REQUEST_MENU to REQUEST_UNDO. CANCEL and DISMISS apply to the operation with the
 * request's id or, if that is 0, to the front one. Errors go into the operation's err or, without
 * an operation, into an event. */
void pipeline_request(struct pipeline *pipeline, const struct request *request);

/* Other actions from now on, ended with NULL. There must be no operation. */
void pipeline_actions_set(struct pipeline *pipeline, const struct action *const *actions);

/* While the screen is paused nothing is planned, because its data is old. */
void pipeline_pause(struct pipeline *pipeline, bool paused);

/* Begins the operation given as words: ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...], as in
 * `stacktop plan`, `:` and an undo (operate/command/words.h). NULL with err (also if the lock is on
 * and `dry` is false). dry: never executed, so it can be planned in read-only mode. The operation
 * becomes the front one and proceeds by itself to PLAN (or ENDED with err). */
struct operation *pipeline_begin(struct pipeline *pipeline, size_t count, const char *const *words,
                                 bool dry, struct err *err);
/* Takes a plan that was made before (`stacktop apply`): an operation in PLAN, whatever the plan's
 * age. NULL if the plan is not for that target; the plan then stays the caller's. */
struct operation *pipeline_adopt(struct pipeline *pipeline, struct plan *plan, size_t target_index);
/* As REQUEST_AGREE: false with err if it does not start. */
bool pipeline_agree(struct pipeline *pipeline, struct operation *operation, const char *typed,
                    struct err *err) MUST_CHECK;

/* Acknowledges an unknown outcome in the audit (audit_acknowledge); an event reports the result. */
void pipeline_acknowledge(struct pipeline *pipeline, const char *id, const char *reason);
/* Records that read-only mode was left for a while (`locked` false) or entered again. */
void pipeline_record_lock(struct pipeline *pipeline, bool locked);

/* Drops running steps (their objects become unknown), writes the pending outcomes and frees itself;
 * closed(arg) comes in a later turn of the loop. Call audit_close as well: outcomes that the disk
 * does not accept are waited for until the audit gives them up. */
void pipeline_close(struct pipeline *pipeline, void (*closed)(void *arg), void *arg);
