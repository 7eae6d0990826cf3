#include "ui/view/screens/view_events.h"

#include "core/since.h"
#include "ui/draw/text_field.h"
#include "ui/view/screens/view_findings.h"
#include "ui/view/view.h"

#include <stdio.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};
/* Rows behind the selected one below which more are read. */
enum { MARGIN = 60 };

static const int64_t spans_ms[HISTORY_SPANS] = {
    0, 900000, 3600000, 86400000, 7 * INT64_C(86400000), 30 * INT64_C(86400000)};

static const struct event_page *page_of(const struct keys *keys) {
  return keys->frame->model->event_page;
}

static const struct event_record *selected(const struct keys *keys) {
  const struct event_page *page = page_of(keys);
  const struct history *history = &keys->view->history;
  return page && !page->loading && history->index < page->count ? &page->rows[history->index]
                                                                : NULL;
}

static struct request ask(struct view *view, enum request_kind kind, enum event_want want) {
  view->history.query.want = want;
  return (struct request){.kind = kind, .events = &view->history.query};
}

static void to_newest(struct history *history) {
  history->id = 0;
  history->index = history->top = 0;
  history->to_last = false;
}

static struct request filter_changed(struct view *view) {
  to_newest(&view->history);
  return ask(view, REQUEST_EVENTS_CHANGE, EVENT_WANT_NEWEST);
}

/* From the details: the events of their row, or of their target. */
static void filter_by_detail(const struct view *view, const struct model *model,
                             struct event_filter *filter) {
  const struct detail *detail = &view->detail;
  if (detail->of_event || detail->target_index >= model_state_count(model))
    return;
  const struct target *target = model->targets[detail->target_index].target;
  snprintf(filter->target, sizeof filter->target, "%.40s:%.*s", target->kind->kind,
           EVENT_FILTER_TEXT_MAX - 42, target->name);
  if (detail->label && strcmp(detail->label, target->name) != 0)
    snprintf(filter->text, sizeof filter->text, "%.*s", EVENT_FILTER_TEXT_MAX - 1, detail->label);
}

struct request run_history(struct keys *keys, int argument) {
  struct view *view = keys->view;
  (void)argument;
  view->history = (struct history){0};
  if (view->page == PAGE_DETAIL)
    filter_by_detail(view, keys->frame->model, &view->history.query.filter);
  view->page_before_history = view->page;
  view->page = PAGE_EVENTS;
  return ask(view, REQUEST_EVENTS_OPEN, EVENT_WANT_NEWEST);
}

/* ---- moving */

static void select_row(struct history *history, const struct event_page *page, size_t index) {
  history->index = index;
  history->at_ms = page->rows[index].at_ms;
  history->id = page->rows[index].id;
  history->to_last = false;
}

bool history_click(struct keys *keys, const struct hit *hit, bool *again) {
  struct history *history = &keys->view->history;
  const struct event_page *page = page_of(keys);
  for (size_t i = 0; page && i < page->count; i++)
    if ((uint64_t)page->rows[i].id == hit->id && page->rows[i].at_ms == hit->at) {
      *again = history->index == i;
      select_row(history, page, i);
      return true;
    }
  return false;
}

struct request history_move(struct keys *keys, int lines) {
  struct view *view = keys->view;
  struct history *history = &view->history;
  const struct event_page *page = page_of(keys);
  enum { FAR = 100000 };
  if (!page || page->count == 0)
    return nothing;
  if (lines <= -FAR) {
    to_newest(history);
    return page->has_newest ? nothing : ask(view, REQUEST_EVENTS_CHANGE, EVENT_WANT_NEWEST);
  }
  if (lines >= FAR && !page->has_oldest) {
    history->to_last = true;
    return ask(view, REQUEST_EVENTS_CHANGE, EVENT_WANT_OLDEST);
  }
  const int64_t last = (int64_t)page->count - 1;
  int64_t index = (int64_t)history->index + lines;
  index = index < 0 ? 0 : index > last ? last : index;
  select_row(history, page, (size_t)index);
  if (lines > 0 && last - index < MARGIN && !page->has_oldest)
    return ask(view, REQUEST_EVENTS_CHANGE, EVENT_WANT_OLDER);
  if (lines < 0 && index < MARGIN && !page->has_newest)
    return ask(view, REQUEST_EVENTS_CHANGE, EVENT_WANT_NEWER);
  return nothing;
}

/* ---- filters */

struct request run_history_only(struct keys *keys, int what) {
  struct view *view = keys->view;
  struct event_filter *filter = &view->history.query.filter;
  const struct event_record *record = selected(keys);
  if (what == HISTORY_KIND) {
    const unsigned last = 1U << (EVENT_KIND_COUNT - 1);
    filter->kinds = filter->kinds == 0 ? 1 : filter->kinds >= last ? 0 : filter->kinds << 1;
  } else if (what == HISTORY_SINCE) {
    view->history.span = (view->history.span + 1) % HISTORY_SPANS;
    const int64_t ms = spans_ms[view->history.span];
    filter->since_ms = ms ? keys->frame->clock_ms + keys->frame->model->wall_offset_ms - ms : 0;
    filter->until_ms = 0;
  } else if (what == HISTORY_TARGET && *filter->target) {
    *filter->target = '\0';
  } else if (what == HISTORY_OPERATOR && *filter->who) {
    *filter->who = '\0';
  } else if (what == HISTORY_TARGET && record && record->target) {
    snprintf(filter->target, sizeof filter->target, "%.40s%s%.*s",
             record->target_kind ? record->target_kind : "", record->target_kind ? ":" : "",
             EVENT_FILTER_TEXT_MAX - 42, record->target);
  } else if (what == HISTORY_OPERATOR && record && record->who) {
    snprintf(filter->who, sizeof filter->who, "%.*s", EVENT_FILTER_TEXT_MAX - 1, record->who);
  } else {
    view_notice(view, what == HISTORY_TARGET ? "The selected event is not about a target"
                                             : "The selected event has no operator");
    return nothing;
  }
  return filter_changed(view);
}

