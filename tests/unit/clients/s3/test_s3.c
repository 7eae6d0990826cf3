/* Signatures by the examples of the specification; what S3 servers answer; texts of backups. */
#include "clients/s3/s3_backup.h"
#include "clients/s3/s3_sign.h"
#include "clients/s3/s3_words.h"
#include "support/core_test.h"

#include <stdlib.h>
#include <string.h>

/* ---- signatures: "Examples: Signature Calculations" of the documentation of Amazon S3 */

static void check_signature(const char *method, const char *query, const char *token,
                            const char *expected) {
  const struct s3_login login = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                 .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                 .session_token = token,
                                 .region = "us-east-1"};
  const struct s3_signing signing = {.login = &login,
                                     .method = method,
                                     .host = "examplebucket.s3.amazonaws.com",
                                     .path = "/",
                                     .query = query,
                                     .body = "",
                                     .time_s = 1369353600};
  struct s3_signed made;
  struct err err;
  assert_true(s3_sign(&signing, &made, &err));
  assert_string_equal(made.date, "20130524T000000Z");
  assert_string_equal(made.hash,
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const char *signature = strstr(made.authorization, "Signature=");
  assert_non_null(signature);
  assert_string_equal(signature + strlen("Signature="), expected);
  assert_int_equal(strstr(made.authorization, "x-amz-security-token") != NULL, token != NULL);
  assert_null(strstr(made.authorization, login.secret_key));
  free(made.authorization);
}

