/* The verdict of a model in a few figures: what `stacktop status` prints, and what a running
 * stacktop tells it (io/beacon.h). As JSON:
 *
 *   {"severity":"crit","name":"ecap","environment":"production","crit":2,"warn":1,"unknown":0,
 *    "at_least":false,"waiting":0,"ok":6,"targets":9,"worst":{"severity":"crit","subject":"api",
 *    "sentence":"refused: nothing listens on port 8501","since_ms":1700000000000}} */
#pragma once

#include "model/model.h"

struct json_writer;

enum { STATUS_NAME_MAX = 128, STATUS_SUBJECT_MAX = 256, STATUS_SENTENCE_MAX = 512 };

struct status_brief {
  enum severity severity;                                   /* the exit status of `check` */
  char name[STATUS_NAME_MAX], environment[STATUS_NAME_MAX]; /* "": none */
  int64_t crit, warn, unknown;                              /* findings that count */
  bool at_least; /* some findings are not kept: the counts are lower bounds */
  int64_t waiting, ok, targets;
  /* The worst finding; subject "": none counts. */
  enum severity worst;
  char subject[STATUS_SUBJECT_MAX], sentence[STATUS_SENTENCE_MAX];
  int64_t since_ms; /* wall time */
};

/* Texts are sanitised. */
void status_brief_make(const struct model *model, int64_t now_ms, struct status_brief *brief);
/* The members of an object that the caller opens and closes. */
void status_brief_write(struct json_writer *json, const struct status_brief *brief);
/* The object as a text of one line; the caller frees it. */
char *status_brief_text(const struct status_brief *brief);
/* False with err if it is not what status_brief_text writes. Texts are sanitised again.
 * (report/status/status_brief_read.c) */
bool status_brief_read(const char *text, struct status_brief *brief, struct err *err) MUST_CHECK;
