#include "collectors/notify/notify_news.h"

#include "core/mem.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600000, RESTORED_SAMPLES = 2, RESTORED_RULE_SAMPLES = 3 };

const char *notify_change_word(enum notify_change change) {
  static const char *const words[] = {"", "new", "worse", "still", "acked", "resolved"};
  return words[change];
}

static void item_fini(struct notify_item *item) {
  free(item->id);
  free(item->kind);
  free(item->target);
  free(item->table);
  free(item->row);
  free(item->subject);
  free(item->sentence);
  free(item->runbook);
  free(item->labels);
  free(item->by);
}

void notify_memory_fini(struct notify_memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    item_fini(&memory->items[i]);
  free(memory->items);
  map_fini(&memory->by_id);
  *memory = (struct notify_memory){0};
}

/* ---- which findings */

static bool matches(const struct notify_rule *rule, const struct target *target) {
  char name[512];
  if (strcmp(target->kind->kind, "notifier") == 0)
    return false; /* what cannot be delivered cannot be reported */
  if (!rule->only)
    return true;
  snprintf(name, sizeof name, "%s:%s", target->kind->kind, target->name);
  return fnmatch(rule->only, target->kind->kind, 0) == 0 || fnmatch(rule->only, name, 0) == 0;
}

static char *id_of(const struct target *target, const struct finding *finding) {
  return mem_printf("%s/%s/%s/%s/%s", target->kind->kind, target->name,
                    finding->table ? finding->table : "", finding->row ? finding->row : "",
                    finding->column ? finding->column : "");
}

static struct notify_item *item_find(struct notify_memory *memory, const char *id) {
  const struct map_slot *slot = map_find(&memory->by_id, id);
  return slot ? &memory->items[slot->value] : NULL;
}

/* Takes the id. */
static struct notify_item *item_add(struct notify_memory *memory, char *id) {
  if (memory->count == NOTIFY_ITEMS_MAX) {
    memory->dropped++;
    free(id);
    return NULL;
  }
  if (memory->count == memory->capacity) {
    memory->capacity = memory->capacity ? memory->capacity * 2 : 16;
    memory->items = mem_resize(memory->items, memory->capacity * sizeof *memory->items);
  }
  assert(memory->items);
  struct notify_item *item = &memory->items[memory->count];
  *item = (struct notify_item){.id = id};
  map_add(&memory->by_id, item->id, memory->count++);
  return item;
}

static void text_set(char **text, const char *now) {
  if (*text && strcmp(*text, now) == 0)
    return;
  free(*text);
  *text = mem_dup(now);
}

/* A text of the row that the finding is about: what an alert says of itself. */
static const char *row_text(const struct model *model, const struct finding *finding,
                            const char *column) {
  const struct sample *sample = model->targets[finding->target_index].sample;
  const struct row *row = model_finding_row(model, finding);
  const int index =
      row ? table_column(sample_table_view(sample, finding->table)->spec, column) : -1;
  return index >= 0 && row->cells[index].type == VALUE_TEXT ? row->cells[index].text : "";
}

static void item_update(struct notify_item *item, const struct model *model,
                        const struct finding *finding) {
  const struct target *target = model->targets[finding->target_index].target;
  text_set(&item->kind, target->kind->kind);
  text_set(&item->target, target->name);
  text_set(&item->table, finding->table ? finding->table : "");
  text_set(&item->row, finding->row ? finding->row : "");
  item->target_index = finding->target_index;
  text_set(&item->subject, finding->subject);
  char *sentence = finding->folded > 0 ? mem_printf("%s (and %zu more under it)", finding->sentence,
                                                    finding->folded)
                                       : mem_dup(finding->sentence);
  text_set(&item->sentence, sentence);
  free(sentence);
  if (strcmp(target->kind->kind, "alert") == 0 || strcmp(target->kind->kind, "prometheus") == 0) {
    text_set(&item->runbook, row_text(model, finding, "runbook"));
    text_set(&item->labels, row_text(model, finding, "labels"));
  } else {
    text_set(&item->runbook, "");
    text_set(&item->labels, "");
  }
  if (finding->quiet) {
    char *by = mem_printf("by %s: %s", finding->quiet_who, finding->quiet_reason);
    text_set(&item->by, by);
    free(by);
  } else {
    text_set(&item->by, "");
  }
  item->severity = finding->severity;
  item->since_ms = finding->since_ms;
  item->seen = true;
}

