#include "collectors/postgres/postgres_judge.h"
#include "collectors/postgres/postgres_table.h"

#include "clients/postgres/pg_text.h"
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/statement.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static const char needs_right[] = POSTGRES_NEEDS_RIGHT;

static struct value count_or(int64_t count, const char *reason) {
  return count >= 0 ? value_int(count) : value_none(reason);
}

static struct value seconds_or(double seconds, const char *reason) {
  return seconds >= 0 ? value_real(seconds) : value_none(reason);
}

static struct value text_or_none(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

/* A name from the server, in whatever encoding it was written. */
static struct value name_or_none(struct sample *sample, const char *name, const char *encoding) {
  char text[4 * 1024]; /* an application_name has 63 bytes, but a pooler may report more */
  if (!name)
    return value_none(NULL);
  pg_name_utf8(name, encoding, text, sizeof text);
  return text_or_none(sample, text);
}

/* ---- the summary */

/* Without possible parallel workers: a lower bound. */
static int64_t used_at_least(const struct postgres_activity *activity) {
  return activity->doubtful > 0 && activity->used > activity->doubtful
             ? activity->used - activity->doubtful
             : activity->used;
}

static struct value ratio_of(int64_t used, int64_t limit) {
  if (used < 0)
    return value_none("not known");
  return limit > 0 ? value_real((double)used / (double)limit)
                   : value_none("all connections are reserved");
}

static void fill_connections(const struct postgres_activity *activity, struct row *row) {
  int64_t used = used_at_least(activity), limit = POSTGRES_UNKNOWN;
  if (activity->max_connections >= 0 && activity->reserved >= 0)
    limit = activity->max_connections - activity->reserved;
  row->cells[SUMMARY_USED] = count_or(used, "not known");
  row->cells[SUMMARY_LIMIT] = count_or(limit, "not known");
  row->cells[SUMMARY_RATIO] = ratio_of(used, limit);
  if (used < activity->used) {
    row->cells[SUMMARY_USED] = value_at_least(row->cells[SUMMARY_USED]);
    row->cells[SUMMARY_RATIO] = value_at_least(row->cells[SUMMARY_RATIO]);
  }
}

/* Who has most of the connections: what a full server is about. */
static void fill_mostly(const struct postgres_sessions *sessions, struct sample *sample,
                        struct row *row) {
  size_t most = 0, idle = 0;
  const char *user = NULL;
  row->cells[SUMMARY_MOSTLY] = value_none("not all sessions are listed");
  if (!sessions || sessions->total > (int64_t)sessions->count)
    return;
  for (size_t i = 0; i < sessions->count; i++) {
    const struct postgres_session *one = &sessions->items[i];
    size_t count = 0, resting = 0;
    for (size_t j = 0; one->user && j < sessions->count; j++) {
      const struct postgres_session *other = &sessions->items[j];
      if (!other->user || strcmp(other->user, one->user) != 0)
        continue;
      count++;
      resting += other->state && strcmp(other->state, "idle") == 0;
    }
    if (count <= most)
      continue;
    most = count;
    idle = resting;
    user = one->user;
  }
  row->cells[SUMMARY_MOSTLY] =
      user ? value_text(sample_printf(sample, "%s: %zu, %zu idle", user, most, idle))
           : value_none(NULL);
}

static void fill_standby(const struct postgres_standby_verdict *standby, struct sample *sample,
                         struct row *row) {
  row->cells[SUMMARY_LAG_BYTES] = count_or(standby->lag_bytes, standby->no_lag);
  row->cells[SUMMARY_LAG_SECONDS] = seconds_or(standby->lag_seconds, standby->no_lag);
  row->cells[SUMMARY_LAG_STAGE] = text_or_none(sample, standby->stage);
  row->severity = standby->severity;
  if (*standby->reason)
    row->reason = sample_copy(sample, standby->reason);
}

static void fill_lag(const struct postgres_findings *findings, struct sample *sample,
                     struct row *row) {
  bool sees_all = findings->activity->sees_all;
  const struct postgres_replica_rows *replicas = findings->replicas;
  if (findings->standby) {
    fill_standby(findings->standby, sample, row);
  } else if (findings->activity->in_recovery || !replicas) {
    row->cells[SUMMARY_LAG_BYTES] = row->cells[SUMMARY_LAG_SECONDS] = value_none("not known");
  } else if (replicas->replicas > 0) {
    /* replay_lag is NULL while there is nothing to replay */
    row->cells[SUMMARY_LAG_BYTES] =
        count_or(replicas->lag_bytes, sees_all ? "not replaying" : needs_right);
    row->cells[SUMMARY_LAG_SECONDS] =
        seconds_or(replicas->lag_seconds, sees_all ? "nothing to replay" : needs_right);
    row->cells[SUMMARY_LAG_STAGE] = text_or_none(sample, replicas->stage);
  }
}

static void fill_summary(struct sample *sample, const struct postgres_findings *findings) {
  const struct postgres_activity *activity = findings->activity;
  struct postgres_summary_answer answer = {.found = findings};
  struct row *row = sample_row(sample, &sample->tables[0], "server", NULL);
  assert(row); /* the first row fits into any limit */
  /* if the states of some sessions are hidden, the count of the others is incomplete */
  if (activity->hidden > 0)
    answer.no_states = answer.no_waits = needs_right;
  else if (activity->disabled > 0)
    answer.no_states = "track_activities is off";
  if (findings->no_statistics)
    answer.no_statistics = sample_copy(sample, findings->no_statistics->text);
  figures_fill(sample, row->cells, &postgres_summary_figures, &answer, findings->rates);
  fill_connections(activity, row);
  fill_mostly(findings->sessions, sample, row);
  fill_lag(findings, sample, row);
  row->cells[SUMMARY_ROLE] = value_text(activity->in_recovery ? "standby" : "primary");
}

/* ---- the sessions */

/* "8123/1700000000.123456": a pid is reused, pid and start are not. */
static const char *key_of(struct sample *sample, const struct postgres_session *session) {
  if (session->stranger && session->pid == 0)
    return "prepared";
  char key[POSTGRES_SESSION_KEY_MAX];
  return sample_copy(
      sample, postgres_session_key_text(
                  key, (struct postgres_session_key){session->pid, session->backend_start_us}));
}

/* A query on one line, with single blanks. */
static const char *query_text(struct sample *sample, const char *escaped, const char *encoding) {
  char bytes[POSTGRES_QUERY_BYTES + 1], utf8[3 * POSTGRES_QUERY_BYTES + 1], text[sizeof utf8];
  char shown[sizeof utf8];
  size_t length = 0;
  pg_utf8(bytes, pg_unescape(escaped, bytes, sizeof bytes), encoding, utf8, sizeof utf8);
  statement_for_screen(shown, sizeof shown,
                       utf8); /* before lines are joined: a comment ends with one */
  const char *query = shown;
  for (; *query && length < sizeof text - 1; query++) {
    bool space = isspace((unsigned char)*query);
    if (!space)
      text[length++] = *query;
    else if (length > 0 && text[length - 1] != ' ')
      text[length++] = ' ';
  }
  return sample_text(sample, text, length);
}

static struct value blocked_by(struct sample *sample, const struct postgres_session *session) {
  const char *text = "";
  for (size_t i = 0; i < session->blocker_count; i++) {
    const char *comma = i ? ", " : "";
    text = session->blockers[i]
               ? sample_printf(sample, "%s%s%lld", text, comma, (long long)session->blockers[i])
               : sample_printf(sample, "%s%sprepared", text, comma);
  }
  return *text ? value_text(text) : value_none(NULL);
}

static void fill_ages(const struct postgres_session *session, struct row *row) {
  const char *hidden = session->hidden ? needs_right : NULL;
  bool active = session->state && strcmp(session->state, POSTGRES_STATE_ACTIVE) == 0;
  bool in_transaction = session->state && strncmp(session->state, "idle in", 7) == 0;
  row->cells[SESSION_QUERY_AGE] = seconds_or(active ? session->query_age : -1, hidden);
  row->cells[SESSION_IDLE_IN_TRANSACTION] =
      seconds_or(in_transaction ? session->state_age : -1, hidden);
  if (session->waiting)
    row->cells[SESSION_WAIT] = seconds_or(session->wait, "needs PostgreSQL 14");
  else
    row->cells[SESSION_WAIT] = value_none(hidden);
}

/* blind: why it may block others that are not visible; or NULL. cut: more may wait for it than are
 * counted. */
static void fill_harm(struct sample *sample, const struct postgres_session *session,
                      const char *blind, bool cut, struct row *row) {
  if (session->all == 0 && blind) {
    row->cells[SESSION_BLOCKS] = row->cells[SESSION_DIRECT] = row->cells[SESSION_BLOCKS_FOR] =
        value_none(blind);
  } else if (cut) {
    row->cells[SESSION_BLOCKS] = value_at_least(value_int((int64_t)session->all));
    row->cells[SESSION_DIRECT] = value_at_least(value_int((int64_t)session->direct));
    row->cells[SESSION_BLOCKS_FOR] = value_at_least(seconds_or(session->blocks_for, NULL));
  } else {
    row->cells[SESSION_BLOCKS] = value_int((int64_t)session->all);
    row->cells[SESSION_DIRECT] = value_int((int64_t)session->direct);
    row->cells[SESSION_BLOCKS_FOR] = seconds_or(session->all ? session->blocks_for : -1, NULL);
  }
  row->cells[SESSION_BLOCKED_BY] = blocked_by(sample, session);
  row->severity = session->severity;
  row->lasted_ms = session->lasted > 0 ? (int64_t)(session->lasted * 1000) : 0;
  if (*session->reason)
    row->reason = sample_copy(sample, session->reason);
}

static void fill_session(struct sample *sample, const struct postgres_session *session,
                         struct row *row) {
  const struct value untold = value_none(session->hidden ? needs_right : NULL);
  figures_fill(sample, row->cells, &postgres_session_figures, session, NULL);
  row->cells[SESSION_LABEL] =
      session->stranger && session->pid == 0
          ? value_text("prepared")
          : value_text(sample_printf(sample, "pid %lld", (long long)session->pid));
  row->cells[SESSION_USER] = name_or_none(sample, session->user, session->encoding);
  row->cells[SESSION_DATABASE] = name_or_none(sample, session->database, session->encoding);
  row->cells[SESSION_APPLICATION] = name_or_none(sample, session->application, session->encoding);
  row->cells[SESSION_WAIT_EVENT] =
      session->wait_type && session->wait_event
          ? value_text(sample_printf(sample, "%s: %s", session->wait_type, session->wait_event))
          : untold;
  row->cells[SESSION_QUERY] =
      session->query && *session->query && !session->hidden
          ? value_text(query_text(sample, session->query, session->encoding))
          : untold;
  row->cells[SESSION_BACKEND_START] =
      session->backend_start_us >= 0 ? value_int(session->backend_start_us / 1000) : untold;
  fill_ages(session, row);
}

static void fill_sessions(struct sample *sample, const struct postgres_findings *findings) {
  const struct postgres_sessions *sessions = findings->sessions;
  struct table *table = &sample->tables[1];
  /* the waits of hidden sessions are not visible: then no session is known to block none */
  const bool cut = postgres_waiters_are_cut(sessions);
  const char *blind = findings->activity->hidden > 0 ? needs_right
                      : cut                          ? "not all blocked sessions are examined"
                                                     : NULL;
  for (size_t i = 0; i < sessions->count; i++) {
    const struct postgres_session *session = &sessions->items[sessions->order[i]];
    const char *parent =
        session->parent >= 0 ? key_of(sample, &sessions->items[session->parent]) : NULL;
    struct row *row = sample_row(sample, table, key_of(sample, session), parent);
    if (!row)
      return;
    fill_session(sample, session, row);
    fill_harm(sample, session, blind, cut, row);
  }
  if (sessions->total > (int64_t)sessions->count || sessions->waiters > POSTGRES_WAITERS_MAX)
    table->truncated = true;
}

/* ---- the replicas */

static const char *type_of(const struct postgres_replica *replica) {
  if (replica->logical)
    return "logical";
  if (replica->replays)
    return "standby";
  return replica->connected ? "receiver" : "slot";
}

static const char *state_of(const struct postgres_replica *replica) {
  if (replica->connected)
    return replica->state;
  return replica->kept_bytes >= 0 ? "inactive" : "gone";
}

static void fill_replicas(struct sample *sample, const struct postgres_findings *findings) {
  struct table *table = &sample->tables[2];
  const char *hidden = findings->activity->sees_all ? NULL : needs_right;
  for (size_t i = 0; i < findings->replicas->count; i++) {
    const struct postgres_replica_row *found = &findings->replicas->items[i];
    const struct postgres_replica *replica = &found->replica;
    struct row *row = sample_row(sample, table, found->key, NULL);
    if (!row)
      return;
    const char *state = state_of(replica);
    const struct postgres_replica_answer answer = {replica, replica->connected ? hidden : NULL};
    figures_fill(sample, row->cells, &postgres_replica_figures, &answer, NULL);
    row->cells[REPLICA_NAME] = text_or_none(sample, *replica->name ? replica->name : replica->slot);
    row->cells[REPLICA_STATE] = *state ? text_or_none(sample, state) : value_none(hidden);
    row->cells[REPLICA_TYPE] = value_text(type_of(replica));
    row->severity = found->severity;
    if (*found->reason)
      row->reason = sample_copy(sample, found->reason);
  }
  table->truncated = findings->replicas->total > (int64_t)findings->replicas->count;
}

/* A part that could not be read: a missing permission is a note, everything else a fault. */
static void fill_failure(struct sample *sample, const char *table, const char *what,
                         const struct err *err) {
  if (!err)
    return;
  if (err->kind == ERR_DENIED)
    sample_note(sample, table, NULL, "no %s: %s", what, err->text);
  else
    sample_fault(sample, table, SEVERITY_UNKNOWN, "cannot read %s: %s", what, err->text);
}

static void fill_waiter_notes(struct sample *sample, const struct postgres_sessions *sessions) {
  const char *table = postgres_session_table.id;
  bool cut = false;
  for (size_t i = 0; i < sessions->count; i++)
    cut = cut || sessions->items[i].blockers_cut;
  if (sessions->waiters > POSTGRES_WAITERS_MAX)
    sample_note(sample, table, POSTGRES_SESSIONS_ID_BLOCKS,
                "at least %d sessions are blocked: of %lld that wait for locks, only the longest "
                "waiting are listed and counted",
                POSTGRES_WAITERS_MAX, (long long)sessions->waiters);
  if (cut)
    sample_note(sample, table, POSTGRES_SESSIONS_ID_BLOCKS,
                "at most %d blockers of each session are counted", POSTGRES_BLOCKERS_MAX);
}

static void fill_activity_notes(struct sample *sample, const struct postgres_activity *activity) {
  const char *sessions = postgres_session_table.id, *summary = postgres_summary_table.id;
  if (!activity->sees_all)
    sample_note(sample, sessions, NULL,
                "needs pg_monitor to see the states, queries and locks of other roles");
  if (used_at_least(activity) < activity->used)
    sample_note(sample, summary, postgres_summary_table.columns[SUMMARY_USED].id,
                "between %lld and %lld connections: needs pg_monitor to distinguish parallel "
                "workers from clients",
                (long long)used_at_least(activity), (long long)activity->used);
  if (activity->disabled > 0)
    sample_note(sample, sessions, NULL,
                "track_activities is off for %lld of %lld sessions: their states, times and "
                "queries are not known",
                (long long)activity->disabled, (long long)activity->used);
}

static void fill_notes(struct sample *sample, const struct postgres_findings *findings) {
  const struct postgres_sessions *found = findings->sessions;
  const char *sessions = postgres_session_table.id;
  fill_failure(sample, postgres_summary_table.id, "statistics", findings->no_statistics);
  fill_failure(sample, sessions, "sessions", findings->no_sessions);
  fill_failure(sample, postgres_summary_table.id, "the state of the standby", findings->no_standby);
  fill_failure(sample, postgres_replica_table.id, "replicas", findings->no_replicas);
  fill_activity_notes(sample, findings->activity);
  if (findings->pooled)
    sample_note(sample, NULL, NULL,
                "connected through a pooler: clients and process ids are those of its connections "
                "to the server; clients that wait there are not known here (for PgBouncer, add a "
                "target of the kind pgbouncer)");
  if (found && found->total > (int64_t)found->count)
    sample_note(sample, sessions, NULL, "%zu of %lld sessions are listed, the most harmful first",
                found->count, (long long)found->total);
  if (found)
    fill_waiter_notes(sample, found);
  if (findings->version_number < 140000 && findings->activity->waiting > 0)
    sample_note(sample, sessions, postgres_session_table.columns[SESSION_WAIT].id,
                "lock wait times need PostgreSQL 14; shown as an upper bound: the time since the "
                "query started");
}

static void fill_facts(struct sample *sample, const struct postgres_findings *findings) {
  const struct postgres_activity *activity = findings->activity;
  if (activity->started_us > 0)
    sample_fact(sample, FACT_START, sample_printf(sample, "%lld", (long long)activity->started_us));
  sample_fact(sample, FACT_ROLE, activity->in_recovery ? "standby" : "primary");
  sample_fact(sample, FACT_SERVER, findings->system);
  sample_fact(sample, FACT_HISTORY, findings->timeline);
}

void postgres_fill(struct sample *sample, const struct postgres_findings *findings) {
  fill_summary(sample, findings);
  if (findings->sessions)
    fill_sessions(sample, findings);
  if (findings->replicas)
    fill_replicas(sample, findings);
  fill_notes(sample, findings);
  fill_facts(sample, findings);
}
