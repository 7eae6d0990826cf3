#include "collectors/postgres/pages/postgres_page.h"

#include "clients/postgres/pg.h"
#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_share.h"
#include "collectors/postgres/postgres_queries.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BRISK_GREETING_US = 60000000 };
/* As the collector (postgres.c): the server's own time limit ends before the deadline. */
enum { MARGIN_MS = 200, LOCK_TIMEOUT_MS = 500, TURN_MS = 5, NAME_MAX_BYTES = 64 };

struct page_watch {
  struct watch watch; /* first */
  const struct postgres_page *own;
  struct pg *pg;
  const char *dsn;
  struct postgres_timeouts timeouts;
  bool kept;    /* the connection is an old one: only a query shows whether it was closed */
  bool borrows; /* no slot is left: the collector's connection is used */
  struct pg_loan loan;
  struct pg_explain *explain; /* NULL: the page plans nothing */
  char *sql;                  /* waits until the borrowed connection is free */
  pg_cb answered;

  struct postgres_page_call call;
  bool greeted;       /* the properties of the connection are known */
  int64_t greeted_us; /* since when */
  char role[NAME_MAX_BYTES], database[NAME_MAX_BYTES], encoding[NAME_MAX_BYTES];
  struct row_past past;
  struct page_window window;
  size_t next; /* the next of the queries */
};

static bool init(void *self, struct err *err) {
  struct page_watch *page = self;
  const struct target *target = page->watch.target;
  const int64_t own_ms = page->watch.page->spec.timeout_ms;
  const int64_t timeout_ms = own_ms ? own_ms : target->timeout_ms;
  page->own = page->watch.page->own;
  page->dsn = target_text(target, "dsn");
  if (!pg_dsn_check(page->dsn, err))
    return false;
  page->pg = pg_new(page->watch.io, page->dsn);
  watch_hold(&page->watch);
  if (page->own->statement) {
    page->explain = pg_explain_new(page->watch.io, page->dsn);
    watch_hold(&page->watch);
  }
  page->timeouts.statement_ms =
      (int)(timeout_ms - MARGIN_MS > timeout_ms / 2 ? timeout_ms - MARGIN_MS : timeout_ms / 2 + 1);
  page->timeouts.lock_ms = LOCK_TIMEOUT_MS;
  page->call = (struct postgres_page_call){.focus = page->watch.focus,
                                           .target = target,
                                           .first = true,
                                           .role = page->role,
                                           .database = page->database,
                                           .encoding = page->encoding,
                                           .past = &page->past,
                                           .window = &page->window,
                                           .memory = mem_new(page->own->memory + 1)};
  return true;
}

/* ---- asking */

static struct pg_share *lender(const struct page_watch *page) {
  return pg_share_find(page->watch.io, page->dsn);
}

static bool is_up(const struct page_watch *page) {
  return page->borrows ? lender(page) != NULL : pg_phase(page->pg) == PG_IDLE;
}

static const struct pg *pg_used(const struct page_watch *page) {
  const struct pg_share *share = page->borrows ? lender(page) : NULL;
  return share ? share->pg : page->pg;
}

static void fail(struct page_watch *page, const struct err *err) {
  struct err copy = *err;
  page->borrows = page->greeted = false;
  watch_failed(&page->watch, &copy);
}

/* Once the collector does not use its connection. */
static void borrow(void *self) {
  struct page_watch *page = self;
  struct pg_share *share = lender(page);
  if (!share) {
    struct err err;
    err_set(&err, ERR_CLOSED, "the server has no connection slot left for this page");
    fail(page, &err);
    return;
  }
  if (!pg_share_is_free(share)) {
    watch_wait(&page->watch, TURN_MS);
    return;
  }
  char *sql = page->sql;
  page->sql = NULL;
  pg_loan_ask(&page->loan, share, sql, 0, NULL, page->answered, page);
  free(sql);
}

/* Frees sql. */
static void ask(struct page_watch *page, char *sql, pg_cb answered) {
  page->watch.requests++;
  if (page->borrows) {
    free(page->sql);
    page->sql = sql;
    page->answered = answered;
    borrow(page);
    return;
  }
  pg_query(page->pg, sql, answered, page);
  free(sql);
}

/* ---- the queries, one after another */

static void ask_next(struct page_watch *page);

