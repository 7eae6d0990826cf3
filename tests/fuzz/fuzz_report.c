/* Exercises the reader of documents, and both reports of the result.
 * Holds: a document that was read is written to a document that reads again, and from then on each
 * writing is the same to the byte, with and without history; the text has no control character
 * except line ends, no line is too wide, and no '|' is in the first. */
#include "core/text/text.h"
#include "report/json/json.h"
#include "report/text/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

typedef bool writer(FILE *out, const struct model *model, int64_t now_ms);

struct text {
  char *bytes;
  size_t len;
};

static struct text written(writer *write, const struct report_document *document) {
  struct text text;
  FILE *out = open_memstream(&text.bytes, &text.len);
  if (!write(out, &document->model, document->now_ms))
    abort();
  fclose(out);
  return text;
}

static void check_again(writer *write, const struct report_document *document) {
  struct err err;
  struct report_document again;
  struct text first = written(write, document);
  if (!report_json_read(&again, first.bytes, first.len, &err)) {
    fprintf(stderr, "%s\n", err.text);
    abort();
  }
  struct text second = written(write, &again);
  report_document_fini(&again);
  if (first.len != second.len || memcmp(first.bytes, second.bytes, first.len) != 0) {
    fprintf(stderr, "%s\n%s\n", first.bytes, second.bytes);
    abort();
  }
  free(first.bytes);
  free(second.bytes);
}

static void check_text(const struct report_document *document) {
  enum { WIDTH = 60 };
  struct text text;
  FILE *out = open_memstream(&text.bytes, &text.len);
  struct report_text_options options = {.width = WIDTH};
  if (!report_text_write(out, &document->model, document->now_ms, &options))
    abort();
  fclose(out);
  if (memchr(text.bytes, '|', strcspn(text.bytes, "\n")))
    abort();
  for (char *at = text.bytes; *at;) {
    size_t length = strcspn(at, "\n");
    at[length] = '\0';
    for (size_t i = 0; i < length; i++)
      if ((unsigned char)at[i] < 0x20 || at[i] == 0x7F)
        abort();
    if (text_width(at) > WIDTH)
      abort();
    at += length + 1;
  }
  free(text.bytes);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct report_document document;
  struct err err = {0};
  if (!report_json_read(&document, (const char *)data, size, &err)) {
    if (!*err.text || err.kind == ERR_NONE)
      abort();
    return 0;
  }
  check_again(report_json_write, &document);
  check_again(report_json_record, &document);
  check_text(&document);
  report_document_fini(&document);
  return 0;
}