static void queue(struct notify_item *item, enum notify_change change, int64_t now_ms) {
  if (item->change == NOTIFY_NOTHING)
    item->queued_ms = now_ms;
  item->change = change;
}

/* What was reported is kept, for its end; what was not is forgotten, so that it is new when
 * the acknowledgement or silence is over. */
static void take_quiet(struct notify_memory *memory, const struct model *model,
                       const struct finding *finding, int64_t now_ms) {
  char *id = id_of(model->targets[finding->target_index].target, finding);
  struct notify_item *item = item_find(memory, id);
  free(id);
  memory->quiet++;
  if (!item || item->told == SEVERITY_OK)
    return;
  const bool begins = !item->quiet;
  item_update(item, model, finding);
  item->restored = false;
  item->ended_ms = 0;
  item->quiet = true;
  if (begins && finding->quiet == FINDING_ACKNOWLEDGED)
    queue(item, NOTIFY_ACKNOWLEDGED, now_ms);
  else if (item->change != NOTIFY_ACKNOWLEDGED)
    item->change = NOTIFY_NOTHING;
}

static void take(struct notify_memory *memory, const struct notify_rule *rule,
                 const struct model *model, const struct finding *finding, int64_t now_ms) {
  char *id = id_of(model->targets[finding->target_index].target, finding);
  struct notify_item *item = item_find(memory, id);
  if (item)
    free(id);
  else if (!(item = item_add(memory, id)))
    return;
  item_update(item, model, finding);
  item->restored = false;
  item->ended_ms = 0;
  item->quiet = false;
  if (item->told == SEVERITY_OK)
    queue(item, NOTIFY_NEW, now_ms);
  else if (item->severity > item->told)
    queue(item, NOTIFY_WORSE, now_ms);
  else if (item->change != NOTIFY_STILL) /* it came back before its end was reported */
    item->change = NOTIFY_NOTHING;
  if (item->change == NOTIFY_NOTHING && rule->repeat_ms > 0 &&
      now_ms - item->told_ms >= rule->repeat_ms)
    queue(item, NOTIFY_STILL, now_ms);
}

/* An outage hides it: it may have ended, but that was not seen. */
static void keep_held(struct notify_memory *memory, const struct model *model) {
  for (size_t i = 0; i < model->held->count; i++) {
    const struct finding *finding = &model->held->items[i];
    char *id = id_of(model->targets[finding->target_index].target, finding);
    struct notify_item *item = item_find(memory, id);
    if (item)
      item->seen = true;
    free(id);
  }
}

/* They go on, but others look after them: forgotten as if they had not been reported. */
static void forget_the_quiet(struct notify_memory *memory, const struct model *model) {
  for (size_t i = 0; i < memory->count; i++) {
    struct notify_item *item = &memory->items[i];
    const struct finding about = {
        .target_index = item->target_index, .table = item->table, .row = item->row};
    const struct row *row = item->seen ? NULL : model_finding_row(model, &about);
    if (!row || !row->quiet)
      continue;
    item->told = SEVERITY_OK;
    memory->changes++;
  }
}

/* ---- after a restart */

bool notify_restore(struct notify_memory *memory, const struct model *model,
                    struct notify_item item) {
  struct notify_item *added = item_find(memory, item.id) || memory->count == NOTIFY_ITEMS_MAX
                                  ? NULL
                                  : item_add(memory, item.id);
  if (!added) {
    item_fini(&item);
    return false;
  }
  item.restored = true;
  item.samples = model->targets[item.target_index].samples;
  *added = item;
  memory->changes++;
  return true;
}

