/* Pages on the screen: those that are open, each a pane of its own over the one before, and the
 * list of those that the selection has. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* Makes the opened panes those of the model's open pages. */
void view_pages_sync(struct view *view, const struct model *model);
/* Draws the newest open page, which is the focused pane. */
void view_pages_draw(struct view *view, const struct frame *frame, struct rect area);

/* Counts the pages of the selection, for the bottom line. */
void view_pages_note(struct view *view, const struct frame *frame);

/* Draws the list: what each page answers, and what it costs the server. */
void page_list_draw(struct view *view, const struct frame *frame, struct rect area);
void page_list_move(struct view *view, const struct frame *frame, int rows);
void page_list_fini(struct page_list *list);

/* Enter on a row of a full-screen pane: its page if it has one, the list if it has several, else
 * its details. */
struct request run_story(struct keys *keys, int argument);
/* The list of the pages of the row and of its target. */
struct request run_pages(struct keys *keys, int argument);
/* Whether the page can be opened for a finding: on its row, else on its target. Not one that costs
 * much, whose cost is read first, nor one that is open. */
bool view_page_is_possible(const struct model *model, const struct finding *finding,
                           const struct page_spec *spec);
struct request view_page_of_finding(struct keys *keys, const struct finding *finding,
                                    const struct page_spec *spec);
/* Enter in the list. */
struct request run_choose_page(struct keys *keys, int argument);
/* The next named order of the open page. */
struct request run_named_sort(struct keys *keys, int argument);
/* Begins or ends the window of its figures. */
struct request run_window(struct keys *keys, int argument);
/* After the rows of the open page got another order on the screen. */
struct request view_page_sorted(const struct line *line, const struct pane_table *table);

/* Which of them the bottom line offers. */
bool offers_story(const struct view *view);
bool offers_no_story(const struct view *view);
bool offers_pages(const struct view *view);
bool offers_named_sort(const struct view *view);
bool offers_window(const struct view *view);
