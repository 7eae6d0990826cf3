/* An operation while it runs, and its result. */
#include "ui/dialog/dialog.h"

#include "model/action/output.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 30, RATE_AFTER_MS = 500 };

static unsigned style_of_result(enum object_result result) {
  switch (result) {
  case OBJECT_DONE:
    return STYLE_OK;
  case OBJECT_PARTLY:
  case OBJECT_GONE:
  case OBJECT_REFUSED:
  case OBJECT_SKIPPED:
    return STYLE_WARN;
  case OBJECT_UNKNOWN:
    return STYLE_CRIT;
  default:
    return STYLE_TEXT;
  }
}

static const char *words_of_result(enum object_result result) {
  switch (result) {
  case OBJECT_PENDING:
    return "pending";
  case OBJECT_SENT:
    return "requested, not yet verified";
  case OBJECT_GONE:
    return "already gone, nothing done";
  case OBJECT_SKIPPED:
    return "skipped, nothing done";
  case OBJECT_UNKNOWN:
    return "unknown: it may have taken effect";
  default:
    return object_result_text(result);
  }
}

static const char *object_text(const struct dialog_page *page, size_t index) {
  const struct operation *operation = page->operation;
  const struct object_outcome *object = &operation->outcome.objects[index];
  char words[OBJECT_TEXT_MAX];
  object_outcome_text(words, object);
  const char *label =
      index < operation->plan->object_count ? operation->plan->objects[index].label : "";
  return arena_printf(page->arena, "%s  %s%s%s", label, words_of_result(object->result),
                      *words ? ": " : "", words);
}

/* While they change: one line each, created only where it is visible. */
static void draw_object(const struct dialog_page *page, size_t index, int x, int y, int width) {
  const struct object_outcome *object = &page->operation->outcome.objects[index];
  canvas_text(page->frame->canvas, x + 2, y, width - 2, style_of_result(object->result),
              object_text(page, index));
}

/* The count of each result: "7 done, 2 refused, 1 to come". */
static void put_tally(struct dialog_page *page) {
  static const enum object_result order[] = {OBJECT_DONE,    OBJECT_PARTLY,  OBJECT_GONE,
                                             OBJECT_REFUSED, OBJECT_UNKNOWN, OBJECT_SENT,
                                             OBJECT_SKIPPED, OBJECT_PENDING};
  static const char *const names[] = {"done",    "partly done", "already gone",
                                      "refused", "unknown",     "requested, not yet verified",
                                      "skipped", "pending"};
  const struct outcome *outcome = &page->operation->outcome;
  char text[256] = "";
  if (outcome->count < 2)
    return;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    size_t count = outcome_count(outcome, order[i]), used = strlen(text);
    if (count > 0)
      snprintf(text + used, sizeof text - used, "%s%zu %s", used ? ", " : "", count, names[i]);
  }
  page_text(page, STYLE_TEXT, 0, NULL, text);
}

static void draw_bar(const struct dialog_page *page, size_t item, int x, int y, int width) {
  const struct progress *progress = &page->operation->progress;
  double share = (double)progress->done / (double)progress->total;
  char percent[FORMAT_MAX];
  int cells = width - 8 < BAR_CELLS ? width - 8 : BAR_CELLS;
  (void)item;
  share = share < 0 ? 0 : share > 1 ? 1 : share;
  if (cells > 0)
    widget_gauge(page->frame->canvas, x, y, cells, STYLE_OK, share);
  format_value(percent, sizeof percent, value_real(share), UNIT_RATIO, false);
  canvas_text(page->frame->canvas, x + (cells > 0 ? cells + 1 : 0), y, 7, STYLE_TEXT, percent);
}