static void finish(struct page_watch *page) {
  struct sample *sample = page->call.sample;
  if (page->own->finish)
    page->own->finish(&page->call);
  char address[300];
  page->call.sample = NULL;
  page->call.first = false;
  page_window_keep(&page->window);
  pg_address(pg_used(page), address, sizeof address);
  const char *version = pg_server_version_text(pg_used(page));
  sample->address = sample_copy(sample, address);
  sample->server = sample_printf(sample, "PostgreSQL %.*s", (int)strcspn(version, " "), version);
  watch_done(&page->watch, sample);
}

static void on_planned(void *self, const struct pg_explain_answer *answer, const struct err *err,
                       const char *sqlstate) {
  struct page_watch *page = self;
  struct err why = err ? *err : (struct err){0};
  if (page->own->planned(&page->call, answer, sqlstate, &why))
    finish(page);
  else
    fail(page, &why);
}

static void plan(struct page_watch *page) {
  struct pg_explain_request request = {.statement_ms = page->timeouts.statement_ms,
                                       .lock_ms = page->timeouts.lock_ms};
  struct err err = {0};
  page->watch.requests++;
  if (page->own->statement(&page->call, &request, &err))
    pg_explain_ask(page->explain, &request, on_planned, page);
  else
    fail(page, &err);
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct page_watch *page = self;
  const struct postgres_page_query *query = &page->own->queries[page->next];
  struct err why = err ? *err : (struct err){0};
  if (err && !is_up(page)) { /* a part of it would look complete */
    fail(page, err);
    return;
  }
  struct pg_rows first = rows ? *rows : (struct pg_rows){0};
  if (query->limit && first.rows > query->limit) {
    first.rows = query->limit;
    sample_table(page->call.sample, query->table)->truncated = true;
  }
  if (rows && query->read)
    query->read(&page->call, &first, &why);
  else if (rows && !postgres_page_rows(&page->call, query->table, &first, &why) &&
           why.kind == ERR_NONE)
    err_set(&why, ERR_PROTOCOL, "unexpected answer");
  if (why.kind != ERR_NONE && !query->table) {
    fail(page, &why);
    return;
  }
  if (why.kind != ERR_NONE)
    sample_fault(page->call.sample, query->table, SEVERITY_UNKNOWN, "cannot read %s: %s",
                 query->table, why.text);
  page->next++;
  ask_next(page);
}

static bool is_last(const struct postgres_page_query *query) {
  return !query->text && !query->make;
}

static void ask_next(struct page_watch *page) {
  for (;; page->next++) {
    const struct postgres_page_query *query = &page->own->queries[page->next];
    struct err err = {0};
    if (is_last(query)) {
      if (page->own->statement)
        plan(page);
      else
        finish(page);
      return;
    }
    if (page->call.version < query->version_min)
      continue;
    char *made = query->make ? query->make(&page->call, &err) : NULL;
    if (err.kind != ERR_NONE) {
      free(made);
      fail(page, &err);
      return;
    }
    if (query->make && !made)
      continue;
    const char *text = made ? made : query->text;
    char *limited = query->limit ? mem_printf("%s LIMIT %zu", text, query->limit + 1) : NULL;
    char *sql = postgres_message(&page->timeouts, limited ? limited : text);
    free(limited);
    free(made);
    ask(page, sql, on_answer);
    return;
  }
}

/* ---- the connection */

static void connect_anew(struct page_watch *page);

static void take(char out[NAME_MAX_BYTES], const char *cell) {
  snprintf(out, NAME_MAX_BYTES, "%s", cell ? cell : "");
}

static void begin(struct page_watch *page) {
  const struct page_spec *spec = &page->watch.page->spec;
  page->call.sample = sample_new(spec->tables, spec->table_count);
  page->next = 0;
  row_past_begin(&page->past);
  page_window_start(&page->window, page->call.focus, page->call.first, page->call.now_us,
                    page->call.now_us / 1000 + clock_wall_offset_ms());
  ask_next(page);
}

