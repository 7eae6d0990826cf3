#include "collectors/postgres/postgres_queries.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool shape_check(const struct pg_rows *rows, size_t columns, bool one_row, struct err *err) {
  if (rows->columns == columns && (!one_row || rows->rows == 1))
    return true;
  return err_set(err, ERR_PROTOCOL, "unexpected answer: %zu rows with %zu columns instead of %zu",
                 rows->rows, rows->columns, columns);
}

/* NULL and negative numbers are UNKNOWN, a number that is too large is the largest; good becomes
 * false if the text is not a number. */
static int64_t read_count(const char *cell, bool *good) {
  if (!cell)
    return POSTGRES_UNKNOWN;
  char *end;
  long long number = strtoll(cell, &end, 10); /* saturates */
  if (end == cell || *end)
    *good = false;
  return *good && number >= 0 ? number : POSTGRES_UNKNOWN;
}

static double read_seconds(const char *cell, bool *good) {
  if (!cell)
    return POSTGRES_UNKNOWN;
  char *end;
  double number = strtod(cell, &end); /* "infinity" and "nan" are UNKNOWN */
  if (end == cell || *end)
    *good = false;
  return *good && isfinite(number) && number >= 0 ? number : POSTGRES_UNKNOWN;
}

static bool read_bool(const char *cell, bool *good) {
  if (!cell || (strcmp(cell, "t") != 0 && strcmp(cell, "f") != 0))
    *good = false;
  return *good && *cell == 't';
}

/* A word of the server; "" for NULL. */
static void read_short(const char *cell, char *out, size_t size) {
  snprintf(out, size, "%s", cell ? cell : "");
}

static bool sense(bool good, struct err *err) {
  return good || err_set(err, ERR_PROTOCOL, "unexpected answer: a value is not a number");
}

bool postgres_activity_read(const struct pg_rows *rows, struct postgres_activity *activity,
                            struct err *err) {
  if (!shape_check(rows, ACTIVITY_COLUMN_COUNT, true, err))
    return false;
  const char *const *cell = rows->cells;
  bool good = true;
  *activity = (struct postgres_activity){
      .max_connections = read_count(cell[ACTIVITY_MAX_CONNECTIONS], &good),
      .reserved = read_count(cell[ACTIVITY_RESERVED], &good),
      .used = read_count(cell[ACTIVITY_USED], &good),
      .hidden = read_count(cell[ACTIVITY_HIDDEN], &good),
      .active = read_count(cell[ACTIVITY_ACTIVE], &good),
      .idle = read_count(cell[ACTIVITY_IDLE], &good),
      .idle_in_transaction = read_count(cell[ACTIVITY_IDLE_IN_TRANSACTION], &good),
      .aborted = read_count(cell[ACTIVITY_ABORTED], &good),
      .other = read_count(cell[ACTIVITY_OTHER], &good),
      .disabled = read_count(cell[ACTIVITY_DISABLED], &good),
      .waiting = read_count(cell[ACTIVITY_WAITING], &good),
      .longest_query = read_seconds(cell[ACTIVITY_LONGEST_QUERY], &good),
      .longest_transaction = read_seconds(cell[ACTIVITY_LONGEST_TRANSACTION], &good),
      .uptime = read_seconds(cell[ACTIVITY_UPTIME], &good),
      .pid = read_count(cell[ACTIVITY_PID], &good),
      .in_recovery = read_bool(cell[ACTIVITY_IN_RECOVERY], &good),
      .sees_all = read_bool(cell[ACTIVITY_SEES_ALL], &good),
      .started_us = read_count(cell[ACTIVITY_STARTED], &good),
      .doubtful = read_count(cell[ACTIVITY_DOUBTFUL], &good),
      .xmin_age = read_count(cell[ACTIVITY_XMIN_AGE], &good),
      .replicates = read_bool(cell[ACTIVITY_REPLICATES], &good),
  };
  return sense(good, err);
}