/* "12,430 of 20,000 rows, 1,200/s, 6s left" */
static void put_progress(struct dialog_page *page) {
  const struct progress *progress = &page->operation->progress;
  char done[FORMAT_MAX], total[FORMAT_MAX], rate[FORMAT_MAX], left[AGE_MAX];
  if (*progress->step)
    page_text(page, STYLE_TEXT, 0, NULL, progress->step);
  if (!progress->unit)
    return;
  int64_t ms = progress->started_ms > 0 ? page->frame->now_ms - progress->started_ms : 0;
  double speed = ms >= RATE_AFTER_MS ? (double)progress->done * 1000 / (double)ms : 0;
  format_count(done, sizeof done, progress->done);
  format_value(rate, sizeof rate, value_real(speed), UNIT_PER_SECOND, false);
  if (progress->total <= 0) {
    page_printf(page, STYLE_TEXT, 0, "%s %s%s%s", done, progress->unit, speed > 0 ? ", " : "",
                speed > 0 ? rate : "");
    return;
  }
  page_item(page, draw_bar, 0);
  format_count(total, sizeof total, progress->total);
  bool ends = speed > 0 && progress->done < progress->total;
  double rest = ends ? (double)(progress->total - progress->done) / speed : 0;
  age_text(left, (int64_t)(rest * 1000) + 999);
  page_printf(page, STYLE_TEXT, 0, "%s of %s %s%s%s%s%s%s", done, total, progress->unit,
              speed > 0 ? ", " : "", speed > 0 ? rate : "", ends ? ", " : "", ends ? left : "",
              ends ? " left" : "");
}

static void run_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  char since[AGE_MAX];
  int64_t ms = page->frame->now_ms - operation->phase_ms;
  page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "%s for %s",
              operation_phase_text(operation->phase), age_text(since, ms > 0 ? ms : 0));
  if (operation->cancelling)
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL, "Stopping at the next safe point.");
  put_progress(page);
  put_tally(page);
  page_blank(page);
  for (size_t i = 0; operation->began && operation->plan && i < operation->outcome.count; i++)
    page_item(page, draw_object, i);
}

/* A verification that waits, as for a health check, can be ended. */
static bool is_waiting(const struct dialog_page *page) {
  return page->operation->phase == OPERATION_VERIFY && page->operation->stoppable;
}

static struct request run_cancel(struct dialog_page *page, int argument) {
  (void)argument;
  if (is_waiting(page)) {
    dialog_say(page->dialog, "No longer waiting: what was done stays done");
    return dialog_request(page, REQUEST_CANCEL);
  }
  if (page->operation->phase == OPERATION_EXECUTE) {
    dialog_say(page->dialog, "Stopping at the next safe point");
    return dialog_request(page, REQUEST_CANCEL);
  }
  dialog_say(
      page->dialog,
      page->operation->phase == OPERATION_INTENT
          ? "Execution is about to start: press b to continue in the background"
          : "The request was sent and cannot be stopped: press b to continue in the background");
  return (struct request){.kind = REQUEST_NONE};
}

static bool offers_cancel(const struct dialog_page *page) {
  return page->operation->phase == OPERATION_EXECUTE && !page->operation->cancelling;
}

static bool offers_end(const struct dialog_page *page) {
  return is_waiting(page) && !page->operation->cancelling;
}

#define RUNE(c) KEY_CODE_RUNE, c
#define CODE(c) KEY_CODE_##c, 0

static const struct dialog_binding run_bindings[] = {
    {CODE(ESC), "Esc", "stop at the next safe point", "stop at the next safe point", run_cancel, 0,
     offers_cancel},
    {CODE(ESC), "Esc", "stop waiting", "in a verification: stop waiting; what was done stays done",
     run_cancel, 0, offers_end},
    {RUNE('b'), "b", "background", "continue in the background; b shows it again", dialog_ask,
     REQUEST_DISMISS, NULL},
};

const struct dialog_class dialog_run = {
    .name = "Running action",
    .bindings = run_bindings,
    .binding_count = sizeof run_bindings / sizeof *run_bindings,
    .title = dialog_title,
    .build = run_build,
};

/* ---- the end */

static unsigned style_of_word(const char *word) {
  if (strcmp(word, "done") == 0)
    return STYLE_OK;
  return strcmp(word, "unknown") == 0 ? STYLE_CRIT : STYLE_WARN;
}

