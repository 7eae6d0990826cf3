#include "model/runbook/schedule.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64, HOUR_MS = 3600 * 1000 };

static const char *const kinds[] = {"daily", "weekly", "monthly", NULL};
static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", NULL};
static const char *const whole_weekdays[] = {"Sunday",   "Monday", "Tuesday",  "Wednesday",
                                             "Thursday", "Friday", "Saturday", NULL};

/* ---- reading */

/* The next word of *at; false at the end, or for one that is too long to be right. */
static bool word_next(const char **at, char word[WORD_MAX]) {
  const char *begin = *at + strspn(*at, " ");
  const size_t length = strcspn(begin, " ");
  if (length == 0 || length >= WORD_MAX)
    return false;
  memcpy(word, begin, length);
  word[length] = '\0';
  *at = begin + length;
  return true;
}

static int choice_find(const char *const *choices, const char *word) {
  for (int i = 0; choices[i]; i++)
    if (strcasecmp(choices[i], word) == 0)
      return i;
  return -1;
}

static bool weekday_read(struct schedule *schedule, const char *word, struct err *err) {
  schedule->day = choice_find(weekdays, word);
  if (schedule->day < 0)
    schedule->day = choice_find(whole_weekdays, word);
  return schedule->day >= 0 ||
         err_set(err, ERR_INVALID,
                 "\"%.40s\" is not a day; use Mon, Tue, Wed, Thu, Fri, Sat or Sun", word);
}

/* "1", "1st", "last". */
static bool day_read(struct schedule *schedule, const char *word, struct err *err) {
  static const char *const endings[] = {"", "st", "nd", "rd", "th", NULL};
  char *end;
  schedule->day = SCHEDULE_LAST;
  if (strcasecmp(word, "last") == 0)
    return true;
  const long day = isdigit((unsigned char)*word) ? strtol(word, &end, 10) : 0;
  schedule->day = (int)day;
  return (day >= 1 && day <= 31 && choice_find(endings, end) >= 0) ||
         err_set(err, ERR_INVALID, "\"%.40s\" is not a day of a month; use 1st to 31st, or last",
                 word);
}

static bool two_digits(const char *at, int most, int *number) {
  if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]))
    return false;
  *number = (at[0] - '0') * 10 + at[1] - '0';
  return *number <= most;
}

static bool time_read(struct schedule *schedule, const char *word, struct err *err) {
  int hour, minute;
  if (strlen(word) != 5 || word[2] != ':' || !two_digits(word, 23, &hour) ||
      !two_digits(word + 3, 59, &minute))
    return err_set(err, ERR_INVALID, "\"%.40s\" is not a time; use HH:MM from 00:00 to 23:59",
                   word);
  schedule->minute = hour * 60 + minute;
  return true;
}

static bool zone_read(struct schedule *schedule, const char *word, struct err *err) {
  bool good = isalpha((unsigned char)*word);
  for (const char *at = word; *at; at++)
    good = good && (isalnum((unsigned char)*at) || strchr("/_+-", *at));
  if (!good)
    return err_set(err, ERR_INVALID,
                   "\"%.40s\" is not a time zone; use a name such as UTC or Europe/Berlin", word);
  snprintf(schedule->zone, sizeof schedule->zone, "%s", word);
  return true;
}

static bool usage(struct err *err, const char *text) {
  return err_set(err, ERR_INVALID,
                 "\"%.60s\" is not a schedule; use \"daily 06:00\", \"weekly Sun 03:00\" or "
                 "\"monthly 1st 03:00\", with a time zone if it is not that of the host",
                 text);
}

bool schedule_parse(struct schedule *schedule, const char *text, struct err *err) {
  char word[WORD_MAX];
  const char *at = text;
  *schedule = (struct schedule){0};
  const int kind = word_next(&at, word) ? choice_find(kinds, word) : -1;
  if (kind < 0)
    return usage(err, text);
  schedule->kind = (enum schedule_kind)kind;
  if (schedule->kind != SCHEDULE_DAILY) {
    if (!word_next(&at, word))
      return usage(err, text);
    if (schedule->kind == SCHEDULE_WEEKLY ? !weekday_read(schedule, word, err)
                                          : !day_read(schedule, word, err))
      return false;
  }
  if (!word_next(&at, word))
    return usage(err, text);
  if (!time_read(schedule, word, err) || (word_next(&at, word) && !zone_read(schedule, word, err)))
    return false;
  return !at[strspn(at, " ")] || usage(err, text);
}

const char *schedule_text(char out[SCHEDULE_TEXT_MAX], const struct schedule *schedule) {
  static const char *const endings[] = {"th", "st", "nd", "rd"};
  const int ones = schedule->day % 10;
  char day[16] = "";
  if (schedule->kind == SCHEDULE_WEEKLY)
    snprintf(day, sizeof day, " %s", weekdays[schedule->day]);
  else if (schedule->kind == SCHEDULE_MONTHLY && schedule->day == SCHEDULE_LAST)
    snprintf(day, sizeof day, " last");
  else if (schedule->kind == SCHEDULE_MONTHLY)
    snprintf(day, sizeof day, " %d%s", schedule->day,
             endings[ones <= 3 && schedule->day / 10 != 1 ? ones : 0]);
  snprintf(out, SCHEDULE_TEXT_MAX, "%s%s %02d:%02d%s%s", kinds[schedule->kind], day,
           schedule->minute / 60, schedule->minute % 60, *schedule->zone ? " " : "",
           schedule->zone);
  return out;
}

