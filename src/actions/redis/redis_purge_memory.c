/* Asks the allocator to give back what it keeps unused. */
#include "actions/redis/redis_found.h"
#include "core/format.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server measures its resident memory ten times a second (hz 10), not when it is asked. */
enum { STEP_MS = 20000, MEASURED_MS = 250 };

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void survey_start(struct act *act);
static void execute_start(struct act *act);
static void verify_start(struct act *act);

static const struct act_step survey = {
    .timeout_ms = STEP_MS, .start = survey_start, .drop = redis_work_drop};
static const struct act_step execute = {.start = execute_start, .drop = redis_work_drop};
static const struct act_step verify = {
    .timeout_ms = STEP_MS, .start = verify_start, .drop = redis_work_drop};

const struct action action_redis_purge_memory = {
    .spec = {.id = "redis.purge-memory",
             .kind = "redis",
             .title = "purge unused memory",
             .what = "makes the server's allocator give back the pages that it keeps and does not "
                     "use; no key is touched",
             .runs = "MEMORY PURGE",
             .danger = DANGER_REVERSIBLE},
    .applies = redis_has_keys,
    .survey = &survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &verify,
};

static void survey_ready(void *self) {
  struct redis_work *work = self;
  struct sample *found = redis_found_new(work, NULL, 0);
  char text[64];
  static const char *const numbers[] = {"used_memory", "used_memory_rss", "allocator_active",
                                        "allocator_resident", "allocator_allocated"};
  static const char *const texts[] = {"mem_allocator", "mem_fragmentation_ratio"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    int64_t number;
    if (redis_told_count(work->info, numbers[i], &number))
      redis_fact_int(found, numbers[i], number);
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (redis_told(work->info, texts[i], text, sizeof text))
      redis_fact_text(found, texts[i], text);
  redis_work_end(work, found, NULL);
}

static void survey_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct redis_work), .phase = REDIS_SURVEY, .ready = survey_ready};
  redis_work_start(act, &kind);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"RESIDENT", true}, {"USED", true}, {"FRAGMENTATION", true}};
  static const char *const pins[] = {"run_id", "rss"};
  const struct sample *found = request->found;
  const char *allocator = redis_fact_words(found, "mem_allocator");
  int64_t rss = redis_fact(found, "used_memory_rss", -1);
  int64_t used = redis_fact(found, "used_memory", -1);
  char cli[REDIS_CLI_MAX], text[FORMAT_MAX], place[REDIS_NAME_MAX];
  if (strncmp(allocator, "jemalloc", 8) != 0)
    return err_set(err, ERR_UNSUPPORTED, "its allocator is %.40s: only jemalloc can be purged",
                   *allocator ? allocator : "not told");
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = pins;
  plan->pin_count = sizeof pins / sizeof *pins;
  struct plan_victim *victim =
      plan_victim(plan, redis_fact_words(found, "run_id"), redis_place(place, request->target));
  if (rss >= 0)
    victim->cells[0] = plan_copy(plan, format_bytes(text, sizeof text, (double)rss));
  if (used >= 0)
    victim->cells[1] = plan_copy(plan, format_bytes(text, sizeof text, (double)used));
  victim->cells[2] = plan_copy(plan, redis_fact_words(found, "mem_fragmentation_ratio"));
  victim->pins[0] = victim->key;
  victim->pins[1] = plan_printf(plan, "%" PRId64, rss);
  plan->title = plan_printf(plan, "Purge the unused memory of %s", request->target->name);
  plan->unit = "server";
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_EFFECT, "%s MEMORY PURGE", redis_cli(cli, request->target, -1));
  int64_t active = redis_fact(found, "allocator_active", -1);
  int64_t resident = redis_fact(found, "allocator_resident", -1);
  if (active >= 0 && resident >= active)
    plan_say(plan, PLAN_BLAST, "%s (%s) keeps %s that it could give back", "its allocator",
             allocator, format_bytes(text, sizeof text, (double)(resident - active)));
  plan_say(plan, PLAN_WARNING, "the other clients wait while it runs, as a rule for milliseconds");
  return true;
}

/* ---- execute, and what INFO says behind it */

static void on_purged(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  (void)reply;
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  outcome_set_all(work->act->outcome, VICTIM_PENDING, VICTIM_SENT, "purged");
  redis_work_end(work, NULL, NULL);
}

static void execute_ready(void *self) {
  struct redis_work *work = self;
  redis_link_do(work->link, on_purged, 2, (const char *const[]){"MEMORY", "PURGE"}, NULL);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct redis_work), .phase = REDIS_EXECUTE, .ready = execute_ready};
  redis_work_start(act, &kind);
}

static void on_info(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  struct outcome *outcome = work->act->outcome;
  int64_t before = strtoll(redis_pin(work->act->plan, "rss"), NULL, 10), after = -1;
  char was[FORMAT_MAX], is[FORMAT_MAX], ratio[32];
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  char *info = redis_info_copy(reply);
  redis_told_count(info, "used_memory_rss", &after);
  redis_told(info, "mem_fragmentation_ratio", ratio, sizeof ratio);
  free(info);
  if (before >= 0 && after >= 0)
    outcome_proof(outcome, "resident memory %s before, %s now; fragmentation %s",
                  format_bytes(was, sizeof was, (double)before),
                  format_bytes(is, sizeof is, (double)after), ratio);
  else
    outcome_proof(outcome, "the server said OK; INFO does not tell its resident memory");
  outcome_set_all(outcome, VICTIM_SENT, VICTIM_DONE, "%s", outcome->proof);
  redis_work_end(work, NULL, NULL);
}

static void ask_info(void *self) {
  struct redis_work *work = self;
  redis_link_ask(work->link, on_info, 1, (const char *const[]){"INFO"}, NULL);
}

static void verify_ready(void *self) {
  struct redis_work *work = self;
  redis_link_wait(work->link, MEASURED_MS, ask_info);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct redis_work), .phase = REDIS_VERIFY, .ready = verify_ready};
  redis_work_start(act, &kind);
}