static void test_signatures(void **state) {
  (void)state;
  check_signature("GET", "lifecycle=", NULL,
                  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  check_signature("GET", "max-keys=2&prefix=J", NULL,
                  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  check_signature("GET", "max-keys=2&prefix=J", "TOKEN", /* botocore 1.44.8 */
                  "7098e29293dcd9bcf7a5ed1cb28d14f30675d4cc07394bd1ad9143d51f6d703d");
}

static void test_encoding(void **state) {
  (void)state;
  char out[64] = "a=";
  assert_true(s3_encode(out, sizeof out, "b c/+~\xc3\xa9", false));
  assert_string_equal(out, "a=b%20c%2F%2B~%C3%A9");
  char path[16] = "/";
  assert_true(s3_encode(path, sizeof path, "b/c d", true));
  assert_string_equal(path, "/b/c%20d");
  assert_false(s3_encode(path, sizeof path, "longer than that", true));
  assert_true(strlen(path) < sizeof path);
}

/* ---- answers */

struct seen {
  size_t count;
  struct s3_object last;
};

static void see(void *arg, const struct s3_object *object) {
  struct seen *seen = arg;
  seen->count++;
  seen->last = *object;
}

static void test_lists(void **state) {
  (void)state;
  static const char page[] =
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Name>b</Name><Contents><Key>a%2Bb+c%2Fd%F0</Key><LastModified>2026-11-27T01:02:03.004Z"
      "</LastModified><ETag>&quot;x&quot;</ETag><Size>12</Size></Contents>"
      "<Contents><Key>x&amp;y</Key><Size>-1</Size></Contents>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>t/=</NextContinuationToken>"
      "<EncodingType>url</EncodingType></ListBucketResult>";
  struct seen seen = {0};
  struct s3_list list;
  struct err err;
  assert_true(s3_list_read(page, sizeof page - 1, see, &seen, &list, &err));
  assert_int_equal(seen.count, 2);
  assert_int_equal(list.count, 2);
  assert_string_equal(list.token, "t/=");
  assert_string_equal(seen.last.key, "x&y");
  assert_int_equal(seen.last.modified_ms, -1);
  assert_int_equal(seen.last.size, -1);
  static const char *const wrong[] = {
      "",
      "<html></html>",
      "<ListBucketResult>",
      "{\"a\": 1}",
      "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    err = (struct err){0};
    assert_false(s3_list_read(wrong[i], strlen(wrong[i]), see, &seen, &list, &err));
    assert_true(err.kind == ERR_PROTOCOL && *err.text);
  }
}

static void test_settings(void **state) {
  (void)state;
  char word[S3_WORD_MAX];
  bool is_public = false;
  struct err err;
#define READ(read, text, out) read(text, strlen(text), out, &err)
  assert_true(READ(s3_versioning_read, "<VersioningConfiguration/>", word));
  assert_string_equal(word, "off");
  assert_true(READ(s3_versioning_read,
                   "<n:VersioningConfiguration><n:Status>Enabled</n:Status>"
                   "</n:VersioningConfiguration>",
                   word));
  assert_string_equal(word, "on");
  assert_false(READ(s3_versioning_read, "<Other/>", word));
  assert_true(
      READ(s3_policy_read, "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>", &is_public));
  assert_true(is_public);
  static const char acl[] =
      "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>"
      "http://acs.amazonaws.com/groups/global/%s</URI></Grantee></Grant></AccessControlList>"
      "</AccessControlPolicy>";
  char text[512];
  snprintf(text, sizeof text, acl, "AllUsers");
  assert_true(READ(s3_acl_read, text, &is_public));
  assert_true(is_public);
  snprintf(text, sizeof text, acl, "Others");
  assert_true(READ(s3_acl_read, text, &is_public));
  assert_false(is_public);
}

static void check_words(const char *body, int status, int64_t date_s, const char *expected) {
  struct s3_refusal refusal;
  struct err err = {0};
  s3_refusal_read(body, strlen(body), &refusal);
  s3_words(&(struct s3_denial){.status = status,
                               .refusal = &refusal,
                               .region = "us-east-1",
                               .location = "",
                               .date_s = date_s,
                               .now_ms = 1800000000000},
           &err);
  if (!strstr(err.text, expected))
    fail_msg("%s: %s", body, err.text);
  assert_int_not_equal(err.kind, ERR_NONE);
}

static void test_words(void **state) {
  (void)state;
  check_words("<Error><Code>AccessDenied</Code></Error>", 403, -1, "access is denied");
  check_words("<Error><Code>RequestTimeTooSkewed</Code></Error>", 403, 1800001020,
              "the clock of this host is 17m 00s behind that of the server");
  check_words("<Error><Code>RequestTimeTooSkewed</Code>"
              "<ServerTime>2027-01-15T07:00:00Z</ServerTime></Error>",
              403, -1, "1h 00m ahead of that of the server");
  check_words("<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
              400, -1, "the region is eu-west-1 and not us-east-1: set region");
  check_words("<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.x</Endpoint>"
              "<BucketRegion>eu-west-1</BucketRegion></Error>",
              301, -1, "set region, and url for b.s3.x");
  check_words("<Error><Code>Odd</Code><Message>why</Message></Error>", 409, -1,
              "Odd: why (HTTP status 409)");
  check_words("<html>no</html>", 404, -1, "does url lead to the S3 API?");
}

/* ---- texts of backups */

static void test_backups(void **state) {
  (void)state;
  struct s3_backup backup;
  struct err err = {0};
  assert_true(s3_backup_parse("s3://ecap-backups/post gres/", &backup, &err));
  assert_string_equal(backup.bucket, "ecap-backups");
  assert_string_equal(backup.prefix, "post gres/");
  assert_int_equal(backup.max_age_ms, 26 * 3600000);
  assert_int_equal(backup.min_size, 1);
  assert_true(s3_backup_parse("abc/p max_age 2h shrink no match *.gz min_size 1MB", &backup, &err));
  assert_string_equal(backup.prefix, "p");
  assert_string_equal(backup.match, "*.gz");
  assert_int_equal(backup.max_age_ms, 7200000);
  assert_int_equal(backup.min_size, 1 << 20);
  assert_true(backup.shrink == 0);
  struct s3_object object = {.key = "p/a.gz", .size = 5, .modified_ms = 1};
  assert_true(s3_backup_has(&backup, &object));
  object = (struct s3_object){.key = "p/a.txt", .size = 5, .modified_ms = 1};
  assert_false(s3_backup_has(&backup, &object));
  object = (struct s3_object){.key = "q/a.gz", .size = 5, .modified_ms = 1};
  assert_false(s3_backup_has(&backup, &object));
  static const char *const wrong[] = {"",
                                      "a",
                                      "/x",
                                      "UPPER case",
                                      "abc/p max_age never",
                                      "abc/p shrink 200%",
                                      "abc/p min_size big",
                                      "a..b/p"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    err = (struct err){0};
    assert_false(s3_backup_check(wrong[i], &err));
    assert_true(err.kind != ERR_NONE && *err.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_signatures), cmocka_unit_test(test_encoding),
      cmocka_unit_test(test_lists),      cmocka_unit_test(test_settings),
      cmocka_unit_test(test_words),      cmocka_unit_test(test_backups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
