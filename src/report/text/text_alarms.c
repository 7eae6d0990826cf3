#include "core/text/format.h"
#include "report/alarms.h"
#include "report/text/text_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct printing {
  struct text_out out;
  const struct alarm_report *report;
  bool utc;
};

enum { INDENT = 2, LABEL_CELLS = 26, COUNT_CELLS = 12, SHARE_CELLS = 14, MEASURED_CELLS = 16 };

/* "7 days", "3d 4h", "14m 05s". */
static const char *lasts(char out[FORMAT_MAX], int64_t ms) {
  const int64_t day_ms = 86400000, hour_ms = 3600000, days = ms / day_ms;
  if (days > 1 && ms % day_ms < hour_ms)
    return format_counted(out, FORMAT_MAX, days, "day", "days");
  return format_duration(out, FORMAT_MAX, floor((double)ms / 1000));
}

/* No false zero: "0", "less than 0.1", "2.3". */
static const char *average_text(char out[FORMAT_MAX], const struct alarm_report *report) {
  const double average = alarm_report_average(report);
  if (report->alarms == 0)
    snprintf(out, FORMAT_MAX, "0");
  else if (average < 0.1)
    snprintf(out, FORMAT_MAX, "less than 0.1");
  else
    snprintf(out, FORMAT_MAX, "%.1f", average);
  return out;
}

/* "12%"; "less than 1%" is not 0. */
static const char *share_text(char out[FORMAT_MAX], int64_t part, int64_t whole) {
  const double share = whole > 0 ? 100 * (double)part / (double)whole : 0;
  snprintf(out, FORMAT_MAX, part > 0 && share < 1 ? "less than 1%%" : "%.0f%%", share);
  return out;
}

/* ---- the verdict */

static void put_unobserved(struct printing *printing) {
  const struct alarm_report *report = printing->report;
  char time[FORMAT_MAX];
  text_out_printf(&printing->out, 0,
                  "Nothing was observed in the last %s: neither a dashboard nor `stacktop watch` "
                  "ran with this state directory, so there is no verdict.",
                  lasts(time, report->until_ms - report->asked_ms));
}

static void put_verdict(struct printing *printing) {
  struct text_out *out = &printing->out;
  const struct alarm_report *report = printing->report;
  char alarms[FORMAT_MAX], time[FORMAT_MAX], average[FORMAT_MAX], peak[FORMAT_MAX];
  const enum alarm_verdict verdict = alarm_report_verdict(report);
  const bool often = alarm_report_average(report) > ALARM_AVERAGE_MOST,
             high = report->peak > ALARM_PEAK_MOST;
  text_out_begin(out, 0);
  if (verdict == ALARM_UNOBSERVED) {
    put_unobserved(printing);
    text_out_end(out);
    return;
  }
  text_out_printf(out, 0, "%s in %s: %s per 10 minutes on average, %s at the peak:",
                  report->alarms == 0
                      ? "No alarms"
                      : format_counted(alarms, sizeof alarms, report->alarms, "alarm", "alarms"),
                  lasts(time, report->observed_ms), average_text(average, report),
                  format_count(peak, sizeof peak, report->peak));
  text_out_pad(out, out->column + 1);
  text_out_status(out, verdict == ALARM_WITHIN ? "within" : "beyond",
                  verdict == ALARM_WITHIN ? SEVERITY_OK : SEVERITY_WARN);
  if (verdict == ALARM_WITHIN || (often && high))
    text_out_printf(out, 1, "the limits (%d and %d)", ALARM_AVERAGE_MOST, ALARM_PEAK_MOST);
  else
    text_out_printf(out, 1, "the limit of %d %s", often ? ALARM_AVERAGE_MOST : ALARM_PEAK_MOST,
                    often ? "on average" : "at the peak");
  text_out_end(out);
}

/* ---- the time */

