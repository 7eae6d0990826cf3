#include "collectors/s3/s3_scan.h"

#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum { QUERY_MAX = 3 * (S3_TOKEN_MAX + S3_KEY_MAX) + 128 };

static void take(void *arg, const struct s3_object *object) {
  struct s3_scan *scan = arg;
  struct s3_found *found = &scan->now;
  found->listed++;
  if (!s3_backup_has(&scan->backup, object))
    return;
  found->count++;
  found->bytes = object->size > INT64_MAX - found->bytes ? INT64_MAX : found->bytes + object->size;
  if (!*found->newest.key || object->modified_ms >= found->newest.modified_ms) {
    found->before = found->newest;
    found->newest = *object;
  } else if (!*found->before.key || object->modified_ms >= found->before.modified_ms) {
    found->before = *object;
  }
}

static void ask_page(struct s3_scan *scan);

static void scan_ended(struct s3_scan *scan, bool whole) {
  scan->now.whole = whole;
  scan->last = scan->now;
  scan->ended_ms = clock_now_ms();
  scan->now = (struct s3_found){0};
  *scan->token = '\0';
}

static void on_page(void *owner, const struct s3_answer *answer) {
  struct s3_scan *scan = owner;
  struct s3_list list;
  scan->err = answer->err ? *answer->err : (struct err){0};
  snprintf(scan->code, sizeof scan->code, "%s", answer->refusal.code);
  if (answer->err || !s3_list_read(answer->body, answer->body_len, take, scan, &list, &scan->err)) {
    /* A page without an answer is asked again; a token may not be valid any more. */
    if (!answer->err || answer->status != 0) {
      *scan->token = '\0';
      scan->now = (struct s3_found){0};
    }
    s3_chain_end(&scan->chain);
    return;
  }
  scan->chain.run->was_s3 = true;
  memcpy(scan->token, list.token, sizeof scan->token);
  if (!list.truncated || scan->now.listed >= S3_SCAN_OBJECTS_MAX)
    scan_ended(scan, !list.truncated);
  else if (++scan->pages < S3_SCAN_PAGES) {
    ask_page(scan);
    return;
  }
  s3_chain_end(&scan->chain);
}

static void ask_page(struct s3_scan *scan) {
  char query[QUERY_MAX] = "";
  if (*scan->token) {
    snprintf(query, sizeof query, "continuation-token=");
    if (!s3_encode(query, sizeof query, scan->token, false))
      query[0] = '\0'; /* there is room for it */
    strncat(query, "&", 2);
  }
  strncat(query, "encoding-type=url&list-type=2&prefix=", 40);
  if (!s3_encode(query, sizeof query, scan->backup.prefix, false))
    query[0] = '\0'; /* the same */
  s3_chain_ask(&scan->chain, &(struct s3_query){.bucket = scan->backup.bucket, .query = query},
               on_page);
}

void s3_scan_begin(void *owner) {
  struct s3_scan *scan = owner;
  scan->pages = 0;
  ask_page(scan);
}
