#include "model/action/plan.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A column is padded to at most CELL_MOST cells; longer text (a topic's name can have 249) is not
 * truncated and shifts the rest of its line. */
enum { LINE_MAX_BYTES = PLAN_TEXT_MAX + 128, COLUMNS_MAX = 16, CELL_MOST = 60 };

struct plan *plan_new(const struct action_spec *action, const char *target, const char *environment,
                      bool production) {
  struct plan *plan = mem_new(sizeof *plan);
  arena_init(&plan->arena, PLAN_BYTES_MAX);
  plan->action = action;
  plan->kind = action->kind;
  plan->target = plan_copy(plan, target);
  plan->environment = environment && *environment ? plan_copy(plan, environment) : NULL;
  plan->production = production;
  plan->title = action->title;
  plan->unit = "";
  return plan;
}

void plan_free(struct plan *plan) {
  if (!plan)
    return;
  free(plan->params);
  free(plan->objects);
  free(plan->texts);
  arena_fini(&plan->arena);
  free(plan);
}

const char *plan_copy(struct plan *plan, const char *text) {
  return arena_text(&plan->arena, text, strnlen(text, PLAN_TEXT_MAX));
}

const char *plan_printf(struct plan *plan, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(&plan->arena, format, args);
  va_end(args);
  return text;
}

