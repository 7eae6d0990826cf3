#include "clients/s3/s3_read.h"

#include "core/json/json_tree.h"
#include "core/number.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool s3_bucket_check(const char *name, struct err *err) {
  const size_t length = strlen(name);
  bool good = length >= 3 && length < S3_BUCKET_MAX && isalnum((unsigned char)*name);
  for (size_t i = 0; good && i < length; i++) /* old ones have capitals and underscores */
    good = isascii(name[i]) && (isalnum((unsigned char)name[i]) || strchr("-._", name[i]));
  return (good && !strstr(name, "..")) ||
         err_set(err, ERR_INVALID,
                 "\"%.80s\" is not the name of a bucket: 3 to 63 letters, digits, dots and hyphens",
                 name);
}

int64_t s3_time_ms(const char *text) {
  struct tm tm = {0};
  int64_t ms = 0;
  const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
  if (!rest || tm.tm_year < 70)
    return -1;
  if (*rest == '.')
    for (int digit = 100; isdigit((unsigned char)*++rest); digit /= 10)
      ms += digit * (*rest - '0');
  if (strcmp(rest, "Z") != 0 && strcmp(rest, "+00:00") != 0)
    return -1;
  const int64_t at = (int64_t)timegm(&tm) * 1000 + ms;
  return at >= 0 ? at : -1;
}

static void copy(char *out, size_t size, const char *text) {
  snprintf(out, size, "%s", text);
}

