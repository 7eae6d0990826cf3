/* The meaning of a group's sums and tallies, as a sentence. The first that applies counts. */
#include "collectors/kafka/kafka_view.h"

#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct kafka_group_view *view, enum severity severity, const char *status,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void say(struct kafka_group_view *view, enum severity severity, const char *status,
                const char *format, ...) {
  view->severity = severity;
  snprintf(view->status, sizeof view->status, "%s", status);
  va_list args;
  va_start(args, format);
  vsnprintf(view->reason, sizeof view->reason, format, args);
  va_end(args);
}

static void status_only(struct kafka_group_view *view, const char *status) {
  snprintf(view->status, sizeof view->status, "%s", status);
}

struct figures {
  char lag[FORMAT_MAX], flat[FORMAT_MAX];
};

static void figures_of(const struct kafka_tally *tally, struct figures *text) {
  format_count(text->lag, sizeof text->lag, tally->lag);
  format_duration(text->flat, sizeof text->flat, (double)tally->flat_ms / 1000);
}

/* Over the whole window, because the log may grow in bursts. */
static bool is_growing(const struct kafka_tally *tally) {
  return tally->grown > 0;
}

/* ", growing +84/s", or ", grown by 120" without a current rate; "" if it does not grow. */
static const char *growth(const struct kafka_tally *tally, const char *verb, char *out,
                          size_t size) {
  char text[FORMAT_MAX];
  out[0] = '\0';
  if (!is_growing(tally))
    return out;
  if (tally->rate > KAFKA_RATE_MIN)
    snprintf(out, size, "%s %s", verb,
             format_value(text, sizeof text, value_real(tally->rate), UNIT_PER_SECOND, true));
  else
    snprintf(out, size, ", grown by %s", format_count(text, sizeof text, tally->grown));
  return out;
}

/* " (transactions/3 of 12)" if not all partitions of a group are affected; otherwise "". */
static const char *where(const struct kafka_group_view *view, const struct kafka_tally *tally,
                         char *out, size_t size) {
  if (tally->count == view->sum.partitions)
    out[0] = '\0';
  else if (tally->count == 1)
    snprintf(out, size, " on %.60s/%d", tally->worst_topic->name, tally->worst->share->partition);
  else
    snprintf(out, size, " on %zu of %zu partitions", tally->count, view->sum.partitions);
  return out;
}

static bool judge_unreadable(struct kafka_group_view *view) {
  const struct kafka_group *group = view->group;
  if (!group->error)
    return false;
  say(view, SEVERITY_UNKNOWN, group->denied ? "denied" : "unknown", "offsets not known: %.120s",
      group->error);
  return true;
}

/* Lost messages are critical even if the group has no members now. */
static bool judge_lost(struct kafka_group_view *view) {
  const struct kafka_tally *lost = &view->tallies[KAFKA_LOST];
  if (lost->count == 0)
    return false;
  char place[96], total[FORMAT_MAX + 48];
  bool nobody = !view->has_owners && view->group->state != KAFKA_GROUP_UNKNOWN;
  say(view, SEVERITY_CRIT, "lost data", "%s%s%s",
      format_counted(total, sizeof total, view->sum.lost, "message was deleted before it was read",
                     "messages were deleted before they were read"),
      where(view, lost, place, sizeof place), nobody ? "; no members" : "");
  return true;
}

/* "a transaction of billing open for 41s": whose and since when, as far as that is known. */
static const char *transaction_text(const struct kafka_tally *stall, char *out, size_t size) {
  const struct kafka_next *next = stall->held_by;
  char whose[64] = "", age[FORMAT_MAX];
  if (next && next->transactional_id)
    snprintf(whose, sizeof whose, " of %.40s", next->transactional_id);
  if (stall->held_ms >= 0)
    snprintf(out, size, "a transaction%s open for %s", whose,
             format_duration(age, sizeof age, (double)stall->held_ms / 1000));
  else
    snprintf(out, size, "an open transaction%s", whose);
  return out;
}

/* The members do what they should: they may not read beyond an open transaction. */
static bool judge_held(struct kafka_group_view *view) {
  const struct kafka_tally *stall = &view->tallies[KAFKA_STALL];
  if (stall->held == 0 || stall->held < stall->count)
    return false;
  struct figures text;
  char place[96], grows[FORMAT_MAX + 16], open[128], producer[48] = "";
  figures_of(stall, &text);
  view->lasted_ms = stall->flat_ms;
  if (stall->held_by && stall->held_by->transactional_id)
    snprintf(producer, sizeof producer, "; producer %lld", (long long)stall->held_by->producer);
  say(view, is_growing(stall) ? SEVERITY_CRIT : SEVERITY_WARN, "held back",
      "held back for %s%s by %s, not by its consumers: lag %s%s%s", text.flat,
      where(view, stall, place, sizeof place), transaction_text(stall, open, sizeof open), text.lag,
      growth(stall, "", grows, sizeof grows), producer);
  return true;
}