bool postgres_statistics_read(const struct pg_rows *rows, struct postgres_statistics *statistics,
                              struct err *err) {
  if (!shape_check(rows, STATISTICS_COLUMN_COUNT, true, err))
    return false;
  const char *const *cell = rows->cells;
  bool good = true;
  *statistics = (struct postgres_statistics){
      .clock = read_seconds(cell[STATISTICS_CLOCK], &good),
      .started = read_seconds(cell[STATISTICS_STARTED], &good),
      .commits = read_count(cell[STATISTICS_COMMITS], &good),
      .rollbacks = read_count(cell[STATISTICS_ROLLBACKS], &good),
      .hits = read_count(cell[STATISTICS_HITS], &good),
      .reads = read_count(cell[STATISTICS_READS], &good),
      .deadlocks = read_count(cell[STATISTICS_DEADLOCKS], &good),
      .temp_bytes = read_count(cell[STATISTICS_TEMP_BYTES], &good),
      .reset = read_seconds(cell[STATISTICS_RESET], &good),
      .xmin_age = read_count(cell[STATISTICS_XMIN_AGE], &good),
      .frozen_age = read_count(cell[STATISTICS_FROZEN_AGE], &good),
      .prepared = read_count(cell[STATISTICS_PREPARED], &good),
      .prepared_age = read_seconds(cell[STATISTICS_PREPARED_AGE], &good),
  };
  read_short(cell[STATISTICS_TIMELINE], statistics->timeline, sizeof statistics->timeline);
  return sense(good, err);
}

static enum postgres_known read_known(const char *cell, bool *good) {
  if (!cell)
    return POSTGRES_NOT_KNOWN;
  return read_bool(cell, good) ? POSTGRES_YES : POSTGRES_NO;
}

bool postgres_standby_read(const struct pg_rows *rows, struct postgres_standby *standby,
                           struct err *err) {
  if (!shape_check(rows, STANDBY_COLUMN_COUNT, true, err))
    return false;
  const char *const *cell = rows->cells;
  bool good = true;
  *standby = (struct postgres_standby){
      .receiver = read_bool(cell[STANDBY_RECEIVER], &good),
      .contact_age = read_seconds(cell[STANDBY_CONTACT_AGE], &good),
      .patience = read_seconds(cell[STANDBY_PATIENCE], &good),
      .has_primary = read_known(cell[STANDBY_HAS_PRIMARY], &good),
      .has_archive = read_known(cell[STANDBY_HAS_ARCHIVE], &good),
      .paused = read_bool(cell[STANDBY_PAUSED], &good),
      .replay_bytes = read_count(cell[STANDBY_REPLAY_BYTES], &good),
      .replay_seconds = read_seconds(cell[STANDBY_REPLAY_SECONDS], &good),
      .replayed_age = read_seconds(cell[STANDBY_REPLAYED_AGE], &good),
      .replayed = read_count(cell[STANDBY_REPLAYED], &good),
      .has_received = read_bool(cell[STANDBY_HAS_RECEIVED], &good),
  };
  read_short(cell[STANDBY_STATUS], standby->status, sizeof standby->status);
  read_short(cell[STANDBY_TIMELINE], standby->timeline, sizeof standby->timeline);
  return sense(good, err);
}

bool postgres_replicas_read(const struct pg_rows *rows, struct postgres_replicas *replicas,
                            struct err *err) {
  replicas->count = 0;
  replicas->total = 0;
  if (!shape_check(rows, REPLICAS_COLUMN_COUNT, false, err))
    return false;
  bool good = true;
  for (size_t row = 0; row < rows->rows && row < POSTGRES_REPLICAS_MAX; row++) {
    const char *const *cell = rows->cells + row * rows->columns;
    struct postgres_replica *replica = &replicas->items[replicas->count++];
    *replica = (struct postgres_replica){
        .connected = read_bool(cell[REPLICAS_CONNECTED], &good),
        .replays = read_known(cell[REPLICAS_REPLAYS], &good) == POSTGRES_YES,
        .logical = read_bool(cell[REPLICAS_LOGICAL], &good),
        .lag_bytes = read_count(cell[REPLICAS_LAG_BYTES], &good),
        .lag_seconds = read_seconds(cell[REPLICAS_LAG_SECONDS], &good),
        .kept_bytes = read_count(cell[REPLICAS_KEPT_BYTES], &good),
        .inactive_age = read_seconds(cell[REPLICAS_INACTIVE_AGE], &good),
        .reply_age = read_seconds(cell[REPLICAS_REPLY_AGE], &good),
        .replayed = read_count(cell[REPLICAS_REPLAYED], &good),
    };
    read_short(cell[REPLICAS_NAME], replica->name, sizeof replica->name);
    read_short(cell[REPLICAS_CLIENT], replica->client, sizeof replica->client);
    read_short(cell[REPLICAS_SLOT], replica->slot, sizeof replica->slot);
    read_short(cell[REPLICAS_STATE], replica->state, sizeof replica->state);
    read_short(cell[REPLICAS_SYNC], replica->sync, sizeof replica->sync);
    read_short(cell[REPLICAS_STAGE], replica->stage, sizeof replica->stage);
    replicas->total = read_count(cell[REPLICAS_TOTAL], &good);
  }
  if (!good)
    replicas->count = 0;
  return sense(good, err);
}

