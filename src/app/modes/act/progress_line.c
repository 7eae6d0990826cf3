#include "app/modes/act/progress_line.h"

#include "core/text/format.h"
#include "core/text/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { STEP_MS = 100, LINE_BYTES = 512 };

/* Estimated time for the rest at this rate; "" if not known. */
static void left_text(const struct progress *progress, int64_t now_ms, char *text, size_t size) {
  char left[FORMAT_MAX];
  text[0] = '\0';
  int64_t took_ms = now_ms - progress->started_ms;
  if (progress->started_ms <= 0 || progress->done <= 0 || took_ms < 1000 ||
      progress->done >= progress->total)
    return;
  double each_s = (double)took_ms / 1000 / (double)progress->done;
  snprintf(text, size, ", %s left",
           format_duration(left, sizeof left, each_s * (double)(progress->total - progress->done)));
}

static void progress_text(const struct operation *operation, int64_t now_ms, char *text,
                          size_t size) {
  const struct progress *progress = &operation->progress;
  char done[FORMAT_MAX], total[FORMAT_MAX], left[FORMAT_MAX + 16];
  size_t used = (size_t)snprintf(text, size, "%s%s%s%s", operation_phase_text(operation->phase),
                                 operation->cancelling ? ", stopping" : "",
                                 *progress->step ? ": " : "", progress->step);
  if (!progress->unit || progress->done <= 0 || used >= size)
    return;
  format_count(done, sizeof done, progress->done);
  format_count(total, sizeof total, progress->total);
  left_text(progress, now_ms, left, sizeof left);
  if (progress->total > 0)
    snprintf(text + used, size - used, ", %s of %s %s (%d%%)%s", done, total, progress->unit,
             (int)(100 * (double)progress->done / (double)progress->total), left);
  else
    snprintf(text + used, size - used, ", %s %s", done, progress->unit);
}

void progress_line_show(struct progress_line *line, const struct operation *operation,
                        int64_t now_ms) {
  char text[LINE_BYTES], clean[LINE_BYTES];
  struct winsize size;
  bool due = !line->shown_ms || operation->phase != line->phase ||
             now_ms - line->shown_ms >= STEP_MS || now_ms < line->shown_ms;
  if (!due || !isatty(STDERR_FILENO) || operation->phase == OPERATION_ENDED)
    return;
  int width =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
  progress_text(operation, now_ms, text, sizeof text);
  text_sanitize(clean, sizeof clean, text, strlen(text), true);
  fprintf(stderr, "\r%-*.*s", width, width, clean);
  line->shown_ms = now_ms;
  line->phase = operation->phase;
}

void progress_line_clear(struct progress_line *line) {
  if (line->shown_ms)
    fputs("\r\x1b[K", stderr);
  line->shown_ms = 0;
}
