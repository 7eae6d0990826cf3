/* Shared by the PostgreSQL collector and the PostgreSQL actions: ids of tables and columns, values
 * of cells, and keys of rows. A changed name changes for both; a missing one does not compile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tree: each session below the one that it waits for. A survey's table of sessions has the same
 * ids. */
#define POSTGRES_SESSIONS_TABLE "sessions"
#define POSTGRES_SESSIONS_ID_SESSION "session" /* "pid 8123" */
#define POSTGRES_SESSIONS_ID_STATE "state"     /* POSTGRES_STATE_...; else the type */
#define POSTGRES_SESSIONS_ID_STATE_AGE "state_age"
#define POSTGRES_SESSIONS_ID_BLOCKS "blocks"
#define POSTGRES_SESSIONS_ID_BLOCKED_BY "blocked_by" /* "8123, 8124" */
#define POSTGRES_SESSIONS_ID_TRANSACTION_AGE "transaction_age"
#define POSTGRES_SESSIONS_ID_USER "user"
#define POSTGRES_SESSIONS_ID_DATABASE "database"
#define POSTGRES_SESSIONS_ID_APPLICATION "application"
#define POSTGRES_SESSIONS_ID_CLIENT "client"
#define POSTGRES_SESSIONS_ID_QUERY "query"
#define POSTGRES_SESSIONS_ID_PID "pid" /* 0: a prepared transaction */
#define POSTGRES_SESSIONS_ID_TYPE "type"
#define POSTGRES_SESSIONS_ID_QUERY_START "query_start"
#define POSTGRES_SESSIONS_ID_STATE_CHANGE "state_change"

/* Settings that are not the default, by name (the page postgres.settings). */
#define POSTGRES_SETTINGS_TABLE "settings"

/* Tables, by oid (the page postgres.tables). Their first cell is the name with its schema, as SQL
 * quotes it. */
#define POSTGRES_TABLES_TABLE "tables"
/* Indexes, likewise (the pages postgres.indexes and postgres.table); the second cell is what is
 * wrong with it. */
#define POSTGRES_INDEXES_TABLE "indexes"
#define POSTGRES_INDEX_INVALID "invalid"
enum { POSTGRES_INDEXES_NAME, POSTGRES_INDEXES_PROBLEM };

/* Statements of pg_stat_statements (the page postgres.statements). */
#define POSTGRES_STATEMENTS_TABLE "statements"

#define POSTGRES_STATE_ACTIVE "active"
#define POSTGRES_STATE_IDLE "idle"
#define POSTGRES_STATE_IDLE_IN_TRANSACTION "idle in txn"
#define POSTGRES_STATE_ABORTED "aborted txn"
#define POSTGRES_TYPE_CLIENT "client backend"

/* The key of a session: its pid and its start, to the microsecond: "8123/1700000000.012345". */
enum { POSTGRES_SESSION_KEY_MAX = 48 };
struct postgres_session_key {
  int64_t pid;
  int64_t start_us; /* since 1970; -1: not known, then the key is the pid alone */
};
/* Returns out. */
const char *postgres_session_key_text(char out[POSTGRES_SESSION_KEY_MAX],
                                      struct postgres_session_key key);
/* False, without a result, for a text that is not the key of a session. */
bool postgres_session_key_read(const char *text, struct postgres_session_key *key);

/* The key of a statement: "queryid/userid/dbid/top", the last word is "nested" within functions. */
enum { POSTGRES_STATEMENT_KEY_MAX = 96 };
struct postgres_statement_key {
  int64_t queryid;
  int64_t user_id, database_id; /* -1: any, then the key is the queryid alone */
  bool nested;
};
/* Returns out. */
const char *postgres_statement_key_text(char out[POSTGRES_STATEMENT_KEY_MAX],
                                        struct postgres_statement_key key);
/* False, without a result, for a text that is not the key of a statement. */
bool postgres_statement_key_read(const char *text, struct postgres_statement_key *key);
/* The first half of the queryid, as the tables show it: "0001f2ab". */
bool postgres_statement_half_read(const char *text, int64_t *half);
