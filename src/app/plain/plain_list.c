#include "app/plain/plain.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "model/judge/finding_times.h"
#include "report/cell.h"

#include <stdlib.h>
#include <string.h>

enum { BELOW_MAX = 20 };

static const char *word_of(enum severity severity) {
  static const char *const words[] = {"ok", "UNKNOWN", "WARN", "CRIT"};
  return words[severity];
}

void plain_list_fini(struct plain *plain) {
  for (size_t i = 0; i < plain->item_count; i++) {
    free(plain->items[i].table);
    free(plain->items[i].row);
    free(plain->items[i].column);
  }
  free(plain->items);
  plain->items = NULL;
  plain->item_count = plain->selected = 0;
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

static void item_add(struct plain *plain, const struct finding *finding) {
  plain->items = mem_resize(plain->items, (plain->item_count + 1) * sizeof *plain->items);
  plain->items[plain->item_count++] = (struct plain_item){.target_index = finding->target_index,
                                                          .table = dup_or_null(finding->table),
                                                          .row = dup_or_null(finding->row),
                                                          .column = dup_or_null(finding->column)};
}

static void finding_say(const struct plain *plain, size_t number, const struct finding *finding) {
  const int64_t now_ms = clock_now_ms();
  char since[FORMAT_MAX], lasted[FORMAT_MAX], times[FINDING_TIMES_MAX];
  plain_say(plain, "%zu. %s%s %s: %s, since %s (%s)%s", number, finding->pending ? "pending " : "",
            word_of(finding->severity), finding->subject, finding->sentence,
            plain_time(plain, since, finding->since_ms),
            format_duration(lasted, sizeof lasted, (double)(now_ms - finding->since_ms) / 1000),
            finding_times_text(times, finding, &plain->model, now_ms, plain->options->utc));
}

static void counts_say(const struct plain *plain) {
  const struct model *model = &plain->model;
  const struct config *config = model->config;
  const int64_t now_ms = clock_now_ms();
  size_t ok = 0, waiting = 0;
  for (size_t i = 0; i < model->target_count; i++) {
    ok += model_target_severity(model, i, now_ms) == SEVERITY_OK;
    waiting += target_state_condition(&model->targets[i], now_ms) == TARGET_WAITING;
  }
  const size_t stale = findings_count_stale(model->findings);
  plain_say(plain,
            "%s%s%s: %zu critical, %zu warning, %zu unknown, %zu stale, %zu silenced; %zu of %zu "
            "targets ok%s%s",
            config->name ? config->name : "stacktop", config->environment ? ", " : "",
            config->environment ? config->environment : "",
            findings_count_calling(model->findings, SEVERITY_CRIT),
            findings_count_calling(model->findings, SEVERITY_WARN),
            findings_count_calling(model->findings, SEVERITY_UNKNOWN) - stale, stale,
            findings_count_quiet(model->findings, FINDING_SILENCED), ok, model->target_count,
            waiting ? "; some have not answered yet" : "",
            model->operations.lock == LOCK_READ_ONLY ? "; read-only" : "");
}

void plain_list(struct plain *plain) {
  const struct findings *findings = plain->model.findings;
  plain_list_fini(plain);
  counts_say(plain);
  for (size_t i = 0; i < findings->count && i < PLAIN_ITEMS_MAX; i++) {
    item_add(plain, &findings->items[i]);
    finding_say(plain, i + 1, &findings->items[i]);
  }
  if (findings->count > PLAIN_ITEMS_MAX)
    plain_say(plain, "and %zu more", findings->count - PLAIN_ITEMS_MAX);
}

void plain_targets(const struct plain *plain) {
  const struct model *model = &plain->model;
  const int64_t now_ms = clock_now_ms();
  for (size_t i = 0; i < model->target_count; i++) {
    const struct target_state *state = &model->targets[i];
    char age[FORMAT_MAX];
    const int64_t age_ms = target_state_age(state, now_ms);
    format_duration(age, sizeof age, (double)(age_ms < 0 ? 0 : age_ms) / 1000);
    plain_say(plain, "%s %s:%s, %s%s%s", word_of(model_target_severity(model, i, now_ms)),
              state->target->kind->kind, state->target->name, age_ms < 0 ? "no data yet" : "data ",
              age_ms < 0 ? "" : age, age_ms < 0 ? "" : " old");
  }
}

/* ---- one of them */

static void cell_say(const struct plain *plain, const struct row *row,
                     const struct column_spec *column, size_t index) {
  char text[FORMAT_MAX];
  const struct value value = cell_value(row, index);
  if (value.type == VALUE_NONE && !value.text)
    return; /* it does not apply */
  if (value.type == VALUE_NONE)
    plain_say(plain, "%s: not known: %s", column->title, value.text);
  else if (value.type == VALUE_TEXT)
    plain_say(plain, "%s: %s", column->title, value.text);
  else
    plain_say(plain, "%s: %s", column->title,
              format_value(text, sizeof text, value, column->unit, column->flags & COLUMN_PLUS));
}

static void label_of(const struct table *table, const struct row *row, char *out, size_t size) {
  const struct value value = row->cells[0];
  if (value.type == VALUE_TEXT && value.text)
    snprintf(out, size, "%s", value.text);
  else
    format_value(out, size, value, table->spec->columns[0].unit, false);
}

/* "below it: pid 8194" */
static void below_say(const struct plain *plain, const struct table *table, const char *key) {
  char label[256];
  size_t count = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    if (!table->rows[i].parent || strcmp(table->rows[i].parent, key) != 0)
      continue;
    if (count++ >= BELOW_MAX)
      continue;
    label_of(table, &table->rows[i], label, sizeof label);
    plain_say(plain, "below it: %s", label);
  }
  if (count > BELOW_MAX)
    plain_say(plain, "below it: %zu more", count - BELOW_MAX);
}