static void put_time(struct printing *printing) {
  struct text_out *out = &printing->out;
  const struct alarm_report *report = printing->report;
  const char *zone = printing->utc ? " UTC" : "";
  char from[FORMAT_MAX], until[FORMAT_MAX], time[FORMAT_MAX];
  format_time(from, sizeof from, report->from_ms, printing->utc, true);
  format_time(until, sizeof until, report->until_ms, printing->utc, true);
  text_out_begin(out, 0);
  text_out_printf(out, 0, "From %s to %s%s (%s).", from, until, zone,
                  lasts(time, report->until_ms - report->from_ms));
  if (report->from_ms > report->asked_ms)
    text_out_printf(out, 1, "The history begins then: %s were asked for.",
                    lasts(time, report->until_ms - report->asked_ms));
  text_out_end(out);
  const int64_t gap_ms = report->until_ms - report->from_ms - report->observed_ms;
  if (gap_ms < ALARM_WINDOW_MS / 10)
    return;
  text_out_begin(out, 0);
  text_out_printf(out, 0,
                  "Not observed: %s, in which neither a dashboard nor `stacktop watch` ran.",
                  lasts(time, gap_ms));
  text_out_printf(out, 1, "That time does not count in the average.");
  text_out_end(out);
}

/* ---- figures */

static void put_figure(struct printing *printing, const char *label, const char *measured,
                       const char *limit, bool beyond) {
  struct text_out *out = &printing->out;
  text_out_begin(out, INDENT);
  text_out_words(out, label, 0);
  text_out_pad(out, INDENT + LABEL_CELLS);
  text_out_status(out, measured, beyond ? SEVERITY_WARN : SEVERITY_OK);
  text_out_pad(out, INDENT + LABEL_CELLS + MEASURED_CELLS);
  text_out_words(out, limit, 0);
  if (beyond)
    text_out_words(out, "(beyond it)", 1);
  text_out_end(out);
}

static void put_figures(struct printing *printing) {
  const struct alarm_report *report = printing->report;
  char text[FORMAT_MAX], limit[FORMAT_MAX], share[FORMAT_MAX], of[FORMAT_MAX];
  snprintf(limit, sizeof limit, "limit %d", ALARM_AVERAGE_MOST);
  put_figure(printing, "alarms per 10 minutes", average_text(text, report), limit,
             alarm_report_average(report) > ALARM_AVERAGE_MOST);
  snprintf(limit, sizeof limit, "limit %d%s", ALARM_PEAK_MOST, report->peak ? "; from " : "");
  if (report->peak) {
    char at[FORMAT_MAX];
    strncat(limit, format_time(at, sizeof at, report->peak_ms, printing->utc, true),
            sizeof limit - strlen(limit) - 1);
  }
  put_figure(printing, "peak in 10 minutes", format_count(text, sizeof text, report->peak), limit,
             report->peak > ALARM_PEAK_MOST);
  format_count(text, sizeof text, report->windows_above);
  snprintf(limit, sizeof limit, "of %s, limit 1%%", format_count(of, sizeof of, report->windows));
  put_figure(printing, "10 minutes with over 10", text, limit,
             100 * report->windows_above > report->windows);
  share_text(share, report->flood_windows, report->windows);
  put_figure(printing, "time in floods", share, "limit 1%",
             100 * report->flood_windows > report->windows);
}

static void put_severities(struct printing *printing) {
  static const char *const names[] = {"silenced", "unknown", "warning", "critical"};
  struct text_out *out = &printing->out;
  const struct alarm_report *report = printing->report;
  char count[FORMAT_MAX], share[FORMAT_MAX];
  text_out_begin(out, 0);
  text_out_words(out, "By severity:", 0);
  for (int i = SEVERITY_CRIT; i > SEVERITY_OK; i--)
    text_out_printf(out, 1, "%s %s (%s)%s",
                    format_count(count, sizeof count, report->by_severity[i]), names[i],
                    share_text(share, report->by_severity[i], report->alarms),
                    i > SEVERITY_UNKNOWN ? "," : ".");
  if (report->by_severity[SEVERITY_OK] > 0)
    text_out_printf(out, 1, "%s began while silenced and are not counted.",
                    format_counted(count, sizeof count, report->by_severity[SEVERITY_OK],
                                   "more finding", "more findings"));
  text_out_end(out);
}

