/* Exercises what is read of the answers of an object store, and the texts of the option backups.
 * The first byte says what the rest is: a list of objects (l), of buckets (b), a setting (v, e, p,
 * a), an error (x), or a text of the configuration (c). Holds: what is not the answer is an error
 * with words; texts are terminated and bounded; a time or a size that is not one is -1; an error is
 * always put into words. */
#include "fuzz.h"

#include "clients/s3/s3_backup.h"
#include "clients/s3/s3_words.h"

#include <string.h>

static void take(void *arg, const struct s3_object *object) {
  size_t *count = arg;
  assert(memchr(object->key, '\0', S3_KEY_MAX) && object->modified_ms >= -1 && object->size >= -1);
  ++*count;
}

static void check_list(const char *text, size_t size) {
  struct s3_list list;
  struct err err = {0};
  size_t count = 0;
  if (!s3_list_read(text, size, take, &count, &list, &err)) {
    assert(err.kind != ERR_NONE && *err.text);
    return;
  }
  assert(count == list.count && (!list.truncated || *list.token));
}

static void check_buckets(const char *text, size_t size) {
  static struct s3_buckets buckets;
  struct err err = {0};
  if (!s3_buckets_read(text, size, &buckets, &err)) {
    assert(*err.text);
    return;
  }
  assert(buckets.count <= S3_BUCKETS_MAX && buckets.count <= buckets.total);
  for (size_t i = 0; i < buckets.count; i++)
    assert(s3_bucket_check(buckets.names[i], NULL));
}

static void check_setting(char which, const char *text, size_t size) {
  char word[S3_WORD_MAX] = "";
  bool flag = false;
  struct err err = {0};
  const bool good = which == 'v'   ? s3_versioning_read(text, size, word, &err)
                    : which == 'e' ? s3_encryption_read(text, size, word, &err)
                    : which == 'p' ? s3_policy_read(text, size, &flag, &err)
                                   : s3_acl_read(text, size, &flag, &err);
  assert(good || *err.text);
  assert(!good || which == 'p' || which == 'a' || *word);
}

static void check_refusal(const char *text, size_t size) {
  struct s3_refusal refusal;
  struct err err = {0};
  s3_refusal_read(text, size, &refusal);
  s3_words(&(struct s3_denial){.status = 400,
                               .refusal = &refusal,
                               .region = "us-east-1",
                               .location = "",
                               .date_s = -1,
                               .now_ms = 1800000000000},
           &err);
  assert(err.kind != ERR_NONE && *err.text);
}

static void check_backup(const char *text) {
  struct s3_backup backup;
  struct err err = {0};
  if (!s3_backup_parse(text, &backup, &err)) {
    assert(*err.text);
    return;
  }
  assert(s3_bucket_check(backup.bucket, NULL) && strlen(backup.prefix) < S3_KEY_MAX);
  assert(backup.max_age_ms > 0 && backup.min_size >= 0 && backup.shrink >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  if (*data == 'l')
    check_list(text, size - 1);
  else if (*data == 'b')
    check_buckets(text, size - 1);
  else if (*data && strchr("vepa", *data))
    check_setting((char)*data, text, size - 1);
  else if (*data == 'x')
    check_refusal(text, size - 1);
  else if (*data == 'c')
    check_backup(text);
  free(text);
  return 0;
}
