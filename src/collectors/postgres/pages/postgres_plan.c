/* The page postgres.plan: EXPLAIN, never ANALYZE, of a statement of pg_stat_statements or of a
 * session. The text is read from the server's view, then planned in its database
 * (clients/postgres/pg_explain.h). */
#include "clients/postgres/pg_text.h"
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/statement.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "collectors/postgres/pages/postgres_plan_tree.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 100000, NAME_BYTES = 64, PLAN_BYTES_MAX = 4 << 20 };
/* A key that is a number alone: a pid if it can be one. Query ids are spread over 64 bits. Eight
 * hexadecimal digits are the first half of a query id, as postgres.statements shows it. */
enum { PID_MAX = 4194304 };
static const double costly_share = 0.2, stale_share = 0.2;

#define COLUMN(name, ...) name,
enum node_column {
#include "postgres_plan.def"
};
enum summary_column {
#include "postgres_plan_summary.def"
};
enum relation_column {
#include "postgres_plan_relations.def"
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec nodes_columns[] = {
#include "postgres_plan.def"
};
static const struct column_spec summary_columns[] = {
#include "postgres_plan_summary.def"
};
static const struct column_spec relations_columns[] = {
#include "postgres_plan_relations.def"
};
#undef COLUMN

POSTGRES_PAGE_TABLE(summary, "plan", "Plan", TABLE_SUMMARY);
POSTGRES_PAGE_TABLE(nodes, "nodes", "Nodes", TABLE_UNFOLDED);
POSTGRES_PAGE_TABLE(relations, "relations", "Tables of the plan", 0);
static const struct table_spec *const tables[] = {&summary, &nodes, &relations};

/* ---- the row */

enum subject { SUBJECT_NONE, SUBJECT_SESSION, SUBJECT_STATEMENT, SUBJECT_HALF };

static enum subject subject_of(const char *key, struct postgres_session_key *session,
                               struct postgres_statement_key *statement) {
  if (!key)
    return SUBJECT_NONE;
  int64_t half;
  if (postgres_statement_half_read(key, &half)) {
    *statement = (struct postgres_statement_key){.queryid = half, .user_id = -1};
    return SUBJECT_HALF;
  }
  if (postgres_session_key_read(key, session) && session->pid > 0 &&
      (session->start_us >= 0 || session->pid <= PID_MAX))
    return SUBJECT_SESSION;
  return postgres_statement_key_read(key, statement) ? SUBJECT_STATEMENT : SUBJECT_NONE;
}

/* The page postgres.activity has a table of that name, too; its keys may be anything. */
static bool about(const char *table, const char *key) {
  struct postgres_session_key session;
  struct postgres_statement_key statement;
  const enum subject subject = subject_of(key, &session, &statement);
  return strcmp(table, POSTGRES_STATEMENTS_TABLE) == 0 ? subject == SUBJECT_STATEMENT
                                                       : subject == SUBJECT_SESSION;
}

struct memory {
  struct postgres_session_key session;
  struct postgres_statement_key statement;
  enum subject subject;
  char schema[200]; /* of pg_stat_statements, quoted by the server; "": not needed, or missing */
  char database[NAME_BYTES + 1], role[NAME_BYTES + 1]; /* bytes of the server */
  char *text;                                          /* UTF-8; NULL: not read yet */
  int64_t cut; /* track_activity_query_size, if the text of the session is cut there; 0: whole */
  const char *source;
};

static void memory_forget(void *self) {
  struct memory *memory = self;
  free(memory->text);
}

static void name_take(char out[NAME_BYTES + 1], const char *cell) {
  snprintf(out, NAME_BYTES + 1, "%s", cell ? cell : "");
}

static bool text_take(struct memory *memory, const char *text, const char *encoding,
                      struct err *err) {
  const size_t length = strlen(text), size = length * 4 + 1;
  if (length > TEXT_BYTES_MAX)
    return err_set(err, ERR_LIMIT, "the statement has more than %d bytes", TEXT_BYTES_MAX);
  free(memory->text);
  memory->text = mem_new(size);
  pg_utf8(text, length, encoding, memory->text, size);
  return true;
}

static const char hidden_text[] = "<insufficient privilege>";

static bool fail_hidden(const struct postgres_page_call *call, struct err *err) {
  return err_set(err, ERR_DENIED,
                 "the text of another role's statement is hidden: GRANT "
                 "pg_monitor TO %.64s shows it",
                 call->role);
}

/* ---- the text of a session */

enum {
  SESSION_TEXT,
  SESSION_BYTES,
  SESSION_LIMIT,
  SESSION_ENCODING,
  SESSION_DATABASE,
  SESSION_ROLE,
  SESSION_DATABASE_ID,
  SESSION_ROLE_ID,
  SESSION_QUERY_ID,
  SESSION_COLUMNS
};

static char *session_make(struct postgres_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  const char *key = call->focus->key;
  free(memory->text);
  *memory = (struct memory){0};
  memory->subject = subject_of(key, &memory->session, &memory->statement);
  if (memory->subject == SUBJECT_NONE)
    err_set(err, ERR_INVALID, "\"%.60s\" is neither a query id nor a process id", key ? key : "");
  if (memory->subject != SUBJECT_SESSION)
    return NULL;
  char *start = memory->session.start_us < 0
                    ? mem_dup("")
                    : mem_printf(" AND (extract(epoch FROM s.backend_start) * 1000000)::bigint"
                                 " = %" PRId64,
                                 memory->session.start_us);
  char *sql =
      mem_printf("SELECT s.query, octet_length(s.query),"
                 " (SELECT setting FROM pg_settings WHERE name = 'track_activity_query_size'),"
                 " pg_encoding_to_char(d.encoding), d.datname, s.usename, s.datid, s.usesysid, %s"
                 " FROM pg_stat_activity s LEFT JOIN pg_database d ON d.oid = s.datid"
                 " WHERE s.pid = %" PRId64 "%s",
                 call->version >= 140000 ? "s.query_id" : "NULL", memory->session.pid, start);
  free(start);
  return sql;
}

static bool session_read(struct postgres_page_call *call, const struct pg_rows *rows,
                         struct err *err) {
  struct memory *memory = call->memory;
  if (rows->columns != SESSION_COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  if (rows->rows == 0)
    return err_set(err, ERR_INVALID, "pid %" PRId64 " has ended: there is no such session now",
                   memory->session.pid);
  const char *text = pg_cell(rows, 0, SESSION_TEXT), *id = pg_cell(rows, 0, SESSION_QUERY_ID);
  const int64_t bytes = postgres_page_count(pg_cell(rows, 0, SESSION_BYTES));
  const int64_t limit = postgres_page_count(pg_cell(rows, 0, SESSION_LIMIT));
  if (text && strcmp(text, hidden_text) == 0)
    return fail_hidden(call, err);
  if (!text || !*text || !pg_cell(rows, 0, SESSION_DATABASE))
    return err_set(err, ERR_UNSUPPORTED, "the session has no statement to plan");
  name_take(memory->database, pg_cell(rows, 0, SESSION_DATABASE));
  name_take(memory->role, pg_cell(rows, 0, SESSION_ROLE));
  memory->source = "the session";
  /* It is cut before the character that does not fit, which has up to 4 bytes. */
  memory->cut = limit > 4 && bytes >= limit - 4 ? limit : 0;
  if (!memory->cut)
    return text_take(memory, text, pg_cell(rows, 0, SESSION_ENCODING), err);
  char key[POSTGRES_STATEMENT_KEY_MAX];
  snprintf(key, sizeof key, "%.24s/%.20s/%.20s/top", id ? id : "",
           pg_cell(rows, 0, SESSION_ROLE_ID) ? pg_cell(rows, 0, SESSION_ROLE_ID) : "",
           pg_cell(rows, 0, SESSION_DATABASE_ID));
  if (id && strcmp(id, "0") != 0 && postgres_statement_key_read(key, &memory->statement))
    return true; /* pg_stat_statements may have the whole text */
  return err_set(err, ERR_UNSUPPORTED,
                 "the text of the query is cut at %" PRId64 " bytes (track_activity_query_size)",
                 memory->cut);
}

/* ---- the text of a statement */

static char *extension_make(struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  (void)err;
  return memory->text
             ? NULL
             : mem_dup("SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace"
                       " n ON n.oid = e.extnamespace WHERE e.extname ="
                       " 'pg_stat_statements'");
}

static bool extension_read(struct postgres_page_call *call, const struct pg_rows *rows,
                           struct err *err) {
  struct memory *memory = call->memory;
  if (rows->rows == 1 && rows->columns == 1 && pg_cell(rows, 0, 0)) {
    snprintf(memory->schema, sizeof memory->schema, "%s", pg_cell(rows, 0, 0));
    return true;
  }
  if (memory->cut)
    return err_set(err, ERR_UNSUPPORTED,
                   "the text of the query is cut at %" PRId64
                   " bytes (track_activity_query_size), and database %.64s has no "
                   "pg_stat_statements",
                   memory->cut, call->database);
  return err_set(err, ERR_UNSUPPORTED,
                 "database %.64s has no extension pg_stat_statements: run CREATE EXTENSION "
                 "pg_stat_statements in it",
                 call->database);
}

enum { STATEMENT_TEXT, STATEMENT_DATABASE, STATEMENT_ROLE, STATEMENT_COLUMNS };

static char *statement_make(struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  const struct postgres_statement_key *key = &memory->statement;
  (void)err;
  if (memory->text)
    return NULL;
  char *exact = key->user_id < 0 ? mem_dup("")
                                 : mem_printf(" AND s.userid = %" PRId64 " AND s.dbid = %" PRId64,
                                              key->user_id, key->database_id);
  const char *half = memory->subject == SUBJECT_HALF ? " >> 32 & 4294967295" : "";
  char *sql = mem_printf("SELECT s.query, d.datname, r.rolname FROM %s.pg_stat_statements(true) s"
                         " LEFT JOIN pg_database d ON d.oid = s.dbid"
                         " LEFT JOIN pg_roles r ON r.oid = s.userid"
                         " WHERE s.queryid%s = %" PRId64 "%s ORDER BY s.calls DESC LIMIT 1",
                         memory->schema, half, key->queryid, exact);
  free(exact);
  return sql;
}

static bool statement_read(struct postgres_page_call *call, const struct pg_rows *rows,
                           struct err *err) {
  struct memory *memory = call->memory;
  if (rows->columns != STATEMENT_COLUMNS)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  const char *text = rows->rows > 0 ? pg_cell(rows, 0, STATEMENT_TEXT) : NULL;
  if (!text && memory->cut)
    return err_set(err, ERR_UNSUPPORTED,
                   "the text of the query is cut at %" PRId64
                   " bytes (track_activity_query_size), and pg_stat_statements does not have it",
                   memory->cut);
  if (rows->rows == 0)
    return err_set(
        err, ERR_INVALID, "pg_stat_statements has no statement %.40s%s", call->focus->key,
        call->sees_all ? " now" : " that this role may see: those of other roles need pg_monitor");
  if (!text)
    return err_set(err, ERR_UNSUPPORTED, "its text was removed from pg_stat_statements");
  if (strcmp(text, hidden_text) == 0)
    return fail_hidden(call, err);
  if (!pg_cell(rows, 0, STATEMENT_DATABASE))
    return err_set(err, ERR_UNSUPPORTED, "the database of the statement no longer exists");
  name_take(memory->database, pg_cell(rows, 0, STATEMENT_DATABASE));
  name_take(memory->role, pg_cell(rows, 0, STATEMENT_ROLE));
  memory->source = "pg_stat_statements";
  return text_take(memory, text, call->encoding, err);
}

/* ---- planning */

static bool statement(struct postgres_page_call *call, struct pg_explain_request *request,
                      struct err *err) {
  const struct memory *memory = call->memory;
  char verb[STATEMENT_VERB_MAX];
  if (!statement_has_plan(memory->text, verb))
    return err_set(
        err, ERR_UNSUPPORTED,
        "%s has no plan: EXPLAIN takes SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES and "
        "WITH",
        *verb ? verb : "the statement");
  request->database = memory->database;
  request->role = *memory->role ? memory->role : NULL;
  request->text = memory->text;
  return true;
}

/* Which right is missing: on the server's words "permission denied for table goods" follows what
 * gives it. */
static void explain_denied(const struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  char words[120], role[3 * NAME_BYTES];
  snprintf(words, sizeof words, "%.*s", (int)sizeof words - 1, err->text);
  pg_utf8(memory->role, strlen(memory->role), "UTF8", role, sizeof role);
  if (strstr(words, "for database"))
    err_set(err, ERR_DENIED, "%s: GRANT CONNECT ON DATABASE to %.40s", words, call->role);
  else
    err_set(err, ERR_DENIED,
            "%s: EXPLAIN needs the rights of the statement (GRANT SELECT to %.40s), or membership "
            "in its role %.40s",
            words, call->role, role);
}

/* SQLSTATE of the server and what it means here. */
static void explain_error(const struct postgres_page_call *call,
                          const struct pg_explain_answer *answer, const char *sqlstate,
                          struct err *err) {
  char words[150];
  snprintf(words, sizeof words, "%.*s", (int)sizeof words - 1, err->text);
  if (strcmp(sqlstate, "42501") == 0 ||
      (!*sqlstate && err->kind == ERR_DENIED && strstr(words, "permission denied")))
    explain_denied(call, err);
  else if (answer->generic && (strcmp(sqlstate, "42P18") == 0 || strcmp(sqlstate, "42725") == 0))
    err_set(err, ERR_UNSUPPORTED,
            "%s: the types of the parameters ($1) do not follow from the text, only its client "
            "knows them",
            words);
  else if (strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "42883") == 0 ||
           strcmp(sqlstate, "42704") == 0)
    err_set(err, ERR_UNSUPPORTED,
            "%.100s; looked for in %.40s as %.30s: it may be temporary, in a search_path of the "
            "session, or its schema needs GRANT USAGE",
            words, answer->path, answer->role);
  else if (strcmp(sqlstate, "42601") == 0 && strstr(words, "multiple commands"))
    err_set(err, ERR_UNSUPPORTED,
            "the text has several commands: which of them takes the time is not known");
  else if (strcmp(sqlstate, "42601") == 0 && answer->generic)
    err_set(err, ERR_UNSUPPORTED,
            "%s; with $1 for a constant, as after INTERVAL, the text is not SQL any more", words);
  else if (strcmp(sqlstate, "55P03") == 0)
    err_set(err, ERR_TIMEOUT, "a table of the statement is locked (%s)", words);
}

/* Conditions contain the literals of the statement. */
static struct value condition_of(const struct postgres_page_call *call, const char *text,
                                 bool secret) {
  char safe[PLAN_TEXT_MAX];
  if (!text)
    return value_none(NULL);
  if (secret)
    statement_without_literals(safe, sizeof safe, text);
  return value_text(sample_copy(call->sample, secret ? safe : text));
}

static struct value number_value(double number) {
  return number < 0 ? value_none("not known") : value_real(number);
}

static struct value whole_value(double number) {
  return number >= 0 && number < 9e18 ? value_int((int64_t)number) : number_value(number);
}

static void nodes_fill(const struct postgres_page_call *call, const struct plan *plan) {
  const struct memory *memory = call->memory;
  struct table *table = sample_table(call->sample, nodes.id);
  const bool secret = statement_has_secret(memory->text);
  double most = 0;
  for (size_t i = 0; i < plan->count; i++)
    most = plan->nodes[i].share > most ? plan->nodes[i].share : most;
  for (size_t i = 0; i < plan->count; i++) {
    const struct plan_node *node = &plan->nodes[i];
    char key[24], parent[24];
    snprintf(key, sizeof key, "%zu", node->number);
    snprintf(parent, sizeof parent, "%zu", node->parent);
    struct row *row = sample_row(call->sample, table, key, node->parent ? parent : NULL);
    if (!row)
      return;
    struct value *cells = row->cells;
    cells[NODE_LABEL] = value_text(sample_copy(call->sample, node->label));
    if (node->share >= costly_share)
      cells[NODE_MARK] = value_text(node->share >= most ? "most of the cost" : "costly");
    cells[NODE_SHARE] = number_value(node->share);
    cells[NODE_COST] = number_value(node->total);
    cells[NODE_ROWS] = whole_value(node->rows);
    cells[NODE_WIDTH] = whole_value(node->width);
    cells[NODE_CONDITIONS] = condition_of(call, node->conditions, secret);
    cells[NODE_KEYS] = condition_of(call, node->keys, secret);
    if (node->relation)
      cells[NODE_RELATION] = value_text(sample_copy(call->sample, node->relation));
    if (node->index)
      cells[NODE_INDEX] = value_text(sample_copy(call->sample, node->index));
    cells[NODE_STARTUP] = number_value(node->startup);
  }
}

static void relations_fill(const struct postgres_page_call *call, const struct pg_rows *rows) {
  struct table *table = sample_table(call->sample, relations.id);
  if (!rows) {
    sample_fault(call->sample, relations.id, SEVERITY_UNKNOWN,
                 "cannot read the statistics of the tables of the plan");
    return;
  }
  for (size_t i = 0; i < rows->rows; i++) {
    const char *name = pg_cell(rows, i, EXPLAIN_RELATION), *kind = pg_cell(rows, i, EXPLAIN_KIND);
    const char *known = pg_cell(rows, i, EXPLAIN_HAS_STATISTICS);
    const double count = postgres_page_real(pg_cell(rows, i, EXPLAIN_ROWS));
    const double age = postgres_page_real(pg_cell(rows, i, EXPLAIN_ANALYZED));
    const double changed = postgres_page_real(pg_cell(rows, i, EXPLAIN_CHANGED));
    struct row *row = sample_row(call->sample, table, name ? name : "", NULL);
    if (!row)
      return;
    row->cells[RELATION_NAME] = value_text(sample_copy(call->sample, name ? name : ""));
    if (known && *known == 'f')
      row->cells[RELATION_PROBLEM] =
          value_text(kind && *kind == 'f' ? "no statistics (foreign table)" : "no statistics");
    else if (count > 0 && changed > count * stale_share)
      row->cells[RELATION_PROBLEM] = value_text("stale statistics");
    row->cells[RELATION_ROWS] =
        count < 0 ? value_none(relations_columns[RELATION_ROWS].none) : whole_value(count);
    row->cells[RELATION_ANALYZED] =
        age < 0 ? value_none(relations_columns[RELATION_ANALYZED].none) : value_real(age);
    row->cells[RELATION_CHANGED] = whole_value(changed);
  }
}

static void summary_fill(const struct postgres_page_call *call, const struct plan *plan,
                         const struct pg_explain_answer *answer) {
  const struct memory *memory = call->memory;
  struct row *row = sample_row(call->sample, sample_table(call->sample, summary.id), "plan", NULL);
  if (!row)
    return;
  row->cells[PLAN_COST] = number_value(plan->total);
  row->cells[PLAN_ROWS] = whole_value(plan->rows);
  row->cells[PLAN_KIND] = value_text(answer->generic ? "generic" : "of the text");
  row->cells[PLAN_DATABASE] = postgres_page_text(call, memory->database);
  row->cells[PLAN_ROLE] = value_text(sample_copy(call->sample, answer->role));
  row->cells[PLAN_OWNER] = postgres_page_text(call, memory->role);
  row->cells[PLAN_PATH] = value_text(sample_copy(call->sample, answer->path));
  row->cells[PLAN_SETTINGS] =
      call->version < 120000
          ? value_none(summary_columns[PLAN_SETTINGS].none)
          : value_text(*plan->settings ? sample_copy(call->sample, plan->settings) : "default");
  row->cells[PLAN_SOURCE] = value_text(memory->source);
}

static bool planned(struct postgres_page_call *call, const struct pg_explain_answer *answer,
                    const char *sqlstate, struct err *err) {
  struct plan plan;
  struct arena arena;
  if (err->kind != ERR_NONE) {
    explain_error(call, answer, sqlstate, err);
    return false;
  }
  arena_init(&arena, PLAN_BYTES_MAX);
  const bool good = plan_read(&plan, &arena, answer->json, err);
  if (good) {
    summary_fill(call, &plan, answer);
    nodes_fill(call, &plan);
    relations_fill(call, answer->relations);
  }
  if (good && plan.left_out > 0)
    sample_note(call->sample, nodes.id, NULL, "%zu of %zu nodes shown", plan.count,
                plan.count + plan.left_out);
  if (good && plan.queries == 0)
    sample_note(call->sample, nodes.id, NULL, "a rule leaves nothing of the statement to run");
  if (good && plan.queries > 1)
    sample_note(call->sample, nodes.id, NULL, "rules make %zu queries of the statement",
                plan.queries);
  arena_fini(&arena);
  return good;
}

static const struct postgres_page own = {
    .queries =
        (const struct postgres_page_query[]){
            {.make = session_make, .read = session_read},
            {.make = extension_make, .read = extension_read},
            {.make = statement_make, .read = statement_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .statement = statement,
    .planned = planned,
    .forget = memory_forget,
};

const struct page page_postgres_plan = {
    .spec = {.id = "postgres.plan",
             .kind = "postgres",
             .row_of = POSTGRES_STATEMENTS_TABLE,
             .also_of = POSTGRES_SESSIONS_TABLE,
             .about = about,
             .named = true,
             .title = "Plan",
             .question = "How does the server run it, and what is costly?",
             .cost = "1 login and EXPLAIN every 30s; the statement is not run",
             .costly = true,
             .interval_ms = 30000,
             .timeout_ms = 10000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