void plan_say(struct plan *plan, enum plan_part part, const char *format, ...) {
  char text[PLAN_TEXT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (char *at = text; *at; at++)
    if (*at == '\n' || *at == '\r')
      *at = ' ';
  if (plan->text_count == plan->text_capacity) {
    plan->text_capacity = plan->text_capacity ? 2 * plan->text_capacity : 16;
    plan->texts = mem_resize(plan->texts, plan->text_capacity * sizeof *plan->texts);
  }
  plan->texts[plan->text_count++] = (struct plan_text){part, plan_copy(plan, text)};
}

struct plan_object *plan_object(struct plan *plan, const char *key, const char *label) {
  if (plan->object_count == PLAN_OBJECTS_MAX)
    return NULL;
  if (plan->object_count == plan->object_capacity) {
    plan->object_capacity = plan->object_capacity ? 2 * plan->object_capacity : 16;
    plan->objects = mem_resize(plan->objects, plan->object_capacity * sizeof *plan->objects);
  }
  const char **texts =
      arena_alloc(&plan->arena, (plan->column_count + plan->identity_count + 1) * sizeof *texts);
  if (!texts)
    return NULL;
  struct plan_object *object = &plan->objects[plan->object_count++];
  *object = (struct plan_object){.key = plan_copy(plan, key),
                                 .label = plan_copy(plan, label),
                                 .cells = texts,
                                 .identities = texts + plan->column_count};
  plan->count++;
  return object;
}

void plan_param_add(struct plan *plan, const char *name, const char *value) {
  plan->params = mem_resize(plan->params, (plan->param_count + 1) * sizeof *plan->params);
  plan->params[plan->param_count++] =
      (struct plan_param){plan_copy(plan, name), plan_copy(plan, value)};
}

const char *plan_param(const struct plan *plan, const char *name) {
  for (size_t i = 0; i < plan->param_count; i++)
    if (strcmp(plan->params[i].name, name) == 0)
      return plan->params[i].value;
  return NULL;
}

/* ---- confirmation */

enum confirmation plan_confirmation(const struct plan *plan) {
  const bool reversible = plan->action->danger == DANGER_REVERSIBLE;
  /* the content of one object (the keys of a pattern, the rows of a table) does not count as
   * objects */
  const bool several = plan->whole || (plan->object_count > 1 && !plan->name);
  if (several && (plan->count > 1 || (plan->whole && !reversible)))
    return CONFIRM_COUNT;
  return reversible && !plan->production ? CONFIRM_YES : CONFIRM_NAME;
}

/* Whether the name can be typed as it is shown. */
static bool can_be_typed(const char *name) {
  size_t length = strlen(name);
  if (length == 0 || length > PLAN_NAME_MAX || *name == ' ' || name[length - 1] == ' ')
    return false;
  for (size_t i = 0; i < length; i++)
    if (name[i] < ' ' || name[i] > '~' || (name[i] == ' ' && name[i + 1] == ' '))
      return false;
  return true;
}

static const char *object_name(const struct plan *plan) {
  const char *name = plan->name;
  if (!name && plan->object_count == 1)
    name = plan->objects[0].label;
  return name && can_be_typed(name) ? name : NULL;
}

const char *plan_phrase(const struct plan *plan, char out[PLAN_PHRASE_MAX]) {
  const enum confirmation confirmation = plan_confirmation(plan);
  const char *name = object_name(plan);
  const char *place = plan->environment ? plan->environment : plan->target;
  if (confirmation == CONFIRM_YES)
    snprintf(out, PLAN_PHRASE_MAX, "y");
  else if (confirmation == CONFIRM_COUNT)
    snprintf(out, PLAN_PHRASE_MAX, "%s %lld", place, (long long)plan->count);
  else if (!name && plan->production && plan->environment)
    snprintf(out, PLAN_PHRASE_MAX, "%s %s %lld", place, plan->target, (long long)plan->count);
  else if (!name)
    snprintf(out, PLAN_PHRASE_MAX, "%s %lld", plan->target, (long long)plan->count);
  else if (plan->production)
    snprintf(out, PLAN_PHRASE_MAX, "%s %s", place, name);
  else
    snprintf(out, PLAN_PHRASE_MAX, "%s", name);
  return out;
}

bool plan_agreed(const struct plan *plan, const char *typed) {
  char phrase[PLAN_PHRASE_MAX];
  return strcmp(plan_phrase(plan, phrase), typed) == 0;
}

bool plan_is_old(const struct plan *plan, int64_t now_ms) {
  return now_ms - plan->made_ms > PLAN_LIFETIME_MS || now_ms < plan->made_ms;
}

/* ---- the plan as lines */

const char *plan_part_title(enum plan_part part) {
  static const char *const titles[] = {
      [PLAN_EFFECT] = "Commands",
      [PLAN_BLAST] = "Impact",
      [PLAN_PRECONDITION] = "Preconditions",
      [PLAN_WARNING] = "Warning",
      [PLAN_LOSS] = "Cannot be undone",
      [PLAN_UNDO] = "Undo",
  };
  return titles[part];
}

struct lines {
  plan_line line;
  void *arg;
};

static void part_lines(const struct plan *plan, enum plan_part part, const struct lines *lines) {
  bool first = true;
  for (size_t i = 0; i < plan->text_count; i++) {
    if (plan->texts[i].part != part)
      continue;
    if (first)
      lines->line(lines->arg, part, true, plan_part_title(part));
    first = false;
    lines->line(lines->arg, part, false, plan->texts[i].text);
  }
}

static bool has_part(const struct plan *plan, enum plan_part part) {
  for (size_t i = 0; i < plan->text_count; i++)
    if (plan->texts[i].part == part)
      return true;
  return false;
}

/* The last precondition: the server of the plan. */
static void identity_lines(const struct plan *plan, const struct lines *lines) {
  static const struct {
    size_t at;
    const char *says;
  } parts[] = {{offsetof(struct plan, server), "the server is "},
               {offsetof(struct plan, start), "running since "},
               {offsetof(struct plan, database), "the database is "}};
  char text[LINE_MAX_BYTES] = "";
  size_t used = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *value = *(const char *const *)((const char *)plan + parts[i].at);
    if (value && used < sizeof text)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s", used ? ", " : "",
                               parts[i].says, value);
  }
  if (!*text)
    return;
  if (!has_part(plan, PLAN_PRECONDITION))
    lines->line(lines->arg, PLAN_PRECONDITION, true, plan_part_title(PLAN_PRECONDITION));
  lines->line(lines->arg, PLAN_PRECONDITION, false, text);
}

static int cell_width(const char *text) {
  int width = text ? text_width(text) : 1;
  return width > CELL_MOST ? CELL_MOST : width;
}

/* A column without a value in any row says nothing. */
static bool is_shown(const struct plan *plan, size_t column) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (plan->objects[i].cells[column] && *plan->objects[i].cells[column])
      return true;
  return false;
}

