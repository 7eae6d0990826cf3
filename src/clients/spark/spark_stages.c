/* Stages and jobs, and what they failed with. */
#include "clients/spark/spark.h"
#include "core/json/json_get.h"

#include <string.h>

static bool not_one(struct err *err, const char *what) {
  return err_set(err, ERR_PROTOCOL, "the answer is not the list of %s of Spark", what);
}

static const char *line_of(const char *text, size_t length, struct arena *arena) {
  return arena_text(arena, text, length < SPARK_TEXT_MAX ? length : SPARK_TEXT_MAX);
}

/* The last line of a traceback of Python that is not indented, before the stack of the JVM: the
 * exception. NULL: there is none. */
static const char *python_error(const char *text, size_t *length) {
  const char *trace = strstr(text, "Traceback (most recent call last)"), *found = NULL;
  for (const char *line = trace ? strchr(trace, '\n') : NULL; line; line = strchr(line, '\n')) {
    line++;
    const size_t size = strcspn(line, "\r\n");
    if (*line == '\t' || strncmp(line, "Driver stacktrace", 17) == 0)
      break;
    if (size == 0 || *line == ' ')
      continue;
    found = line;
    *length = size;
  }
  return found;
}

const char *spark_reason(const char *text, struct arena *arena) {
  static const char task[] = "most recent failure: ";
  size_t length = 0;
  const char *found = python_error(text, &length);
  if (found)
    return line_of(found, length, arena);
  const char *lost = strstr(text, task), *from = lost ? lost + sizeof task - 1 : text;
  length = strcspn(from, "\r\n");
  /* "Lost task 1.0 in stage 0.0 (TID 1) (localhost executor driver): java.lang...: ..." */
  const char *close = lost ? memmem(from, length, "): ", 3) : NULL;
  if (close) {
    length -= (size_t)(close + 3 - from);
    from = close + 3;
  }
  return line_of(from, length, arena);
}

bool spark_stages_read(const json_t *json, struct arena *arena, struct spark_stages *stages,
                       struct err *err) {
  const json_t *each;
  size_t i;
  *stages = (struct spark_stages){.total = json_array_size(json)};
  if (!json_is_array(json))
    return not_one(err, "stages");
  const size_t most = stages->total < SPARK_STAGES_MAX ? stages->total : SPARK_STAGES_MAX;
  stages->items = arena_alloc(arena, (most ? most : 1) * sizeof *stages->items);
  if (!stages->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(json, i, each) {
    const int64_t id = json_get_count(each, "stageId");
    const char *status = json_get_text(each, "status");
    int64_t memory_spill, disk_spill;
    if (id < 0 || !*status)
      return not_one(err, "stages");
    if (stages->count >= most || arena->exhausted)
      break;
    memory_spill = json_get_count(each, "memoryBytesSpilled");
    disk_spill = json_get_count(each, "diskBytesSpilled");
    stages->items[stages->count++] = (struct spark_stage){
        .name = line_of(json_get_text(each, "name"), strlen(json_get_text(each, "name")), arena),
        .status = line_of(status, strlen(status), arena),
        .reason = spark_reason(json_get_text(each, "failureReason"), arena),
        .id = id,
        .attempt = json_get_count(each, "attemptId"),
        .tasks = json_get_count(each, "numTasks"),
        .active = json_get_count(each, "numActiveTasks"),
        .complete = json_get_count(each, "numCompleteTasks"),
        .failed = json_get_count(each, "numFailedTasks"),
        .submitted_ms = spark_time_ms(json_get_text(each, "submissionTime")),
        .completed_ms = spark_time_ms(json_get_text(each, "completionTime")),
        .run_ms = json_get_count(each, "executorRunTime"),
        .gc_ms = json_get_count(each, "jvmGcTime"),
        .input = json_get_count(each, "inputBytes"),
        .input_records = json_get_count(each, "inputRecords"),
        .shuffle_read = json_get_count(each, "shuffleReadBytes"),
        .shuffle_write = json_get_count(each, "shuffleWriteBytes"),
        .spilled = memory_spill < 0 || disk_spill < 0 ? -1 : memory_spill + disk_spill};
  }
  return true;
}

static void take_stages(const json_t *ids, struct spark_job *job) {
  const json_t *each;
  size_t i;
  json_array_foreach(ids, i, each) {
    const double id = json_number_value(each);
    if (job->stage_count < SPARK_JOB_STAGES_MAX && id >= 0 && id < 1e15)
      job->stages[job->stage_count++] = (int64_t)id;
  }
}

bool spark_jobs_read(const json_t *json, struct arena *arena, struct spark_jobs *jobs,
                     struct err *err) {
  const json_t *each;
  size_t i;
  *jobs = (struct spark_jobs){.total = json_array_size(json)};
  if (!json_is_array(json))
    return not_one(err, "jobs");
  const size_t most = jobs->total < SPARK_JOBS_MAX ? jobs->total : SPARK_JOBS_MAX;
  jobs->items = arena_alloc(arena, (most ? most : 1) * sizeof *jobs->items);
  if (!jobs->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(json, i, each) {
    const int64_t id = json_get_count(each, "jobId");
    const char *name = json_get_text(each, "name");
    if (id < 0)
      return not_one(err, "jobs");
    if (jobs->count >= most || arena->exhausted)
      break;
    struct spark_job job = {.name = line_of(name, strlen(name), arena),
                            .id = id,
                            .completed_ms = spark_time_ms(json_get_text(each, "completionTime"))};
    take_stages(json_object_get(each, "stageIds"), &job);
    jobs->items[jobs->count++] = job;
  }
  return true;
}
