#include "ui/environments/environments_rows.h"

#include "core/text/format.h"
#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
  WORDS_WIDTH = 60,   /* narrower screens have signs instead of words */
  COUNTS_WIDTH = 110, /* from here on each count has a column */
  NAME_LEAST = 8,
  NAME_MOST = 28,
  NAME_SHORT = 16, /* where the finding needs the room */
  NAME_SHORTER = 12,
  WIDE = 150,
  MARK_GAP = MARK_CELLS + 1,
  GAP = 1,
  SINCE_CELLS = 8,
  FINDING_LEAST = 10,
  FRESH_MS = 5000,
  COUNTS_MAX = 120,
};

/* Cells of each column; 0: there is no room for it. */
struct places {
  int name, kind, verdict, counts, count, targets, age, lock, since, finding;
};

static int name_width(const struct environments_list *list) {
  int most = NAME_LEAST;
  for (size_t i = 0; i < list->count; i++) {
    const int width = text_width(list->items[i]->name);
    most = width > most ? width : most;
  }
  return most < NAME_MOST ? most : NAME_MOST;
}

/* "2!! 1! 1? 1old": what is not 0. */
static void counts_text(const struct environment *environment, char *out, size_t size) {
  const struct {
    int64_t count;
    const char *sign;
  } counts[] = {{environment->crit, "!!"},
                {environment->warn, "!"},
                {environment->unknown + environment->waiting, "?"},
                {environment->stale, "old"}};
  *out = '\0';
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].count > 0)
      snprintf(out + strlen(out), size - strlen(out), "%s%" PRId64 "%s%s", *out ? " " : "",
               counts[i].count, environment->at_least ? "+" : "", counts[i].sign);
}

/* The widest of them: a number is never cut. */
static int counts_width(const struct environments_list *list) {
  int most = text_width("FINDINGS");
  for (size_t i = 0; i < list->count; i++) {
    char text[COUNTS_MAX];
    counts_text(list->items[i], text, sizeof text);
    most = text_width(text) > most ? text_width(text) : most;
  }
  return most;
}

static struct places places_of(const struct environments_list *list, int width) {
  struct places places = {.name = name_width(list), .verdict = 7};
  const int counts = counts_width(list);
  if (width < WORDS_WIDTH) {
    places.kind = 4;
    places.lock = 3;
    places.counts = width - MARK_GAP - places.kind - places.verdict - places.lock - 4 * GAP;
    places.counts = places.counts - places.name >= counts ? counts : 0;
    const int rest =
        width - MARK_GAP - places.kind - places.verdict - places.lock - places.counts - 4 * GAP;
    places.name = places.name < rest ? places.name : rest;
    return places;
  }
  places.kind = 10;
  places.age = 4;
  places.since = SINCE_CELLS;
  if (width >= COUNTS_WIDTH) {
    places.count = 4;
    places.targets = 7;
    places.lock = 9;
    if (width < WIDE && places.name > NAME_SHORT)
      places.name = NAME_SHORT;
  } else {
    places.name = places.name < NAME_SHORTER ? places.name : NAME_SHORTER;
    places.counts = counts;
    places.lock = 3;
  }
  places.finding = width - MARK_GAP - places.name - places.kind - places.verdict - places.age -
                   places.lock - places.since - 7 * GAP;
  places.finding -=
      places.count ? 4 * (places.count + 1 + GAP) + places.targets + GAP : places.counts + GAP;
  places.finding = places.finding >= FINDING_LEAST ? places.finding : 0;
  return places;
}

/* ---- texts */

const char *environments_words(const struct environments_list *list,
                               const struct environment *environment, char *out, size_t size) {
  char doubt[ENVIRONMENT_SENTENCE_MAX];
  if (!environment->known)
    snprintf(out, size, "%s", *environment->trouble ? environment->trouble : "starting");
  else if (environment_doubt(environment, list->now_ms, doubt, sizeof doubt))
    snprintf(out, size, "%s", doubt);
  else if (*environment->subject)
    snprintf(out, size, "%s: %s", environment->subject, environment->sentence);
  else if (environment->waiting > 0)
    snprintf(out, size, "waiting for the first answer from %" PRId64 " of %" PRId64 " targets",
             environment->waiting, environment->targets);
  else
    *out = '\0';
  return out;
}

static bool has_finding(const struct environments_list *list,
                        const struct environment *environment) {
  char doubt[ENVIRONMENT_SENTENCE_MAX];
  return environment->known && *environment->subject && environment->since_ms > 0 &&
         !environment_doubt(environment, list->now_ms, doubt, sizeof doubt);
}

const char *environments_since(const struct environments_list *list,
                               const struct environment *environment, char *out, size_t size) {
  enum { DAY_MS = 24 * 3600 * 1000 };
  const int64_t ms = list->now_ms + list->wall_offset_ms - environment->since_ms;
  char age[AGE_MAX];
  *out = '\0';
  if (!has_finding(list, environment))
    return out;
  if (ms >= DAY_MS)
    snprintf(out, size, "%s", age_text(age, ms));
  else
    format_time(out, size, environment->since_ms, list->utc, false);
  return out;
}

