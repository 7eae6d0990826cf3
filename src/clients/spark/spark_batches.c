#include "clients/spark/spark_batches.h"

#include "core/json/json_get.h"
#include "core/map.h"
#include "core/number.h"

#include <inttypes.h>
#include <string.h>

static bool begin(const json_t *json, struct arena *arena, struct spark_batches *batches,
                  struct err *err) {
  *batches = (struct spark_batches){0};
  if (!json_is_array(json))
    return err_set(err, ERR_PROTOCOL, "the answer is not the list of batches of Spark");
  batches->items = arena_alloc(arena, SPARK_BATCHES_MAX * sizeof *batches->items);
  return batches->items || err_set(err, ERR_LIMIT, "the answer is too large");
}

static const char *keep(struct arena *arena, const char *text) {
  return arena_text(arena, text, strnlen(text, SPARK_TEXT_MAX));
}

bool spark_batches_read(const json_t *json, struct arena *arena, struct spark_batches *batches,
                        struct err *err) {
  const json_t *each;
  size_t i;
  if (!begin(json, arena, batches, err))
    return false;
  batches->total = json_array_size(json);
  json_array_foreach(json, i, each) {
    const int64_t id = json_get_count(each, "batchId");
    if (id < 0)
      return err_set(err, ERR_PROTOCOL, "the answer is not the list of batches of Spark");
    if (batches->count == SPARK_BATCHES_MAX || arena->exhausted)
      break;
    batches->items[batches->count++] = (struct spark_batch){
        .key = arena_printf(arena, "%" PRId64, id),
        .stream = "",
        .status = keep(arena, json_get_text(each, "status")),
        .reason = spark_reason(json_get_text(each, "firstFailureReason"), arena),
        .number = -1,
        .at_ms = id, /* the id of a batch is its time */
        .records = json_get_count(each, "inputSize"),
        .delay_ms = json_get_count(each, "schedulingDelay"),
        .processing_ms = json_get_count(each, "processingTime"),
        .total_ms = json_get_count(each, "totalDelay"),
        .failed = json_get_count(each, "numFailedOutputOps")};
  }
  return true;
}

/* ---- Structured Streaming */

/* The text after "\nNAME = " until the end of its line; NULL: there is none. */
static const char *part_of(const char *text, const char *name, size_t *length) {
  const char *at = strstr(text, name);
  if (!at)
    return NULL;
  at += strlen(name);
  *length = strcspn(at, "\r\n");
  return at;
}

static bool is_of(const char *description, const char *query) {
  const size_t length = strlen(query);
  return strncmp(description, query, length) == 0 && description[length] == '\n';
}

/* "NAME\nid = ...\nrunId = ...\nbatch = 7" */
static void take_execution(const json_t *json, const char *query, struct arena *arena,
                           struct map *seen, struct spark_batches *batches) {
  char digits[24];
  int64_t number;
  size_t run_length = 0, length = 0;
  const char *description = json_get_text(json, "description");
  const char *run = part_of(description, "\nrunId = ", &run_length);
  const char *batch = part_of(description, "\nbatch = ", &length);
  if (!run || !batch || length >= sizeof digits || run_length > SPARK_KEY_MAX ||
      (query && !is_of(description, query)))
    return;
  memcpy(digits, batch, length);
  digits[length] = '\0';
  if (!number_count(digits, &number)) /* "init" */
    return;
  const char *key = arena_printf(arena, "%.*s/%s", (int)run_length, run, digits);
  const int64_t at_ms = spark_time_ms(json_get_text(json, "submissionTime"));
  const int64_t duration_ms = json_get_count(json, "duration");
  const struct map_slot *found = map_find(seen, key);
  if (found) { /* an execution within that of the batch: it began later */
    struct spark_batch *outer = &batches->items[found->value];
    if (at_ms >= 0 && at_ms < outer->at_ms)
      outer->at_ms = at_ms;
    if (duration_ms > outer->processing_ms)
      outer->processing_ms = duration_ms;
    return;
  }
  batches->total++;
  if (batches->count == SPARK_BATCHES_MAX || arena->exhausted)
    return;
  map_add(seen, key, batches->count);
  batches->items[batches->count++] = (struct spark_batch){
      .key = key,
      .stream = arena_text(arena, description, strcspn(description, "\r\n")),
      .status = keep(arena, json_get_text(json, "status")),
      .reason = spark_reason(json_get_text(json, "errorMessage"), arena),
      .number = number,
      .at_ms = at_ms,
      .records = -1,
      .delay_ms = -1,
      .processing_ms = duration_ms,
      .total_ms = -1,
      .failed = (int64_t)json_array_size(json_object_get(json, "failedJobIds"))};
}

bool spark_sql_batches_read(const json_t *json, const char *query, struct arena *arena,
                            struct spark_batches *batches, struct err *err) {
  struct map seen = {0};
  if (!begin(json, arena, batches, err))
    return false;
  for (size_t i = json_array_size(json); i-- > 0;) /* the newest are last */
    take_execution(json_array_get(json, i), query, arena, &seen, batches);
  map_fini(&seen);
  return true;
}