/* HIDDEN: the column is not shown; the title of one that is may be empty. */
enum { HIDDEN = -1 };

static void object_widths(const struct plan *plan, int *label, int widths[COLUMNS_MAX]) {
  *label = 0;
  for (size_t c = 0; c < plan->column_count && c < COLUMNS_MAX; c++)
    widths[c] = is_shown(plan, c) ? cell_width(plan->columns[c].title) : HIDDEN;
  for (size_t i = 0; i < plan->object_count; i++) {
    const struct plan_object *object = &plan->objects[i];
    if (cell_width(object->label) > *label)
      *label = cell_width(object->label);
    for (size_t c = 0; c < plan->column_count && c < COLUMNS_MAX; c++)
      if (widths[c] != HIDDEN && cell_width(object->cells[c]) > widths[c])
        widths[c] = cell_width(object->cells[c]);
  }
}

/* The text in `width` cells: blanks before it (right) or after it. */
static void append(char *line, size_t *used, int width, bool right, const char *text) {
  int pad = width - text_width(text);
  pad = pad > 0 ? pad : 0;
  size_t room = LINE_MAX_BYTES - *used;
  int wrote =
      snprintf(line + *used, room, "%*s%s%*s", right ? pad : 0, "", text, right ? 0 : pad, "");
  *used += (size_t)wrote < room ? (size_t)wrote : room - 1;
}

static void object_line(const struct plan *plan, const char *label, const char *const *cells,
                        int label_width, const int *widths, const struct lines *lines) {
  char text[LINE_MAX_BYTES] = "";
  size_t used = 0, end = 0;
  append(text, &used, label_width, false, label);
  for (size_t c = 0; c < plan->column_count && c < COLUMNS_MAX; c++)
    end = widths[c] != HIDDEN ? c + 1 : end;
  for (size_t c = 0; c < end; c++) {
    bool right = plan->columns[c].right, last = c + 1 == end;
    if (widths[c] == HIDDEN)
      continue;
    append(text, &used, 2, false, "");
    append(text, &used, last && !right ? 0 : widths[c], right, cells[c] ? cells[c] : "-");
  }
  lines->line(lines->arg, PLAN_EFFECT, false, text);
}

static void objects_lines(const struct plan *plan, const struct lines *lines) {
  int label, widths[COLUMNS_MAX] = {0};
  const char *titles[COLUMNS_MAX] = {0};
  if (plan->object_count == 0)
    return;
  char heading[128];
  int unit = (int)strlen(plan->unit); /* for a single one: without the s */
  unit -= plan->count == 1 && unit > 1 && plan->unit[unit - 1] == 's';
  snprintf(heading, sizeof heading, "Objects: %lld %.*s", (long long)plan->count, unit, plan->unit);
  if (plan->hidden > 0)
    snprintf(heading + strlen(heading), sizeof heading - strlen(heading),
             ", %zu of them hidden by the filter", plan->hidden);
  lines->line(lines->arg, PLAN_EFFECT, true, heading);
  object_widths(plan, &label, widths);
  bool any = false;
  for (size_t c = 0; c < plan->column_count && c < COLUMNS_MAX; c++) {
    titles[c] = plan->columns[c].title;
    any = any || widths[c] != HIDDEN;
  }
  if (any)
    object_line(plan, "", titles, label, widths, lines);
  for (size_t i = 0; i < plan->object_count; i++)
    object_line(plan, plan->objects[i].label, plan->objects[i].cells, label, widths, lines);
}

void plan_lines(const struct plan *plan, plan_line line, void *arg) {
  struct lines lines = {line, arg};
  line(arg, PLAN_BLAST, true, plan->title);
  part_lines(plan, PLAN_WARNING, &lines);
  part_lines(plan, PLAN_BLAST, &lines);
  part_lines(plan, PLAN_LOSS, &lines);
  part_lines(plan, PLAN_UNDO, &lines);
  objects_lines(plan, &lines);
  part_lines(plan, PLAN_EFFECT, &lines);
  part_lines(plan, PLAN_PRECONDITION, &lines);
  identity_lines(plan, &lines);
}