int64_t schedule_within_ms(const struct schedule *schedule) {
  static const int hours[] = {
      [SCHEDULE_DAILY] = 4, [SCHEDULE_WEEKLY] = 24, [SCHEDULE_MONTHLY] = 72};
  return (int64_t)hours[schedule->kind] * HOUR_MS;
}

/* ---- days */

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  assert(month >= 1 && month <= 12);
  return days[month - 1] + (month == 2 && is_leap(year));
}

static void day_step(struct schedule_moment *moment, int by) {
  moment->day += by;
  if (moment->day < 1) {
    moment->month--;
    if (moment->month < 1) {
      moment->month = 12;
      moment->year--;
    }
    moment->day = days_of(moment->year, moment->month);
  } else if (moment->day > days_of(moment->year, moment->month)) {
    moment->day = 1;
    moment->month++;
    if (moment->month > 12) {
      moment->month = 1;
      moment->year++;
    }
  }
}

/* 0 is Sunday (Sakamoto's method). */
static int weekday_of(const struct schedule_moment *moment) {
  static const int offsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int year = moment->month < 3 ? moment->year - 1 : moment->year;
  return (year + year / 4 - year / 100 + year / 400 + offsets[moment->month - 1] + moment->day) % 7;
}

static bool is_due_on(const struct schedule *schedule, const struct schedule_moment *moment) {
  const int last = days_of(moment->year, moment->month);
  switch (schedule->kind) {
  case SCHEDULE_DAILY:
    return true;
  case SCHEDULE_WEEKLY:
    return weekday_of(moment) == schedule->day;
  default:
    return moment->day == (schedule->day < last ? schedule->day : last);
  }
}

/* ---- moments */

/* The next day at which it is due, in that direction, beginning with that day itself. */
static int64_t due_from(const struct schedule *schedule, const struct schedule_clock *clock,
                        struct schedule_moment *moment, int by) {
  while (!is_due_on(schedule, moment))
    day_step(moment, by);
  moment->minute = schedule->minute;
  return clock->instant_ms(clock->arg, schedule->zone, moment);
}

void schedule_around(const struct schedule *schedule, const struct schedule_clock *clock,
                     int64_t now_ms, int64_t *last_ms, int64_t *next_ms) {
  struct schedule_moment moment;
  clock->moment(clock->arg, schedule->zone, now_ms, &moment);
  day_step(&moment, 1); /* a clock that is set back may show a day twice */
  struct schedule_moment at = moment;
  *next_ms = INT64_MAX;
  for (;;) {
    *last_ms = due_from(schedule, clock, &at, -1);
    if (*last_ms <= now_ms)
      break;
    *next_ms = *last_ms;
    day_step(&at, -1);
  }
  if (*next_ms != INT64_MAX)
    return;
  day_step(&moment, 1);
  *next_ms = due_from(schedule, clock, &moment, 1);
}

int schedule_count(const struct schedule *schedule, const struct schedule_clock *clock,
                   int64_t after_ms, int64_t now_ms, int most) {
  int count = 0;
  int64_t last_ms, next_ms;
  schedule_around(schedule, clock, now_ms, &last_ms, &next_ms);
  for (; last_ms > after_ms && count < most; count++)
    schedule_around(schedule, clock, last_ms - 1, &last_ms, &next_ms);
  return count;
}

const char *schedule_state_name(enum schedule_state state) {
  static const char *const names[] = {[SCHEDULE_DONE] = "done",
                                      [SCHEDULE_DUE] = "due",
                                      [SCHEDULE_OVERDUE] = "overdue",
                                      [SCHEDULE_NEW] = "new"};
  return names[state];
}

void schedule_judge(const struct schedule *schedule, const struct schedule_clock *clock,
                    int64_t within_ms, int64_t done_ms, int64_t seen_ms, int64_t now_ms,
                    struct schedule_due *due) {
  const int64_t counts_ms = done_ms + within_ms; /* it counts for what was due until then */
  *due = (struct schedule_due){.state = SCHEDULE_DONE};
  schedule_around(schedule, clock, now_ms, &due->due_ms, &due->next_ms);
  if (counts_ms >= due->due_ms && done_ms > 0)
    return;
  if (due->due_ms < seen_ms) {
    due->state = SCHEDULE_NEW;
    return;
  }
  due->state = now_ms - due->due_ms >= within_ms ? SCHEDULE_OVERDUE : SCHEDULE_DUE;
  due->missed = schedule_count(schedule, clock, counts_ms > seen_ms ? counts_ms : seen_ms - 1,
                               now_ms, SCHEDULE_MISSED_MAX);
}
