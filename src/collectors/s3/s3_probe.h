/* Writes an object of its own, reads it and deletes it: whether the store works, and how fast. Only
 * if it is configured, because it writes.
 *
 * The name of the object is PREFIX/stacktop-probe-RANDOM, and its content follows from its name, so
 * that one that a probe left behind is recognised beyond doubt before it is deleted: nothing else
 * ever is. While an object of this probe is left, no new one is written. */
#pragma once

#include "clients/s3/s3_backup.h"
#include "collectors/s3/s3_run.h"

enum { S3_PROBE_NAME = 48, S3_PROBE_BODY = 1024, S3_PROBE_STEPS = 3, S3_PROBE_LEFT_MAX = 20 };
enum s3_probe_step { S3_PROBE_PUT, S3_PROBE_GET, S3_PROBE_DELETE };

struct s3_probe_result {
  bool done, good;
  int64_t took_us;
  struct err err;
};

struct s3_probe {
  struct s3_chain chain;
  bool wanted;
  const char *forbidden; /* why it does not run: read-only; NULL: it does */
  char bucket[S3_BUCKET_MAX], prefix[S3_KEY_MAX];
  bool due;
  int64_t ended_ms, looked_ms; /* on the steady clock; 0: never */
  struct s3_probe_result results[S3_PROBE_STEPS];

  /* The object that is, or may be, there. */
  char name[S3_PROBE_NAME]; /* "": none */
  char version[S3_TOKEN_MAX];

  /* Objects of earlier probes that were found. */
  char left[S3_PROBE_LEFT_MAX][S3_PROBE_NAME];
  size_t left_count, left_at, left_removed;
  bool left_more;
  struct err left_err; /* why they cannot be listed or deleted */
};
/* From "bucket/prefix". */
bool s3_probe_parse(const char *text, struct s3_probe *probe, struct err *err) MUST_CHECK;
bool s3_probe_check(const char *text, struct err *err) MUST_CHECK;
/* As the `begin` of its chain. */
void s3_probe_begin(void *probe);

/* Whether it is the name of an object of a probe. */
bool s3_probe_is_name(const char *name);
/* The content of the object of that name. */
void s3_probe_body(const char *name, char out[S3_PROBE_BODY + 1]);