static bool has_blocker(const struct postgres_session *session, int64_t pid) {
  for (size_t i = 0; i < session->blocker_count; i++)
    if (session->blockers[i] == pid)
      return true;
  return false;
}

/* "812,813,812": pg_blocking_pids may name one twice. */
static void read_blockers(const char *list, struct postgres_session *session, bool *good) {
  while (list && *list) {
    if (session->blocker_count == POSTGRES_BLOCKERS_MAX) {
      session->blockers_cut = true;
      return;
    }
    char *end;
    long pid = strtol(list, &end, 10);
    if (end == list || pid < 0 || (*end && *end != ',')) {
      *good = false;
      return;
    }
    if (pid != session->pid && !has_blocker(session, pid))
      session->blockers[session->blocker_count++] = pid;
    list = *end ? end + 1 : NULL;
  }
}

/* Microseconds since 1970; "" for NULL. */
static void read_moment(const char *cell, char out[40], bool *good) {
  const int64_t us = read_count(cell, good);
  const time_t second = us / 1000000;
  struct tm moment;
  char text[24];
  *out = '\0';
  if (us >= 0 && gmtime_r(&second, &moment) &&
      strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &moment) > 0)
    snprintf(out, 40, "%s.%06d+00", text, (int)(us % 1000000));
}

static void read_session(const struct pg_rows *rows, size_t row, struct postgres_session *session,
                         bool *good) {
  const char *const *cell = rows->cells + row * rows->columns;
  *session = (struct postgres_session){
      .pid = read_count(cell[SESSIONS_PID], good),
      .backend_start_us = read_count(cell[SESSIONS_BACKEND_START], good),
      .type = cell[SESSIONS_TYPE],
      .user = cell[SESSIONS_USER],
      .database = cell[SESSIONS_DATABASE],
      .application = cell[SESSIONS_APPLICATION],
      .client = cell[SESSIONS_CLIENT],
      .state = cell[SESSIONS_STATE],
      .transaction_age = read_seconds(cell[SESSIONS_TRANSACTION_AGE], good),
      .query_age = read_seconds(cell[SESSIONS_QUERY_AGE], good),
      .state_age = read_seconds(cell[SESSIONS_STATE_AGE], good),
      .wait_type = cell[SESSIONS_WAIT_TYPE],
      .wait_event = cell[SESSIONS_WAIT_EVENT],
      .wait = read_seconds(cell[SESSIONS_WAIT], good),
      .xmin_age = read_count(cell[SESSIONS_XMIN_AGE], good),
      .leader = read_count(cell[SESSIONS_LEADER], good),
      .hidden = read_bool(cell[SESSIONS_HIDDEN], good),
      .query = cell[SESSIONS_QUERY],
      .encoding = cell[SESSIONS_ENCODING],
      .parent = -1,
  };
  read_moment(cell[SESSIONS_QUERY_START], session->query_start, good);
  read_moment(cell[SESSIONS_STATE_CHANGE], session->state_change, good);
  session->waiting = session->wait_type && strcmp(session->wait_type, "Lock") == 0;
  read_blockers(cell[SESSIONS_BLOCKERS], session, good);
}

bool postgres_sessions_read(const struct pg_rows *rows, struct postgres_sessions *sessions,
                            struct err *err) {
  sessions->count = 0;
  sessions->total = sessions->waiters = 0;
  if (!shape_check(rows, SESSIONS_COLUMN_COUNT, false, err))
    return false;
  bool good = true;
  for (size_t row = 0; row < rows->rows && row < POSTGRES_SESSIONS_MAX; row++)
    read_session(rows, row, &sessions->items[sessions->count++], &good);
  if (rows->rows > 0) {
    sessions->total = read_count(pg_cell(rows, 0, SESSIONS_TOTAL), &good);
    sessions->waiters = read_count(pg_cell(rows, 0, SESSIONS_WAITERS), &good);
  }
  if (!good)
    sessions->count = 0;
  return sense(good, err);
}

bool postgres_sessions_are_quiet(const struct postgres_sessions *sessions) {
  return sessions->waiters == 0 && sessions->total < POSTGRES_SESSIONS_MAX;
}

bool postgres_quiet_read(const struct pg_rows *rows, struct postgres_sessions *sessions,
                         bool *quiet, struct err *err) {
  *quiet = false;
  if (!postgres_sessions_read(rows, sessions, err))
    return false;
  sessions->total = (int64_t)sessions->count;
  sessions->waiters = 0;
  for (size_t i = 0; i < sessions->count; i++)
    sessions->waiters += sessions->items[i].waiting;
  *quiet = postgres_sessions_are_quiet(sessions);
  return true;
}
