#include "ui/view/screens/view_runbooks.h"

#include "core/mem.h"
#include "core/text/flow.h"
#include "core/text/text.h"
#include "model/runbook/runbook_offers.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/view_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CELLS = 22, ITEM_LINES = 2, MARGIN = 2, LINE_BYTES_MAX = 2048 };

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct view *view, const char *text) {
  view_say(view, text);
}

static bool is_here(const struct view *view) {
  return view->page == PAGE_RUNBOOKS || view->page == PAGE_RUNBOOK;
}

void view_runbooks_sync(struct view *view, const struct model *model) {
  if (!model->runbooks && is_here(view)) {
    view->page = view->page_before_runbooks;
    view->scroll = 0;
  }
  if (!model->runbooks && view->page == PAGE_HELP &&
      (view->page_before_help == PAGE_RUNBOOKS || view->page_before_help == PAGE_RUNBOOK))
    view->page_before_help = view->page_before_runbooks;
}

/* ---- the list */

static void box_draw(const struct frame *frame, struct rect area, const char *title,
                     const char *subject) {
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_printf(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
                "[%s%s]", title, subject);
}

static void item_draw(const struct frame *frame, const struct runbook_offer *offer,
                      struct rect area, int y) {
  const int x = area.x + NAME_CELLS + 1, width = area.x + area.width - x;
  canvas_text(frame->canvas, area.x, y, NAME_CELLS, STYLE_TITLE | STYLE_STRONG, offer->name);
  canvas_text(frame->canvas, x, y, width, STYLE_TEXT, offer->title);
  if (offer->run)
    canvas_printf(frame->canvas, area.x + 2, y + 1, area.width - 2, STYLE_NOTICE, "resume: %s",
                  offer->run_state);
  else
    canvas_printf(frame->canvas, area.x + 2, y + 1, area.width - 2, STYLE_DIM, "%s", offer->why);
}

void runbook_list_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct runbook_offers *offers = frame->model->runbooks;
  const struct rect inside = {area.x + MARGIN, area.y + 1, area.width - 2 * MARGIN,
                              area.height - 2};
  box_draw(frame, area, "Runbooks for ", offers->subject);
  const size_t fit = inside.height > ITEM_LINES ? (size_t)inside.height / ITEM_LINES : 1;
  if (view->runbook_at >= offers->count)
    view->runbook_at = offers->count ? offers->count - 1 : 0;
  const size_t first = view->runbook_at >= fit ? view->runbook_at - fit + 1 : 0;
  if (offers->loading)
    canvas_text(frame->canvas, inside.x, inside.y, inside.width, STYLE_DIM, "reading the runbooks");
  for (size_t i = first; i < offers->count && i < first + fit; i++) {
    const int y = inside.y + (int)(i - first) * ITEM_LINES;
    hit_add(frame, y, ITEM_LINES, 0, i);
    item_draw(frame, &offers->items[i], inside, y);
    if (i != view->runbook_at)
      continue;
    canvas_restyle(frame->canvas, area.x + 1, y, area.width - 2, ITEM_LINES, STYLE_SELECTED);
    canvas_glyph(frame->canvas, area.x, y, STYLE_BORDER_FOCUSED | STYLE_STRONG, "\xE2\x96\xBA",
                 '>');
  }
  if (offers->invalid > 0)
    canvas_printf(frame->canvas, area.x + MARGIN, area.y + area.height - 1, area.width - 2 * MARGIN,
                  STYLE_NOTICE, " %zu with errors: see `stacktop runbook list` ", offers->invalid);
}

void runbook_list_move(struct view *view, const struct frame *frame, int rows) {
  const struct runbook_offers *offers = frame->model->runbooks;
  const long last = offers ? (long)offers->count - 1 : -1;
  const long at = (long)view->runbook_at + rows;
  view->runbook_at = (size_t)(at < 0 || last < 0 ? 0 : at > last ? last : at);
}

/* ---- one of them */

struct writer {
  const struct view *view;
  const struct frame *frame;
  struct rect inside;
  int line; /* from the top of the page */
};

static void put_line(struct writer *writer, unsigned style, const char *text, size_t length) {
  const int y = writer->inside.y + writer->line++ - writer->view->scroll;
  if (y < writer->inside.y || y >= writer->inside.y + writer->inside.height)
    return;
  canvas_printf(writer->frame->canvas, writer->inside.x, y, writer->inside.width, style, "%.*s",
                (int)length, text);
}

/* Each line, over as many lines of the screen as it needs; its indentation stays. */
static void put(struct writer *writer, unsigned style, const char *text) {
  char clean[LINE_BYTES_MAX];
  for (const char *at = text; *at;) {
    const size_t length = strcspn(at, "\n");
    text_sanitize(clean, sizeof clean, at, length, false);
    const char *rest = clean;
    do {
      size_t fit = text_fit(rest, writer->inside.width, NULL);
      if (rest[fit]) /* at a space, if there is one in the second half */
        for (size_t cut = fit; cut > fit / 2; cut--)
          if (rest[cut] == ' ') {
            fit = cut;
            break;
          }
      put_line(writer, style, rest, fit);
      rest += fit ? fit : strlen(rest);
      rest += *rest == ' ';
    } while (*rest);
    at += length + (at[length] == '\n');
  }
}

