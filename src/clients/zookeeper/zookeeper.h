/* ZooKeeper's four-letter words on a line: each is a connection of its own, and its answer ends
 * where the server closes it. */
#pragma once

#include "io/net/line.h"

#define ZOOKEEPER_KIND "zookeeper"
#define ZOOKEEPER_SUMMARY_TABLE "summary"

enum {
  ZOOKEEPER_PORT = 2181,
  ZOOKEEPER_ANSWER_MAX = 256 << 10,
  ZOOKEEPER_FIELDS_MAX = 1024, /* a server of 3.9 sends about 500 */
};

/* What came back. */
enum zookeeper_answered {
  ZOOKEEPER_GOOD,
  ZOOKEEPER_FORBIDDEN,   /* not in 4lw.commands.whitelist */
  ZOOKEEPER_NOT_SERVING, /* it runs, and has no quorum or starts */
  ZOOKEEPER_FOREIGN,     /* not an answer of ZooKeeper */
};

/* Names and values of an answer: those of mntr ("zk_server_state"), and what srvr says under the
 * same names. They belong to the bytes that were read. */
struct zookeeper_fields {
  struct zookeeper_field {
    const char *name, *value;
  } items[ZOOKEEPER_FIELDS_MAX];
  size_t count;
};
const char *zookeeper_field(const struct zookeeper_fields *fields, const char *name); /* or NULL */

/* Reads a terminated answer to "mntr", "srvr" or "ruok" in place. Those of earlier answers stay; a
 * name that is known keeps its value. Pure. */
enum zookeeper_answered zookeeper_read(const char *word, char *text,
                                       struct zookeeper_fields *fields);

struct line *zookeeper_open(struct io *io, const struct line_place *place);
/* As line_send. `done` gets a struct line_text, not terminated. */
bool zookeeper_send(struct line *line, const char *word, line_cb done, void *arg,
                    struct err *err) MUST_CHECK;
