/* What a group's sums and tallies mean, in a sentence. The first that applies counts. */
#include "collectors/kafka_view.h"

#include "core/format.h"

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
  char lag[FORMAT_MAX], rate[FORMAT_MAX], flat[FORMAT_MAX], lost[FORMAT_MAX];
};

static void figures_of(const struct kafka_tally *tally, struct figures *text) {
  format_count(text->lag, sizeof text->lag, tally->lag);
  format_value(text->rate, sizeof text->rate, value_real(tally->rate), UNIT_PER_SECOND, true);
  format_duration(text->flat, sizeof text->flat, (double)tally->worst->flat_ms / 1000);
  format_count(text->lost, sizeof text->lost, tally->worst->lag.lost);
}

static bool is_growing(const struct kafka_tally *tally) {
  return tally->rate > KAFKA_RATE_MIN;
}

/* " (transactions/3 of 12)" where it is not all that a group has; else "". */
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

static bool judge_lost(struct kafka_group_view *view) {
  const struct kafka_tally *lost = &view->tallies[KAFKA_LOST];
  if (lost->count == 0)
    return false;
  char place[96], total[FORMAT_MAX];
  bool nobody = !view->has_owners && view->group->state != KAFKA_GROUP_UNKNOWN;
  if (nobody && lost->worst->lag.consumed <= KAFKA_RATE_MIN) {
    view->abandoned = true; /* nobody misses what nobody reads */
    status_only(view, "abandoned");
    return true;
  }
  say(view, SEVERITY_CRIT, "lost data", "%s messages were deleted before they were read%s",
      format_count(total, sizeof total, view->sum.lost), where(view, lost, place, sizeof place));
  return true;
}

static bool judge_stall(struct kafka_group_view *view) {
  const struct kafka_tally *stall = &view->tallies[KAFKA_STALL];
  if (stall->count == 0)
    return false;
  struct figures text;
  char place[96];
  figures_of(stall, &text);
  where(view, stall, place, sizeof place);
  bool growing = is_growing(stall);
  enum severity severity = growing ? SEVERITY_CRIT : SEVERITY_WARN;
  if (view->group->state == KAFKA_GROUP_UNKNOWN) {
    say(view, SEVERITY_WARN, "stuck", "stuck for %s%s: nothing is committed, lag %s%s%s", text.flat,
        place, text.lag, growing ? " " : "", growing ? text.rate : "");
    return true;
  }
  say(view, severity, "stuck",
      "stuck for %s%s: members hold partitions but commit nothing, lag %s%s%s", text.flat, place,
      text.lag, growing ? " " : "", growing ? text.rate : "");
  return true;
}

static bool judge_stop(struct kafka_group_view *view) {
  const struct kafka_tally *stop = &view->tallies[KAFKA_STOP];
  if (stop->count == 0)
    return false;
  bool nobody = !view->has_owners;
  if (!is_growing(stop)) {
    if (nobody)
      status_only(view, "no members");
    return nobody;
  }
  struct figures text;
  char place[96];
  figures_of(stop, &text);
  if (nobody)
    say(view, SEVERITY_WARN, "no members", "no members, lag %s grows %s", text.lag, text.rate);
  else
    say(view, SEVERITY_WARN, "not held", "nobody holds the lag%s: %s grows %s",
        where(view, stop, place, sizeof place), text.lag, text.rate);
  return true;
}

static bool judge_moves(struct kafka_group_view *view) {
  const struct kafka_tally *ahead = &view->tallies[KAFKA_AHEAD];
  const struct kafka_tally *back = &view->tallies[KAFKA_REWIND];
  char place[96], lag[FORMAT_MAX];
  if (ahead->count > 0) {
    say(view, SEVERITY_WARN, "ahead",
        "committed beyond the end%s: the topic was recreated or truncated",
        where(view, ahead, place, sizeof place));
    return true;
  }
  if (back->count > 0) {
    say(view, SEVERITY_WARN, "rewound", "offsets went back%s: %s messages to read again",
        where(view, back, place, sizeof place), format_count(lag, sizeof lag, back->lag));
    return true;
  }
  return false;
}

/* Only a name that is configured is asked about without being listed. */
static bool judge_absent(struct kafka_group_view *view) {
  if (view->group->state != KAFKA_GROUP_DEAD || view->sum.partitions > 0)
    return false;
  say(view, SEVERITY_WARN, "absent",
      "no such group: it has never committed, or its offsets have expired");
  return true;
}

static void judge_calm(struct kafka_group_view *view) {
  const struct kafka_sum *sum = &view->sum;
  if (sum->partitions == 0)
    status_only(view, "idle");
  else if (sum->known == 0)
    status_only(view,
                view->tallies[KAFKA_NO_COMMIT].count == sum->partitions ? "no commit" : "unknown");
  else if (sum->trend == KAFKA_RISING)
    status_only(view, "rising");
  else if (sum->trend == KAFKA_FALLING)
    status_only(view, "falling");
  else if (sum->trend == KAFKA_STEADY)
    status_only(view, "steady");
}

void kafka_judge(struct kafka_group_view *view) {
  if (!judge_unreadable(view) && !judge_absent(view) && !judge_lost(view) && !judge_stall(view) &&
      !judge_stop(view) && !judge_moves(view))
    judge_calm(view);
}