static const struct finding *finding_of(const struct plain *plain, const struct plain_item *item) {
  return findings_find(plain->model.findings, item->target_index, item->table, item->row,
                       item->column);
}

static void row_say(const struct plain *plain, const struct plain_item *item) {
  const struct table *table =
      item->table ? model_table(&plain->model, item->target_index, item->table) : NULL;
  for (size_t i = 0; table && item->row && i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    if (strcmp(row->key, item->row) != 0)
      continue;
    for (size_t column = 0; column < table->spec->column_count; column++)
      cell_say(plain, row, &table->spec->columns[column], column);
    below_say(plain, table, row->key);
  }
}

void plain_select(struct plain *plain, size_t number) {
  if (number == 0 || number > plain->item_count) {
    plain_say(plain, "no finding %zu: list numbers them", number);
    return;
  }
  const struct plain_item *item = &plain->items[number - 1];
  const struct finding *finding = finding_of(plain, item);
  plain->selected = number;
  if (finding)
    finding_say(plain, number, finding);
  else
    plain_say(plain, "%zu. resolved", number);
  plain_say(plain, "target: %s:%s", plain->model.targets[item->target_index].target->kind->kind,
            plain->model.targets[item->target_index].target->name);
  row_say(plain, item);
  plain_actions(plain, false);
}

bool plain_subject(const struct plain *plain, struct subject *subject, const char **keys) {
  if (plain->selected == 0) {
    plain_say(plain, "select a finding first: type its number (list numbers them)");
    return false;
  }
  const struct plain_item *item = &plain->items[plain->selected - 1];
  *subject = (struct subject){.target_index = item->target_index};
  if (item->table && item->row) {
    keys[0] = item->row;
    subject->table = item->table;
    subject->keys = keys;
    subject->key_count = 1;
  }
  return true;
}

void plain_actions(struct plain *plain, bool all) {
  struct operations *operations = &plain->model.operations;
  struct subject subject;
  const char *keys[1];
  size_t hidden = 0;
  if (!plain_subject(plain, &subject, keys))
    return;
  dashboard_operations_request(&plain->operations,
                               &(struct request){.kind = REQUEST_MENU, .subject = subject});
  for (size_t i = 0; i < operations->offer_count; i++) {
    const struct action_offer *offer = &operations->offers[i];
    if (!offer->why)
      plain_say(plain, "do %zu: %s (%s, %s): %s", i + 1, offer->action->title, offer->action->id,
                offer->action->danger == DANGER_NONE ? "only reads"
                                                     : danger_name(offer->action->danger),
                offer->action->what);
    else if (all)
      plain_say(plain, "not now: %s (%s): %s", offer->action->title, offer->action->id, offer->why);
    else
      hidden++;
  }
  if (hidden > 0)
    plain_say(plain, "%zu more actions are not available now: actions says why", hidden);
  dashboard_operations_request(&plain->operations, &(struct request){.kind = REQUEST_MENU_CLOSE});
}
