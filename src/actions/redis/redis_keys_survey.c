#include "actions/redis/redis_keys.h"
#include "actions/redis/redis_unique.h"
#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLED = 100, NAME_LONGEST = 4096, NAME_SHOWN = 400 };

static const struct column_spec sample_columns[SAMPLE_COLUMN_COUNT] = {
    [SAMPLE_KEY] = {.id = "key", .title = "KEY"},
    [SAMPLE_BYTES] = {.id = "bytes", .title = "BYTES", .unit = UNIT_BYTES},
    [SAMPLE_TTL] = {.id = "ttl", .title = "TTL"},
};
static const struct table_spec sample_spec =
    FOUND_TABLE(REDIS_SAMPLE_TABLE, "Sample", sample_columns);

struct kept {
  char *name;
  size_t length;
  int64_t bytes, ttl; /* -1 if not known; ttl -2: the key is gone */
};

struct survey {
  struct redis_unique unique;
  int64_t count; /* different ones, as far as remembered */
  uint64_t random;
  struct kept kept[SAMPLED];
  size_t kept_count, answered;
  struct err bytes_err, ttl_err;
};

/* xorshift64: the choice of the keys in the sample need not be hard to guess. */
static uint64_t next_random(struct survey *survey) {
  uint64_t bits = survey->random;
  bits ^= bits << 13;
  bits ^= bits >> 7;
  bits ^= bits << 17;
  return survey->random = bits;
}

/* Every key seen so far is in the sample with the same probability. */
static void keep_perhaps(struct survey *survey, const char *name, size_t length) {
  size_t place = survey->kept_count;
  if (length > NAME_LONGEST)
    return;
  if (place == SAMPLED)
    place = next_random(survey) % (uint64_t)survey->count;
  else
    survey->kept_count++;
  if (place >= SAMPLED)
    return;
  struct kept *kept = &survey->kept[place];
  free(kept->name);
  *kept = (struct kept){mem_new(length + 1), length, -1, -1};
  memcpy(kept->name, name, length);
}

static void count_keys(struct survey *survey, struct redis_scan *scan) {
  const struct redisReply *names;
  while ((names = redis_scan_next(scan))) {
    for (size_t i = 0; i < names->elements; i++) {
      const redisReply *name = names->element[i];
      if (!redis_unique_add(&survey->unique, name->str, name->len))
        continue;
      survey->count++;
      keep_perhaps(survey, name->str, name->len);
    }
    redis_scan_report(scan, survey->count, 0);
  }
}

/* Two replies per key, in order: its size, its time to live. The plan says what the server refuses.
 */
static void on_sampled(void *arg, const struct redisReply *reply, const struct err *err) {
  struct survey *survey = arg;
  struct kept *kept = &survey->kept[survey->answered / 2];
  bool of_ttl = survey->answered++ % 2;
  if (err)
    *(of_ttl ? &survey->ttl_err : &survey->bytes_err) = *err;
  else
    *(of_ttl ? &kept->ttl : &kept->bytes) = redis_reply_int(reply, -1);
}

static bool ask_samples(struct survey *survey, struct redis_conn *conn) {
  for (size_t i = 0; i < survey->kept_count; i++) {
    const struct kept *kept = &survey->kept[i];
    redis_queue(conn, false, 5,
                (const char *const[]){"MEMORY", "USAGE", kept->name, "SAMPLES", "5"},
                (const size_t[]){6, 5, kept->length, 7, 1});
    redis_queue(conn, false, 2, (const char *const[]){"PTTL", kept->name},
                (const size_t[]){4, kept->length});
  }
  return redis_take_all(conn, on_sampled, survey);
}

static void add_samples(const struct survey *survey, struct sample *found) {
  for (size_t i = 0; i < survey->kept_count; i++) {
    const struct kept *kept = &survey->kept[i];
    char text[NAME_SHOWN], key[24];
    snprintf(key, sizeof key, "%zu", i);
    struct row *row = kept->ttl != -2 ? sample_row(found, &found->tables[0], key, NULL) : NULL;
    if (!row)
      continue;
    row->cells[SAMPLE_KEY] =
        value_text(sample_copy(found, redis_repr(text, sizeof text, kept->name, kept->length)));
    row->cells[SAMPLE_BYTES] =
        kept->bytes >= 0 ? value_int(kept->bytes) : value_none("not answered");
    row->cells[SAMPLE_TTL] =
        survey->ttl_err.kind == ERR_NONE ? value_int(kept->ttl) : value_none("not answered");
  }
}

static bool survey_with(struct step *step, struct survey *survey) {
  const struct action_request *request = step->call->request;
  const int db = redis_param_database(request, REDIS_KEYS_DB);
  int64_t total, expires;
  struct redis_scan scan;
  struct redis_conn *conn = redis_survey(step, REDIS_WRITES, db, &sample_spec);
  if (!conn)
    return false;
  redis_scan_init(&scan, step, conn, request->params[REDIS_KEYS_PATTERN].text, 0);
  scan.until_ms = clock_now_ms() + REDIS_KEYS_SURVEY_MS;
  count_keys(survey, &scan);
  if (scan.end == REDIS_SCAN_CANCELLED)
    return step_fail(step, ERR_NONE, "cancelled");
  if (scan.end == REDIS_SCAN_FAILED || !ask_samples(survey, conn))
    return false;
  redis_keys_of_database(&conn->info, db, &total, &expires);
  found_set_int(step->found, "keys", survey->count);
  found_set_int(step->found, "exact", !survey->unique.full);
  found_set_int(step->found, "complete", scan.end == REDIS_SCAN_DONE);
  found_set_int(step->found, "scanned", scan.fraction >= 0 ? (int64_t)(1000 * scan.fraction) : -1);
  found_set_int(step->found, "total", total);
  found_set_int(step->found, "db", db);
  found_set_text(step->found, "bytes_why", survey->bytes_err.text);
  found_set_text(step->found, "ttl_why", survey->ttl_err.text);
  add_samples(survey, step->found);
  return true;
}

bool redis_keys_survey(struct step *step) {
  struct survey survey = {.random = (uint64_t)clock_now_us() | 1};
  redis_unique_init(&survey.unique);
  const bool good = survey_with(step, &survey);
  redis_unique_fini(&survey.unique);
  for (size_t i = 0; i < survey.kept_count; i++)
    free(survey.kept[i].name);
  return good;
}
