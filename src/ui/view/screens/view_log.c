#include "ui/view/screens/view_log.h"

#include "ui/log/log_typing.h"
#include "ui/view/keys/key_words.h"
#include "ui/view/view_act.h"

#include <stdio.h>

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct view *view, const char *text) {
  view_say(view, text);
}

struct request run_logs(struct keys *keys, int argument) {
  struct view *view = keys->view;
  struct subject subject;
  (void)argument;
  if (view->page == PAGE_PANES && keys->moved) {
    say(view, "The selection just changed: check the row, then press the key again");
    return nothing;
  }
  if (!view_subject(view, keys->frame, &subject)) {
    say(view, "Select a row or a target first");
    return nothing;
  }
  if (subject.key_count > 1) {
    say(view, "Logs are shown for one row: press Esc to clear the marks");
    return nothing;
  }
  const char *why = view->no_logs ? view->no_logs(keys->frame->model, &subject) : "it has no logs";
  if (why) {
    say(view, why);
    return nothing;
  }
  view->page_before_log = view->page;
  view->page = PAGE_LOG;
  view->log.paused = view->paused;
  return log_view_open(&view->log, keys->frame, &subject);
}

/* What a key has to say goes to the bottom line. */
static struct request said(struct view *view, struct request request) {
  if (*view->log.said)
    say(view, view->log.said);
  *view->log.said = '\0';
  return request;
}

struct request run_log(struct keys *keys, int argument) {
  struct view *view = keys->view;
  view->log.paused = view->paused;
  return said(view, log_view_command(&view->log, keys->frame, (enum log_command)argument));
}

struct request view_log_back(struct keys *keys) {
  struct view *view = keys->view;
  bool left;
  view->log.paused = view->paused;
  struct request request = log_view_back(&view->log, keys->frame, &left);
  if (left)
    view->page = view->page_before_log;
  return said(view, request);
}

struct request view_log_typing(struct keys *keys, bool *taken) {
  struct view *view = keys->view;
  view->log.paused = view->paused;
  return said(view, log_typing_key(&view->log, keys->frame, keys->key, taken));
}