/* What a rule is about has been collected: at first there is nothing that it could find. */
static bool are_all_attempted(const struct model *model) {
  for (size_t i = 0; i < model->target_count; i++)
    if (model->targets[i].attempted_ms == 0 && !model->targets[i].target->disabled)
      return false;
  return true;
}

/* A rule's condition holds, but not yet for its time: that has started again. */
static bool is_pending(const struct model *model, const struct notify_item *item) {
  const struct finding about = {
      .target_index = item->target_index, .table = item->table, .row = item->row};
  return strcmp(item->kind, "alert") == 0 && strcmp(item->row, item->target) != 0 &&
         model_finding_row(model, &about);
}

/* That it is not there says nothing before its target was collected twice (a rate needs that). */
static void keep_restored(struct notify_memory *memory, const struct model *model, int64_t now_ms) {
  const bool all = are_all_attempted(model);
  for (size_t i = 0; i < memory->count; i++) {
    struct notify_item *item = &memory->items[i];
    if (item->seen || !item->restored || item->told == SEVERITY_OK)
      continue;
    const struct target_state *state = &model->targets[item->target_index];
    const bool is_rule = state->target->kind->is_rule;
    if (is_rule && !all)
      item->samples = state->samples;
    const uint32_t needed = is_rule ? RESTORED_RULE_SAMPLES : RESTORED_SAMPLES;
    item->seen = target_state_condition(state, now_ms) != TARGET_LIVE ||
                 state->samples - item->samples < needed || is_pending(model, item);
  }
}

/* Beyond its threshold, but not yet for the time that this needs: that has started again. */
static void see_pending(struct notify_memory *memory, const struct model *model,
                        const struct finding *finding) {
  char *id = id_of(model->targets[finding->target_index].target, finding);
  struct notify_item *item = item_find(memory, id);
  if (item && item->restored)
    item->seen = true;
  free(id);
}

/* Those that have ended: told if they were reported before, else forgotten. */
static void end_the_gone(struct notify_memory *memory, const struct notify_rule *rule,
                         int64_t now_ms) {
  size_t kept = 0;
  map_fini(&memory->by_id);
  for (size_t i = 0; i < memory->count; i++) {
    struct notify_item *item = &memory->items[i];
    if (!item->seen && !item->sending && (item->told == SEVERITY_OK || !rule->recovery)) {
      memory->changes += item->told != SEVERITY_OK;
      item_fini(item);
      continue;
    }
    if (!item->seen && item->told != SEVERITY_OK && item->change != NOTIFY_RESOLVED) {
      item->change = NOTIFY_NOTHING; /* its wait begins now */
      queue(item, NOTIFY_RESOLVED, now_ms);
      item->ended_ms = now_ms;
    }
    memory->items[kept] = *item;
    map_add(&memory->by_id, memory->items[kept].id, kept);
    kept++;
  }
  memory->count = kept;
}

/* Its cause or its flood is reported, and it was not before. */
static bool is_told_by_another(struct notify_memory *memory, const struct model *model,
                               const struct finding *finding) {
  if (!finding->under && !finding->unsaid)
    return false;
  char *id = id_of(model->targets[finding->target_index].target, finding);
  const struct notify_item *item = item_find(memory, id);
  free(id);
  return !item || item->told == SEVERITY_OK;
}

void notify_look(struct notify_memory *memory, const struct notify_rule *rule,
                 const struct model *model, int64_t now_ms) {
  memory->dropped = memory->quiet = 0;
  for (size_t i = 0; i < memory->count; i++)
    memory->items[i].seen = false;
  for (size_t i = 0; i < model->findings->count; i++) {
    const struct finding *finding = &model->findings->items[i];
    if (finding->pending)
      see_pending(memory, model, finding);
    if (finding->pending || finding->severity < rule->least ||
        !matches(rule, model->targets[finding->target_index].target))
      continue;
    if (is_told_by_another(memory, model, finding))
      continue;
    if (finding->quiet)
      take_quiet(memory, model, finding, now_ms);
    else
      take(memory, rule, model, finding, now_ms);
  }
  keep_held(memory, model);
  forget_the_quiet(memory, model);
  keep_restored(memory, model, now_ms);
  end_the_gone(memory, rule, now_ms);
}

