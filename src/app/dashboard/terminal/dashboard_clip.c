#include "app/dashboard/terminal/dashboard_clip.h"

#include "io/child.h"

#include <stdlib.h>
#include <string.h>

enum { CLIP_MS = 2000 };

static void on_done(void *arg, const struct child_result *result, const struct err *err) {
  struct dashboard_clip *clip = arg;
  (void)result;
  (void)err;
  clip->child = NULL;
}

void dashboard_clip_close(struct dashboard_clip *clip) {
  if (clip->child)
    child_cancel(clip->child);
  clip->child = NULL;
}

void dashboard_clip(struct dashboard_clip *clip, struct io *io, const char *text) {
  char *argv[] = {(char[]){"tmux"}, (char[]){"load-buffer"}, (char[]){"-w"}, (char[]){"-"}, NULL};
  const char *tmux = getenv("TMUX");
  if (!tmux || !*tmux)
    return;
  dashboard_clip_close(clip);
  clip->child = child_start(
      io,
      &(struct child_query){
          .argv = argv, .input = text, .input_len = strlen(text), .timeout_ms = CLIP_MS},
      on_done, clip);
}
