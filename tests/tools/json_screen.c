/* What `stacktop check --json` wrote, drawn as the screen it is, or written again:
 *
 *     json_screen FILE 120x36 [KEYS]    the screen, after keys as screen_text.h names them:
 * "3<Enter>" json_screen FILE again            the same document, from what was read
 *
 * For tests, and for looking at a report that somebody sent. */
#include "report/json/json.h"
#include "ui/view/view.h"
#include "unit/ui/screen_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole file; NULL if it cannot be read, or is more than a document may be. */
static char *text_read(const char *path, size_t *len) {
  FILE *file = fopen(path, "r");
  if (!file)
    return NULL;
  char *text = NULL;
  FILE *out = open_memstream(&text, len);
  char block[65536];
  size_t got, total = 0;
  while ((got = fread(block, 1, sizeof block, file)) > 0 && total <= REPORT_JSON_MAX) {
    total += got;
    fwrite(block, 1, got, out);
  }
  bool good = !ferror(file) && total <= REPORT_JSON_MAX;
  fclose(file);
  fclose(out);
  if (good)
    return text;
  free(text);
  return NULL;
}

static void screen_print(const struct report_document *document, int width, int height,
                         const char *keys) {
  struct canvas *canvas = canvas_new(width, height, false);
  struct view *view = view_new(&(struct view_options){.utc = true});
  view_draw(view, &document->model, document->now_ms, canvas);
  while (*keys) {
    view_key(view, &document->model, document->now_ms, screen_next_key(&keys));
    canvas_clear(canvas);
    view_draw(view, &document->model, document->now_ms, canvas);
  }
  char *text = screen_text(canvas);
  fputs(text, stdout);
  free(text);
  view_free(view);
  canvas_free(canvas);
}

int main(int argc, char **argv) {
  int width, height;
  bool again = argc == 3 && strcmp(argv[2], "again") == 0;
  if (argc < 3 || (!again && sscanf(argv[2], "%dx%d", &width, &height) != 2)) {
    fprintf(stderr, "usage: json_screen FILE WIDTHxHEIGHT [KEYS] | json_screen FILE again\n");
    return 64;
  }
  size_t len = 0;
  char *text = text_read(argv[1], &len);
  struct report_document document;
  struct err err = {.text = "it cannot be read"};
  if (!text || !report_json_read(&document, text, len, &err)) {
    fprintf(stderr, "json_screen: %s: %s\n", argv[1], err.text);
    free(text);
    return EXIT_FAILURE;
  }
  bool good = true;
  if (again)
    good = report_json_write(stdout, &document.model, document.now_ms);
  else
    screen_print(&document, width, height, argc > 3 ? argv[3] : "");
  report_document_fini(&document);
  free(text);
  return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
