#include "clients/s3/s3_xml.h"

#include "core/mem.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

struct reading {
  XML_Parser parser;
  const struct s3_xml_reader *reader;
  char path[S3_XML_PATH_MAX];
  char text[S3_XML_TEXT_MAX + 1];
  size_t path_len, text_len;
  size_t ends[S3_XML_DEPTH_MAX]; /* of the path, before each open element */
  size_t depth;
  const char *wrong;
};

static void stop(struct reading *reading, const char *why) {
  reading->wrong = why;
  XML_StopParser(reading->parser, XML_FALSE);
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes) {
  struct reading *reading = arg;
  const char *colon = strrchr(name, ':');
  const char *local = colon ? colon + 1 : name;
  const size_t length = strlen(local), slash = reading->path_len > 0;
  (void)attributes;
  if (reading->depth == S3_XML_DEPTH_MAX ||
      reading->path_len + slash + length >= sizeof reading->path) {
    stop(reading, "its elements are nested too deeply");
    return;
  }
  reading->ends[reading->depth++] = reading->path_len;
  if (slash)
    reading->path[reading->path_len++] = '/';
  memcpy(reading->path + reading->path_len, local, length + 1);
  reading->path_len += length;
  reading->text_len = 0;
  if (reading->reader->opened)
    reading->reader->opened(reading->reader->arg, reading->path);
}

static void on_end(void *arg, const XML_Char *name) {
  struct reading *reading = arg;
  (void)name;
  reading->text[reading->text_len] = '\0';
  reading->reader->closed(reading->reader->arg, reading->path, reading->text);
  reading->path_len = reading->ends[--reading->depth];
  reading->path[reading->path_len] = '\0';
  reading->text_len = 0;
}

static void on_text(void *arg, const XML_Char *text, int length) {
  struct reading *reading = arg;
  const size_t room = S3_XML_TEXT_MAX - reading->text_len;
  const size_t taken = (size_t)length < room ? (size_t)length : room;
  memcpy(reading->text + reading->text_len, text, taken);
  reading->text_len += taken;
}

/* No S3 server sends one; entities of its own could expand to anything. */
static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_internal) {
  (void)name, (void)system, (void)public, (void)has_internal;
  stop(arg, "it has a document type");
}

bool s3_xml_read(const char *xml, size_t length, const struct s3_xml_reader *reader,
                 struct err *err) {
  if (length > INT_MAX)
    return err_set(err, ERR_LIMIT, "the answer is too long");
  struct reading reading = {.parser = XML_ParserCreate(NULL), .reader = reader};
  if (!reading.parser)
    mem_failed();
  XML_SetUserData(reading.parser, &reading);
  XML_SetElementHandler(reading.parser, on_start, on_end);
  XML_SetCharacterDataHandler(reading.parser, on_text);
  XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
  const bool good = XML_Parse(reading.parser, xml, (int)length, 1) == XML_STATUS_OK;
  const enum XML_Error code = XML_GetErrorCode(reading.parser);
  XML_ParserFree(reading.parser);
  return good || err_set(err, ERR_PROTOCOL, "the answer is not XML: %s",
                         reading.wrong ? reading.wrong : XML_ErrorString(code));
}