static const char *lock_text(const struct environment *environment, int cells) {
  const bool words = cells > 3;
  switch (environment->lock) {
  case ENVIRONMENT_READ_ONLY:
    return words ? "READ-ONLY" : "RO";
  case ENVIRONMENT_UNLOCKED:
    return words ? "UNLOCKED" : "UNL";
  default:
    return "";
  }
}

/* Of the newest collection, also when no report has come since. What is younger than a collection
 * usually is looks the same each second: few bytes to the terminal. */
static void age_put(const struct environments_list *list, const struct environment *environment,
                    char out[AGE_MAX]) {
  const int64_t since_ms = list->now_ms - environment->heard_ms,
                age_ms = environment->age_ms + (since_ms > 0 ? since_ms : 0);
  *out = '\0';
  if (environment->known && environment->age_ms >= 0 && age_ms < FRESH_MS)
    snprintf(out, AGE_MAX, "<%ds", FRESH_MS / 1000);
  else if (environment->known && environment->age_ms >= 0)
    age_text(out, age_ms);
}

/* ---- a line */

static int put(struct canvas *canvas, int x, int y, int cells, unsigned style, const char *text) {
  if (cells <= 0)
    return x;
  canvas_text(canvas, x, y, cells, style, text);
  return x + cells + GAP;
}

static int put_right(struct canvas *canvas, int x, int y, int cells, unsigned style,
                     const char *text) {
  if (cells <= 0)
    return x;
  canvas_text_right(canvas, x, y, cells, style, text);
  return x + cells + GAP;
}

/* A number where it is known; 0 is dim, so that the others are seen. */
static int put_count(const struct environment *environment, struct canvas *canvas, int x, int y,
                     int cells, unsigned style, int64_t count) {
  char text[32];
  if (cells <= 0)
    return x;
  snprintf(text, sizeof text, "%" PRId64 "%s", count,
           environment->at_least && count > 0 ? "+" : "");
  return put_right(canvas, x, y, cells,
                   !environment->known ? STYLE_DIM
                   : count > 0         ? style | STYLE_STRONG
                                       : STYLE_DIM,
                   environment->known ? text : "-");
}

void environments_headings(const struct environments_list *list, struct canvas *canvas, int y) {
  const struct places places = places_of(list, canvas->width);
  int x = MARK_GAP;
  x = put(canvas, x, y, places.name, STYLE_LABEL, places.name < 11 ? "NAME" : "ENVIRONMENT");
  x = put(canvas, x, y, places.kind, STYLE_LABEL, "");
  x = put(canvas, x, y, places.verdict, STYLE_LABEL, "VERDICT");
  x = put(canvas, x, y, places.counts, STYLE_LABEL, "FINDINGS");
  x = put_right(canvas, x, y, places.count, STYLE_LABEL, "CRIT");
  x = put_right(canvas, x, y, places.count, STYLE_LABEL, "WARN");
  x = put_right(canvas, x, y, places.count, STYLE_LABEL, "UNKN");
  x = put_right(canvas, x, y, places.count ? places.count + 1 : 0, STYLE_LABEL, "STALE");
  x = put_right(canvas, x, y, places.targets, STYLE_LABEL, "TARGETS");
  x = put_right(canvas, x, y, places.age, STYLE_LABEL, "AGE");
  x = put(canvas, x, y, places.lock, STYLE_LABEL, "");
  x = put(canvas, x, y, places.finding ? places.since : 0, STYLE_LABEL, "SINCE");
  put(canvas, x, y, places.finding, STYLE_LABEL, "WORST FINDING");
}

/* The word PRODUCTION, on its own ground; else what the configuration says. */
static int put_kind(const struct environment *environment, struct canvas *canvas, int x, int y,
                    int cells) {
  if (environment->production)
    return put(canvas, x, y, cells, STYLE_HEADER_PRODUCTION | STYLE_STRONG,
               cells >= 10 ? "PRODUCTION" : "PROD");
  return put(canvas, x, y, cells, STYLE_DIM, environment->text);
}

