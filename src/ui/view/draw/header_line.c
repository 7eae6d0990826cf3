/* The first line: parts with forms from long to short, and one order in which they are shortened
 * (header.h). */
#include "ui/view/draw/header.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum part_id {
  PART_BRAND,
  PART_NAME,
  PART_ENVIRONMENT,
  PART_LOCK,
  PART_UNRECORDED,
  PART_INCIDENT,
  PART_CRIT,
  PART_WARN,
  PART_UNKNOWN,
  PART_STALE,
  PART_WAITING,
  PART_SILENCED,
  PART_OK,
  PART_PENDING,
  PART_STATE, /* from here on at the right */
  PART_WHO,
  PART_OTHER_CLOCK,
  PART_CLOCK,
  PARTS
};

enum { FORMS_MAX = 6, FORM_BYTES = 200, GAP = 2 };

/* What a part says, the longest form first; one that may go ends with "". */
struct part {
  char forms[FORMS_MAX][FORM_BYTES];
  size_t count, at;
  unsigned style;
};

struct parts {
  struct part items[PARTS];
  unsigned style; /* of the line */
};

#define BIT(part) (1U << (part))
#define COUNTS                                                                                 \
  (BIT(PART_CRIT) | BIT(PART_WARN) | BIT(PART_UNKNOWN) | BIT(PART_STALE) | BIT(PART_WAITING) | \
   BIT(PART_SILENCED) | BIT(PART_OK) | BIT(PART_PENDING))

/* Each takes the next form of its parts. All counts get signs together: some in words and others
 * not would mislead. */
static const unsigned steps[] = {
    BIT(PART_BRAND),
    BIT(PART_OTHER_CLOCK),
    BIT(PART_WHO),
    BIT(PART_INCIDENT), /* overdue as a word */
    BIT(PART_PENDING),
    BIT(PART_STATE), /* LIVE; PAUSED never goes */
    BIT(PART_INCIDENT),
    COUNTS,
    BIT(PART_LOCK) | BIT(PART_UNRECORDED),
    BIT(PART_INCIDENT),
    BIT(PART_ENVIRONMENT), /* production is shortened, others go */
    BIT(PART_CLOCK),       /* without the zone */
    BIT(PART_NAME),
    BIT(PART_CLOCK), /* without the seconds */
    BIT(PART_CLOCK),
    BIT(PART_WAITING) | BIT(PART_SILENCED),
    BIT(PART_UNRECORDED),
    BIT(PART_INCIDENT),
    BIT(PART_LOCK),
    BIT(PART_ENVIRONMENT),
};

