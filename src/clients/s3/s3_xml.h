/* XML of a server, element by element, within limits: by expat, without entities of its own and
 * without a document type. Pure. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { S3_XML_DEPTH_MAX = 16, S3_XML_PATH_MAX = 256, S3_XML_TEXT_MAX = 4096 };

struct s3_xml_reader {
  /* An element begins: "ListBucketResult/Contents". Prefixes of names are left out. NULL: not
   * wanted. */
  void (*opened)(void *arg, const char *path);
  /* It ends; its own text, cut at S3_XML_TEXT_MAX, is borrowed. */
  void (*closed)(void *arg, const char *path, const char *text);
  void *arg;
};
/* False with err if it is not XML, or too deep; what came before was passed on. */
bool s3_xml_read(const char *xml, size_t length, const struct s3_xml_reader *reader,
                 struct err *err) MUST_CHECK;
