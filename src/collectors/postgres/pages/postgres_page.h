/* Pages of PostgreSQL: a page is a list of queries and their tables.
 *
 * The queries are asked one after another over the page's own connection; if the server has no slot
 * left for it, over that of the collector. Each is a message and a read-only transaction of its
 * own, sees pg_catalog only, and has a time limit (postgres_message).
 *
 *     static const struct postgres_page own = {
 *         .queries = (const struct postgres_page_query[]){{.table = "locks", .text = locks_sql},
 * {0}}}; const struct page page_postgres_locks = { .spec = {...}, .watch = &postgres_page_watch,
 * .own = &own};
 *
 * A query without `read` fills the rows of its table by the names of its columns: "key" (and
 * "parent") are the row's, each other one is the cell of the column with that id, by its unit: a
 * time is in seconds since 1970, a duration in seconds, sizes in bytes. A column with FIGURE_RATE
 * shows what its counter grows by in a second, FIGURE_COUNT a whole number without a unit. NULL is
 * a cell that does not apply, or, if the column has `none`, one that is not known for that reason.
 *
 * A query of another session has the bytes of its own database, on which left() and the like fail
 * in ours. POSTGRES_PAGE_QUERY sends them as "query_escaped", and their encoding as "encoding".
 */
#pragma once

#include "clients/postgres/pg_explain.h"
#include "clients/postgres/pg_rows.h"
#include "collectors/frame.h"
#include "collectors/page_window.h"
#include "collectors/row_past.h"

/* One collection of a page, for its functions. */
struct postgres_page_call {
  const struct page_focus *focus; /* what the page is about, and the order of its rows */
  const struct target *target;
  int version;          /* of the server: 150018 */
  bool sees_all;        /* the role has pg_read_all_stats, as by pg_monitor */
  const char *role;     /* of the connection */
  const char *database; /* of the connection */
  const char *encoding; /* of the database: "UTF8" */
  int64_t block_size;
  int64_t now_us;                   /* start of this collection, on the steady clock */
  bool first;                       /* the first one since the page was opened */
  const struct page_window *window; /* of figures that count from a moment on */
  struct sample *sample;            /* with the tables of the page */
  struct row_past *past;            /* of the columns with FIGURE_RATE */
  void *memory;                     /* kept until the page is closed; zeroed at first */
};

struct postgres_page_query {
  const char *table; /* id of the table that it is for: if it fails, that is a fault of the table.
                        NULL: the whole collection fails */
  int version_min;   /* older servers are not asked; 0: all are */
  size_t limit;      /* rows that are read: of more, the table is marked as truncated; 0: all */
  const char *text;  /* SQL; or */
  /* SQL as a text that the caller frees; without values from outside, but for numbers. NULL: not
   * needed now, or with an err the collection fails. */
  char *(*make)(struct postgres_page_call *call, struct err *err);
  /* Reads the answer. False with err: as if the query had failed. NULL: postgres_page_rows. */
  bool (*read)(struct postgres_page_call *call, const struct pg_rows *rows, struct err *err);
};

struct postgres_page {
  const struct postgres_page_query *queries; /* ends with one that is zeroed */
  size_t memory;                             /* bytes */
  /* After the last answer: the statement to plan over a connection to its database (its time limits
   * are set by the frame). False with err: the collection fails. NULL: none. */
  bool (*statement)(struct postgres_page_call *call, struct pg_explain_request *request,
                    struct err *err);
  /* Its plan; or err has the error of the planning, to be made clearer. False with err: the
   * collection fails. */
  bool (*planned)(struct postgres_page_call *call, const struct pg_explain_answer *answer,
                  const char *sqlstate, struct err *err);
  void (*finish)(struct postgres_page_call *call); /* after all answers; NULL: nothing */
  void (*forget)(void *memory);                    /* frees what is in there; NULL: nothing */
  bool brisk; /* collected so often that rights and names are asked for once a minute only */
};

/* A table of the columns NAME_columns. */
#define POSTGRES_PAGE_TABLE(name, table_id, table_title, table_flags) \
  static const struct table_spec name = {.id = (table_id),            \
                                         .title = (table_title),      \
                                         .flags = (table_flags),      \
                                         .columns = name##_columns,   \
                                         .column_count =              \
                                             sizeof name##_columns / sizeof *name##_columns}

/* For `watch` of their descriptors; `own` is a struct postgres_page. */
extern const struct watch_kind postgres_page_watch;

/* The answer as rows of that table, see above. A second row of the same key is left out, which is a
 * fault; a row whose parent does not come before it is a root. */
bool postgres_page_rows(struct postgres_page_call *call, const char *table,
                        const struct pg_rows *rows, struct err *err) MUST_CHECK;

/* For SELECT: "query_escaped" and "encoding" of a row s of pg_stat_activity. */
#define POSTGRES_PAGE_QUERY(bytes)                                              \
  "encode(substring(textsend(s.query) FROM 1 FOR " #bytes                       \
  "), 'escape') AS query_escaped, (SELECT pg_encoding_to_char(e.encoding) FROM" \
  " pg_database e WHERE e.oid = s.datid) AS encoding"

/* The bytes that encode(..., 'escape') has sent, in that encoding (NULL: the database's). */
struct value postgres_page_escaped(const struct postgres_page_call *call, const char *escaped,
                                   const char *encoding);
/* A text of the server in the encoding of the database, as UTF-8 in the sample. NULL: none. */
struct value postgres_page_text(const struct postgres_page_call *call, const char *text);
/* A number that may be missing; -1 if it is. */
int64_t postgres_page_count(const char *cell);
double postgres_page_real(const char *cell);
