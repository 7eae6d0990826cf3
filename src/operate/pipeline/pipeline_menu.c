/* Which actions are available for a row or a target, and why others are not. */
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "operate/pipeline/pipeline_run.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 256 };

static bool is_for(const struct action_spec *spec, const struct pipeline *pipeline,
                   const struct subject *subject) {
  const struct target *target = pipeline->options.model->targets[subject->target_index].target;
  if (strcmp(spec->kind, target->kind->kind) != 0)
    return false;
  return !spec->table ||
         (subject->table && subject->key_count > 0 && strcmp(spec->table, subject->table) == 0);
}

static struct action_request request_of(struct pipeline *pipeline, const struct action *action,
                                        const struct subject *subject) {
  bool rows = action->spec.table || (action_takes_targets(&action->spec) && !subject->table);
  return (struct action_request){
      .action = action,
      .model = pipeline->options.model,
      .target_index = subject->target_index,
      .target = pipeline->options.model->targets[subject->target_index].target,
      .table = action->spec.table ? subject->table : NULL,
      .keys = rows ? subject->keys : NULL,
      .key_count = rows ? subject->key_count : 0,
      .now_ms = clock_wall_ms(),
      .state = pipeline->options.state,
  };
}

bool action_may(struct pipeline *pipeline, const struct action *action,
                const struct subject *subject, struct err *why) {
  const struct target *target = pipeline->options.model->targets[subject->target_index].target;
  const bool targets = !subject->table && subject->key_count > 0;
  if (!is_for(&action->spec, pipeline, subject))
    return err_set(why, ERR_INVALID,
                   strcmp(action->spec.kind, target->kind->kind) == 0
                       ? "%s is for rows of another table"
                       : "%s is for another kind of target",
                   action->spec.title);
  if (!target_state_is_fresh(pipeline, subject->target_index, pipeline_now(), why))
    return false;
  if (action_takes_rows(&action->spec, subject->table) && subject->key_count > 1 &&
      !action->spec.many && (action->spec.table || action->spec.choice != CHOICE_MANY))
    return err_set(why, ERR_INVALID, "for one row at a time; %zu are marked", subject->key_count);
  if (targets && subject->key_count > 1 && !action_takes_targets(&action->spec))
    return err_set(why, ERR_INVALID, "not for the %zu marked ones; press Esc to clear the marks",
                   subject->key_count);
  struct action_request request = request_of(pipeline, action, subject);
  /* The lock last, so that the reasons without it are visible. */
  if (!rows_are_there(&request, why) || (action->applies && !action->applies(&request, why)))
    return false;
  return action->spec.danger == DANGER_NONE ||
         lock_allows(pipeline->options.lock, target, pipeline_now(), why);
}

/* ---- the subject, kept */

static void subject_free(struct pipeline *pipeline) {
  struct operations *operations = pipeline->operations;
  struct subject *subject = &operations->menu_subject;
  run_free_texts(pipeline->menu_keys, subject->key_count);
  free(pipeline->menu_table);
  pipeline->menu_keys = NULL;
  pipeline->menu_table = NULL;
  free(operations->menu_title);
  operations->menu_title = NULL;
  *subject = (struct subject){0};
}

static void subject_keep(struct pipeline *pipeline, const struct subject *subject) {
  struct operations *operations = pipeline->operations;
  char **keys = mem_new((subject->key_count + 1) * sizeof *keys);
  for (size_t i = 0; i < subject->key_count; i++)
    keys[i] = mem_dup(subject->keys[i]);
  operations->menu_subject = *subject;
  operations->menu_subject.keys = (const char *const *)keys;
  pipeline->menu_keys = keys;
  pipeline->menu_table = subject->table ? mem_dup(subject->table) : NULL;
  operations->menu_subject.table = pipeline->menu_table;
}

