/* The objects under the prefix of a backup, page by page. A long list continues in the next
 * collections, so that none takes for ever. */
#pragma once

#include "clients/s3/s3_backup.h"
#include "collectors/s3/s3_run.h"

enum { S3_SCAN_PAGES = 20, S3_SCAN_OBJECTS_MAX = 1000000 };

/* What a list has said, as far as it was read. */
struct s3_found {
  struct s3_object newest, before; /* key "": there is none */
  int64_t count, bytes;            /* objects that count, and their size */
  int64_t listed;                  /* objects, also others */
  bool whole;                      /* to its end */
};

struct s3_scan {
  struct s3_chain chain;
  const char *name;
  struct s3_backup backup;
  bool due;
  int64_t ended_ms;     /* when a list was last read to its end, on the steady clock; 0: never */
  struct s3_found now;  /* of the list under way */
  struct s3_found last; /* of the last one that ended */
  struct err err;       /* of the last request */
  char code[S3_WORD_MAX];
  char token[S3_TOKEN_MAX]; /* where it continues; "": at the beginning */
  size_t pages;             /* of this collection */
};
/* As the `begin` of its chain. */
void s3_scan_begin(void *scan);