__attribute__((format(printf, 2, 3))) static void add(struct part *part, const char *format, ...) {
  char text[FORM_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_sanitize(part->forms[part->count++], FORM_BYTES, text, strlen(text), false);
}

static void may_go(struct part *part) {
  add(part, "%s", "");
}

/* ---- who and where */

const char *header_environment(const struct config *config, char out[HEADER_ENVIRONMENT_MAX]) {
  const char *name = config->environment ? config->environment : "";
  const bool plain = strcasecmp(name, "production") == 0 || strcasecmp(name, "prod") == 0;
  if (!config_is_production(config))
    snprintf(out, HEADER_ENVIRONMENT_MAX, "%s", name);
  else
    snprintf(out, HEADER_ENVIRONMENT_MAX, "[PRODUCTION%s%s]", plain ? "" : " ", plain ? "" : name);
  return out;
}

static void fill_place(struct parts *parts, const struct view *view, const struct config *config) {
  char environment[HEADER_ENVIRONMENT_MAX];
  struct part *items = parts->items;
  add(&items[PART_BRAND], "stacktop ");
  may_go(&items[PART_BRAND]);
  add(&items[PART_NAME], "%s", config->name ? config->name : "");
  may_go(&items[PART_NAME]);
  add(&items[PART_ENVIRONMENT], "%s", header_environment(config, environment));
  if (config_is_production(config))
    add(&items[PART_ENVIRONMENT], "[PROD]");
  may_go(&items[PART_ENVIRONMENT]);
  add(&items[PART_WHO], "%s", view->user ? view->user : "");
  may_go(&items[PART_WHO]);
  items[PART_BRAND].style = items[PART_NAME].style = parts->style | STYLE_STRONG;
  items[PART_ENVIRONMENT].style =
      parts->style | (config_is_production(config) ? (unsigned)STYLE_STRONG : 0);
}

/* ---- what is allowed, and what is going on */

static void fill_lock(struct parts *parts, const struct frame *frame) {
  const struct operations *operations = &frame->model->operations;
  struct part *part = &parts->items[PART_LOCK];
  char left[AGE_MAX];
  if (operations->lock == LOCK_READ_ONLY) {
    add(part, "READ-ONLY");
    add(part, "RO");
  } else if (operations->lock == LOCK_UNLOCKED) {
    const int64_t ms = operations->lock_ms - frame->clock_ms;
    age_text(left, ms < 0 ? 0 : ms >= 60000 ? ms + 59999 : ms); /* a started minute counts */
    add(part, " UNLOCKED %s ", left);
    add(part, " UNL %s ", left);
    part->style = STYLE_WARN | STYLE_STRONG;
  }
  may_go(part);
}

/* Outcomes that are not on disk. */
static void fill_unrecorded(struct parts *parts, const struct frame *frame) {
  const size_t count = frame->model->operations.unrecorded;
  struct part *part = &parts->items[PART_UNRECORDED];
  if (count > 0) {
    add(part, " %zu NOT RECORDED ", count);
    add(part, " %zu UNREC ", count);
    part->style = STYLE_CRIT | STYLE_STRONG;
  }
  may_go(part);
}

/* The open incident: " P1 INC-20261128-031500 12m, response overdue by 3m ". */
static void fill_incident(struct parts *parts, const struct frame *frame) {
  const struct incident_brief *brief = &frame->model->incident;
  const int64_t wall_ms = frame->clock_ms + frame->model->wall_offset_ms;
  struct part *part = &parts->items[PART_INCIDENT];
  char age[AGE_MAX], due[INCIDENT_DUE_MAX], others[24] = "";
  if (!*brief->id) {
    may_go(part);
    return;
  }
  const bool over = incident_is_overdue(brief, wall_ms);
  age_text(age, wall_ms > brief->opened_ms ? wall_ms - brief->opened_ms : 0);
  incident_due_text(due, brief, wall_ms);
  if (brief->others > 0)
    snprintf(others, sizeof others, " +%zu", brief->others);
  add(part, " P%d %s %s%s%s%s%s ", brief->level, brief->id, age, others,
      brief->lost ? " NOT RECORDED" : "", over ? ", " : "", over ? due : "");
  add(part, " P%d %s %s%s%s%s ", brief->level, brief->id, age, others, brief->lost ? " LOST" : "",
      over ? " OVERDUE" : "");
  add(part, " P%d %s %s%s%s ", brief->level, brief->id, age, brief->lost ? "?" : "",
      over ? "!" : "");
  add(part, " P%d %s%s%s ", brief->level, age, brief->lost ? "?" : "", over ? "!" : "");
  may_go(part);
  part->style = (over || brief->lost || brief->level == 1 ? STYLE_CRIT
                 : brief->level == 2                      ? STYLE_WARN
                                                          : STYLE_NOTICE) |
                STYLE_STRONG;
}

/* ---- the counts */

static size_t count_waiting(const struct frame *frame) {
  size_t count = 0;
  for (size_t i = 0; i < frame->model->target_count; i++)
    count += target_state_condition(&frame->model->targets[i], frame->now_ms) == TARGET_WAITING;
  return count;
}

static size_t count_pending(const struct findings *findings, bool *at_least) {
  size_t count = 0;
  *at_least = false;
  for (size_t i = 0; i < findings->count; i++) {
    count += findings->items[i].pending;
    *at_least = *at_least || (findings->items[i].pending && finding_is_cut(&findings->items[i]));
  }
  return count;
}

/* " 3 CRIT ", "3!!". */
static bool fill_count(struct parts *parts, enum part_id id, size_t number, bool at_least,
                       const char *word, const char *sign, unsigned style) {
  struct part *part = &parts->items[id];
  const char *plus = at_least ? "+" : "";
  if (number == 0)
    return false;
  add(part, " %zu%s %s ", number, plus, word);
  add(part, "%zu%s%s", number, plus, sign);
  part->style = style | STYLE_STRONG;
  return true;
}

static void fill_counts(struct parts *parts, const struct frame *frame) {
  const struct findings *findings = frame->model->findings;
  const size_t stale = findings_count_stale(findings);
  bool at_least, any = false;
  const size_t pending = count_pending(findings, &at_least);
  any |= fill_count(parts, PART_CRIT, findings_count_calling(findings, SEVERITY_CRIT),
                    findings_count_is_least(findings, SEVERITY_CRIT), word_of(SEVERITY_CRIT), "!!",
                    style_of_severity(SEVERITY_CRIT));
  any |= fill_count(parts, PART_WARN, findings_count_calling(findings, SEVERITY_WARN),
                    findings_count_is_least(findings, SEVERITY_WARN), word_of(SEVERITY_WARN), "!",
                    style_of_severity(SEVERITY_WARN));
  any |= fill_count(parts, PART_UNKNOWN, findings_count_calling(findings, SEVERITY_UNKNOWN) - stale,
                    findings_count_is_least(findings, SEVERITY_UNKNOWN), word_of(SEVERITY_UNKNOWN),
                    "?", style_of_severity(SEVERITY_UNKNOWN));
  any |= fill_count(parts, PART_STALE, stale, false, "STALE", " old", STYLE_UNKNOWN);
  any |=
      fill_count(parts, PART_WAITING, count_waiting(frame), false, "waiting", "..", STYLE_UNKNOWN);
  any |= fill_count(parts, PART_SILENCED, findings_count_quiet(findings, FINDING_SILENCED), false,
                    "silenced", "-", STYLE_NOTICE);
  fill_count(parts, PART_PENDING, pending, at_least, "pending", ":", STYLE_NOTICE);
  may_go(&parts->items[PART_WAITING]);
  may_go(&parts->items[PART_SILENCED]);
  /* Pending ones are dropped before all counts get signs. */
  snprintf(parts->items[PART_PENDING].forms[1], FORM_BYTES, "%s", "");
  if (any || frame->model->target_count == 0)
    return;
  add(&parts->items[PART_OK], " all ok ");
  add(&parts->items[PART_OK], "ok");
  parts->items[PART_OK].style = STYLE_OK | STYLE_STRONG;
}

/* ---- state and time */

static void fill_state(struct parts *parts, const struct view *view) {
  struct part *part = &parts->items[PART_STATE];
  add(part, view->paused ? " PAUSED " : "LIVE");
  part->style = view->paused ? STYLE_NOTICE | STYLE_STRONG : parts->style;
  if (!view->paused)
    may_go(part);
}

/* "14:03:27 CET", in the zone of the host or in UTC. False: the host's zone is UTC at that time. */
static bool clock_text(char out[FORMAT_MAX * 2], int64_t wall_ms, bool utc) {
  char time[FORMAT_MAX], zone[24] = "UTC";
  const time_t seconds = (time_t)(wall_ms / 1000);
  struct tm parts;
  const bool differs = localtime_r(&seconds, &parts) && parts.tm_gmtoff != 0;
  if (!utc && differs && strftime(zone, sizeof zone, "%Z", &parts) == 0 &&
      strftime(zone, sizeof zone, "%z", &parts) == 0) /* a zone without a name, or a long one */
    snprintf(zone, sizeof zone, "local");
  snprintf(out, FORMAT_MAX * 2, "%s %s", format_time(time, sizeof time, wall_ms, utc, false), zone);
  return differs;
}

/* That of the times on the screen, and the other one. */
static void fill_clocks(struct parts *parts, const struct view *view, const struct frame *frame) {
  const int64_t wall_ms = frame->now_ms + frame->model->wall_offset_ms;
  struct part *clock = &parts->items[PART_CLOCK], *other = &parts->items[PART_OTHER_CLOCK];
  char text[FORMAT_MAX * 2];
  clock_text(text, wall_ms, view->utc);
  add(clock, "%s", text);
  add(clock, "%.8s", text);
  add(clock, "%.5s", text);
  may_go(clock);
  if (clock_text(text, wall_ms, !view->utc))
    add(other, "%s", text);
  may_go(other);
}

/* ---- fitting and drawing */

static const char *text_of(const struct part *part) {
  return part->count > 0 ? part->forms[part->at] : "";
}

static bool is_right(size_t id) {
  return id >= PART_STATE;
}

/* Cells of the line, with a blank at both ends, and two cells before what is at the right. */
static int width_of(const struct parts *parts) {
  int width = 2;
  for (size_t i = 0; i < PARTS; i++)
    if (*text_of(&parts->items[i]))
      width += text_width(text_of(&parts->items[i])) + (is_right(i) ? GAP : 1);
  return width - 1;
}

static void fit(struct parts *parts, int width) {
  for (size_t i = 0; i < sizeof steps / sizeof *steps && width_of(parts) > width; i++)
    for (size_t id = 0; id < PARTS; id++) {
      struct part *part = &parts->items[id];
      if (steps[i] & BIT(id) && part->at + 1 < part->count)
        part->at++;
    }
}

/* A part without room is not drawn: half a number would be a lie. */
static void draw(const struct parts *parts, struct canvas *canvas) {
  int x = 1, end = canvas->width - 1;
  for (size_t i = PARTS; i-- > PART_STATE;) {
    const char *text = text_of(&parts->items[i]);
    const int width = text_width(text);
    if (width == 0 || end - width < 1)
      continue;
    end -= width;
    canvas_text(canvas, end, 0, width, parts->items[i].style, text);
    end -= GAP;
  }
  for (size_t i = 0; i < PART_STATE; i++) {
    const char *text = text_of(&parts->items[i]);
    if (*text && x + text_width(text) <= end + 1)
      x += canvas_text(canvas, x, 0, end + 1 - x, parts->items[i].style, text) + 1;
  }
}

void header_draw_first(const struct view *view, const struct frame *frame) {
  struct parts parts = {
      .style = config_is_production(frame->model->config) ? STYLE_HEADER_PRODUCTION : STYLE_HEADER};
  for (size_t i = 0; i < PARTS; i++)
    parts.items[i].style = parts.style;
  fill_place(&parts, view, frame->model->config);
  fill_lock(&parts, frame);
  fill_unrecorded(&parts, frame);
  fill_incident(&parts, frame);
  fill_counts(&parts, frame);
  fill_state(&parts, view);
  fill_clocks(&parts, view, frame);
  fit(&parts, frame->canvas->width);
  canvas_fill(frame->canvas, 0, 0, frame->canvas->width, 1, parts.style, ' ');
  draw(&parts, frame->canvas);
}
