/* Which files have the name of a followed file one after another: the events of its directory say
 * so, and the file is followed through each rename until it is open, so that none of those that
 * still exist is missed, however fast they are rotated. Blocks: for the thread of the file. */
#pragma once

#include "logs/log_claims.h"

struct log_rotation;

/* NULL where the system has no watch left: only the name itself can be looked at then. */
struct log_rotation *log_rotation_new(const char *path, struct log_claims *claims);
void log_rotation_free(struct log_rotation *rotation); /* NULL is allowed, here and below */
/* Readable when something has happened; -1: none. */
int log_rotation_poll(const struct log_rotation *rotation);
/* The file that is read now, and that was opened by the name: what had the name before it does not
 * count. Writes to it are events too. */
void log_rotation_read(struct log_rotation *rotation, int fd, const struct log_identity *identity);
/* Takes the events, and opens the files that they tell of. True: the name may mean another file. */
bool log_rotation_update(struct log_rotation *rotation);

/* The name means another file, although no event says so: on a network file system, or by a link.
 */
void log_rotation_add(struct log_rotation *rotation);

/* The file that was last made beside the followed one, with its name and more ("a.log.1"): the copy
 * before it is truncated. Its descriptor belongs to the caller; -1: there is none. */
int log_rotation_copy(struct log_rotation *rotation, struct log_identity *identity);

enum log_next { LOG_NEXT_NONE, LOG_NEXT_FILE, LOG_NEXT_LOST, LOG_NEXT_DENIED, LOG_NEXT_UNKNOWN };
/* What comes after the file that is read. FILE: it is open, and claimed; *more: another comes
 * after it. LOST: it was removed, or moved out of the directory, before it could be opened.
 * DENIED: there is no right to read it. UNKNOWN: there were more events than the system keeps, so
 * files may have been missed. */
enum log_next log_rotation_next(const struct log_rotation *rotation, int *fd,
                                struct log_identity *identity, bool *more);
/* Takes it: a FILE's descriptor belongs to the caller then. */
void log_rotation_drop(struct log_rotation *rotation);