static bool judge_stall(struct kafka_group_view *view) {
  const struct kafka_tally *stall = &view->tallies[KAFKA_STALL];
  if (stall->count == 0)
    return false;
  struct figures text;
  char place[96], grows[FORMAT_MAX + 16], came[FORMAT_MAX];
  figures_of(stall, &text);
  view->lasted_ms = stall->flat_ms;
  where(view, stall, place, sizeof place);
  growth(stall, "", grows, sizeof grows);
  enum severity severity = is_growing(stall) ? SEVERITY_CRIT : SEVERITY_WARN;
  if (stall->blank == stall->count)
    say(view, severity, "stuck",
        "stuck for %s%s: members hold partitions but have never committed, %s messages arrived "
        "since",
        text.flat, place, format_count(came, sizeof came, stall->grown));
  else if (view->group->state == KAFKA_GROUP_UNKNOWN)
    say(view, SEVERITY_WARN, "stuck", "stuck for %s%s: no commits, lag %s%s", text.flat, place,
        text.lag, grows);
  else
    say(view, severity, "stuck",
        "stuck for %s%s: members hold partitions but commit nothing, lag %s%s", text.flat, place,
        text.lag, grows);
  return true;
}

static bool judge_stop(struct kafka_group_view *view) {
  const struct kafka_tally *stop = &view->tallies[KAFKA_STOP];
  if (stop->count == 0)
    return false;
  bool nobody = !view->has_owners;
  if (!is_growing(stop)) {
    if (nobody && kafka_sum_is_whole(&view->sum))
      status_only(view, "no members");
    return nobody && kafka_sum_is_whole(&view->sum);
  }
  struct figures text;
  char place[96], grows[FORMAT_MAX + 16];
  figures_of(stop, &text);
  if (nobody)
    say(view, SEVERITY_WARN, "no members", "no members, lag %s%s", text.lag,
        growth(stop, ", growing", grows, sizeof grows));
  else
    say(view, SEVERITY_WARN, "unassigned", "no member is assigned%s: lag %s%s",
        where(view, stop, place, sizeof place), text.lag,
        growth(stop, ", growing", grows, sizeof grows));
  return true;
}

static bool judge_moves(struct kafka_group_view *view) {
  const struct kafka_tally *ahead = &view->tallies[KAFKA_AHEAD];
  const struct kafka_tally *back = &view->tallies[KAFKA_REWIND];
  char place[96], lag[FORMAT_MAX];
  if (ahead->count > 0) {
    say(view, SEVERITY_WARN, "ahead",
        "committed offset beyond the end%s: the topic was recreated or truncated, or the offset is "
        "wrong",
        where(view, ahead, place, sizeof place));
    return true;
  }
  if (back->count > 0) {
    say(view, SEVERITY_WARN, "rewound", "committed offsets went back%s: %s messages to read again",
        where(view, back, place, sizeof place), format_count(lag, sizeof lag, back->lag));
    return true;
  }
  return false;
}

/* Messages per second that are written to the partitions of a member. */
static double work_of(const struct kafka_group_view *view, int32_t owner) {
  double sum = 0;
  for (size_t i = 0; i < view->group->share_count; i++)
    if (view->parts[i].share->owner == owner && view->parts[i].lag.has_rates)
      sum += view->parts[i].lag.produced;
  return sum;
}

/* ", 2 of 3 members are idle"; "" if none is, or they are not known. */
static const char *idle_text(const struct kafka_group_view *view, char *out, size_t size) {
  const size_t count = view->group->member_count;
  size_t idle = 0;
  out[0] = '\0';
  for (size_t i = 0; i < count && count <= KAFKA_SKEW_MEMBERS_MAX; i++)
    idle += kafka_has_no_work(work_of(view, (int32_t)i), view->sum.produced, count);
  if (idle > 0)
    snprintf(out, size, ", %zu of %zu members are idle", idle, count);
  return out;
}

/* The partition that gets nearly all messages of its topic, and falls behind; NULL if none does. */
static const struct kafka_part *hot_part(const struct kafka_topic_view *topic) {
  const struct kafka_part *hot = NULL;
  for (size_t i = 0; i < topic->part_count; i++) {
    const struct kafka_part *part = &topic->parts[i];
    if (part->lag.has_rates && (!hot || part->lag.produced > hot->lag.produced))
      hot = part;
  }
  return hot && hot->share->owner >= 0 && hot->lag.trend == KAFKA_RISING &&
                 kafka_is_hot(hot->lag.produced, topic->sum.produced, topic->part_count)
             ? hot
             : NULL;
}

