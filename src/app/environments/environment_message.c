#include "app/environments/environment_message.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "report/status/status_brief.h"

#include <stdlib.h>

static int64_t stale_of(const struct model *model, int64_t now_ms) {
  int64_t count = 0;
  for (size_t i = 0; i < model->target_count; i++)
    count += target_state_condition(&model->targets[i], now_ms) == TARGET_STALE;
  return count;
}

/* Of the newest sample; -1: there is none. */
static int64_t age_of(const struct model *model, int64_t now_ms) {
  int64_t least = -1;
  for (size_t i = 0; i < model->target_count; i++) {
    const int64_t age = target_state_age(&model->targets[i], now_ms);
    if (age >= 0 && (least < 0 || age < least))
      least = age;
  }
  return least;
}

static int64_t running_of(const struct operations *operations) {
  int64_t count = 0;
  for (size_t i = 0; i < operations->count; i++)
    count += operations->items[i]->phase != OPERATION_ENDED;
  return count;
}

static enum environment_lock lock_of(const struct operations *operations) {
  return operations->lock == LOCK_OPEN       ? ENVIRONMENT_OPEN
         : operations->lock == LOCK_UNLOCKED ? ENVIRONMENT_UNLOCKED
                                             : ENVIRONMENT_READ_ONLY;
}

char *environment_message_make(const struct model *model, int64_t now_ms, bool paused) {
  char *text = NULL;
  size_t length = 0;
  struct status_brief brief;
  struct json_writer json = {.out = open_memstream(&text, &length)};
  if (!json.out)
    mem_failed();
  status_brief_make(model, now_ms, &brief);
  json_open(&json, NULL, '{');
  status_brief_write(&json, &brief);
  json_bool(&json, "production", config_is_production(model->config));
  json_int(&json, "stale", stale_of(model, now_ms));
  json_int(&json, "newest_ms", age_of(model, now_ms));
  json_text(&json, "lock", environment_lock_name(lock_of(&model->operations)));
  json_bool(&json, "paused", paused);
  json_int(&json, "running", running_of(&model->operations));
  json_close(&json, '}');
  fclose(json.out);
  return text;
}
