/* What the pages of an application of Spark share: one question about it to its driver or the
 * history server, and a second one where the first does not apply. */
#pragma once

#include "clients/spark/spark.h"
#include "collectors/page.h"
#include "model/sample.h"

struct spark_page_call {
  struct sample *sample;
  struct table *table;
  struct arena *arena;
  const struct page_focus *focus;
  const char *query; /* the page is about that query of Structured Streaming; NULL: it is not */
  int64_t now_ms;
  bool other; /* the answer is that to `or_path` */
};
struct spark_page {
  const char *path;    /* after that of the application */
  const char *or_path; /* asked where that answers 404; NULL: then there is an error */
  /* Rows from the answer. False with err if it is not one. */
  bool (*fill)(struct spark_page_call *call, const json_t *json, struct err *err);
};
extern const struct watch_kind spark_page_watch;
