/* Follows what others append. Blocks: for a thread. */
#pragma once

#include "audit/read/audit_lines.h"
#include "audit/read/audit_parse.h"

#include <sys/types.h>

enum {
  AUDIT_TAIL_BYTES = 1 << 20,   /* of new lines per call */
  AUDIT_START_BYTES = 16 << 20, /* at the end of the file, searched for open intents */
  AUDIT_START_MAX = 256,        /* of these, the newest are reported */
  AUDIT_AGAIN_MS = 60000,       /* records this much older than the newest were reported before */
};

struct audit_batch {
  struct audit_batch_item {
    struct audit_parsed parsed;
    bool unknown;
  } * items;
  size_t count, room;
  bool more; /* there is more to read at once */
};

struct audit_tail {
  char *path;
  char host[256];
  int64_t pid, pid_start; /* own records, which are not reported */
  int fd;                 /* -1: there is no file */
  bool begun;
  bool moved; /* the path leads to a new file: the old one is read once more */
  struct audit_lines lines;
  int64_t last_line;   /* begin of the last reported line */
  int64_t known_until; /* lines before it existed already when the file was reopened */
  int64_t newest_ms;
};

void audit_tail_init(struct audit_tail *tail, const char *path);
void audit_tail_fini(struct audit_tail *tail);
/* First call: the intents without an outcome. Later calls: whatever is new. */
void audit_tail_look(struct audit_tail *tail, struct audit_batch *batch);
void audit_batch_fini(struct audit_batch *batch);