static void put_acknowledged(struct printing *printing) {
  struct text_out *out = &printing->out;
  const struct alarm_report *report = printing->report;
  char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX];
  text_out_begin(out, 0);
  if (report->acknowledged > 0)
    text_out_printf(out, 0, "Acknowledged: %s, half of them within %s of the alarm",
                    format_counted(a, sizeof a, report->acknowledged, "finding", "findings"),
                    lasts(b, report->acknowledged_ms));
  else
    text_out_words(out, "Acknowledged: none", 0);
  text_out_printf(
      out, 1, "(%s, %s by operators).",
      format_counted(a, sizeof a, report->acknowledgements, "acknowledgement", "acknowledgements"),
      format_counted(c, sizeof c, report->silences, "silence", "silences"));
  text_out_end(out);
}

/* ---- lists */

static void put_item(struct printing *printing, const char *count, const char *share,
                     const struct alarm_item *item) {
  struct text_out *out = &printing->out;
  char about[EVENT_ABOUT_MAX];
  text_out_begin(out, INDENT);
  text_out_piece(out, count, 0);
  text_out_pad(out, INDENT + COUNT_CELLS);
  if (*share) {
    text_out_piece(out, share, 0);
    text_out_pad(out, INDENT + COUNT_CELLS + SHARE_CELLS);
  }
  out->indent = out->column;
  event_about_text(about, &item->record);
  strncat(about, ":", sizeof about - strlen(about) - 1);
  text_out_words(out, about, 0);
  text_out_words(out, item->record.text, 1);
  text_out_end(out);
}

enum unit_of_count { AS_TIMES, AS_SHARE, AS_TIME };

static void put_list(struct printing *printing, const char *title, const struct alarm_items *items,
                     enum unit_of_count unit) {
  struct text_out *out = &printing->out;
  char count[FORMAT_MAX], share[FORMAT_MAX];
  putc('\n', out->out);
  text_out_begin(out, 0);
  text_out_bold(out, title);
  if (items->total == 0)
    text_out_words(out, "none", 1);
  else if (unit != AS_SHARE && items->total > (int64_t)items->count)
    text_out_printf(out, 1, "%s, the first %zu:", format_count(count, sizeof count, items->total),
                    items->count);
  text_out_end(out);
  for (size_t i = 0; i < items->count; i++) {
    const struct alarm_item *item = &items->items[i];
    *share = '\0';
    if (unit == AS_SHARE)
      share_text(share, item->count, items->total);
    put_item(printing,
             unit == AS_TIME ? lasts(count, item->count)
                             : format_count(count, sizeof count, item->count),
             share, item);
  }
}

void report_alarms_text(FILE *file, const struct alarm_report *report,
                        const struct report_text_options *options, bool utc) {
  struct printing printing = {.report = report, .utc = utc};
  text_out_init(&printing.out, file, options);
  put_verdict(&printing);
  if (alarm_report_verdict(report) == ALARM_UNOBSERVED)
    return;
  putc('\n', file);
  put_time(&printing);
  putc('\n', file);
  put_figures(&printing);
  putc('\n', file);
  put_severities(&printing);
  put_acknowledged(&printing);
  put_list(&printing, "Most frequent:", &report->often, AS_SHARE);
  put_list(&printing, "Flapping (times):", &report->flapping, AS_TIMES);
  put_list(&printing, "There for more than 24 hours:", &report->standing, AS_TIME);
  put_list(&printing, "Floods of one kind (findings when it began):", &report->floods, AS_TIMES);
  put_list(&printing, "Causes (findings folded under it):", &report->causes, AS_TIMES);
}
