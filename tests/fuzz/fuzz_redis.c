/* Exercises everything that is read from a Redis: its URL, its protocol with our limit, and INFO's
 * text up to rows, of two consecutive collections. Holds: a URL's parts are within their ranges; a
 * reply is never larger or deeper than the limit; no number is negative, no time beyond the
 * calendar, a hit ratio is 0..1, and the sample is complete. */
#include "fuzz.h"

#include "clients/redis/redis.h"
#include "clients/redis/redis_nodes.h"
#include "clients/redis/redis_reply.h"
#include "clients/redis/redis_url.h"
#include "clients/redis/redis_words.h"
#include "collectors/redis/pages/redis_prefixes.h"
#include "collectors/redis/redis.h"

enum { CEILING = 16 << 10 };

static void check_url(const char *text) {
  struct redis_url url;
  struct err err = {0};
  if (!redis_url_parse(text, &url, &err)) {
    assert(err.kind == ERR_INVALID && *err.text);
    assert(!url.user && !url.password);
    return;
  }
  assert((*url.host == '\0') == (*url.path != '\0'));
  assert(*url.path || (url.port > 0 && url.port < 65536));
  assert(url.db >= 0 && (!url.user || *url.user) && (!url.password || *url.password));
  redis_url_fini(&url);
}

static size_t depth_of(const redisReply *reply) {
  size_t deepest = 0;
  if (reply->type == REDIS_REPLY_ARRAY)
    for (size_t i = 0; i < reply->elements; i++) {
      size_t depth = depth_of(reply->element[i]);
      deepest = depth > deepest ? depth : deepest;
    }
  return deepest + (reply->type == REDIS_REPLY_ARRAY);
}

static void check_replies(const uint8_t *data, size_t size) {
  redisReader *reader = redisReaderCreate();
  struct redis_reply_guard guard;
  redis_reply_guard_set(&guard, reader, CEILING);
  for (size_t at = 0; at < size; at += 7) { /* as it arrives, in pieces */
    void *reply = NULL;
    int status = redisReaderFeed(reader, (const char *)data + at, size - at < 7 ? size - at : 7);
    while (status == REDIS_OK && (status = redisReaderGetReply(reader, &reply)) == REDIS_OK &&
           reply) {
      struct err err = {0};
      assert(guard.used <= CEILING && depth_of(reply) <= REDIS_DEPTH_MAX);
      assert(!redis_reply_err(reply, &err) || *err.text);
      freeReplyObject(reply);
      redis_reply_guard_reset(&guard);
    }
    if (status != REDIS_OK || redis_reply_guard_full(&guard, reader))
      break;
  }
  redisReaderFree(reader);
}

static void check_figures(const struct sample *sample) {
  const double year_10000_ms = 253402300800e3;
  double number;
  for (size_t t = 0; t < sample->table_count; t++)
    for (size_t r = 0; r < sample->tables[t].row_count; r++)
      for (size_t i = 0; i < sample->tables[t].spec->column_count; i++)
        if (value_number(sample->tables[t].rows[r].cells[i], &number))
          assert(number >= 0 && (i != SUMMARY_HIT_RATIO || t > 0 || number <= 1) &&
                 (sample->tables[t].spec->columns[i].unit != UNIT_TIME || number < year_10000_ms));
}

static void check_info(struct counters *before, const char *text, size_t length, int64_t at_us) {
  static const struct table_spec *const specs[] = {&redis_summary_table, &redis_keyspace_table};
  struct redis_info info;
  struct counters now;
  struct rates rates;
  struct server_identity identity = {.first = "b", .current = "b", .at_us = before->at_us};
  redis_info_parse(&info, text, length);
  redis_info_add(&info, "maxmemory-policy", "noeviction");
  counters_read(&now, &redis_figures, &info, at_us);
  rates_make(&rates, before, &now);
  struct sample *sample = sample_new(specs, 2);
  redis_rows_make(sample, "cache", &info, &rates, NULL);
  fuzz_check_sample(sample);
  check_figures(sample);
  server_identity_take(&identity, &now);
  sample_free(sample);
  redis_info_fini(&info);
  *before = now;
}

/* CLUSTER NODES: slots are within their range, and it ends. */
static void check_nodes(const char *text) {
  struct redis_node node;
  for (const char *at = text; (at = redis_node_read(at, &node));) {
    assert(at <= text + strlen(text) && node.slots >= 0);
    assert(!*node.id || *node.flags);
    redis_node_is(&node, "fail?");
  }
}

/* A name is the same after it was printed and read again; its prefixes are part of it. */
static void check_name(const char *bytes, size_t length) {
  char shown[4 * REDIS_KEY_NAME_MAX + 1], again[REDIS_KEY_NAME_MAX];
  struct redis_prefixes prefixes = {0};
  size_t read;
  if (length == 0 || length > REDIS_KEY_NAME_MAX)
    return;
  assert(redis_unrepr(redis_repr(shown, sizeof shown, bytes, length), again, sizeof again, &read));
  assert(read == length && memcmp(again, bytes, length) == 0);
  redis_prefixes_add(&prefixes, bytes, length, (int64_t)length, -1);
  redis_prefixes_sort(&prefixes);
  assert(prefixes.count >= 1 && prefixes.count <= 2 && prefixes.items[0]->keys == 1);
  assert(redis_prefix_end(bytes, length, 0) < length);
  redis_prefixes_fini(&prefixes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_replies(data, size);
  check_name((const char *)data, size);
  struct fuzz_input input = {data, size};
  struct counters before = {0};
  for (int64_t at_us = 1000000; input.size > 0 && at_us < 4000000; at_us += 1000000) {
    char *text = fuzz_text(&input, '\0');
    if (at_us == 1000000)
      check_url(text);
    check_nodes(text);
    redis_unrepr(text, (char[8]){0}, 8, &(size_t){0});
    check_info(&before, text, strlen(text), at_us);
    free(text);
  }
  return 0;
}