static void on_greeting(void *self, const struct pg_rows *rows, const struct err *err) {
  struct page_watch *page = self;
  enum { ROLE, DATABASE, ENCODING, SEES_ALL, BLOCK_SIZE, COLUMNS };
  struct err why;
  if (err && page->kept && pg_phase(page->pg) == PG_DOWN) {
    connect_anew(page); /* the server was restarted, or has closed the idle connection */
    return;
  }
  if (err) {
    fail(page, err);
    return;
  }
  if (!rows || rows->rows != 1 || rows->columns != COLUMNS) {
    err_set(&why, ERR_PROTOCOL, "unexpected answer");
    fail(page, &why);
    return;
  }
  take(page->role, pg_cell(rows, 0, ROLE));
  take(page->database, pg_cell(rows, 0, DATABASE));
  take(page->encoding, pg_cell(rows, 0, ENCODING));
  page->call.sees_all = pg_cell(rows, 0, SEES_ALL) && *pg_cell(rows, 0, SEES_ALL) == 't';
  page->call.block_size = postgres_page_count(pg_cell(rows, 0, BLOCK_SIZE));
  page->call.version = pg_server_version(pg_used(page));
  page->greeted = true;
  page->greeted_us = page->call.now_us;
  begin(page);
}

/* Rights and names may change between two collections: they cost one small query. */
static void greet(struct page_watch *page) {
  struct err err;
  const struct pg *pg = pg_used(page);
  if (pg_server_version(pg) < POSTGRES_VERSION_MIN) {
    err_set(&err, ERR_UNSUPPORTED, "needs PostgreSQL 10 or newer, not \"%.40s\"",
            pg_server_version_text(pg));
    pg_drop(page->pg);
    fail(page, &err);
    return;
  }
  ask(page,
      postgres_message(&page->timeouts,
                       "SELECT quote_ident(current_user), quote_ident(current_database()),"
                       " getdatabaseencoding(), pg_has_role('pg_read_all_stats', 'USAGE'),"
                       " current_setting('block_size')"),
      on_greeting);
}

static void on_connected(void *self, const struct pg_rows *rows, const struct err *err) {
  struct page_watch *page = self;
  (void)rows;
  page->borrows = err && pg_error_is_full(err) && lender(page);
  if (err && !page->borrows)
    fail(page, err);
  else
    greet(page);
}

static void connect_anew(struct page_watch *page) {
  page->kept = false;
  page->watch.requests++;
  pg_connect(page->pg, on_connected, page);
}

static void collect(void *self) {
  struct page_watch *page = self;
  page->call.now_us = page->watch.job->started_us;
  page->kept = pg_phase(page->pg) == PG_IDLE;
  page->borrows = page->borrows && lender(page);
  if (page->kept && page->greeted && page->own->brisk &&
      page->call.now_us - page->greeted_us < BRISK_GREETING_US)
    begin(page);
  else if (page->kept || page->borrows)
    greet(page);
  else
    connect_anew(page);
}

/* ---- the end */

static void rest(void *self) {
  struct page_watch *page = self;
  sample_free(page->call.sample);
  page->call.sample = NULL;
  free(page->sql);
  page->sql = NULL;
}

static void forget(void *self, struct err *err) {
  struct page_watch *page = self;
  static const char *const steps[] = {
      [PG_DOWN] = "",
      [PG_RESOLVING] = ": the name server does not answer",
      [PG_CONNECTING] = ": the address does not answer",
      [PG_LOGGING_IN] = ": connected, login not completed",
      [PG_IDLE] = "",
      [PG_ASKING] = ": logged in, query still running",
  };
  const size_t used = strlen(err->text);
  const char *where = page->explain ? pg_explain_where(page->explain) : "";
  snprintf(err->text + used, sizeof err->text - used, "%s",
           *where ? where : steps[pg_phase(page->pg)]);
  if (page->explain)
    pg_explain_drop(page->explain);
  pg_loan_drop(&page->loan);
  pg_drop(page->pg);
}

static void end(void *self) {
  struct page_watch *page = self;
  pg_free(page->pg, watch_released, page);
  if (page->explain)
    pg_explain_free(page->explain, watch_released, page);
}

static void fini(void *self) {
  struct page_watch *page = self;
  if (page->own->forget)
    page->own->forget(page->call.memory);
  free(page->call.memory);
  row_past_fini(&page->past);
}

const struct watch_kind postgres_page_watch = {.size = sizeof(struct page_watch),
                                               .init = init,
                                               .ask = collect,
                                               .late = borrow,
                                               .rest = rest,
                                               .forget = forget,
                                               .end = end,
                                               .fini = fini};