struct request run_history_filter(struct keys *keys, int argument) {
  struct history *history = &keys->view->history;
  (void)argument;
  history->typing = true;
  history->wrong = (struct err){0};
  snprintf(history->typed, sizeof history->typed, "%s", history->query.filter.text);
  return nothing;
}

struct times {
  int64_t now_ms;
  bool utc;
};

static bool time_parse(void *arg, const char *text, int64_t *ms, struct err *err) {
  const struct times *times = arg;
  if (*text)
    return since_parse(text, times->now_ms, times->utc, ms, err);
  *ms = 0;
  return true;
}

static bool typed_parse(struct keys *keys, struct event_filter *filter) {
  struct history *history = &keys->view->history;
  struct times times = {keys->frame->clock_ms + keys->frame->model->wall_offset_ms,
                        keys->view->utc};
  *filter = history->query.filter;
  history->wrong = (struct err){0};
  return event_filter_parse(filter, history->typed, time_parse, &times, &history->wrong);
}

struct request history_typing_key(struct keys *keys, bool *taken) {
  struct history *history = &keys->view->history;
  struct event_filter filter;
  *taken = true;
  if (text_field_key(history->typed, sizeof history->typed, keys->key, true)) {
    (void)!typed_parse(keys, &filter);
    return nothing;
  }
  if (keys->key.code == KEY_CODE_ESC ||
      (keys->key.code == KEY_CODE_CTRL && keys->key.rune == 'c')) {
    history->typing = false;
    return nothing;
  }
  *taken = keys->key.code == KEY_CODE_ENTER;
  if (!*taken || !typed_parse(keys, &filter))
    return nothing;
  history->typing = false;
  if (filter.since_ms != history->query.filter.since_ms)
    history->span = 0;
  history->query.filter = filter;
  return filter_changed(keys->view);
}

struct request history_back(struct keys *keys) {
  struct view *view = keys->view;
  struct history *history = &view->history;
  if (history->whole) {
    history->whole = false;
    return nothing;
  }
  if (!event_filter_is_empty(&history->query.filter)) {
    history->query.filter = (struct event_filter){0};
    history->span = 0;
    return filter_changed(view);
  }
  view->page = view->page_before_history;
  return (struct request){REQUEST_EVENTS_CLOSE};
}

/* ---- the selected event */

static bool same(const char *a, const char *b) {
  return a && b && strcmp(a, b) == 0;
}

static size_t target_find(const struct model *model, const struct event_record *record) {
  for (size_t i = 0; i < model->target_count; i++)
    if (same(model->targets[i].target->kind->kind, record->target_kind) &&
        same(model->targets[i].target->name, record->target))
      return i;
  return model->target_count;
}

/* What came from its beginning to its end. */
static struct request incident_show(struct view *view, const struct event_record *record) {
  struct event_filter *filter = &view->history.query.filter;
  *filter = (struct event_filter){.since_ms = record->at_ms};
  if (record->state == EVENT_STATE_ENDED)
    filter->until_ms = record->end_ms;
  view->history.span = 0;
  return filter_changed(view);
}

struct request run_history_enter(struct keys *keys, int argument) {
  struct view *view = keys->view;
  const struct event_record *record = selected(keys);
  const struct model *model = keys->frame->model;
  char text[NOTICE_MAX];
  (void)argument;
  if (!record)
    return nothing;
  if (record->kind == EVENT_KIND_INCIDENT && record->state != EVENT_STATE_MOMENT)
    return incident_show(view, record);
  const size_t target = target_find(model, record);
  if (target == model->target_count) {
    snprintf(text, sizeof text,
             record->target ? "The configuration has no target %.60s:%.120s"
                            : "The event is not about a target",
             record->target_kind ? record->target_kind : "", record->target ? record->target : "");
    view_notice(view, text);
    return nothing;
  }
  if (view->opened_count > 0) {
    view_notice(view, "A page is open: press Esc twice, then try again");
    return nothing;
  }
  const bool found = view_go_to(view, keys->frame, target, record->table, record->row);
  view->page = PAGE_PANES;
  if (!found && record->row) {
    snprintf(text, sizeof text, "The row of the event is gone: its target %.120s is selected",
             record->target);
    view_notice(view, text);
  }
  return (struct request){REQUEST_EVENTS_CLOSE};
}

struct request run_history_whole(struct keys *keys, int argument) {
  (void)argument;
  keys->view->history.whole = !keys->view->history.whole;
  return nothing;
}

struct request run_history_copy(struct keys *keys, int argument) {
  const struct event_record *record = selected(keys);
  char span[EVENT_SPAN_MAX], about[EVENT_ABOUT_MAX], words[EVENT_WORDS_MAX], date[FORMAT_MAX];
  (void)argument;
  if (!record)
    return nothing;
  format_time(date, sizeof date, record->at_ms, keys->view->utc, true);
  date[strcspn(date, " ")] = '\0';
  view_notice(keys->view, "Copied the event");
  return (struct request){.kind = REQUEST_COPY,
                          .text = arena_printf(&keys->view->arena, "%s %s%s %s: %s", date,
                                               event_span_text(span, record, keys->view->utc),
                                               keys->view->utc ? " UTC" : "",
                                               event_about_text(about, record),
                                               event_words_text(words, record))};
}

bool offers_history_row(const struct view *view) {
  return view->history.has_row;
}
