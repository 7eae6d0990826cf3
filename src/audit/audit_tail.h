/* What others append, as it comes. Blocks: for a thread. */
#pragma once

#include "audit/audit_lines.h"
#include "audit/audit_parse.h"

#include <sys/types.h>

enum {
  AUDIT_TAIL_BYTES = 1 << 20,   /* of new lines at once */
  AUDIT_START_BYTES = 16 << 20, /* of the end of the file, where open intents are looked for */
  AUDIT_START_MAX = 256,        /* of these, the newest, are told */
  AUDIT_AGAIN_MS = 60000,       /* what is so much older than the newest has been told before */
};

struct audit_batch {
  struct audit_batch_item {
    struct audit_parsed parsed;
    bool unknown;
  } * items;
  size_t count, room;
  bool more; /* there is more to be had at once */
};

struct audit_tail {
  char *path;
  char host[256];
  int64_t pid, pid_start; /* whose own records are left out */
  int fd;                 /* -1: there is no file */
  bool begun;
  bool moved; /* the path leads to another: looked at once more before it is left */
  struct audit_lines lines;
  int64_t last_line;   /* where the last one that was told begins */
  int64_t known_until; /* lines before it were there already when the file was opened anew */
  int64_t newest_ms;
};

void audit_tail_init(struct audit_tail *tail, const char *path);
void audit_tail_fini(struct audit_tail *tail);
/* The first time: the intents without an outcome. Then: whatever is new. */
void audit_tail_look(struct audit_tail *tail, struct audit_batch *batch);
void audit_batch_fini(struct audit_batch *batch);
