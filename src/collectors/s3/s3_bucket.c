#include "collectors/s3/s3_bucket.h"

#include "io/clock.h"

#include <stdio.h>
#include <string.h>

#define LIST_ONE "encoding-type=url&list-type=2&max-keys=1"

struct setting {
  const char *query, *right;
  const char *none; /* the code of S3 that says that it is not set */
  bool anonymous;
  size_t fact; /* offset in struct s3_bucket */
  bool (*read)(const struct s3_answer *answer, struct s3_fact *fact, struct err *err);
};

static bool read_versioning(const struct s3_answer *answer, struct s3_fact *fact, struct err *err) {
  return s3_versioning_read(answer->body, answer->body_len, fact->word, err);
}
static bool read_encryption(const struct s3_answer *answer, struct s3_fact *fact, struct err *err) {
  return s3_encryption_read(answer->body, answer->body_len, fact->word, err);
}
static bool read_policy(const struct s3_answer *answer, struct s3_fact *fact, struct err *err) {
  return s3_policy_read(answer->body, answer->body_len, &fact->flag, err);
}
static bool read_policy_text(const struct s3_answer *answer, struct s3_fact *fact,
                             struct err *err) {
  return s3_policy_text_read(answer->body, answer->body_len, &fact->flag, err);
}
static bool read_acl(const struct s3_answer *answer, struct s3_fact *fact, struct err *err) {
  return s3_acl_read(answer->body, answer->body_len, &fact->flag, err);
}
static bool read_anonymous(const struct s3_answer *answer, struct s3_fact *fact, struct err *err) {
  struct s3_list list;
  fact->flag = s3_list_read(answer->body, answer->body_len, NULL, NULL, &list, err);
  return fact->flag;
}

static const struct setting settings[] = {
    {"versioning=", "s3:GetBucketVersioning", NULL, false, offsetof(struct s3_bucket, versioning),
     read_versioning},
    {"encryption=", "s3:GetEncryptionConfiguration",
     "ServerSideEncryptionConfigurationNotFoundError", false,
     offsetof(struct s3_bucket, encryption), read_encryption},
    {"policyStatus=", "s3:GetBucketPolicyStatus", "NoSuchBucketPolicy", false,
     offsetof(struct s3_bucket, policy), read_policy},
    {"policy=", "s3:GetBucketPolicy", "NoSuchBucketPolicy", false,
     offsetof(struct s3_bucket, policy_text), read_policy_text},
    {"acl=", "s3:GetBucketAcl", NULL, false, offsetof(struct s3_bucket, acl), read_acl},
    {LIST_ONE, NULL, "AccessDenied", true, offsetof(struct s3_bucket, anonymous), read_anonymous},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static struct s3_fact *fact_of(struct s3_bucket *bucket, const struct setting *setting) {
  return (struct s3_fact *)(void *)((char *)bucket + setting->fact);
}

static bool is_unsupported(const struct s3_answer *answer) {
  return answer->status == 501 || answer->status == 405 ||
         strcmp(answer->refusal.code, "NotImplemented") == 0 ||
         strcmp(answer->refusal.code, "MethodNotAllowed") == 0;
}

static void fact_take(const struct setting *setting, const struct s3_answer *answer,
                      struct s3_fact *fact) {
  struct err err;
  const char *code = answer->refusal.code;
  *fact = (struct s3_fact){0};
  if (!answer->err) {
    fact->known = setting->read(answer, fact, &err);
    if (!fact->known)
      snprintf(fact->why, sizeof fact->why, "%.190s", err.text);
  } else if (setting->none && strcmp(code, setting->none) == 0) {
    fact->known = true;
    snprintf(fact->word, sizeof fact->word, "none");
  } else if (setting->anonymous && (answer->status == 401 || answer->status == 403)) {
    fact->known = true; /* whatever words it has for it */
  } else if (is_unsupported(answer)) {
    snprintf(fact->why, sizeof fact->why, "the server has no such setting");
  } else if (setting->right && strcmp(code, "AccessDenied") == 0) {
    snprintf(fact->why, sizeof fact->why, "needs %s", setting->right);
  } else {
    snprintf(fact->why, sizeof fact->why, "%.190s", answer->err->text);
  }
}

static void settings_next(struct s3_bucket *bucket);

static void on_setting(void *owner, const struct s3_answer *answer) {
  struct s3_bucket *bucket = owner;
  const struct setting *setting = &settings[bucket->step++];
  fact_take(setting, answer, fact_of(bucket, setting));
  settings_next(bucket);
}

static void settings_next(struct s3_bucket *bucket) {
  if (bucket->step == SETTINGS) {
    bucket->settings_ms = clock_now_ms();
    s3_chain_end(&bucket->chain);
    return;
  }
  const struct setting *setting = &settings[bucket->step];
  s3_chain_ask(&bucket->chain,
               &(struct s3_query){.bucket = bucket->name,
                                  .query = setting->query,
                                  .anonymous = setting->anonymous},
               on_setting);
}

static void on_list(void *owner, const struct s3_answer *answer) {
  struct s3_bucket *bucket = owner;
  struct s3_list list;
  bucket->asked = true;
  bucket->took_us = answer->took_us;
  snprintf(bucket->code, sizeof bucket->code, "%s", answer->refusal.code);
  if (answer->err)
    bucket->err = *answer->err;
  else
    bucket->listed = s3_list_read(answer->body, answer->body_len, NULL, NULL, &list, &bucket->err);
  bucket->chain.run->was_s3 |= bucket->listed;
  if (!bucket->listed || !bucket->settings_due) {
    s3_chain_end(&bucket->chain);
    return;
  }
  bucket->step = 0;
  settings_next(bucket);
}

void s3_bucket_begin(void *owner) {
  struct s3_bucket *bucket = owner;
  bucket->asked = bucket->listed = false;
  bucket->err = (struct err){0};
  s3_chain_ask(&bucket->chain, &(struct s3_query){.bucket = bucket->name, .query = LIST_ONE},
               on_list);
}
