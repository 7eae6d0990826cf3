#include "model/alarm/alarm_apply.h"

#include <string.h>

static bool is_here(const struct alarm_mark *mark, const struct config *config, int64_t wall_ms) {
  return mark->until_ms > wall_ms && alarm_mark_is_for(mark, config->name, config->environment);
}

static void cover(struct findings *findings, struct finding *finding,
                  const struct alarm_mark *mark) {
  finding->quiet = mark->kind == ALARM_ACKNOWLEDGED ? FINDING_ACKNOWLEDGED : FINDING_SILENCED;
  finding->quiet_who = arena_text(&findings->arena, mark->who, strlen(mark->who));
  finding->quiet_reason = arena_text(&findings->arena, mark->reason, strlen(mark->reason));
  finding->quiet_until_ms = mark->until_ms;
}

void alarm_apply(const struct model *model, struct findings *findings, int64_t now_ms) {
  const struct alarm_marks *marks = model->alarm_marks;
  const int64_t wall_ms = now_ms + model->wall_offset_ms;
  const struct alarm_mark *here[ALARM_MARKS_MAX];
  size_t count = 0;
  for (int pass = ALARM_ACKNOWLEDGED; pass <= ALARM_SILENCED; pass++)
    for (size_t i = 0; marks && i < marks->count; i++)
      if ((int)marks->items[i].kind == pass && is_here(&marks->items[i], model->config, wall_ms))
        here[count++] = &marks->items[i];
  for (size_t i = 0; count > 0 && i < findings->count; i++) {
    struct finding *finding = &findings->items[i];
    char key[ALARM_KEY_MAX];
    alarm_key(key, model->targets[finding->target_index].target, finding);
    for (size_t m = 0; m < count && finding->quiet == FINDING_LOUD; m++)
      if (finding->severity <= here[m]->most && alarm_mark_is_of(here[m], key))
        cover(findings, finding, here[m]);
  }
}
