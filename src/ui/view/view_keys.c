#include "ui/view/view_keys.h"

#include "ui/view/view.h"
#include "ui/view/view_act.h"
#include "ui/view/view_copy.h"
#include "ui/view/view_findings.h"
#include "ui/view/view_log.h"
#include "ui/view/view_pages.h"
#include "ui/view/view_runbooks.h"

#include <stdio.h>
#include <string.h>

enum key_place view_place(const struct view *view) {
  if (view->page == PAGE_HELP)
    return PLACE_HELP;
  if (view->page == PAGE_DETAIL)
    return PLACE_DETAIL;
  if (view->page == PAGE_INCIDENT)
    return PLACE_INCIDENT;
  if (view->page == PAGE_CHART)
    return PLACE_CHART;
  if (view->page == PAGE_LOG)
    return view->log.page == LOG_PAGE_LINES    ? PLACE_LOG
           : view->log.page == LOG_PAGE_RECORD ? PLACE_LOG_RECORD
                                               : PLACE_LOG_LIST;
  if (view->page == PAGE_LIST)
    return PLACE_LIST;
  if (view->page == PAGE_RUNBOOKS)
    return PLACE_RUNBOOKS;
  if (view->page == PAGE_RUNBOOK)
    return PLACE_RUNBOOK;
  if (view->opened_count > 0)
    return PLACE_OPENED;
  if (view->listing)
    return PLACE_FINDINGS;
  return view->zoomed ? PLACE_ZOOM : PLACE_OVERVIEW;
}

static const struct request nothing = {.kind = REQUEST_NONE};

static struct request run_request(struct keys *keys, int kind) {
  (void)keys;
  return (struct request){(enum request_kind)kind};
}

static struct request run_pause(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  view->paused = !view->paused;
  view->paused_ms = keys->frame->now_ms;
  return (struct request){view->paused ? REQUEST_PAUSE : REQUEST_RESUME};
}

static struct request run_collect(struct keys *keys, int argument) {
  (void)argument;
  if (!keys->view->paused)
    return (struct request){REQUEST_COLLECT_NOW};
  snprintf(keys->view->notice, sizeof keys->view->notice, "Paused: press z to resume");
  return nothing;
}

static struct request run_focus_number(struct keys *keys, int argument) {
  (void)argument;
  size_t index = keys->key.rune - '1';
  if (index < keys->view->pane_count)
    keys->view->focus = index;
  keys->view->listing = false;
  return nothing;
}

static struct request run_events(struct keys *keys, int argument) {
  (void)argument;
  for (size_t i = 0; i < keys->view->pane_count; i++)
    if (keys->view->panes[i]->class == &pane_events) {
      keys->view->focus = i;
      keys->view->zoomed = true;
    }
  keys->view->listing = false;
  return nothing;
}

static struct request run_focus_step(struct keys *keys, int step) {
  struct view *view = keys->view;
  if (view->pane_count)
    view->focus = (view->focus + view->pane_count + (size_t)step) % view->pane_count;
  return nothing;
}

static void scroll_page(struct view *view, int lines) {
  int most = view->page_lines - view->page_height;
  view->scroll += lines;
  if (view->scroll > most)
    view->scroll = most;
  if (view->scroll < 0)
    view->scroll = 0;
}

static struct request run_move(struct keys *keys, int lines) {
  if (keys->view->page == PAGE_LOG)
    log_view_move(&keys->view->log, keys->frame, lines);
  else if (keys->view->page == PAGE_LIST)
    page_list_move(keys->view, keys->frame, lines);
  else if (keys->view->page == PAGE_RUNBOOKS)
    runbook_list_move(keys->view, keys->frame, lines);
  else if (keys->view->page != PAGE_PANES)
    scroll_page(keys->view, lines);
  else if (keys->pane)
    pane_move(keys->pane, lines);
  return nothing;
}

static struct request run_page(struct keys *keys, int direction) {
  int page = keys->view->page == PAGE_LOG     ? log_view_page(&keys->view->log)
             : keys->view->page != PAGE_PANES ? keys->view->page_height
             : keys->pane                     ? keys->pane->page
                                              : 0;
  return run_move(keys, direction * (page > 2 ? page - 1 : 1));
}