/* ---- messages */

size_t notify_waiting(const struct notify_memory *memory) {
  size_t waiting = 0;
  for (size_t i = 0; i < memory->count; i++)
    waiting += memory->items[i].change != NOTIFY_NOTHING;
  return waiting;
}

bool notify_is_due(const struct notify_memory *memory, const struct notify_rule *rule,
                   int64_t now_ms, bool *limited) {
  bool due = false;
  *limited = false;
  for (size_t i = 0; i < memory->count && !due; i++)
    due = memory->items[i].change != NOTIFY_NOTHING &&
          now_ms - memory->items[i].queued_ms >= rule->wait_ms;
  if (!due || memory->sent < rule->per_hour)
    return due;
  const int64_t oldest_ms = memory->sent_ms[(memory->sent - rule->per_hour) % NOTIFY_HOUR_MAX];
  *limited = now_ms - oldest_ms < HOUR_MS;
  return !*limited;
}

/* What is wrong now, the worst first; then what is resolved. */
static int item_compare(const void *a, const void *b) {
  const struct notify_item *x = a, *y = b;
  const bool x_over = x->change == NOTIFY_RESOLVED, y_over = y->change == NOTIFY_RESOLVED;
  if (x_over != y_over)
    return x_over - y_over;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  if (x->since_ms != y->since_ms)
    return x->since_ms < y->since_ms ? -1 : 1;
  return strcmp(x->id, y->id);
}

void notify_compose(const struct notify_memory *memory, struct notify_message *message) {
  const size_t waiting = notify_waiting(memory);
  struct notify_item *all = mem_new((waiting + 1) * sizeof *all);
  size_t count = 0;
  for (size_t i = 0; i < memory->count; i++)
    if (memory->items[i].change != NOTIFY_NOTHING)
      all[count++] = memory->items[i];
  qsort(all, count, sizeof *all, item_compare);
  message->count = count < NOTIFY_MESSAGE_MAX ? count : NOTIFY_MESSAGE_MAX;
  message->more = count - message->count;
  message->quiet = memory->quiet;
  message->number = memory->sent + 1;
  message->worst = SEVERITY_OK;
  memcpy(message->items, all, message->count * sizeof *all);
  for (size_t i = 0; i < message->count; i++)
    if (all[i].change != NOTIFY_RESOLVED)
      message->worst = severity_worse(message->worst, all[i].severity);
  free(all);
}

static void item_remove(struct notify_memory *memory, size_t index) {
  map_remove(&memory->by_id, memory->items[index].id);
  item_fini(&memory->items[index]);
  memory->items[index] = memory->items[--memory->count];
  if (index < memory->count)
    map_find(&memory->by_id, memory->items[index].id)->value = index;
}

void notify_sending(struct notify_memory *memory, const struct notify_told *told, size_t count,
                    bool sending) {
  for (size_t i = 0; i < count; i++) {
    struct notify_item *item = item_find(memory, told[i].id);
    if (item)
      item->sending = sending;
  }
}

void notify_delivered(struct notify_memory *memory, const struct notify_told *told, size_t count,
                      int64_t now_ms) {
  memory->sent_ms[memory->sent++ % NOTIFY_HOUR_MAX] = now_ms;
  memory->changes++;
  for (size_t i = 0; i < count; i++) {
    struct notify_item *item = item_find(memory, told[i].id);
    if (!item)
      continue;
    item->sending = false;
    if (told[i].change == NOTIFY_RESOLVED && item->change == NOTIFY_RESOLVED) {
      item_remove(memory, (size_t)(item - memory->items));
      continue;
    }
    if (told[i].change == NOTIFY_RESOLVED) { /* it came back meanwhile: that is news */
      item->told = SEVERITY_OK;
      item->change = NOTIFY_NEW;
      item->queued_ms = now_ms;
      continue;
    }
    item->told = told[i].severity;
    item->told_ms = now_ms;
    if (item->change == told[i].change && (item->quiet || item->severity <= item->told))
      item->change = NOTIFY_NOTHING;
  }
}
