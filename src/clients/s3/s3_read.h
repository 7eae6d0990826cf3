/* What an S3 server answers. Pure. Texts are cut where they are too long; bytes of a server:
 * sanitise them for display. */
#pragma once

#include "clients/s3/s3_xml.h"

#include <stdint.h>

enum {
  S3_BUCKET_MAX = 64, /* its name has 3 to 63 bytes */
  S3_KEY_MAX = 1025,  /* of an object: 1024 bytes */
  S3_TOKEN_MAX = 2048,
  S3_WORD_MAX = 64,
  S3_SAID_MAX = 160,
  S3_BUCKETS_MAX = 100, /* of a list of buckets; further ones are counted */
};

/* The name of a bucket, as S3 allows it. */
bool s3_bucket_check(const char *name, struct err *err) MUST_CHECK;
/* "2026-11-27T23:18:01.000Z" in milliseconds since 1970; -1 if it is none. */
int64_t s3_time_ms(const char *text);

/* The body of an error. */
struct s3_refusal {
  char code[S3_WORD_MAX]; /* "NoSuchBucket"; "": it is no error of S3 */
  char message[S3_SAID_MAX];
  char region[S3_WORD_MAX];   /* in which the bucket is, where the server says so */
  char endpoint[S3_SAID_MAX]; /* to which it redirects */
  int64_t server_ms;          /* its time, where it is about the clock; -1 */
};
void s3_refusal_read(const char *body, size_t length, struct s3_refusal *refusal);

struct s3_object {
  char key[S3_KEY_MAX];
  int64_t modified_ms; /* -1: not said */
  int64_t size;        /* -1 */
};

struct s3_list {
  bool truncated;
  char token[S3_TOKEN_MAX]; /* of the next page; "" */
  size_t count;             /* objects of this page */
};
/* A page of ListObjectsV2: each object is passed on, borrowed. False with err if it is none. */
bool s3_list_read(const char *body, size_t length,
                  void (*take)(void *arg, const struct s3_object *object), void *arg,
                  struct s3_list *list, struct err *err) MUST_CHECK;

struct s3_buckets {
  char names[S3_BUCKETS_MAX][S3_BUCKET_MAX];
  size_t count, total;
};
bool s3_buckets_read(const char *body, size_t length, struct s3_buckets *buckets,
                     struct err *err) MUST_CHECK;

/* "on", "off", "suspended". False with err if it is no such answer. */
bool s3_versioning_read(const char *body, size_t length, char out[S3_WORD_MAX],
                        struct err *err) MUST_CHECK;
/* "AES256", "aws:kms", ... */
bool s3_encryption_read(const char *body, size_t length, char out[S3_WORD_MAX],
                        struct err *err) MUST_CHECK;
/* Whether the policy of the bucket makes it public. */
bool s3_policy_read(const char *body, size_t length, bool *is_public, struct err *err) MUST_CHECK;
/* Whether the policy itself, as JSON, allows something to everyone without a condition: a server
 * may say that a bucket is not public although anyone can read its objects. */
bool s3_policy_text_read(const char *body, size_t length, bool *is_public,
                         struct err *err) MUST_CHECK;
/* Whether its access control list grants something to everyone, or to everyone with an account. */
bool s3_acl_read(const char *body, size_t length, bool *is_public, struct err *err) MUST_CHECK;