static struct request run_zoom(struct keys *keys, int argument) {
  (void)argument;
  keys->view->zoomed = true;
  return nothing;
}

static struct request run_back(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  if (view->page == PAGE_LOG)
    return view_log_back(keys);
  if (view->page == PAGE_RUNBOOKS || view->page == PAGE_RUNBOOK)
    return view_runbooks_back(view);
  if (view->page == PAGE_HELP)
    view->page = view->page_before_help;
  else if (view->page == PAGE_DETAIL || view->page == PAGE_INCIDENT)
    view->page = PAGE_PANES;
  else if (view->page == PAGE_CHART)
    view->page = view->page_before_chart;
  else if (view->page == PAGE_LIST)
    view->page = view->page_before_list;
  else if (keys->pane && *keys->pane->filter)
    *keys->pane->filter = '\0';
  else if (keys->pane && keys->pane->marks.count > 0)
    marks_clear(&keys->pane->marks);
  else if (view->opened_count > 0)
    return (struct request){REQUEST_PAGE_CLOSE};
  else if (view->listing)
    view->listing = false;
  else
    view->zoomed = false;
  view->scroll = 0;
  return nothing;
}

static struct request run_help(struct keys *keys, int argument) {
  (void)argument;
  struct view *view = keys->view;
  if (view->page == PAGE_HELP)
    return run_back(keys, 0);
  view->page_before_help = view->page;
  view->page = PAGE_HELP;
  view->scroll = 0;
  return nothing;
}

static struct request run_filter(struct keys *keys, int argument) {
  (void)argument;
  keys->view->typing = keys->pane != NULL;
  return nothing;
}

static struct request run_match(struct keys *keys, int direction) {
  struct pane *pane = keys->pane;
  if (!pane || !*pane->filter)
    return run_next_finding(keys, direction);
  /* A tree also shows the parents of matching rows. */
  for (size_t at = pane->selection.index + (size_t)direction; at < pane->lines.count;
       at += (size_t)direction) {
    const struct line *line = &pane->lines.items[at];
    if (line->selectable && (line->kind != LINE_ROW || line->row.match)) {
      pane_select(pane, at, true);
      break;
    }
  }
  return nothing;
}

static bool is_tree_row(const struct line *line) {
  return line && line->kind == LINE_ROW && line->row.children > 0;
}

static void toggle(struct pane *pane, const struct line *line, bool open) {
  pane_select(pane, (size_t)(line - pane->lines.items), true);
  pane_row_toggle(pane, line->target_index, line->table_id, line->key, open);
}

static struct request run_open(struct keys *keys, int argument) {
  (void)argument;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  if (is_tree_row(line) && !line->row.open)
    toggle(keys->pane, line, true);
  return nothing;
}

/* Closes the row, or goes to its parent. */
static struct request run_close(struct keys *keys, int argument) {
  (void)argument;
  struct pane *pane = keys->pane;
  const struct line *line = pane ? pane_selected(pane) : NULL;
  if (!line || line->kind != LINE_ROW)
    return nothing;
  if (is_tree_row(line) && line->row.open) {
    toggle(pane, line, false);
    return nothing;
  }
  for (size_t at = pane->selection.index; at-- > 0;) {
    const struct line *other = &pane->lines.items[at];
    if (other->kind != LINE_ROW || other->table != line->table)
      break;
    if (other->row.depth < line->row.depth) {
      pane_select(pane, at, true);
      break;
    }
  }
  return nothing;
}

/* The table to sort: the selected row's, otherwise the first. */
static struct pane_table *table_to_sort(struct pane *pane, const struct line **line) {
  *line = pane ? pane_selected(pane) : NULL;
  for (size_t i = 0; pane && i < pane->lines.count && (!*line || (*line)->kind != LINE_ROW); i++)
    *line = &pane->lines.items[i];
  return *line && (*line)->kind == LINE_ROW ? pane_table(pane, (*line)->table_id) : NULL;
}

