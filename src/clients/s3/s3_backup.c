#include "clients/s3/s3_backup.h"

#include "core/quantity.h"
#include "core/text/name.h"
#include "core/text/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000 };
static const int64_t max_age_default_ms = 26 * (int64_t)3600000;

bool s3_place_parse(const char *text, size_t length, char bucket[S3_BUCKET_MAX], char *prefix,
                    struct err *err) {
  if (length >= 5 && strncmp(text, "s3://", 5) == 0) {
    text += 5;
    length -= 5;
  }
  const char *slash = memchr(text, '/', length);
  const size_t name = slash ? (size_t)(slash - text) : length;
  const size_t rest = slash ? length - name - 1 : 0;
  char whole[2 * S3_BUCKET_MAX];
  snprintf(whole, sizeof whole, "%.*s", (int)name, text);
  if (!s3_bucket_check(whole, err))
    return false;
  if (rest >= S3_KEY_MAX)
    return err_set(err, ERR_INVALID, "a prefix has at most %d bytes", S3_KEY_MAX - 1);
  snprintf(bucket, S3_BUCKET_MAX, "%.*s", (int)name, text);
  snprintf(prefix, S3_KEY_MAX, "%.*s", (int)rest, slash ? slash + 1 : "");
  return true;
}

static bool shrink_parse(const char *text, double *shrink, struct err *err) {
  if (strcmp(text, "no") == 0) {
    *shrink = 0;
    return true;
  }
  return (quantity_parse_in(UNIT_RATIO, text, shrink, err) && *shrink > 0 && *shrink <= 1) ||
         err_set(err, ERR_INVALID, "shrink: \"%.40s\" is not a share such as 50%%, or no", text);
}

static bool size_parse(const char *text, int64_t *size, struct err *err) {
  double number;
  if (!quantity_parse_in(UNIT_BYTES, text, &number, err))
    return false;
  *size = number > 9e18 ? INT64_MAX : (int64_t)number;
  return true;
}

/* *is_one: it is a clause. */
static bool clause_take(const char *name, const char *value, struct s3_backup *backup, bool *is_one,
                        struct err *err) {
  *is_one = true;
  if (strcmp(name, "max_age") == 0)
    return duration_parse_within(value, 60000, 3660LL * DAY_MS, &backup->max_age_ms, err);
  if (strcmp(name, "min_size") == 0)
    return size_parse(value, &backup->min_size, err);
  if (strcmp(name, "shrink") == 0)
    return shrink_parse(value, &backup->shrink, err);
  *is_one = strcmp(name, "match") == 0;
  if (*is_one)
    snprintf(backup->match, sizeof backup->match, "%s", value);
  return true;
}

bool s3_backup_parse(const char *text, struct s3_backup *backup, struct err *err) {
  size_t end = strlen(text);
  *backup = (struct s3_backup){.max_age_ms = max_age_default_ms, .min_size = 1, .shrink = 0.5};
  for (;;) {
    char value[S3_WORD_MAX], name[S3_WORD_MAX];
    size_t at = end;
    bool is_one = false;
    if (!text_last_word(text, &at, value, sizeof value) ||
        !text_last_word(text, &at, name, sizeof name))
      break;
    struct err why;
    if (!clause_take(name, value, backup, &is_one, &why))
      return err_set(err, ERR_INVALID, "%s: %.200s", name, why.text);
    if (!is_one)
      break;
    end = at;
  }
  return s3_place_parse(text, text_trim_end(text, end), backup->bucket, backup->prefix, err);
}

bool s3_backup_has(const struct s3_backup *backup, const struct s3_object *object) {
  const size_t prefix = strlen(backup->prefix), length = strlen(object->key);
  if (length == 0 || object->modified_ms < 0 || object->size < 0 ||
      strncmp(object->key, backup->prefix, prefix) != 0)
    return false;
  if (object->key[length - 1] == '/' && object->size == 0) /* a folder of a console */
    return false;
  return !*backup->match || fnmatch(backup->match, object->key + prefix, 0) == 0;
}

bool s3_backup_check(const char *text, struct err *err) {
  struct s3_backup backup;
  return s3_backup_parse(text, &backup, err);
}

bool s3_backup_name_check(const char *name, struct err *err) {
  return name_check(name, "backup", S3_BACKUP_NAME_MAX, err);
}