void runbook_page_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct runbook_offers *offers = frame->model->runbooks;
  struct writer writer = {
      .view = view,
      .frame = frame,
      .inside = {area.x + MARGIN, area.y + 1, area.width - 2 * MARGIN, area.height - 2}};
  if (offers->opened >= offers->count)
    return;
  const struct runbook_offer *offer = &offers->items[offers->opened];
  view->runbook_run = offer->run;
  box_draw(frame, area, "Runbook ", offer->name);
  put(&writer, STYLE_TEXT | STYLE_STRONG, offer->title);
  if (offer->help) { /* its author broke the lines for a wider screen */
    char *help = mem_dup(offer->help);
    text_flow(help, writer.inside.width);
    put(&writer, STYLE_TEXT, help);
    free(help);
  }
  put(&writer, STYLE_DIM, offer->why);
  put_line(&writer, STYLE_TEXT, "", 0);
  if (offer->run)
    put(&writer, STYLE_NOTICE,
        arena_printf(frame->arena, "Run %s: %s", offer->run, offer->run_state));
  for (size_t i = 0; !offer->run && i < offer->word_count; i++)
    put(&writer, STYLE_KEY, offer->words[i]);
  put_line(&writer, STYLE_TEXT, "", 0);
  if (offers->refused)
    put(&writer, STYLE_WARN,
        arena_printf(frame->arena, "Cannot be started here: %s", offers->refused));
  if (offers->dry == RUNBOOK_DRY_RUNS)
    put(&writer, STYLE_DIM, "Checking the conditions of its steps");
  else if (offers->text)
    put(&writer, STYLE_TEXT, offers->text);
  view->page_lines = writer.line;
  view->page_height = writer.inside.height;
}

/* ---- keys */

struct request run_runbooks(struct keys *keys, int argument) {
  struct view *view = keys->view;
  struct request request = {.kind = REQUEST_RUNBOOKS};
  (void)argument;
  if (view->paused) {
    say(view, "Paused: press {screen-pause} to resume, then look for runbooks");
    return nothing;
  }
  if (view->page == PAGE_PANES && keys->moved) {
    say(view, "The selection just changed: check the row, then press the key again");
    return nothing;
  }
  if (!view_subject(view, keys->frame, &request.subject)) {
    say(view, "Select a row or a target first");
    return nothing;
  }
  if (request.subject.key_count > 1) {
    say(view, "A runbook is for one row: clear the marks with Esc");
    return nothing;
  }
  view->page_before_runbooks = view->page;
  view->runbook_at = 0;
  view->page = PAGE_RUNBOOKS;
  view->scroll = 0;
  return request;
}

struct request run_runbook_open(struct keys *keys, int argument) {
  struct view *view = keys->view;
  const struct runbook_offers *offers = keys->frame->model->runbooks;
  (void)argument;
  if (!offers || view->runbook_at >= offers->count)
    return nothing;
  view->page = PAGE_RUNBOOK;
  view->scroll = 0;
  return (struct request){.kind = REQUEST_RUNBOOK_OPEN, .operation = (uint32_t)view->runbook_at};
}

struct request run_runbook_start(struct keys *keys, int argument) {
  (void)argument;
  if (keys->view->paused) {
    say(keys->view, "Paused: press {screen-pause} to resume, then start the runbook");
    return nothing;
  }
  return (struct request){.kind = REQUEST_RUNBOOK_START};
}

/* The offer that is shown, if it is a run. */
static const struct runbook_offer *run_shown(const struct keys *keys) {
  const struct runbook_offers *offers = keys->frame->model->runbooks;
  return offers && offers->opened < offers->count && offers->items[offers->opened].run
             ? &offers->items[offers->opened]
             : NULL;
}

struct request run_runbook_abandon(struct keys *keys, int argument) {
  const struct runbook_offer *offer = run_shown(keys);
  (void)argument;
  if (!offer) {
    say(keys->view, "Only a run that is not over can be abandoned");
    return nothing;
  }
  keys->view->abandoning = 2;
  snprintf(keys->view->notice, sizeof keys->view->notice,
           "Abandon the run %s, without its remaining steps? y: yes, any other key: no",
           offer->run);
  return nothing;
}

struct request run_runbook_abandon_yes(struct keys *keys, int argument) {
  (void)argument;
  return (struct request){.kind = keys->view->abandoning == 1 && run_shown(keys)
                                      ? REQUEST_RUNBOOK_ABANDON
                                      : REQUEST_NONE};
}

struct request view_runbooks_back(struct view *view) {
  view->scroll = 0;
  if (view->page == PAGE_RUNBOOK) {
    view->page = PAGE_RUNBOOKS;
    return nothing;
  }
  view->page = view->page_before_runbooks;
  return (struct request){.kind = REQUEST_RUNBOOKS_CLOSE};
}