static void say_sort(struct view *view, const struct pane_table *table,
                     const struct table_spec *spec) {
  if (table->sort_column < 0 || (size_t)table->sort_column >= spec->column_count)
    snprintf(view->notice, sizeof view->notice, "Sorted by severity, worst first");
  else
    snprintf(view->notice, sizeof view->notice, "Sorted by %s%s",
             spec->columns[table->sort_column].title, table->inverted ? ", reversed" : "");
}

/* The visible columns, and before the first the collector's own order. */
static struct request run_sort(struct keys *keys, int step) {
  const struct line *line;
  struct pane_table *table = table_to_sort(keys->pane, &line);
  if (!table)
    return nothing;
  int at = -1, count = (int)table->columns.count;
  for (int i = 0; i < count; i++)
    if ((int)table->columns.places[i].column == table->sort_column)
      at = i;
  at += step;
  at = at < -1 ? count - 1 : at >= count ? -1 : at;
  table->sort_column = at < 0 ? -1 : (int)table->columns.places[at].column;
  table->inverted = false;
  say_sort(keys->view, table, line->table->spec);
  return keys->view->opened_count > 0 ? view_page_sorted(line, table) : nothing;
}

static struct request run_invert(struct keys *keys, int argument) {
  (void)argument;
  const struct line *line;
  struct pane_table *table = table_to_sort(keys->pane, &line);
  if (!table)
    return nothing;
  if (table->sort_column >= 0)
    table->inverted = !table->inverted;
  say_sort(keys->view, table, line->table->spec);
  return keys->view->opened_count > 0 ? view_page_sorted(line, table) : nothing;
}

static const struct line *selected_row(const struct view *view) {
  const struct pane *pane = view_focused(view);
  const struct line *line = pane ? pane_selected(pane) : NULL;
  return line && line->kind == LINE_ROW ? line : NULL;
}

static bool offers_open(const struct view *view) {
  const struct line *line = selected_row(view);
  return is_tree_row(line) && !line->row.open;
}

static bool offers_close(const struct view *view) {
  const struct line *line = selected_row(view);
  return is_tree_row(line) && line->row.open;
}

/* Marks are for actions. */
static bool offers_mark(const struct view *view) {
  return view->acts && selected_row(view);
}

static bool offers_acts(const struct view *view) {
  return view->acts;
}

static bool offers_logs(const struct view *view) {
  return view->has_logs;
}

static bool offers_follow(const struct view *view) {
  return !view->log.tail;
}

static bool offers_log_search(const struct view *view) {
  return view->log.matches.pattern != NULL;
}

static bool offers_match(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return pane && *pane->filter;
}

static bool offers_finding(const struct view *view) {
  return view->has_findings && !offers_match(view);
}

static bool offers_findings(const struct view *view) {
  return view->has_findings;
}

static bool offers_sort(const struct view *view) {
  return selected_row(view) != NULL;
}

static bool offers_back(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return view_place(view) != PLACE_OVERVIEW || offers_match(view) ||
         (pane && pane->marks.count > 0);
}

static bool offers_page(const struct view *view) {
  return view->page_lines > view->page_height;
}

static bool offers_row(const struct view *view) {
  const struct pane *pane = view_focused(view);
  return pane && pane_selected(pane);
}

#define RUNE(c) KEY_CODE_RUNE, c, 0
#define CODE(c) KEY_CODE_##c, 0, 0
#define CTRL(c) KEY_CODE_CTRL, c, 0

