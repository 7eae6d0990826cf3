/* Pages of Redis and Valkey: a page is a list of steps, each with one or more commands.
 *
 * The steps are sent one after another over the page's own connection, after INFO (of the server,
 * its memory, its databases), which tells what the server is. The commands of a step are sent
 * together. Only commands that read are sent.
 *
 *     static const struct redis_page own = {
 *         .steps = (const struct redis_page_step[]){
 *             {.words = {"SLOWLOG", "GET", "128"}, .right = "+slowlog|get",
 *              .table = "slow", .read = slow_read}, {0}}};
 */
#pragma once

#include "clients/redis/redis.h"
#include "clients/redis/redis_fields.h"
#include "clients/redis/redis_info.h"
#include "collectors/frame.h"
#include "collectors/page_window.h"
#include "collectors/row_past.h"

enum { REDIS_PAGE_WORDS_MAX = 8 };

/* One collection of a page, for its functions. */
struct redis_page_call {
  const struct page_focus *focus; /* what the page is about, and the order of its rows */
  const struct target *target;
  const struct redis_info *info;    /* as of this collection */
  int version;                      /* 70015; of Valkey the one it is compatible with */
  int db;                           /* the database of the connection */
  bool cluster;                     /* the server is a node of a cluster */
  const char *user;                 /* of the connection: "default" without one */
  int64_t now_us;                   /* start of this collection, on the steady clock */
  int64_t answer_us;                /* in `read`: the round trip of its answer; -1: not known */
  bool first;                       /* the first one since the page was opened, or since the server
                                       was restarted */
  const struct page_window *window; /* of figures that count from a moment on */
  struct sample *sample;            /* with the tables of the page */
  struct row_past *past;            /* of rates */
  void *memory;                     /* kept until the page is closed; zeroed at first */
  size_t index;                     /* in `read`: which of the step's commands it answers */
};

struct redis_page_step {
  const char *table; /* id of the table that it is for: an error is then a fault of that table.
                        NULL: the whole collection fails */
  int version_min;   /* older servers are not asked; 0: all are */
  const char *right; /* what ACL SETUSER needs for it: "+latency" */
  const char *words[REDIS_PAGE_WORDS_MAX]; /* the command, NULL-terminated; or */
  /* Sends any number of commands (redis_page_send); none: the step is skipped. False with err: the
   * collection fails. */
  bool (*send)(struct redis_page_call *call, struct err *err);
  /* Each answer that is not an error. False with err: as an error of the server. */
  bool (*read)(struct redis_page_call *call, const struct redisReply *reply, struct err *err);
  /* Each error of the server. True: it is what was to be known (the key is gone). NULL: none is. */
  bool (*refused)(struct redis_page_call *call, const struct err *err);
  /* After the last answer: whether it is sent again. NULL: never. */
  bool (*again)(struct redis_page_call *call);
};

struct redis_page {
  const struct redis_page_step *steps;          /* ends with one that is zeroed */
  size_t memory;                                /* bytes */
  void (*begin)(struct redis_page_call *call);  /* before the first step; NULL: nothing */
  void (*finish)(struct redis_page_call *call); /* after the last answer; NULL: nothing */
  void (*forget)(void *memory);                 /* frees what is in there; NULL: nothing */
};

/* A table of the columns NAME_columns. */
#define REDIS_PAGE_TABLE(name, table_id, table_title, table_flags)  \
  static const struct table_spec name = {.id = (table_id),          \
                                         .title = (table_title),    \
                                         .flags = (table_flags),    \
                                         .columns = name##_columns, \
                                         .column_count =            \
                                             sizeof name##_columns / sizeof *name##_columns}

/* For `watch` of their descriptors; `own` is a struct redis_page. */
extern const struct watch_kind redis_page_watch;

/* In `send`: one command of the step. lengths: NULL if all words are terminated texts. */
bool redis_page_send(struct redis_page_call *call, int argc, const char *const *argv,
                     const size_t *lengths, struct err *err) MUST_CHECK;

/* For `refused`: what the server withholds is not known, and its cell says so. */
bool redis_page_ignored(struct redis_page_call *call, const struct err *err);

/* Bytes of the server as a text in the sample. */
struct value redis_page_text(const struct redis_page_call *call, const struct redisReply *reply);

/* In `finish`: orders the rows of a table as a person has chosen, otherwise by that column, and
 * keeps the first focus->rows of them, with a note. (redis_page_rows.c) */
void redis_page_sort(const struct redis_page_call *call, const char *table, int column);