static const char *sentence_of_word(const char *word) {
  if (strcmp(word, "gone") == 0)
    return "ALREADY GONE: nothing was done";
  if (strcmp(word, "skipped") == 0)
    return "SKIPPED: nothing was done";
  if (strcmp(word, "refused") == 0)
    return "REFUSED: nothing was done";
  if (strcmp(word, "partial") == 0)
    return "PARTLY DONE";
  return strcmp(word, "done") == 0
             ? "DONE"
             : "UNKNOWN: it may have taken effect; check before you repeat it";
}

static void put_objects(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  for (size_t i = 0; operation->plan && i < operation->outcome.count; i++)
    page_text(page, style_of_result(operation->outcome.objects[i].result), 2, NULL,
              object_text(page, i));
}

static void put_times(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  char execute[FORMAT_MAX], verify[FORMAT_MAX];
  format_duration(execute, sizeof execute, (double)operation->execute_ms / 1000);
  format_duration(verify, sizeof verify, (double)operation->verify_ms / 1000);
  if (operation->execute_ms >= 0)
    page_printf(page, STYLE_DIM, 0, "Executed in %s%s%s.", execute,
                operation->verify_ms >= 0 ? ", verified in " : "",
                operation->verify_ms >= 0 ? verify : "");
  else
    page_text(page, STYLE_DIM, 0, NULL, "Not started.");
}

static bool offers_output(const struct dialog_page *page) {
  return page->operation->began && page->operation->outcome.output_count > 0;
}

/* That there is an output, and how much. */
static void put_output(struct dialog_page *page) {
  char summary[OUTPUT_SUMMARY_MAX];
  if (!offers_output(page))
    return;
  page_blank(page);
  page_printf(page, STYLE_NOTICE | STYLE_STRONG, 0, "Output (press o to read it): %s",
              output_summary(&page->operation->outcome, summary, sizeof summary));
}

static void put_outcome(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  const struct outcome *outcome = &operation->outcome;
  const char *word = outcome_word(outcome);
  page_text(page, style_of_word(word) | STYLE_STRONG, 0, NULL, sentence_of_word(word));
  if (outcome->proof)
    page_text(page, STYLE_TEXT, 0, NULL, outcome->proof);
  put_tally(page);
  put_times(page);
  page_blank(page);
  put_objects(page);
  put_output(page);
  if (!outcome->undo)
    return;
  page_blank(page);
  page_text(page, STYLE_NOTICE | STYLE_STRONG, 0, NULL, "Undo (press u to plan it):");
  page_text(page, STYLE_TEXT, 2, NULL, outcome->undo);
}

static void end_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  if (!operation->began) {
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL, "Nothing was done.");
    page_text(page, STYLE_TEXT, 0, NULL, operation->err.text);
    return;
  }
  if (operation->err.kind != ERR_NONE)
    page_text(page, STYLE_CRIT | STYLE_STRONG, 0, NULL, operation->err.text);
  if (operation->unrecorded.kind != ERR_NONE)
    page_text(page, STYLE_CRIT | STYLE_STRONG, 0, NULL, operation->unrecorded.text);
  put_outcome(page);
}

static bool offers_undo(const struct dialog_page *page) {
  return page->operation->began && page->operation->outcome.undo;
}

static struct request run_undo(struct dialog_page *page, int argument) {
  (void)argument;
  return (struct request){.kind = offers_undo(page) ? REQUEST_UNDO : REQUEST_NONE,
                          .operation = page->operation->id};
}

static struct request run_output(struct dialog_page *page, int argument) {
  (void)argument;
  page->dialog->output = offers_output(page);
  return (struct request){.kind = REQUEST_NONE};
}

static const struct dialog_binding end_bindings[] = {
    {CODE(ENTER), "Enter", "close", "close", dialog_ask, REQUEST_DISMISS, NULL},
    {CODE(ESC), "Esc", NULL, "close", dialog_ask, REQUEST_DISMISS, NULL},
    {RUNE('o'), "o", "output", "read the output, where there is one", run_output, 0, offers_output},
    {RUNE('u'), "u", "undo", "plan the undo, where one exists", run_undo, 0, offers_undo},
};

const struct dialog_class dialog_end = {
    .name = "Outcome",
    .bindings = end_bindings,
    .binding_count = sizeof end_bindings / sizeof *end_bindings,
    .fixed = true,
    .title = dialog_title,
    .build = end_build,
};
