/* What is asked of a bucket: whether it can be listed, each time, and its settings now and then. */
#pragma once

#include "collectors/s3/s3_run.h"

enum { S3_WHY_MAX = 200 };

/* A setting as it was last asked. */
struct s3_fact {
  bool known, flag;
  char word[S3_WORD_MAX];
  char why[S3_WHY_MAX]; /* why it is not known; "": it was not asked yet */
};

struct s3_bucket {
  struct s3_chain chain;
  char name[S3_BUCKET_MAX];
  bool gone; /* no longer in the list of buckets */

  /* Of this collection. */
  bool asked, listed;
  struct err err;
  char code[S3_WORD_MAX]; /* of S3; "": none */
  int64_t took_us;

  /* Of the settings. */
  int64_t settings_ms; /* when they were asked, on the steady clock; 0: never */
  bool settings_due;
  size_t step;
  struct s3_fact versioning, encryption, policy, policy_text, acl, anonymous;
};
/* As the `begin` of its chain. */
void s3_bucket_begin(void *bucket);