/* The order is that of the help and of the bottom line, which drops the last ones first. */
const struct binding view_bindings[] = {
    {RUNE('a'), "a", "all actions", "actions for the selected row; why others are unavailable",
     PLACE_ACTS, false, run_menu, 0, offers_acts},
    {CODE(ENTER), "Enter", "zoom", "full-screen pane; again: page of the row, else its details",
     PLACE_OVERVIEW, false, run_zoom, 0, NULL},
    {CODE(ENTER), "Enter", "open", "full-screen pane; again: page of the row, else its details",
     PLACE_ZOOM | PLACE_OPENED, false, run_story, 0, offers_story},
    {CODE(ENTER), "Enter", "details", "full-screen pane; again: page of the row, else its details",
     PLACE_ZOOM | PLACE_OPENED, false, run_story, 0, offers_no_story},
    {CODE(ENTER), "Enter", "go to the row",
     "full-screen pane; again: page of the row, else its details", PLACE_FINDINGS, false,
     run_go_to_finding, 0, offers_row},
    {CODE(ENTER), "Enter", "open", "full-screen pane; again: page of the row, else its details",
     PLACE_LIST, false, run_choose_page, 0, NULL},
    {CODE(ENTER), "Enter", "open", "full-screen pane; again: page of the row, else its details",
     PLACE_RUNBOOKS, false, run_runbook_open, 0, NULL},
    {RUNE('S'), "S", "start", "start the runbook, in the whole terminal", PLACE_RUNBOOK, false,
     run_runbook_start, 0, NULL},
    {CODE(ESC), "Esc", "back", "one step back: page, filter, marks, full-screen pane", PLACE_ALL,
     false, run_back, 0, offers_back},
    /* The logs. */
    {CODE(ENTER), "Enter", "details", "details of the line; in a list: choose the row", PLACE_LOG,
     false, run_log, LOG_KEY_ENTER, NULL},
    {CODE(ENTER), "Enter", "choose", "details of the line; in a list: choose the row",
     PLACE_LOG_LIST, false, run_log, LOG_KEY_ENTER, NULL},
    {RUNE('F'), "F", "follow", "follow the newest line, as End does; Up leaves it", PLACE_LOG,
     false, run_log, LOG_KEY_FOLLOW, offers_follow},
    {RUNE('/'), "/", "search", "search (PCRE2), all matches are highlighted; empty ends it",
     PLACE_LOG, false, run_log, LOG_KEY_SEARCH, NULL},
    {RUNE('n'), "n", NULL, "next or previous match", PLACE_LOG, false, run_log, LOG_KEY_NEXT, NULL},
    {RUNE('N'), "N", "match", "next or previous match", PLACE_LOG, false, run_log, LOG_KEY_PREVIOUS,
     offers_log_search},
    {RUNE('&'), "&", "filter", "only lines that match (PCRE2); !x: not; .field>=500: JSON",
     PLACE_LOG, false, run_log, LOG_KEY_FILTER, NULL},
    {RUNE('v'), "v", "level", "only this level or worse: all, warn, error", PLACE_LOG, false,
     run_log, LOG_KEY_LEVEL, NULL},
    {RUNE('s'), "s", "since", "how far back: latest lines, 15m, 1h, 24h, all", PLACE_LOG, false,
     run_log, LOG_KEY_SINCE, NULL},
    {RUNE('t'), "t", "top", "top messages, numbers and ids folded; Enter filters", PLACE_LOG, false,
     run_log, LOG_KEY_TOP, NULL},
    {RUNE('f'), "f", "filters", "filters of the configuration", PLACE_LOG, false, run_log,
     LOG_KEY_SAVED, NULL},
    {RUNE('o'), "o", "sources", "sources: state, errors; Enter shows only one", PLACE_LOG, false,
     run_log, LOG_KEY_SOURCES, NULL},
    {RUNE('w'), "w", "wrap", "wrap long lines; again: cut them", PLACE_LOG, false, run_log,
     LOG_KEY_WRAP, NULL},
    {CODE(LEFT), "Left", NULL, "scroll long lines", PLACE_LOG, false, run_log, LOG_KEY_ACROSS_LEFT,
     NULL},
    {CODE(RIGHT), "Right", NULL, "scroll long lines", PLACE_LOG, false, run_log,
     LOG_KEY_ACROSS_RIGHT, NULL},
    {RUNE('c'), "c", NULL, "chart of lines by level, on or off", PLACE_LOG, false, run_log,
     LOG_KEY_CHART, NULL},
    {RUNE('y'), "y", "copy", "copy the line to the clipboard", PLACE_LOG_RECORD, false, run_log,
     LOG_KEY_COPY, NULL},
    {RUNE('y'), "y", NULL, "copy the line to the clipboard", PLACE_LOG, false, run_log,
     LOG_KEY_COPY, NULL},
    {RUNE('i'), "i", "details", "details of the selected row", PLACE_OVERVIEW, false, run_detail, 0,
     offers_row},
    {RUNE('i'), "i", NULL, "details of the selected row",
     PLACE_ZOOM | PLACE_OPENED | PLACE_FINDINGS, false, run_detail, 0, NULL},
    {RUNE('f'), "f", "findings", "all findings with their onset; Enter goes to the row", PLACE_GRID,
     false, run_findings, 0, offers_findings},
    {RUNE('f'), "f", NULL, "all findings with their onset; Enter goes to the row", PLACE_FINDINGS,
     false, run_back, 0, NULL},
    {RUNE('n'), "n", "next finding", "next or previous finding, unless there is a filter",
     PLACE_GRID, false, run_match, 1, offers_finding},
    {RUNE('N'), "N", NULL, "next or previous finding, unless there is a filter", PLACE_GRID, false,
     run_match, -1, NULL},
    {RUNE('v'), "v", "pages", "pages of the row and of its target, and what each costs", PLACE_ACTS,
     false, run_pages, 0, offers_pages},
    {RUNE('s'), "s", "order", "next named order of the page", PLACE_OPENED, false, run_named_sort,
     0, offers_named_sort},
    {RUNE('m'), "m", "window", "figures count from now on; again: until now; again: from now",
     PLACE_OPENED, false, run_window, 0, offers_window},
    {RUNE('l'), "l", "logs", "logs of the selected row", PLACE_ACTS, false, run_logs, 0,
     offers_logs},
    {RUNE('r'), "r", NULL, "lines as they are; again: without time, JSON by field", PLACE_LOG,
     false, run_log, LOG_KEY_RAW, NULL},
    {RUNE('c'), "c", NULL, "chart of the row's figures; Left and Right: the next figure",
     PLACE_ACTS, false, run_chart, 0, NULL},
    {RUNE('r'), "r", NULL, "runbooks that lead from the row; R where no action has that key",
     PLACE_ACTS, false, run_runbooks, 0, NULL},
    {CODE(RIGHT), "Right", "next figure",
     "chart of the row's figures; Left and Right: the next figure", PLACE_CHART, false,
     run_chart_step, 1, NULL},
    {CODE(LEFT), "Left", NULL, "chart of the row's figures; Left and Right: the next figure",
     PLACE_CHART, false, run_chart_step, -1, NULL},
    {RUNE('y'), "y", NULL, "copy the row to the clipboard; again: only its name", PLACE_ACTS, false,
     run_copy_row, 0, NULL},
    {RUNE('w'), "w", NULL, "save the table to a file, CSV or JSON", PLACE_PANES, false, run_save, 0,
     NULL},
    {RUNE(' '), "Space", "mark", "mark the row, or all rows; actions apply to marked rows",
     PLACE_PANES, false, run_mark, 0, offers_mark},
    {RUNE('*'), "*", NULL, "mark the row, or all rows; actions apply to marked rows", PLACE_PANES,
     false, run_mark_all, 0, NULL},
    {CODE(RIGHT), "Right", "open", "open the row; close it, or go to its parent", PLACE_PANES,
     false, run_open, 0, offers_open},
    {CODE(LEFT), "Left", "close", "open the row; close it, or go to its parent", PLACE_PANES, false,
     run_close, 0, offers_close},
    {RUNE('/'), "/", "filter", "show rows that contain a text; Enter keeps, Esc clears",
     PLACE_LINES, false, run_filter, 0, NULL},
    {RUNE('n'), "n", NULL, "next or previous row that matches the filter", PLACE_PANES, false,
     run_match, 1, NULL},
    {RUNE('N'), "N", "next", "next or previous row that matches the filter", PLACE_PANES, false,
     run_match, -1, offers_match},
    {RUNE('<'), "<", NULL, "next or previous sort column; past the end: worst first", PLACE_PANES,
     false, run_sort, -1, NULL},
    {RUNE('>'), ">", "sort", "next or previous sort column; past the end: worst first", PLACE_PANES,
     false, run_sort, 1, offers_sort},
    {RUNE('I'), "I", NULL, "reverse the sort order", PLACE_PANES, false, run_invert, 0, NULL},
    {KEY_CODE_RUNE, '1', '9', "1-9", NULL, "go to the pane with that number",
     PLACE_GRID | PLACE_FINDINGS, false, run_focus_number, 0, NULL},
    {CODE(TAB), "Tab", "pane", "next or previous pane", PLACE_GRID, false, run_focus_step, 1, NULL},
    {CODE(BACKTAB), "Shift-Tab", NULL, "next or previous pane", PLACE_GRID, false, run_focus_step,
     -1, NULL},
    {CODE(DOWN), "Down", NULL, "one row down or up", PLACE_ALL, false, run_move, 1, NULL},
    {RUNE('j'), "j", NULL, "one row down or up", PLACE_ALL, false, run_move, 1, NULL},
    {CODE(UP), "Up", NULL, "one row down or up", PLACE_ALL, false, run_move, -1, NULL},
    {RUNE('k'), "k", NULL, "one row down or up", PLACE_ALL, false, run_move, -1, NULL},
    {CODE(PAGE_DOWN), "PgDn", NULL, "one page down or up", PLACE_LINES, false, run_page, 1, NULL},
    {CODE(PAGE_DOWN), "PgDn", "more", "one page down or up", PLACE_PAGES, false, run_page, 1,
     offers_page},
    {CODE(PAGE_UP), "PgUp", NULL, "one page down or up", PLACE_ALL, false, run_page, -1, NULL},
    {CODE(HOME), "Home", NULL, "first or last row", PLACE_ALL, false, run_move, -1000000, NULL},
    {RUNE('g'), "g", NULL, "first or last row", PLACE_ALL, false, run_move, -1000000, NULL},
    {CODE(END), "End", NULL, "first or last row", PLACE_ALL, false, run_move, 1000000, NULL},
    {RUNE('G'), "G", NULL, "first or last row", PLACE_ALL, false, run_move, 1000000, NULL},
    {RUNE('e'), "e", NULL, "events: findings and changes in one time line",
     PLACE_GRID | PLACE_FINDINGS, false, run_events, 0, NULL},
    {RUNE(':'), ":", NULL, "command: unlock, lock, undo, incident, note, an action, or a page",
     PLACE_LINES | PLACE_INCIDENT, false, run_command, 0, NULL},
    {RUNE('b'), "b", NULL, "background actions: progress and results", PLACE_LINES, false,
     run_front, 0, NULL},
    {RUNE('z'), "z", "pause", "pause: stop polling and freeze the screen; again: resume", PLACE_ALL,
     false, run_pause, 0, NULL},
    {CTRL('r'), "Ctrl-R", NULL, "refresh now", PLACE_ALL, false, run_collect, 0, NULL},
    {CTRL('l'), "Ctrl-L", NULL, "repaint the screen", PLACE_ALL, false, run_request,
     REQUEST_REPAINT, NULL},
    {CTRL('z'), "Ctrl-Z", NULL, "suspend; fg resumes", PLACE_ALL, false, run_request,
     REQUEST_SUSPEND, NULL},
    {RUNE('?'), "?", "help", "this help", PLACE_ALL, true, run_help, 0, NULL},
    {CODE(F1), "F1", NULL, "this help", PLACE_ALL, false, run_help, 0, NULL},
    {RUNE('q'), "q", "quit", "quit", PLACE_ALL, true, run_request, REQUEST_QUIT, NULL},
    {CTRL('c'), "Ctrl-C", NULL, "quit", PLACE_ALL, false, run_request, REQUEST_QUIT, NULL},
};
const size_t view_binding_count = sizeof view_bindings / sizeof *view_bindings;

