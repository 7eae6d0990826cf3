#include "events/event_over.h"

#include "model/judge/evaluate.h"

#include <string.h>

static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

bool event_orphan_is_over(const struct model *model, const struct event_orphan *orphan,
                          int64_t now_ms) {
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target *target = model->targets[i].target;
    if (!same(target->kind->kind, orphan->target_kind) || !same(target->name, orphan->target))
      continue;
    const struct finding finding = {
        .target_index = i, .table = orphan->table, .row = orphan->row, .column = orphan->column};
    if (findings_find(model->findings, i, orphan->table, orphan->row, orphan->column) ||
        findings_find(model->held, i, orphan->table, orphan->row, orphan->column))
      return false;
    return orphan->table ? evaluate_sees(model, model->findings, &finding, now_ms)
                         : target_state_condition(&model->targets[i], now_ms) == TARGET_LIVE;
  }
  return false; /* not a target of this configuration */
}
