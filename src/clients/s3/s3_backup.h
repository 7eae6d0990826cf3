/* A text of the option `backups`: a bucket and a prefix, and at its end what is expected of the
 * newest object there:
 *
 *   ecap-backups/postgres/ max_age 26h min_size 1MB shrink 50% match *.sql.gz
 *
 * Pure. */
#pragma once

#include "clients/s3/s3_read.h"

enum { S3_BACKUPS_MAX = 32, S3_BACKUP_NAME_MAX = 48 };

struct s3_backup {
  char bucket[S3_BUCKET_MAX];
  char prefix[S3_KEY_MAX];
  char match[S3_WORD_MAX]; /* pattern of the key behind the prefix; "": any */
  int64_t max_age_ms;      /* default 26h */
  int64_t min_size;        /* default 1: an empty object is no backup */
  double shrink;           /* the least part of the one before, 0: any */
};
bool s3_backup_parse(const char *text, struct s3_backup *backup, struct err *err) MUST_CHECK;
/* Whether an object counts. */
bool s3_backup_has(const struct s3_backup *backup, const struct s3_object *object);

/* The checks of the option. */
bool s3_backup_check(const char *text, struct err *err) MUST_CHECK;
bool s3_backup_name_check(const char *name, struct err *err) MUST_CHECK;

/* "bucket/prefix", with or without "s3://" before it. prefix has room for S3_KEY_MAX. */
bool s3_place_parse(const char *text, size_t length, char bucket[S3_BUCKET_MAX], char *prefix,
                    struct err *err) MUST_CHECK;