static bool binding_is_for(const struct binding *binding, struct key key) {
  if (binding->code != key.code)
    return false;
  if (key.code != KEY_CODE_RUNE && key.code != KEY_CODE_CTRL)
    return true;
  uint32_t last = binding->rune_last ? binding->rune_last : binding->rune;
  return key.rune >= binding->rune && key.rune <= last;
}

static struct request dispatch(struct keys *keys) {
  enum key_place place = view_place(keys->view);
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    if ((binding->places & place) && binding_is_for(binding, keys->key))
      return binding->run(keys, binding->argument);
  }
  if (!(place & PLACE_ACTS))
    return nothing;
  return keys->key.code == KEY_CODE_RUNE && keys->key.rune == 'R' && !act_has_key(keys)
             ? run_runbooks(keys, 0)
             : act_by_key(keys);
}

/* Ctrl-L and Ctrl-Z work in every text field. */
static bool is_for_everywhere(struct key key) {
  return key.code == KEY_CODE_CTRL && (key.rune == 'l' || key.rune == 'z');
}

/* An open dialog gets all keys; a key that was pressed for the previous screen never reaches it: it
 * is brought up to date with the model first. */
static struct request key_handle(struct keys *keys) {
  struct view *view = keys->view;
  if (dialog_is_open(&view->dialog)) {
    struct frame frame = *keys->frame;
    bool handled;
    frame.now_ms = frame.clock_ms; /* operations continue while the panes are paused */
    struct request request = dialog_key(&view->dialog, &frame, keys->key, &handled);
    return handled ? request : dispatch(keys);
  }
  if (view->saving && !is_for_everywhere(keys->key))
    return save_key(keys);
  if (view->commanding && !is_for_everywhere(keys->key))
    return command_key(view, keys->key);
  if (view->page == PAGE_LOG && view->log.typing && !is_for_everywhere(keys->key)) {
    bool taken;
    struct request request = view_log_typing(keys, &taken);
    if (taken)
      return request;
  }
  if (view->typing && keys->pane && filter_key(view, keys->pane, keys->key))
    return nothing;
  return dispatch(keys);
}

