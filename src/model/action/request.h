/* What the user requests at the screen: the view turns keys into requests, app and the pipeline
 * carry them out. */
#pragma once

#include "model/action/operation.h"
#include "model/event/event_page.h"
#include "model/log/logs.h"
#include "model/page.h"

enum request_kind {
  REQUEST_NONE,
  REQUEST_QUIT,
  REQUEST_SUSPEND,     /* Ctrl-Z */
  REQUEST_REPAINT,     /* Ctrl-L: the content of the terminal may be wrong */
  REQUEST_COLLECT_NOW, /* Ctrl-R */
  REQUEST_PAUSE,       /* z: stops collecting; the screen keeps showing the moment of the pause */
  REQUEST_RESUME,
  /* Operations (model/action/operation.h). The pipeline checks each request again. */
  REQUEST_MENU,       /* `a`: the actions for `subject`; fills operations.offers */
  REQUEST_MENU_CLOSE, /* Esc in the menu */
  REQUEST_ACT,        /* begin `action` for `subject`, up to a plan */
  REQUEST_FORM,       /* the front operation's parameters: texts[param_count] */
  REQUEST_CHOOSE,     /* the picked candidates: their keys in texts */
  REQUEST_AGREE,      /* confirm the plan of the front operation: text is what was typed, "y" or the
                         phrase */
  REQUEST_REPLAN,     /* plan again from fresh data */
  REQUEST_CANCEL,     /* EXECUTE: stop at the next safe point */
  REQUEST_DISMISS, /* close the dialog of the front operation; one that has not started is removed,
                      a running one continues in the background */
  REQUEST_FRONT,   /* show the dialog of a background operation; `operation` is its id */
  REQUEST_UNDO,    /* begin the undo of the front (or the last) operation */
  REQUEST_COPY,    /* text to the clipboard of the terminal (OSC 52) */
  REQUEST_SAVE,    /* rows of a table to a file: see `state` */
  REQUEST_COLUMNS_SAVE, /* the text of the user's file of columns */
  REQUEST_COMMAND,      /* a line typed after `:`, in text */
  /* Pages (model/page.h). */
  REQUEST_PAGE_OPEN,  /* `page` for the target or the one row of `subject`; text: the row's label */
  REQUEST_PAGE_CLOSE, /* the page that was opened last */
  REQUEST_PAGE_SORT,  /* its rows: by the column `text` ("": its own order) of subject.table */
  REQUEST_PAGE_MARK,  /* begins or ends the window of its figures (struct page_focus, marks) */
  /* Runbooks (model/runbook/runbook_offers.h). */
  REQUEST_RUNBOOKS,       /* those that match the target or the one row of `subject`; text: label */
  REQUEST_RUNBOOKS_CLOSE, /* they are no longer looked at */
  REQUEST_RUNBOOK_OPEN,   /* the offer `operation`: begins its dry run */
  REQUEST_RUNBOOK_START,  /* the offer that is opened takes over the terminal */
  REQUEST_RUNBOOK_ABANDON, /* ends the run of the offer that is opened */
  /* Logs (model/log/logs.h). */
  REQUEST_LOGS_OPEN,        /* read the logs of a row, in `logs`; closes others */
  REQUEST_LOGS_CHANGE,      /* the same logs with another query, in `logs` */
  REQUEST_LOGS_SEARCH,      /* search all of them for text; an earlier search ends */
  REQUEST_LOGS_SEARCH_STOP, /* keeps what was found */
  REQUEST_LOGS_CLOSE,
  REQUEST_SLOWER, /* + : collect half as often */
  REQUEST_FASTER, /* - : twice as often */
  /* Findings: acknowledge, silence or remove (`operation`: enum alarm_verb) the one with the key
   * `text`, of the severity `texts[2]`; texts: the reason and the duration. */
  REQUEST_ALARM,
  /* The history of events (model/event/event_page.h). */
  REQUEST_EVENTS_OPEN,   /* with `events` */
  REQUEST_EVENTS_CHANGE, /* the same */
  REQUEST_EVENTS_CLOSE,
};

/* Texts and keys are borrowed from the view until its next call. */
struct request {
  enum request_kind kind;
  const struct action_spec *action;
  struct subject subject;
  const char *text;
  const char *const *texts;
  size_t text_count;
  uint32_t operation; /* or the index of an offer */
  const struct logs_query *logs;
  const struct event_query *events;
  const struct page_spec *page;
  bool inverted; /* PAGE_SORT */
  /* SAVE: subject.table of this state of the model to the path `text`; first the rows with the keys
   * `texts`, then, unless filtered, the others. */
  size_t state;
  bool filtered;
  bool of_kind;   /* SAVE: of all targets of its kind, which have a row each */
  bool of_events; /* SAVE: the events that match texts[0] ("": all), instead of a table */
};
