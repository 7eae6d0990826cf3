#include "model/alarm/alarm_report.h"

static void items_fini(struct alarm_items *items) {
  for (size_t i = 0; i < items->count; i++)
    event_record_fini(&items->items[i].record);
}

void alarm_report_fini(struct alarm_report *report) {
  items_fini(&report->often);
  items_fini(&report->flapping);
  items_fini(&report->standing);
  items_fini(&report->causes);
  items_fini(&report->floods);
  *report = (struct alarm_report){0};
}

void alarm_report_window(struct alarm_report *report, struct alarm_windows *windows, int64_t at_ms,
                         int64_t alarms) {
  if (alarms > report->peak) {
    report->peak = alarms;
    report->peak_ms = at_ms;
  }
  report->windows_above += alarms > ALARM_PEAK_MOST;
  windows->flood = alarms > ALARM_PEAK_MOST ||
                   (windows->flood && at_ms == windows->next_ms && alarms >= ALARM_FLOOD_ENDS);
  windows->next_ms = at_ms + ALARM_WINDOW_MS;
  report->flood_windows += windows->flood;
}

double alarm_report_average(const struct alarm_report *report) {
  const int64_t observed_ms =
      report->observed_ms > ALARM_WINDOW_MS ? report->observed_ms : (int64_t)ALARM_WINDOW_MS;
  return (double)report->alarms / ((double)observed_ms / ALARM_WINDOW_MS);
}

const char *alarm_verdict_name(enum alarm_verdict verdict) {
  static const char *const names[] = {"within", "beyond", "unobserved"};
  return names[verdict];
}

enum alarm_verdict alarm_report_verdict(const struct alarm_report *report) {
  if (alarm_report_average(report) > ALARM_AVERAGE_MOST || report->peak > ALARM_PEAK_MOST)
    return ALARM_BEYOND;
  return report->observed_ms == 0 && report->alarms == 0 ? ALARM_UNOBSERVED : ALARM_WITHIN;
}
