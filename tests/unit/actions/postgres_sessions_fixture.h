/* The table of a PostgreSQL target's sessions, with the columns that its collector has, filled by
 * hand or from a server. */
#pragma once

#include "act_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum {
  COLUMN_SESSION,
  COLUMN_STATE,
  COLUMN_STATE_AGE,
  COLUMN_BLOCKS,
  COLUMN_BLOCKED_BY,
  COLUMN_TRANSACTION_AGE,
  COLUMN_QUERY_AGE,
  COLUMN_USER,
  COLUMN_DATABASE,
  COLUMN_APPLICATION,
  COLUMN_CLIENT,
  COLUMN_QUERY,
  COLUMN_PID,
  COLUMN_IDLE_IN_TRANSACTION,
  COLUMN_TYPE,
  COLUMN_QUERY_START,
  COLUMN_STATE_CHANGE,
  COLUMN_COUNT
};

static const struct column_spec session_columns[COLUMN_COUNT] = {
    [COLUMN_SESSION] = {.id = "session", .title = "SESSION"},
    [COLUMN_STATE] = {.id = "state", .title = "STATE"},
    [COLUMN_STATE_AGE] = {.id = "state_age", .title = "FOR", .unit = UNIT_SECONDS},
    [COLUMN_BLOCKS] = {.id = "blocks", .title = "BLOCKS", .unit = UNIT_COUNT},
    [COLUMN_BLOCKED_BY] = {.id = "blocked_by", .title = "BLOCKED BY"},
    [COLUMN_TRANSACTION_AGE] = {.id = "transaction_age", .title = "TXN", .unit = UNIT_SECONDS},
    [COLUMN_QUERY_AGE] = {.id = "query_age", .title = "RUNS", .unit = UNIT_SECONDS},
    [COLUMN_USER] = {.id = "user", .title = "USER"},
    [COLUMN_DATABASE] = {.id = "database", .title = "DATABASE"},
    [COLUMN_APPLICATION] = {.id = "application", .title = "APPLICATION"},
    [COLUMN_CLIENT] = {.id = "client", .title = "CLIENT"},
    [COLUMN_QUERY] = {.id = "query", .title = "QUERY"},
    [COLUMN_PID] = {.id = "pid", .title = "PID"},
    [COLUMN_IDLE_IN_TRANSACTION] = {.id = "idle_in_transaction",
                                    .title = "IDLE IN TXN",
                                    .unit = UNIT_SECONDS},
    [COLUMN_TYPE] = {.id = "type", .title = "TYPE"},
    [COLUMN_QUERY_START] = {.id = "query_start", .title = "QUERY STARTED"},
    [COLUMN_STATE_CHANGE] = {.id = "state_change", .title = "STATE CHANGED"},
};

static const struct table_spec session_table = {.id = "sessions",
                                                .title = "Sessions",
                                                .flags = TABLE_UNFOLDED,
                                                .columns = session_columns,
                                                .column_count = COLUMN_COUNT};
static const struct table_spec *const session_tables[] = {&session_table};

static const struct option session_options[] = {{.name = "dsn", .type = OPTION_SECRET, .help = ""}};
static const struct target_kind session_kind = {.kind = "postgres",
                                                .key = "postgres",
                                                .title = "PostgreSQL",
                                                .options = session_options,
                                                .option_count = 1};

/* Whether a line of the plan is, or holds, that text. */
static inline bool plan_says(const struct plan *plan, enum plan_part part, const char *text) {
  for (size_t i = 0; i < plan->text_count; i++)
    if (plan->texts[i].part == part && strstr(plan->texts[i].text, text))
      return true;
  return false;
}

static inline void assert_says(const struct plan *plan, enum plan_part part, const char *text) {
  if (plan_says(plan, part, text))
    return;
  for (size_t i = 0; i < plan->text_count; i++)
    print_message("%s: %s\n", plan_part_title(plan->texts[i].part), plan->texts[i].text);
  fail_msg("the plan does not say under \"%s\": %s", plan_part_title(part), text);
}