static char *title_of(struct pipeline *pipeline, const struct subject *subject) {
  const struct target_state *state = &pipeline->options.model->targets[subject->target_index];
  const struct table *table =
      subject->table ? model_table(pipeline->options.model, subject->target_index, subject->table)
                     : NULL;
  if (!subject->table && subject->key_count > 1)
    return mem_printf("%zu marked %ss", subject->key_count, state->target->kind->kind);
  if (!table || subject->key_count == 0)
    return mem_dup(state->target->name);
  if (subject->key_count > 1)
    return mem_printf("%zu marked rows of %s", subject->key_count, state->target->name);
  const struct row *row = table_find(table, subject->keys[0]);
  char label[LABEL_MAX];
  return row ? mem_printf("%s of %s",
                          format_value(label, sizeof label, row->cells[0],
                                       table->spec->columns[0].unit, false),
                          state->target->name)
             : mem_dup(state->target->name);
}

bool menu_may(void *arg, const struct action_spec *spec, const struct subject *subject) {
  struct pipeline *pipeline = arg;
  struct err why = {0};
  for (const struct action *const *each = pipeline->actions; *each; each++)
    if (&(*each)->spec == spec)
      return action_may(pipeline, *each, subject, &why);
  return false;
}

/* Whether the rows are a part of their target: the row of a service is all of it. */
static bool has_rows(struct pipeline *pipeline, const struct subject *subject) {
  const struct model *model = pipeline->options.model;
  const struct table *table =
      subject->table ? model_table(model, subject->target_index, subject->table) : NULL;
  const struct row *row =
      table && subject->key_count == 1 ? table_find(table, subject->keys[0]) : NULL;
  return subject->table && subject->key_count > 0 &&
         !(row && row->cells[0].type == VALUE_TEXT &&
           strcmp(row->cells[0].text, model->targets[subject->target_index].target->name) == 0);
}

/* Those for the rows come first, and in each group the available ones. */
static int place_of(const struct action_offer *offer) {
  return (offer->of_rows ? 0 : 2) + (offer->why ? 1 : 0);
}

static void offers_order(struct action_offer *offers, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const struct action_offer offer = offers[i];
    size_t at = i;
    for (; at > 0 && place_of(&offers[at - 1]) > place_of(&offer); at--)
      offers[at] = offers[at - 1];
    offers[at] = offer;
  }
}

void menu_open(struct pipeline *pipeline, const struct subject *subject) {
  struct operations *operations = pipeline->operations;
  size_t count = 0;
  if (subject->target_index >= pipeline->options.model->target_count)
    return;
  menu_close(pipeline);
  subject_keep(pipeline, subject);
  operations->menu_title = title_of(pipeline, subject);
  for (const struct action *const *each = pipeline->actions; *each; each++)
    count++;
  struct action_offer *offers = arena_alloc(&pipeline->offers, (count + 1) * sizeof *offers);
  const bool rows = has_rows(pipeline, subject);
  count = 0;
  for (const struct action *const *each = pipeline->actions; offers && *each; each++) {
    struct err why = {0};
    if (!is_for(&(*each)->spec, pipeline, subject))
      continue;
    bool may = action_may(pipeline, *each, subject, &why);
    offers[count++] = (struct action_offer){
        &(*each)->spec, rows && action_fits_rows(&(*each)->spec, subject->table),
        may ? NULL : arena_printf(&pipeline->offers, "%s", why.text)};
  }
  offers_order(offers, count);
  operations->offers = offers;
  operations->offer_count = count;
  operations->menu = true;
  pipeline_changed(pipeline);
}

void menu_close(struct pipeline *pipeline) {
  struct operations *operations = pipeline->operations;
  if (!operations->menu)
    return;
  size_t ceiling = pipeline->offers.ceiling;
  subject_free(pipeline);
  arena_fini(&pipeline->offers);
  arena_init(&pipeline->offers, ceiling);
  operations->menu = false;
  operations->offers = NULL;
  operations->offer_count = 0;
  pipeline_changed(pipeline);
}