void environments_row(const struct environments_list *list, const struct environment *environment,
                      struct canvas *canvas, int y) {
  const struct places places = places_of(list, canvas->width);
  const enum severity severity = environment_severity(environment, list->now_ms);
  const unsigned style = style_of_severity(severity);
  char text[ENVIRONMENT_SUBJECT_MAX + ENVIRONMENT_SENTENCE_MAX + 4], age[AGE_MAX],
      since[FORMAT_MAX];
  int x = MARK_GAP;
  canvas_text(canvas, 0, y, MARK_CELLS, style | STYLE_STRONG, mark_of(severity));
  x = put(canvas, x, y, places.name, STYLE_TEXT | STYLE_STRONG, environment->name);
  x = put_kind(environment, canvas, x, y, places.kind);
  x = put(canvas, x, y, places.verdict, style | STYLE_STRONG, word_of(severity));
  if (places.counts) {
    counts_text(environment, text, sizeof text);
    x = put(canvas, x, y, places.counts, STYLE_TEXT, environment->known ? text : "-");
  }
  x = put_count(environment, canvas, x, y, places.count, STYLE_CRIT, environment->crit);
  x = put_count(environment, canvas, x, y, places.count, STYLE_WARN, environment->warn);
  x = put_count(environment, canvas, x, y, places.count, STYLE_UNKNOWN,
                environment->unknown + environment->waiting);
  x = put_count(environment, canvas, x, y, places.count ? places.count + 1 : 0, STYLE_STALE,
                environment->stale);
  snprintf(text, sizeof text, environment->known ? "%" PRId64 "/%" PRId64 : "-", environment->ok,
           environment->targets);
  x = put_right(canvas, x, y, places.targets, STYLE_TEXT, text);
  age_put(list, environment, age);
  x = put_right(canvas, x, y, places.age, STYLE_DIM, *age ? age : "-");
  x = put(canvas, x, y, places.lock,
          environment->lock == ENVIRONMENT_UNLOCKED ? STYLE_WARN | STYLE_STRONG : STYLE_DIM,
          environment->known ? lock_text(environment, places.lock) : "");
  if (places.finding == 0)
    return;
  x = put(canvas, x, y, places.since, STYLE_DIM,
          environments_since(list, environment, since, sizeof since));
  put(canvas, x, y, places.finding, severity == SEVERITY_OK ? STYLE_DIM : STYLE_TEXT,
      environments_words(list, environment, text, sizeof text));
}

/* ---- the whole of one */

static int put_wrapped(struct canvas *canvas, int y, int end, unsigned style, const char *text) {
  const int width = canvas->width - 2;
  char line[CANVAS_SIDE_MAX * 4];
  while (*text && y < end) {
    const size_t bytes = text_break(text, width);
    if (bytes == 0)
      return y;
    snprintf(line, sizeof line, "%.*s", (int)bytes, text);
    /* The last line that fits ends in a sign if there is more. */
    canvas_text(canvas, 1, y, width, style, y + 1 == end ? text : line);
    text += bytes;
    text += strspn(text, " ");
    y++;
  }
  return y;
}

static void counts_words(const struct environments_list *list,
                         const struct environment *environment, char *out, size_t size) {
  char age[AGE_MAX], actions[48] = "";
  age_put(list, environment, age);
  if (environment->running > 0)
    snprintf(actions, sizeof actions, "; %" PRId64 " actions running", environment->running);
  snprintf(out, size,
           "%" PRId64 " critical, %" PRId64 " warning, %" PRId64 " unknown%s; %" PRId64
           " of %" PRId64 " targets ok, %" PRId64 " stale, %" PRId64 " waiting; newest data %s%s%s",
           environment->crit, environment->warn, environment->unknown,
           environment->at_least ? ", or more" : "", environment->ok, environment->targets,
           environment->stale, environment->waiting, *age ? age : "none", *age ? " old" : "",
           actions);
}

void environments_detail(const struct environments_list *list,
                         const struct environment *environment, struct canvas *canvas, int y,
                         int height) {
  char text[ENVIRONMENT_SUBJECT_MAX + ENVIRONMENT_SENTENCE_MAX + 80], since[FORMAT_MAX];
  const int end = y + height;
  const unsigned style = style_of_severity(environment_severity(environment, list->now_ms));
  int x = 1;
  if (height <= 0)
    return;
  x += canvas_text(canvas, x, y, canvas->width - x, STYLE_TITLE | STYLE_STRONG, environment->name) +
       1;
  if (environment->production)
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_HEADER_PRODUCTION | STYLE_STRONG,
                     "PRODUCTION") +
         1;
  if (*environment->text)
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_TEXT, environment->text) + 1;
  if (environment->known && environment->lock != ENVIRONMENT_OPEN)
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_NOTICE, lock_text(environment, 9)) + 1;
  canvas_text(canvas, x, y, canvas->width - x, STYLE_DIM, environment->path);
  y++;
  environments_words(list, environment, text, sizeof text);
  if (has_finding(list, environment))
    snprintf(text + strlen(text), sizeof text - strlen(text), " since %s",
             format_time(since, sizeof since, environment->since_ms, list->utc, true));
  y = put_wrapped(canvas, y, end, style == STYLE_OK ? STYLE_TEXT : style, text);
  if (!environment->known || y >= end)
    return;
  counts_words(list, environment, text, sizeof text);
  put_wrapped(canvas, y, end, STYLE_DIM, text);
}
