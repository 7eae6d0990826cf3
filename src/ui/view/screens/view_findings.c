#include "ui/view/screens/view_findings.h"

#include "model/alarm/alarm_mark.h"
#include "ui/panes/pane_kind.h"
#include "ui/view/view.h"

#include <stdio.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

struct request run_findings(struct keys *keys, int argument) {
  (void)argument;
  keys->view->listing = true;
  return nothing;
}

/* Opens the rows above it, which may be closed. */
static void open_parents(struct pane *pane, const struct model *model, size_t target_index,
                         const char *table_id, const char *key) {
  const struct sample *sample = model->targets[target_index].sample;
  const struct table *table = sample && table_id ? sample_table_view(sample, table_id) : NULL;
  const struct row *row = table && key ? table_find(table, key) : NULL;
  for (size_t depth = 0; row && row->parent && depth < table->row_count; depth++) {
    pane_row_toggle(pane, target_index, table_id, row->parent, true);
    row = table_find(table, row->parent);
  }
}

static bool select_row(struct view *view, const struct frame *frame, struct pane *pane,
                       size_t target_index, const char *table, const char *key) {
  view_build_focused(view, frame);
  return pane_select_row(pane, target_index, table, key);
}

bool view_go_to(struct view *view, const struct frame *frame, size_t target_index,
                const char *table, const char *key) {
  const struct model *model = frame->model;
  for (size_t i = 0; i < view->pane_count; i++) {
    struct pane *pane = view->panes[i];
    if (!pane_kind_has(pane, model, target_index))
      continue;
    view->focus = i;
    view->listing = false;
    *pane->filter = '\0';
    open_parents(pane, model, target_index, table, key);
    bool found = select_row(view, frame, pane, target_index, table, key);
    if (!found) {
      view->zoomed = true;
      view->rooms[i] = PANE_WIDE;
      found = select_row(view, frame, pane, target_index, table, key);
      if (!found)
        pane_select_row(pane, target_index, NULL, NULL);
    }
    pane_release(pane);
    return found;
  }
  return false;
}

static void go_to(struct view *view, const struct frame *frame, const struct finding *finding) {
  (void)view_go_to(view, frame, finding->target_index, finding->table, finding->row);
}

struct request run_go_to_finding(struct keys *keys, int argument) {
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  (void)argument;
  if (!line || !line->finding)
    return nothing;
  if (keys->moved)
    view_notice(keys->view, "The selection just changed: check the finding");
  else
    go_to(keys->view, keys->frame, line->finding);
  return nothing;
}

static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_of(const struct finding *finding, const struct line *line) {
  return line && finding->target_index == line->target_index &&
         same(finding->table, line->table_id) && same(finding->row, line->key);
}

struct request run_next_finding(struct keys *keys, int direction) {
  const struct findings *findings = keys->frame->model->findings;
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  const struct finding *first = NULL, *last = NULL, *before = NULL, *after = NULL;
  bool passed = false;
  if (keys->view->opened_count > 0)
    return nothing;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (!finding_calls(finding))
      continue;
    first = first ? first : finding;
    last = finding;
    if (is_of(finding, line)) /* a row may have several */
      passed = true;
    else if (!passed)
      before = finding;
    else if (!after)
      after = finding;
  }
  if (!first) {
    view_notice(keys->view, "No findings");
    return nothing;
  }
  if (direction > 0)
    go_to(keys->view, keys->frame, passed && after ? after : first);
  else
    go_to(keys->view, keys->frame, passed && before ? before : last);
  return nothing;
}

struct request run_order_findings(struct keys *keys, int step) {
  static const char *const orders[] = {"the worst first", "the newest first", "by target"};
  struct pane *pane = keys->view->findings;
  pane->order = (pane->order + FINDINGS_ORDERS + (unsigned)step) % FINDINGS_ORDERS;
  snprintf(keys->view->notice, sizeof keys->view->notice, "Sorted: %s", orders[pane->order]);
  return nothing;
}

/* ---- acknowledge, silence */

struct request run_alarm(struct keys *keys, int verb) {
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  const struct finding *finding = line ? line->finding : NULL;
  char key[ALARM_KEY_MAX];
  if (!finding)
    return nothing;
  if (keys->moved) {
    view_notice(keys->view,
                "The selection just changed: check the finding, then press the key again");
    return nothing;
  }
  if (verb == ALARM_FORM_REMOVE && finding->quiet == FINDING_LOUD) {
    view_notice(keys->view, "It is neither acknowledged nor silenced");
    return nothing;
  }
  const struct target *target = keys->frame->model->targets[finding->target_index].target;
  if (strlen(finding->row ? finding->row : "") + strlen(target->name) > ALARM_KEY_MAX / 2 + 100) {
    view_notice(keys->view, "Its name is too long to be kept");
    return nothing;
  }
  alarm_form_open(&keys->view->alarm, (enum alarm_form_verb)verb, finding,
                  alarm_key(key, target, finding));
  return nothing;
}

struct request run_fold(struct keys *keys, int open) {
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  const struct finding *finding = line ? line->finding : NULL;
  if (!finding)
    return nothing;
  if (finding->under > 0) /* close it from any of them */
    finding = &keys->frame->model->findings->items[finding->under - 1];
  pane_row_toggle(keys->pane, finding->target_index, finding->table ? finding->table : "",
                  finding->row ? finding->row : "", open);
  return nothing;
}