struct request view_key(struct view *view, const struct model *model, int64_t now_ms,
                        struct key key) {
  struct arena *arena = &view->arena; /* texts that a request borrows live until the next key */
  arena_fini(arena);
  arena_init(arena, FRAME_BYTES_MAX);
  struct frame frame = {model, view_now(view, now_ms), view->utc, NULL, arena, now_ms};
  view_sync_panes(view, model);
  view->touched = true;
  view_runbooks_sync(view, model);
  *view->notice = '\0';
  struct keys keys = {view, &frame, view_focused(view), key, false};
  uint64_t before = keys.pane ? pane_selection_identity(keys.pane) : 0;
  if (keys.pane && !view->typing)
    pane_pin(keys.pane);
  view_build_focused(view, &frame);
  keys.moved = keys.pane && pane_selection_identity(keys.pane) != before;
  dialog_sync(&view->dialog, model, now_ms);
  struct request request = key_handle(&keys);
  if (keys.pane)
    pane_release(keys.pane);
  if (view_focused(view) != keys.pane)
    pane_pin(view_focused(view));
  return request;
}

/* ---- the keys that actions may have */

static const struct binding *binding_of(uint32_t rune) {
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    uint32_t last = binding->rune_last ? binding->rune_last : binding->rune;
    if (binding->code == KEY_CODE_RUNE && binding->places & PLACE_ACTS && rune >= binding->rune &&
        rune <= last)
      return binding;
  }
  return NULL;
}

bool view_action_key_check(uint32_t key, struct err *err) {
  const struct binding *binding = binding_of(key);
  if (key < 'A' || key > 'Z')
    return err_set(err, ERR_INVALID, "is not a capital letter");
  return !binding || err_set(err, ERR_INVALID, "%c is taken: %s", (int)key, binding->help);
}

bool view_action_keys_check(const struct action_spec *const *specs, struct err *err) {
  for (const struct action_spec *const *spec = specs; *spec; spec++) {
    uint32_t key = (*spec)->key;
    struct err why;
    if (key == 0)
      continue;
    if (!view_action_key_check(key, &why))
      return err_set(err, ERR_INVALID, "%s: its key %s", (*spec)->id, why.text);
    for (const struct action_spec *const *other = specs; other != spec; other++)
      if ((*other)->key == key && strcmp((*other)->kind, (*spec)->kind) == 0)
        return err_set(err, ERR_INVALID, "%s and %s have the same key %c", (*other)->id,
                       (*spec)->id, (int)key);
  }
  return true;
}
