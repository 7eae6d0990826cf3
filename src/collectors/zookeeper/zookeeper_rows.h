/* From the answers of a ZooKeeper to a sample. No input or output; the time is passed in. */
#pragma once

#include "clients/zookeeper/zookeeper.h"
#include "collectors/figures.h"
#include "collectors/row_past.h"
#include "model/sample.h"

enum { ZOOKEEPER_TABLES = 1 };
extern const struct table_spec *const zookeeper_tables[ZOOKEEPER_TABLES];

enum zookeeper_word { ZOOKEEPER_MNTR, ZOOKEEPER_SRVR, ZOOKEEPER_RUOK, ZOOKEEPER_WORDS };
extern const char *const zookeeper_words[ZOOKEEPER_WORDS];

struct zookeeper_answers {
  const char *name;             /* of the target */
  char *texts[ZOOKEEPER_WORDS]; /* terminated, changed by reading; NULL: no answer, see errs */
  struct err errs[ZOOKEEPER_WORDS];
  int64_t answer_us; /* of the first one; -1: not known */
  int64_t now_us;
};
/* What a collection keeps for the next one: zero at first. */
struct zookeeper_memory {
  struct figures_past past;
  struct row_past rows;
};
/* The sample; NULL with err if it is not known to be a ZooKeeper that answers. */
struct sample *zookeeper_sample(struct zookeeper_answers *answers, struct zookeeper_memory *memory,
                                struct err *err);