static bool is(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

/* ---- errors */

static void refusal_closed(void *arg, const char *path, const char *text) {
  struct s3_refusal *refusal = arg;
  if (is(path, "Error/Code"))
    copy(refusal->code, sizeof refusal->code, text);
  else if (is(path, "Error/Message"))
    copy(refusal->message, sizeof refusal->message, text);
  else if (is(path, "Error/Region") || (is(path, "Error/BucketRegion") && !*refusal->region))
    copy(refusal->region, sizeof refusal->region, text);
  else if (is(path, "Error/Endpoint"))
    copy(refusal->endpoint, sizeof refusal->endpoint, text);
  else if (is(path, "Error/ServerTime"))
    refusal->server_ms = s3_time_ms(text);
}

void s3_refusal_read(const char *body, size_t length, struct s3_refusal *refusal) {
  struct err unread;
  const struct s3_xml_reader reader = {.closed = refusal_closed, .arg = refusal};
  *refusal = (struct s3_refusal){.server_ms = -1};
  if (length == 0 || !s3_xml_read(body, length, &reader, &unread))
    *refusal = (struct s3_refusal){.server_ms = -1};
}

/* ---- objects */

struct listing {
  struct s3_list *list;
  void (*take)(void *arg, const struct s3_object *object);
  void *arg;
  struct s3_object object;
  bool is_one, encoded;
};

static int nibble(char c) {
  return isdigit((unsigned char)c)    ? c - '0'
         : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
                                      : -1;
}

/* "a%2Fb+c", in place. */
static void decode(char *text) {
  char *out = text;
  for (const char *in = text; *in; in++) {
    const int high = *in == '%' ? nibble(in[1]) : -1;
    const int low = high >= 0 ? nibble(in[2]) : -1;
    if (low >= 0 && high + low > 0) {
      *out++ = (char)(high * 16 + low);
      in += 2;
    } else {
      *out++ = *in == '+' ? ' ' : *in;
    }
  }
  *out = '\0';
}

static void list_opened(void *arg, const char *path) {
  struct listing *listing = arg;
  if (is(path, "ListBucketResult"))
    listing->is_one = true;
  else if (is(path, "ListBucketResult/Contents"))
    listing->object = (struct s3_object){.modified_ms = -1, .size = -1};
}

static void list_closed(void *arg, const char *path, const char *text) {
  static const char of_object[] = "ListBucketResult/Contents/";
  struct listing *listing = arg;
  struct s3_object *object = &listing->object;
  const char *part =
      strncmp(path, of_object, sizeof of_object - 1) == 0 ? path + sizeof of_object - 1 : "";
  if (is(part, "Key")) {
    copy(object->key, sizeof object->key, text);
  } else if (is(part, "LastModified")) {
    object->modified_ms = s3_time_ms(text);
  } else if (is(part, "Size")) {
    if (!number_count(text, &object->size))
      object->size = -1;
  } else if (is(path, "ListBucketResult/Contents")) {
    if (listing->encoded)
      decode(object->key);
    listing->list->count++;
    if (listing->take)
      listing->take(listing->arg, object);
  } else if (is(path, "ListBucketResult/IsTruncated")) {
    listing->list->truncated = strcasecmp(text, "true") == 0;
  } else if (is(path, "ListBucketResult/NextContinuationToken")) {
    copy(listing->list->token, sizeof listing->list->token, text);
  }
}

/* Whether keys are encoded is said before or after them: it is read first. */
static void encoding_closed(void *arg, const char *path, const char *text) {
  bool *encoded = arg;
  if (is(path, "ListBucketResult/EncodingType"))
    *encoded = is(text, "url");
}

bool s3_list_read(const char *body, size_t length,
                  void (*take)(void *arg, const struct s3_object *object), void *arg,
                  struct s3_list *list, struct err *err) {
  struct listing listing = {.list = list, .take = take, .arg = arg};
  const struct s3_xml_reader first = {.closed = encoding_closed, .arg = &listing.encoded};
  const struct s3_xml_reader reader = {
      .opened = list_opened, .closed = list_closed, .arg = &listing};
  *list = (struct s3_list){0};
  if (!s3_xml_read(body, length, &first, err) || !s3_xml_read(body, length, &reader, err))
    return false;
  if (!listing.is_one)
    return err_set(err, ERR_PROTOCOL, "the answer is not a list of objects");
  if (list->truncated && !*list->token)
    return err_set(err, ERR_PROTOCOL, "the list is cut, and does not say where it continues");
  return true;
}

/* ---- buckets */

struct bucket_listing {
  struct s3_buckets *buckets;
  bool is_one;
};

static void buckets_closed(void *arg, const char *path, const char *text) {
  struct bucket_listing *listing = arg;
  struct s3_buckets *buckets = listing->buckets;
  if (is(path, "ListAllMyBucketsResult"))
    listing->is_one = true;
  if (!is(path, "ListAllMyBucketsResult/Buckets/Bucket/Name") || !s3_bucket_check(text, NULL))
    return;
  buckets->total++;
  if (buckets->count < S3_BUCKETS_MAX)
    copy(buckets->names[buckets->count++], S3_BUCKET_MAX, text);
}

bool s3_buckets_read(const char *body, size_t length, struct s3_buckets *buckets, struct err *err) {
  struct bucket_listing listing = {.buckets = buckets};
  const struct s3_xml_reader reader = {.closed = buckets_closed, .arg = &listing};
  *buckets = (struct s3_buckets){0};
  return s3_xml_read(body, length, &reader, err) &&
         (listing.is_one || err_set(err, ERR_PROTOCOL, "the answer is not a list of buckets"));
}

/* ---- settings */

struct setting {
  const char *root, *path;
  char value[S3_TOKEN_MAX];
  bool is_one, is_public;
};

static void setting_closed(void *arg, const char *path, const char *text) {
  struct setting *setting = arg;
  if (is(path, setting->root))
    setting->is_one = true;
  else if (setting->path && is(path, setting->path))
    copy(setting->value, sizeof setting->value, text);
}

static bool setting_read(const char *body, size_t length, struct setting *setting,
                         struct err *err) {
  const struct s3_xml_reader reader = {.closed = setting_closed, .arg = setting};
  return s3_xml_read(body, length, &reader, err) &&
         (setting->is_one || err_set(err, ERR_PROTOCOL, "the answer is not a %s", setting->root));
}

bool s3_versioning_read(const char *body, size_t length, char out[S3_WORD_MAX], struct err *err) {
  struct setting setting = {.root = "VersioningConfiguration",
                            .path = "VersioningConfiguration/Status"};
  if (!setting_read(body, length, &setting, err))
    return false;
  copy(out, S3_WORD_MAX,
       is(setting.value, "Enabled")     ? "on"
       : is(setting.value, "Suspended") ? "suspended"
                                        : "off");
  return true;
}

bool s3_encryption_read(const char *body, size_t length, char out[S3_WORD_MAX], struct err *err) {
  struct setting setting = {
      .root = "ServerSideEncryptionConfiguration",
      .path = "ServerSideEncryptionConfiguration/Rule/ApplyServerSideEncryptionByDefault/"
              "SSEAlgorithm"};
  if (!setting_read(body, length, &setting, err))
    return false;
  snprintf(out, S3_WORD_MAX, "%.60s", *setting.value ? setting.value : "none");
  return true;
}

bool s3_policy_read(const char *body, size_t length, bool *is_public, struct err *err) {
  struct setting setting = {.root = "PolicyStatus", .path = "PolicyStatus/IsPublic"};
  if (!setting_read(body, length, &setting, err))
    return false;
  *is_public = strcasecmp(setting.value, "true") == 0;
  return true;
}

/* "*", or a list with it. */
static bool names_everyone(const json_t *json) {
  const json_t *each;
  size_t i;
  if (json_is_string(json))
    return is(json_string_value(json), "*");
  json_array_foreach(json, i, each) {
    if (json_is_string(each) && is(json_string_value(each), "*"))
      return true;
  }
  return false;
}

static bool allows_everyone(const json_t *statement) {
  const json_t *principal = json_object_get(statement, "Principal");
  const char *effect = json_string_value(json_object_get(statement, "Effect"));
  return effect && is(effect, "Allow") && !json_object_get(statement, "Condition") &&
         (names_everyone(principal) || names_everyone(json_object_get(principal, "AWS")));
}

bool s3_policy_text_read(const char *body, size_t length, bool *is_public, struct err *err) {
  const struct json_limits limits = {.bytes = 1 << 20, .values = 20000, .depth = 32};
  json_t *json = json_tree_new(body, length, &limits, err), *each;
  const json_t *statements = json_object_get(json, "Statement");
  const bool is_one = json_is_array(statements) || json_is_object(statements);
  size_t i;
  *is_public = allows_everyone(statements);
  json_array_foreach(statements, i, each) {
    *is_public |= allows_everyone(each);
  }
  json_decref(json);
  return is_one || (json && err_set(err, ERR_PROTOCOL, "the answer is not a policy"));
}

static void acl_closed(void *arg, const char *path, const char *text) {
  struct setting *setting = arg;
  setting->is_one |= is(path, setting->root);
  setting->is_public |=
      is(path, setting->path) && (strstr(text, "/groups/global/AllUsers") ||
                                  strstr(text, "/groups/global/AuthenticatedUsers"));
}

bool s3_acl_read(const char *body, size_t length, bool *is_public, struct err *err) {
  struct setting setting = {.root = "AccessControlPolicy",
                            .path = "AccessControlPolicy/AccessControlList/Grant/Grantee/URI"};
  const struct s3_xml_reader reader = {.closed = acl_closed, .arg = &setting};
  if (!s3_xml_read(body, length, &reader, err))
    return false;
  *is_public = setting.is_public;
  return setting.is_one || err_set(err, ERR_PROTOCOL, "the answer is not an access control list");
}
