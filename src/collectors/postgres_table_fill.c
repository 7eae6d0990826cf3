#include "collectors/postgres_table.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static const char needs_right[] = "needs pg_monitor";

static struct value count_or(int64_t count, const char *reason) {
  return count >= 0 ? value_int(count) : value_none(reason);
}

static struct value seconds_or(double seconds, const char *reason) {
  return seconds >= 0 ? value_real(seconds) : value_none(reason);
}

static struct value text_or_none(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

/* ---- the summary */

static void fill_connections(const struct postgres_activity *activity, struct row *row) {
  /* when some sessions' states are hidden, a count of the others is not the count */
  const char *hidden = activity->hidden > 0 ? needs_right : NULL;
  int64_t limit = activity->max_connections - activity->reserved;
  row->cells[SUMMARY_USED] = value_int(activity->used);
  row->cells[SUMMARY_RESERVED] = value_int(activity->reserved);
  row->cells[SUMMARY_LIMIT] = value_int(limit);
  row->cells[SUMMARY_RATIO] = limit > 0 ? value_real((double)activity->used / (double)limit)
                                        : value_none("every connection is reserved");
  row->cells[SUMMARY_UPTIME] = seconds_or(activity->uptime, "not known");
  row->cells[SUMMARY_ACTIVE] = hidden ? value_none(hidden) : value_int(activity->active);
  row->cells[SUMMARY_IDLE] = hidden ? value_none(hidden) : value_int(activity->idle);
  row->cells[SUMMARY_IDLE_IN_TRANSACTION] =
      hidden ? value_none(hidden) : value_int(activity->idle_in_transaction);
  row->cells[SUMMARY_ABORTED] = hidden ? value_none(hidden) : value_int(activity->aborted);
  row->cells[SUMMARY_WAITING] = hidden ? value_none(hidden) : value_int(activity->waiting);
  row->cells[SUMMARY_LONGEST_QUERY] = seconds_or(hidden ? -1 : activity->longest_query, hidden);
  row->cells[SUMMARY_LONGEST_TRANSACTION] =
      seconds_or(hidden ? -1 : activity->longest_transaction, hidden);
}

static void fill_lag(const struct postgres_statistics *statistics, bool in_recovery, bool sees_all,
                     struct row *row) {
  row->cells[SUMMARY_REPLICAS] = count_or(statistics->replicas, "not known");
  if (in_recovery) {
    row->cells[SUMMARY_LAG_BYTES] = count_or(statistics->replay_bytes, "nothing received yet");
    row->cells[SUMMARY_LAG_SECONDS] =
        seconds_or(statistics->replay_seconds, "nothing replayed yet");
  } else if (statistics->replicas > 0) {
    /* replay_lag is NULL while there is nothing to replay */
    row->cells[SUMMARY_LAG_BYTES] =
        count_or(statistics->replica_bytes, sees_all ? "not replaying" : needs_right);
    row->cells[SUMMARY_LAG_SECONDS] =
        seconds_or(statistics->replica_seconds, sees_all ? "nothing to replay" : needs_right);
  }
}

static void fill_statistics(const struct postgres_findings *findings, struct row *row) {
  const struct postgres_statistics *statistics = findings->statistics;
  if (statistics) {
    fill_lag(statistics, findings->activity->in_recovery, findings->activity->sees_all, row);
    row->cells[SUMMARY_XMIN_AGE] = count_or(statistics->xmin_age, NULL); /* nobody holds one */
    row->cells[SUMMARY_FROZEN_AGE] = count_or(statistics->frozen_age, "not known");
    row->cells[SUMMARY_PREPARED] = count_or(statistics->prepared, "not known");
    row->cells[SUMMARY_PREPARED_AGE] = seconds_or(statistics->prepared_age, NULL);
    return;
  }
  static const int columns[] = {SUMMARY_LAG_BYTES,   SUMMARY_LAG_SECONDS, SUMMARY_REPLICAS,
                                SUMMARY_XMIN_AGE,    SUMMARY_FROZEN_AGE,  SUMMARY_PREPARED,
                                SUMMARY_PREPARED_AGE};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    row->cells[columns[i]] = value_none(findings->no_statistics);
}

static void fill_rates(const struct postgres_rates *rates, const char *reason, struct row *row) {
  row->cells[SUMMARY_COMMITS] = rates ? value_real(rates->commits) : value_none(reason);
  row->cells[SUMMARY_ROLLBACKS] = rates ? value_real(rates->rollbacks) : value_none(reason);
  row->cells[SUMMARY_DEADLOCKS] = rates ? value_real(rates->deadlocks) : value_none(reason);
  row->cells[SUMMARY_TEMP_BYTES] = rates ? value_real(rates->temp_bytes) : value_none(reason);
  row->cells[SUMMARY_HIT_RATIO] =
      rates ? seconds_or(rates->hit_ratio, "no block was read") : value_none(reason);
}

static void fill_summary(struct sample *sample, const struct postgres_findings *findings) {
  struct row *row = sample_row(sample, &sample->tables[0], "server", NULL);
  assert(row); /* the first row fits into any ceiling */
  fill_connections(findings->activity, row);
  fill_statistics(findings, row);
  fill_rates(findings->rates, findings->no_rates, row);
  row->cells[SUMMARY_ROLE] = value_text(findings->activity->in_recovery ? "standby" : "primary");
  row->cells[SUMMARY_VERSION] = text_or_none(sample, findings->version);
}

/* ---- the sessions */

/* "8123/1700000000.123456": a pid is used again, pid and start are not. */
static const char *key_of(struct sample *sample, const struct postgres_session *session) {
  if (session->stranger && session->pid == 0)
    return "prepared";
  long long pid = (long long)session->pid, start = (long long)session->backend_start_us;
  if (start < 0)
    return sample_printf(sample, "%lld", pid);
  return sample_printf(sample, "%lld/%lld.%06lld", pid, start / 1000000, start % 1000000);
}

/* A query on one line, its white space made single. */
static const char *query_text(struct sample *sample, const char *query) {
  char text[4 * 1024 + 1];
  size_t length = 0;
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
  bool active = session->state && strcmp(session->state, "active") == 0;
  bool in_transaction = session->state && strncmp(session->state, "idle in", 7) == 0;
  row->cells[SESSION_STATE_AGE] = seconds_or(session->state_age, hidden);
  row->cells[SESSION_TRANSACTION_AGE] = seconds_or(session->transaction_age, hidden);
  row->cells[SESSION_QUERY_AGE] = seconds_or(active ? session->query_age : -1, hidden);
  row->cells[SESSION_IDLE_IN_TRANSACTION] =
      seconds_or(in_transaction ? session->state_age : -1, hidden);
  if (session->waiting)
    row->cells[SESSION_WAIT] = seconds_or(session->wait, "needs PostgreSQL 14");
  else
    row->cells[SESSION_WAIT] = value_none(hidden);
}

static void fill_harm(struct sample *sample, const struct postgres_session *session,
                      const char *blind, struct row *row) {
  if (session->all == 0 && blind) {
    row->cells[SESSION_BLOCKS] = row->cells[SESSION_DIRECT] = row->cells[SESSION_BLOCKS_FOR] =
        value_none(blind);
  } else {
    row->cells[SESSION_BLOCKS] = value_int((int64_t)session->all);
    row->cells[SESSION_DIRECT] = value_int((int64_t)session->direct);
    row->cells[SESSION_BLOCKS_FOR] = seconds_or(session->all ? session->blocks_for : -1, NULL);
  }
  row->cells[SESSION_BLOCKED_BY] = blocked_by(sample, session);
  row->severity = session->severity;
  if (*session->reason)
    row->reason = sample_copy(sample, session->reason);
}

/* Texts that are hidden from us say so. */
static struct value told(struct sample *sample, const struct postgres_session *session,
                         const char *text) {
  return session->hidden ? value_none(needs_right) : text_or_none(sample, text);
}

static void fill_session(struct sample *sample, const struct postgres_session *session,
                         struct row *row) {
  row->cells[SESSION_LABEL] =
      session->stranger && session->pid == 0
          ? value_text("prepared")
          : value_text(sample_printf(sample, "pid %lld", (long long)session->pid));
  row->cells[SESSION_PID] = value_int(session->pid);
  row->cells[SESSION_STATE] = told(sample, session, session->label);
  row->cells[SESSION_USER] = text_or_none(sample, session->user);
  row->cells[SESSION_DATABASE] = text_or_none(sample, session->database);
  row->cells[SESSION_APPLICATION] = text_or_none(sample, session->application);
  row->cells[SESSION_CLIENT] = told(sample, session, session->client);
  row->cells[SESSION_TYPE] = told(sample, session, session->type);
  row->cells[SESSION_WAIT_EVENT] =
      session->wait_type && session->wait_event
          ? value_text(sample_printf(sample, "%s: %s", session->wait_type, session->wait_event))
          : told(sample, session, NULL);
  row->cells[SESSION_QUERY] = session->query && *session->query && !session->hidden
                                  ? value_text(query_text(sample, session->query))
                                  : told(sample, session, NULL);
  row->cells[SESSION_BACKEND_START] = session->backend_start_us >= 0
                                          ? value_int(session->backend_start_us / 1000)
                                          : value_none(session->hidden ? needs_right : NULL);
  row->cells[SESSION_QUERY_START] = told(sample, session, session->query_start);
  row->cells[SESSION_STATE_CHANGE] = told(sample, session, session->state_change);
  row->cells[SESSION_XMIN_AGE] = count_or(session->xmin_age, NULL);
  row->cells[SESSION_LEADER] = count_or(session->leader, NULL);
  fill_ages(session, row);
}

static void fill_sessions(struct sample *sample, const struct postgres_findings *findings) {
  const struct postgres_sessions *sessions = findings->sessions;
  struct table *table = &sample->tables[1];
  /* who waits is not told of hidden sessions: then nobody is known to block nobody */
  const char *blind = findings->activity->hidden > 0 ? needs_right : NULL;
  for (size_t i = 0; i < sessions->count; i++) {
    const struct postgres_session *session = &sessions->items[sessions->order[i]];
    const char *parent =
        session->parent >= 0 ? key_of(sample, &sessions->items[session->parent]) : NULL;
    struct row *row = sample_row(sample, table, key_of(sample, session), parent);
    if (!row)
      return;
    fill_session(sample, session, row);
    fill_harm(sample, session, blind, row);
  }
  if (sessions->cut || findings->activity->waiting > POSTGRES_WAITERS_MAX)
    table->truncated = true;
}

static void fill_notes(struct sample *sample, const struct postgres_findings *findings) {
  const char *sessions = postgres_session_table.id;
  if (!findings->activity->sees_all)
    sample_note(sample, sessions, NULL,
                "needs pg_monitor to see the states, queries and locks of other roles");
  if (findings->pooled)
    sample_note(sample, NULL, NULL,
                "a pooler stands in front: clients and process ids are those of its own "
                "connections to the server");
  if (findings->no_statistics)
    sample_note(sample, postgres_summary_table.id, NULL, "no statistics: %s",
                findings->no_statistics);
  if (findings->no_sessions)
    sample_note(sample, sessions, NULL, "no sessions: %s", findings->no_sessions);
  if (findings->sessions && findings->sessions->cut)
    sample_note(sample, sessions, NULL, "only %d sessions are listed, those that do harm first",
                POSTGRES_SESSIONS_MAX);
  if (findings->activity->waiting > POSTGRES_WAITERS_MAX)
    sample_note(sample, sessions, "blocks",
                "of %lld sessions that wait for locks, the %d that wait longest are listed and "
                "counted as blocked",
                (long long)findings->activity->waiting, POSTGRES_WAITERS_MAX);
  if (findings->version_number < 140000 && findings->activity->waiting > 0)
    sample_note(sample, sessions, "wait",
                "needs PostgreSQL 14 to tell how long a lock is waited "
                "for: at the most since the query began");
}

void postgres_fill(struct sample *sample, const struct postgres_findings *findings) {
  fill_summary(sample, findings);
  if (findings->sessions)
    fill_sessions(sample, findings);
  fill_notes(sample, findings);
}