/* More members do not help: a partition has one reader. */
static bool judge_skew(struct kafka_group_view *view) {
  for (size_t t = 0; t < view->topic_count; t++) {
    const struct kafka_topic_view *topic = &view->topics[t];
    const struct kafka_part *hot = hot_part(topic);
    char idle[64], reads[FORMAT_MAX], gets[FORMAT_MAX], lag[FORMAT_MAX];
    if (!hot)
      continue;
    say(view, SEVERITY_WARN, "skew",
        "skew: %.60s/%d gets %.0f%% of the messages, its member reads %s of %s%s; lag %s",
        topic->topic->name, hot->share->partition, hot->lag.produced / topic->sum.produced * 100,
        format_value(reads, sizeof reads, value_real(hot->lag.consumed), UNIT_PER_SECOND, false),
        format_value(gets, sizeof gets, value_real(hot->lag.produced), UNIT_PER_SECOND, false),
        idle_text(view, idle, sizeof idle), format_count(lag, sizeof lag, hot->lag.lag));
    return true;
  }
  return false;
}

/* Only a group configured by its name is read without being listed. */
static bool judge_absent(struct kafka_group_view *view) {
  if (view->group->state != KAFKA_GROUP_DEAD || view->sum.partitions > 0)
    return false;
  say(view, SEVERITY_WARN, "absent",
      "no such group: it has never committed, or its offsets have expired");
  return true;
}

/* The first partition whose lag is not known; if all of them only lack a commit, one of these.
 * `fresh`: include partitions that are new in the group. */
static const struct kafka_part *unknown_part(const struct kafka_group_view *view, bool fresh) {
  const struct kafka_part *found = NULL;
  for (size_t i = 0; i < view->group->share_count; i++) {
    const struct kafka_part *part = &view->parts[i];
    if (part->lag.has_lag || (!fresh && part->fresh))
      continue;
    if (part->lag.status != KAFKA_NO_COMMIT)
      return part;
    found = found ? found : part;
  }
  return found;
}

/* "12 of 18", "12 of more than 12". */
static const char *of_text(const struct kafka_sum *sum, char *out, size_t size) {
  snprintf(out, size, "%zu of %s%zu", sum->known, sum->cut ? "more than " : "", sum->partitions);
  return out;
}

/* Why the sum is incomplete; part: the first with an unknown lag, or NULL. */
static const char *why_not_more(const struct kafka_part *part, bool never) {
  if (!part)
    return "too many partitions to watch all";
  if (never)
    return "no commits for the others";
  return part->error ? part->error : "an offset is not known";
}

/* An incomplete sum looks better than it is. */
static bool judge_incomplete(struct kafka_group_view *view) {
  const struct kafka_sum *sum = &view->sum;
  const struct kafka_part *part = unknown_part(view, false);
  if (kafka_sum_is_whole(sum) || (!part && !sum->cut))
    return false;
  char lag[FORMAT_MAX], status[sizeof view->status], of[sizeof view->status];
  bool never = part && part->lag.status == KAFKA_NO_COMMIT && !sum->cut;
  const char *why = why_not_more(part, never);
  of_text(sum, of, sizeof of);
  snprintf(status, sizeof status, "%s", sum->known == 0 && never ? "no commit" : of);
  if (sum->known == 0)
    say(view, never ? SEVERITY_WARN : SEVERITY_UNKNOWN, status,
        "lag not known, %s partitions: %.120s", of, never ? "no offset was ever committed" : why);
  else
    say(view, never ? SEVERITY_WARN : SEVERITY_UNKNOWN, status,
        "lag at least %s, %s partitions: %.120s", format_count(lag, sizeof lag, sum->lag), of, why);
  return true;
}

/* Adds the "of" to an incomplete sum. */
static void add_of(struct kafka_group_view *view) {
  char of[sizeof view->status];
  size_t used = strlen(view->reason);
  if (used > 0 && !kafka_sum_is_whole(&view->sum))
    snprintf(view->reason + used, sizeof view->reason - used, "; lag of %s partitions",
             of_text(&view->sum, of, sizeof of));
}

static void judge_calm(struct kafka_group_view *view) {
  const struct kafka_sum *sum = &view->sum;
  if (sum->partitions == 0)
    status_only(view, "idle");
  else if (sum->known == 0)
    status_only(view,
                view->tallies[KAFKA_NO_COMMIT].count == sum->partitions ? "no commit" : "unknown");
  else if (!kafka_sum_is_whole(sum))
    of_text(sum, view->status, sizeof view->status);
  else if (sum->trend == KAFKA_RISING)
    status_only(view, "rising");
  else if (sum->trend == KAFKA_FALLING)
    status_only(view, "falling");
  else if (sum->trend == KAFKA_STEADY)
    status_only(view, "steady");
}

void kafka_judge(struct kafka_group_view *view) {
  if (judge_unreadable(view) || judge_absent(view))
    return;
  if (judge_lost(view) || judge_held(view) || judge_stall(view) || judge_stop(view) ||
      judge_moves(view) || judge_skew(view))
    add_of(view);
  else if (!judge_incomplete(view))
    judge_calm(view);
}
