/* While it is done, and what became of it. */
#include "ui/dialog.h"

#include "core/text.h"
#include "ui/widget.h"

#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 30, LABEL_CELLS = 28, VICTIMS_SHOWN = 2000 };

static void run_title(const struct dialog_page *page, char *out, size_t size) {
  const struct operation *operation = page->operation;
  if (operation->plan)
    snprintf(out, size, "%s", operation->plan->title);
  else
    snprintf(out, size, "%s: %s", page->frame->model->slots[operation->slot].target->name,
             operation->action->title);
}

static unsigned style_of_result(enum victim_result result) {
  switch (result) {
  case VICTIM_DONE:
    return STYLE_OK;
  case VICTIM_GONE:
  case VICTIM_REFUSED:
  case VICTIM_SKIPPED:
    return STYLE_WARN;
  case VICTIM_UNKNOWN:
    return STYLE_CRIT;
  default:
    return STYLE_TEXT;
  }
}

static const char *words_of_result(enum victim_result result) {
  switch (result) {
  case VICTIM_PENDING:
    return "to come";
  case VICTIM_SENT:
    return "asked for, no proof yet";
  case VICTIM_GONE:
    return "gone already, nothing done";
  case VICTIM_SKIPPED:
    return "not done";
  default:
    return victim_result_name(result);
  }
}

static void put_victims(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  for (size_t i = 0; i < operation->outcome.count && i < VICTIMS_SHOWN; i++) {
    const struct victim_outcome *outcome = &operation->outcome.victims[i];
    bool words = outcome->words && *outcome->words;
    page_printf(page, style_of_result(outcome->result), 2, "%s  %s%s%s",
                operation->plan->victims[i].label, words_of_result(outcome->result),
                words ? ": " : "", words ? outcome->words : "");
  }
}

/* "[#####     ] 12,430 of 20,000 rows, 1,200/s, 6s left" */
static void put_progress(struct dialog_page *page) {
  const struct progress *progress = &page->operation->progress;
  char done[FORMAT_MAX], total[FORMAT_MAX], rate[FORMAT_MAX], left[FORMAT_MAX], bar[BAR_CELLS + 3];
  if (*progress->step)
    page_text(page, STYLE_TEXT, 0, NULL, progress->step);
  if (!progress->unit)
    return;
  format_count(done, sizeof done, progress->done);
  double seconds = (double)(page->frame->now_ms - progress->started_ms) / 1000;
  double speed = progress->started_ms > 0 && seconds > 0.5 ? (double)progress->done / seconds : 0;
  format_value(rate, sizeof rate, value_real(speed), UNIT_PER_SECOND, false);
  if (progress->total <= 0) {
    page_printf(page, STYLE_TEXT, 0, "%s %s, %s", done, progress->unit, rate);
    return;
  }
  double share = (double)progress->done / (double)progress->total;
  int cells = (int)((share > 1 ? 1 : share) * BAR_CELLS);
  memset(bar, ' ', sizeof bar);
  memset(bar + 1, '#', (size_t)cells);
  bar[0] = '[';
  bar[BAR_CELLS + 1] = ']';
  bar[BAR_CELLS + 2] = '\0';
  format_count(total, sizeof total, progress->total);
  bool ends = speed > 0 && progress->done < progress->total;
  format_duration(left, sizeof left, ends ? (double)(progress->total - progress->done) / speed : 0);
  page_printf(page, STYLE_TEXT, 0, "%s %s of %s %s, %s%s%s", bar, done, total, progress->unit, rate,
              ends ? ", left " : "", ends ? left : "");
}

static void run_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  page_printf(page, STYLE_TEXT | STYLE_STRONG, 0, "%s (%llds)%s",
              operation_phase_text(operation->phase),
              (long long)(page->frame->now_ms - operation->phase_ms) / 1000,
              operation->cancelling ? "; it stops at the next safe point" : "");
  put_progress(page);
  page_blank(page);
  put_victims(page);
}

static struct request run_key(struct dialog_page *page, struct key key) {
  if (key.code == KEY_CODE_ESC) {
    dialog_say(page->dialog, page->operation->phase == OPERATION_EXECUTE
                                 ? "It stops at the next safe point, where there is one"
                                 : "It cannot be stopped any more");
    return (struct request){.kind = REQUEST_CANCEL};
  }
  if (key.code == KEY_CODE_RUNE && key.rune == 'b')
    return (struct request){.kind = REQUEST_DISMISS};
  return (struct request){.kind = REQUEST_NONE};
}

const struct dialog_class dialog_run = {
    .keys = "Esc stops it at the next safe point   b lets it go on behind",
    .title = run_title,
    .build = run_build,
    .key = run_key,
};

/* ---- the end */

static unsigned style_of_word(const char *word) {
  if (strcmp(word, "done") == 0)
    return STYLE_OK;
  return strcmp(word, "unknown") == 0 ? STYLE_CRIT : STYLE_WARN;
}

static void put_outcome(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  const char *word = outcome_word(&operation->outcome);
  char execute[FORMAT_MAX], verify[FORMAT_MAX];
  page_printf(page, style_of_word(word) | STYLE_STRONG, 0, "%s%s%s", word,
              operation->outcome.proof ? ": " : "",
              operation->outcome.proof ? operation->outcome.proof : "");
  page_printf(page, STYLE_DIM, 0, "took %s, and %s to see the proof",
              format_duration(execute, sizeof execute, (double)operation->execute_ms / 1000),
              format_duration(verify, sizeof verify, (double)operation->verify_ms / 1000));
  page_blank(page);
  put_victims(page);
  if (operation->outcome.undo) {
    page_blank(page);
    page_text(page, STYLE_KEY, 0, NULL, "u takes it back: makes the plan of");
    page_text(page, STYLE_TEXT, 2, NULL, operation->outcome.undo);
  }
}

static void end_build(struct dialog_page *page) {
  const struct operation *operation = page->operation;
  if (operation->began)
    put_outcome(page);
  else
    page_text(page, STYLE_WARN | STYLE_STRONG, 0, NULL, "Nothing was done.");
  if (operation->err.kind == ERR_NONE)
    return;
  page_blank(page);
  page_text(page, operation->began ? (unsigned)STYLE_CRIT : (unsigned)STYLE_TEXT, 0, NULL,
            operation->err.text);
}

static struct request end_key(struct dialog_page *page, struct key key) {
  if (key.code == KEY_CODE_RUNE && key.rune == 'u' && page->operation->began &&
      page->operation->outcome.undo)
    return (struct request){.kind = REQUEST_UNDO};
  bool quits = key.code == KEY_CODE_RUNE && key.rune == 'q';
  if (key.code == KEY_CODE_ESC || key.code == KEY_CODE_ENTER || quits)
    return (struct request){.kind = REQUEST_DISMISS};
  return (struct request){.kind = REQUEST_NONE};
}

const struct dialog_class dialog_end = {
    .keys = "Enter or Esc closes   Up Down scroll",
    .title = run_title,
    .build = end_build,
    .key = end_key,
};
