#include "core/mem.h"
#include "model/alarm/chatter.h"
#include "model/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* With the new indexes; those of targets that are gone are left out. to: SIZE_MAX for them. */
static struct findings *findings_rebase(const struct findings *old, size_t bytes_max,
                                        const size_t *to) {
  struct findings *findings = findings_new(bytes_max);
  for (size_t i = 0; i < old->count; i++) {
    const struct finding *each = &old->items[i];
    if (to[each->target_index] == SIZE_MAX)
      continue;
    struct finding *copy =
        findings_add(findings, to[each->target_index], each->table, each->row, each->column);
    copy->severity = each->severity;
    copy->subject = arena_text(&findings->arena, each->subject, strlen(each->subject));
    copy->sentence = arena_text(&findings->arena, each->sentence, strlen(each->sentence));
    copy->harm = each->harm;
    copy->since_ms = each->since_ms;
    copy->seen_ms = each->seen_ms;
    copy->alarm_ms = each->alarm_ms;
    copy->pending = each->pending;
    copy->folded = each->folded;
    copy->unsaid = each->unsaid;
    copy->explained_ms = each->explained_ms;
    copy->calm_ms = each->calm_ms;
  }
  findings_index(findings);
  return findings;
}

static void findings_replace(struct findings **findings, size_t bytes_max, const size_t *to) {
  struct findings *rebased = findings_rebase(*findings, bytes_max, to);
  findings_free(*findings);
  *findings = rebased;
}

void model_rebase(struct model *model, const struct config *config, const size_t *from) {
  struct target_state *old = model->targets;
  const size_t before = model->target_count;
  size_t *to = mem_new((before + 1) * sizeof *to);
  assert(model->page_count == 0);
  for (size_t i = 0; i < before; i++)
    to[i] = SIZE_MAX;
  model->config = config;
  model->target_count = config->target_count;
  model->targets = mem_new((model->target_count + MODEL_PAGES_MAX) * sizeof *model->targets);
  for (size_t i = 0; i < model->target_count; i++) {
    if (from[i] == SIZE_MAX) {
      model->targets[i].history = history_new();
    } else {
      model->targets[i] = old[from[i]];
      to[from[i]] = i;
    }
    model->targets[i].target_index = i;
    model->targets[i].target = config->targets[i];
  }
  for (size_t i = 0; i < before; i++)
    if (to[i] == SIZE_MAX)
      target_state_fini(&old[i]);
  free(old);
  findings_replace(&model->findings, model->findings_bytes_max, to);
  findings_replace(&model->held, model->findings_bytes_max, to);
  chatter_rebase(model->chatter, to);
  free(to);
  model->generation++;
}
