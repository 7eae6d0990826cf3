/* What the collector and the pages of PgBouncer have in common: a connection to the console, kept
 * between collections, and commands that are asked one after another, because the console reads one
 * at a time. */
#pragma once

#include "clients/postgres/pg.h"
#include "clients/postgres/pgbouncer_answer.h"
#include "collectors/frame.h"

struct pgbouncer_watch;

/* The commands of a collection; `own` of a page. */
struct pgbouncer_commands {
  const char *const *texts;
  const int *since; /* the version that a command needs, 11900; 0: any. NULL: none needs one */
  size_t count;
  /* An answer or an error of the console; not of a command that the version does not have. False
   * with *err: the collection fails with it. */
  bool (*take)(struct pgbouncer_watch *watch, size_t command, const struct pg_rows *rows,
               struct err *err);
  struct sample *(*make)(struct pgbouncer_watch *watch); /* after the last one */
};

/* First member of an instance. */
struct pgbouncer_watch {
  struct watch watch; /* first */
  const struct pgbouncer_commands *commands;
  struct pg *pg;
  bool kept; /* the connection is an old one: only an answer shows whether it was closed */
  size_t command;
  struct arena arena; /* of the running collection: what was read */
  int version;        /* 11800 */
};

/* Functions of a struct watch_kind. init: requires `commands`. */
bool pgbouncer_watch_init(struct pgbouncer_watch *watch, struct err *err) MUST_CHECK;
void pgbouncer_watch_ask(void *self);
void pgbouncer_watch_rest(void *self);
void pgbouncer_watch_forget(void *self, struct err *err);
void pgbouncer_watch_end(void *self);

bool pgbouncer_watch_has(const struct pgbouncer_watch *watch, size_t command);
/* "1.18.0", in the arena. */
const char *pgbouncer_watch_version(struct pgbouncer_watch *watch);
