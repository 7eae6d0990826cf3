#include "collectors/postgres/postgres_replication.h"

#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Time for the answer after half of wal_receiver_timeout, at most; time in which a standby may
 * search for its primary before that is critical. */
static const double ANSWER_SECONDS = 10, SEARCH_SECONDS = 30;

static void say(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends to a text. */
static void say(char *out, size_t size, const char *format, ...) {
  size_t used = strlen(out);
  va_list args;
  va_start(args, format);
  vsnprintf(out + used, size - used, format, args);
  va_end(args);
}

/* ---- a standby */

/* Without permission or on an old server the setting is not known: a standby that has streamed is
 * expected to stream. */
static bool wants_to_stream(const struct postgres_standby *standby,
                            const struct postgres_memory *memory) {
  if (standby->has_primary != POSTGRES_NOT_KNOWN)
    return standby->has_primary == POSTGRES_YES;
  return standby->receiver || standby->has_received || memory->contact > 0;
}

static bool is_streaming(const struct postgres_standby *standby) {
  return standby->receiver && (!*standby->status || strcmp(standby->status, "streaming") == 0);
}

static bool is_silent(const struct postgres_standby *standby) {
  double timeout = standby->patience > 0 ? standby->patience : 60;
  double answer = timeout / 4 < ANSWER_SECONDS ? timeout / 4 : ANSWER_SECONDS;
  return standby->contact_age > timeout / 2 + answer;
}

/* The time since the loss is that of the primary's last message, otherwise only the watched time.
 * In a single collection a recent replayed commit is an upper bound; an old one says nothing,
 * because an idle primary makes it old on any standby. */
static void judge_cut_off(const struct postgres_standby *standby, double uptime, double watched,
                          bool advances, struct postgres_standby_verdict *verdict) {
  char age[FORMAT_MAX];
  double since = verdict->contact_age, replayed = standby->replayed_age;
  bool archive = advances && standby->has_archive != POSTGRES_NO;
  bool recent =
      (uptime >= 0 && uptime < SEARCH_SECONDS) || (replayed >= 0 && replayed < SEARCH_SECONDS);
  verdict->cut_off = true;
  verdict->lag_bytes = POSTGRES_UNKNOWN;
  verdict->no_lag = "not receiving WAL";
  if (since > verdict->lag_seconds)
    verdict->lag_seconds = since;
  else if (since < 0 && verdict->lag_seconds <= 0) /* all that it has received */
    verdict->lag_seconds = watched > 0 ? watched : POSTGRES_UNKNOWN;
  verdict->severity = SEVERITY_CRIT;
  if (archive || (since >= 0 ? since < SEARCH_SECONDS : recent && watched < SEARCH_SECONDS))
    verdict->severity = SEVERITY_WARN;
  say(verdict->reason, sizeof verdict->reason, "not receiving WAL");
  if (since >= 0 || watched > 0)
    say(verdict->reason, sizeof verdict->reason, " for %s%s", since >= 0 ? "" : "at least ",
        format_duration(age, sizeof age, since >= 0 ? since : watched));
  if (archive)
    say(verdict->reason, sizeof verdict->reason, ", but replaying it from the archive");
  if (since >= 0)
    say(verdict->reason, sizeof verdict->reason, ", replay lag at least %s",
        format_duration(age, sizeof age, verdict->lag_seconds));
  else if (replayed >= 0)
    say(verdict->reason, sizeof verdict->reason, "; last replayed commit %s ago",
        format_duration(age, sizeof age, replayed));
}

static void judge_paused(struct postgres_standby_verdict *verdict) {
  char lag[FORMAT_MAX];
  say(verdict->reason, sizeof verdict->reason, "%sreplay is paused", *verdict->reason ? "; " : "");
  if (!verdict->cut_off && verdict->lag_seconds > 0)
    say(verdict->reason, sizeof verdict->reason, ", replay lag %s",
        format_duration(lag, sizeof lag, verdict->lag_seconds));
  verdict->severity = severity_worse(verdict->severity, SEVERITY_WARN);
}

void postgres_standby_judge(const struct postgres_standby *standby, double clock, double uptime,
                            struct postgres_memory *memory,
                            struct postgres_standby_verdict *verdict) {
  bool streams = is_streaming(standby), wants = wants_to_stream(standby, memory);
  bool advances = memory->replayed > 0 && standby->replayed > memory->replayed;
  *verdict = (struct postgres_standby_verdict){.contact_age = standby->contact_age,
                                               .replayed_age = standby->replayed_age,
                                               .lag_seconds = standby->replay_seconds,
                                               .lag_bytes = standby->replay_bytes,
                                               .no_lag = "nothing replayed yet"};
  if (standby->contact_age >= 0)
    memory->contact = clock - standby->contact_age;
  else if (streams) /* the time is hidden from this role */
    memory->contact = clock;
  else if (memory->contact > 0)
    verdict->contact_age = clock > memory->contact ? clock - memory->contact : 0;
  bool cut_off = wants && (!streams || is_silent(standby));
  if (cut_off && (memory->cut_off <= 0 || memory->cut_off > clock))
    memory->cut_off = clock;
  else if (!cut_off)
    memory->cut_off = 0;
  if (cut_off) {
    judge_cut_off(standby, uptime, clock - memory->cut_off, advances, verdict);
  } else if (!wants) {
    verdict->archive_only = true;
    verdict->lag_bytes = verdict->lag_seconds = POSTGRES_UNKNOWN;
    verdict->no_lag = standby->has_primary == POSTGRES_NO
                          ? "recovers from an archive"
                          : "needs pg_monitor to see the source of the WAL";
  }
  if (standby->paused)
    judge_paused(verdict);
  verdict->stage = cut_off                     ? "receiving"
                   : standby->paused           ? "replaying, which is paused"
                   : standby->replay_bytes > 0 ? "replaying"
                                               : NULL;
  memory->replayed = standby->replayed > 0 ? standby->replayed : 0;
}

/* ---- replicas */

static bool row_has(const struct postgres_replica_rows *rows, const char *key) {
  for (size_t i = 0; i < rows->count; i++)
    if (strcmp(rows->items[i].key, key) == 0)
      return true;
  return false;
}

/* "slot NAME", or "NAME@10.0.0.7", the second of them "NAME@10.0.0.7 #2". */
static void key_of(const struct postgres_replica *replica, const struct postgres_replica_rows *rows,
                   char *out, size_t size) {
  if (*replica->slot) {
    snprintf(out, size, "slot %s", replica->slot);
    return;
  }
  snprintf(out, size, "%s@%s", replica->name, replica->client);
  size_t plain = strlen(out);
  for (int nth = 2; row_has(rows, out) && nth <= POSTGRES_REPLICAS_MAX; nth++)
    snprintf(out + plain, size - plain, " #%d", nth);
}

static struct postgres_remembered *remembered(struct postgres_memory *memory, const char *key) {
  for (size_t i = 0; i < memory->count; i++)
    if (strcmp(memory->replicas[i].key, key) == 0)
      return &memory->replicas[i];
  return NULL;
}

static void remember(struct postgres_memory *memory, const struct postgres_replica_row *row,
                     double clock, double stuck) {
  struct postgres_remembered *own = remembered(memory, row->key);
  if (!own && memory->count < POSTGRES_REPLICAS_MAX)
    own = &memory->replicas[memory->count++];
  if (!own)
    return;
  memcpy(own->key, row->key, sizeof own->key);
  own->stuck = stuck;
  own->last = row->replica;
  own->seen = clock;
}

static double since(double clock, const struct postgres_remembered *own) {
  return clock > own->seen ? clock - own->seen : 0;
}

static void judge_inactive(const struct postgres_replica *replica,
                           const struct postgres_remembered *own, double clock,
                           struct postgres_replica_row *row) {
  char time[FORMAT_MAX], kept[FORMAT_MAX];
  double age = own ? since(clock, own) : replica->inactive_age;
  row->severity = SEVERITY_WARN;
  say(row->reason, sizeof row->reason, own ? "disconnected" : "slot inactive");
  if (age >= 0)
    say(row->reason, sizeof row->reason, " for %s", format_duration(time, sizeof time, age));
  if (replica->kept_bytes >= 0)
    say(row->reason, sizeof row->reason, ", %s %s of WAL", own ? "its slot retains" : "retains",
        format_value(kept, sizeof kept, value_int(replica->kept_bytes), UNIT_BYTES, false));
}

static void judge_silent(struct postgres_replica_row *row) {
  struct postgres_replica *replica = &row->replica;
  char time[FORMAT_MAX];
  if (replica->reply_age < POSTGRES_REPLY_WARN_S)
    return;
  row->severity = replica->reply_age >= POSTGRES_REPLY_CRIT_S ? SEVERITY_CRIT : SEVERITY_WARN;
  say(row->reason, sizeof row->reason, "no reply for %s, so its lag is at least that long",
      format_duration(time, sizeof time, replica->reply_age));
  if (replica->lag_seconds < replica->reply_age)
    replica->lag_seconds = replica->reply_age;
}

/* Since when there is WAL that it has not begun to replay; 0: there is none, or not known. Raises
 * its lag to what has passed since then at its last reply. */
static double stuck_since(struct postgres_replica *replica, struct postgres_memory *memory,
                          const char *key, double clock) {
  const struct postgres_remembered *own = remembered(memory, key);
  if (replica->lag_bytes <= 0 || replica->replayed < 0)
    return 0;
  if (!own || own->stuck <= 0 || own->stuck > clock || own->last.replayed != replica->replayed)
    return clock;
  const double least = clock - own->stuck - replica->reply_age;
  if (replica->reply_age >= 0 && least > replica->lag_seconds)
    replica->lag_seconds = least;
  return own->stuck;
}

static void count_lag(const struct postgres_replica *replica, struct postgres_replica_rows *rows) {
  const bool longer = replica->lag_seconds > rows->lag_seconds;
  const bool worst = longer || (rows->lag_seconds < 0 && replica->lag_bytes > rows->lag_bytes);
  rows->replicas++;
  if (worst)
    rows->stage[0] = '\0';
  if (worst && *replica->stage)
    snprintf(rows->stage, sizeof rows->stage, "%s on %s", replica->stage, replica->name);
  if (replica->lag_bytes > rows->lag_bytes)
    rows->lag_bytes = replica->lag_bytes;
  if (longer)
    rows->lag_seconds = replica->lag_seconds;
}

static void add_told(const struct postgres_replica *replica, double clock,
                     struct postgres_memory *memory, struct postgres_replica_rows *rows) {
  struct postgres_replica_row *row = &rows->items[rows->count];
  *row = (struct postgres_replica_row){.replica = *replica, .severity = SEVERITY_OK};
  key_of(replica, rows, row->key, sizeof row->key);
  if (replica->connected && replica->replays) {
    judge_silent(row);
    if (!replica->logical)
      remember(memory, row, clock, stuck_since(&row->replica, memory, row->key, clock));
    count_lag(&row->replica, rows);
  } else if (!replica->connected) {
    const struct postgres_remembered *own = remembered(memory, row->key);
    judge_inactive(replica, own, clock, row);
    if (own) {
      memcpy(row->replica.name, own->last.name, sizeof row->replica.name);
      memcpy(row->replica.client, own->last.client, sizeof row->replica.client);
    }
  }
  rows->count++;
}

static void add_gone(const struct postgres_remembered *own, double clock,
                     struct postgres_replica_rows *rows) {
  char time[FORMAT_MAX];
  struct postgres_replica_row *row = &rows->items[rows->count++];
  *row = (struct postgres_replica_row){.replica = own->last, .severity = SEVERITY_WARN};
  memcpy(row->key, own->key, sizeof row->key);
  row->replica.connected = false;
  row->replica.state[0] = row->replica.sync[0] = '\0';
  row->replica.lag_bytes = row->replica.kept_bytes = POSTGRES_UNKNOWN;
  row->replica.lag_seconds = POSTGRES_UNKNOWN;
  snprintf(row->reason, sizeof row->reason, "disconnected for %s",
           format_duration(time, sizeof time, since(clock, own)));
}

static void forget_old(struct postgres_memory *memory, double clock, double forget_after) {
  size_t kept = 0;
  for (size_t i = 0; i < memory->count; i++)
    if (since(clock, &memory->replicas[i]) < forget_after)
      memory->replicas[kept++] = memory->replicas[i];
  memory->count = kept;
}

void postgres_replicas_judge(const struct postgres_replicas *replicas, double clock,
                             double forget_after, struct postgres_memory *memory,
                             struct postgres_replica_rows *rows) {
  rows->count = 0;
  rows->total = replicas->total;
  rows->replicas = 0;
  rows->lag_bytes = POSTGRES_UNKNOWN;
  rows->lag_seconds = POSTGRES_UNKNOWN;
  rows->stage[0] = '\0';
  forget_old(memory, clock, forget_after);
  for (size_t i = 0; i < replicas->count; i++)
    add_told(&replicas->items[i], clock, memory, rows);
  /* beyond the limit of the list, a missing one may still exist */
  for (size_t i = 0; replicas->total <= (int64_t)replicas->count && i < memory->count; i++)
    if (!row_has(rows, memory->replicas[i].key))
      add_gone(&memory->replicas[i], clock, rows);
}
