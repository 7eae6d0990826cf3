#include "actions/own.h"

#include "actions/look.h"
#include "actions/shown.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_MAX = 200, HOST_MAX = 256 };

/* ---- made from the configuration */

static void column_use(void *arg, const struct own_text *text) {
  struct own *own = arg;
  const struct table_spec *table = own->def->table;
  for (size_t i = 0; table && i < text->piece_count; i++) {
    const int column =
        text->pieces[i].kind == OWN_COLUMN ? table_column(table, text->pieces[i].text) : -1;
    bool known = column < 0;
    for (size_t c = 0; c < own->column_count; c++)
      known = known || own->column_ids[c] == table->columns[column].id;
    if (known)
      continue;
    const size_t count = own->column_count++;
    own->columns = mem_resize(own->columns, own->column_count * sizeof *own->columns);
    own->column_ids = mem_resize(own->column_ids, own->column_count * sizeof *own->column_ids);
    own->columns[count] = (struct plan_column){.title = table->columns[column].title};
    own->column_ids[count] = table->columns[column].id;
  }
}

struct own *own_new(const struct own_action *def) {
  struct own *own = mem_new(sizeof *own);
  own->def = def;
  own->action.spec = def->spec;
  own->action.applies = own_applies;
  own_action_texts(def, column_use, own);
  if (def->sql)
    own_postgres_steps(own);
  else
    own_program_steps(own);
  return own;
}

void own_free(struct own *own) {
  free(own->columns);
  free(own->column_ids);
  free(own);
}

const struct own *own_of(const struct action_spec *spec) {
  return (const struct own *)((const char *)spec - offsetof(struct own, action.spec));
}

/* ---- filled in for a row */

static const char *argv_text(struct arena *arena, char *const *argv) {
  const char *text = "";
  for (size_t i = 0; argv[i]; i++)
    text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "", shown_word(arena, argv[i]));
  return text;
}

struct seen {
  const struct own_piece *piece;
  const struct seen *next;
};

struct shown {
  const struct own_row *row;
  const struct seen *seen;
  struct arena *arena;
  const char *text;
  struct err *err;
  bool failed;
};

/* By what it names: "pid=47" is also in "leader_pid=4711", and a row may say anything. */
static bool is_seen(const struct shown *shown, const struct own_piece *piece) {
  for (const struct seen *seen = shown->seen; seen; seen = seen->next)
    if (seen->piece->kind == piece->kind && strcmp(seen->piece->text, piece->text) == 0)
      return true;
  return false;
}

static void seen_add(struct shown *shown, const struct own_piece *piece) {
  struct seen *seen = arena_alloc(shown->arena, sizeof *seen);
  if (!seen)
    return; /* shown twice, at worst */
  *seen = (struct seen){.piece = piece, .next = shown->seen};
  shown->seen = seen;
}

/* "name=api pid=4711": what a person has seen, and what must still hold. */
static void values_add(void *arg, const struct own_text *text) {
  struct shown *shown = arg;
  for (size_t i = 0; !shown->failed && i < text->piece_count; i++) {
    const struct own_piece *piece = &text->pieces[i];
    if (piece->kind == OWN_LITERAL || is_seen(shown, piece))
      continue;
    seen_add(shown, piece);
    const char *value = own_value(piece, shown->row, shown->arena, shown->err);
    const char *name = piece->kind == OWN_ROW      ? "row"
                       : piece->kind == OWN_TARGET ? "target"
                                                   : piece->text;
    const char *pair =
        value ? arena_printf(shown->arena, "%s=%s", name, shown_word(shown->arena, value)) : "";
    shown->failed = !value;
    if (value)
      shown->text =
          arena_printf(shown->arena, "%s%s%s", shown->text, *shown->text ? " " : "", pair);
  }
}

static bool values_fill(const struct own_action *def, const struct own_row *row,
                        struct arena *arena, struct own_filled *filled, struct err *err) {
  const char **values = arena_alloc(arena, (def->value_count + 1) * sizeof *values);
  for (size_t i = 0; values && i < def->value_count; i++)
    if (!(values[i] = own_text_fill(&def->values[i], row, arena, err)))
      return false;
  filled->values = values;
  return values || err_set(err, ERR_LIMIT, "too many values");
}

bool own_fill(const struct own *own, const struct own_row *row, struct arena *arena,
              struct own_filled *filled, struct err *err) {
  const struct own_action *def = own->def;
  struct shown shown = {.row = row, .arena = arena, .text = "", .err = err};
  *filled = (struct own_filled){.run = def->sql, .verify_run = ""};
  if (!def->sql && !(filled->argv = own_argv_fill(def->argv, def->argv_count, row, arena, err)))
    return false;
  if (def->sql && !values_fill(def, row, arena, filled, err))
    return false;
  if (def->has_input && !(filled->input = own_text_fill(&def->input, row, arena, err)))
    return false;
  if (def->verify_count > 0 &&
      !(filled->verify = own_argv_fill(def->verify, def->verify_count, row, arena, err)))
    return false;
  own_action_texts(def, values_add, &shown);
  if (filled->argv)
    filled->run = argv_text(arena, filled->argv);
  if (filled->verify)
    filled->verify_run = argv_text(arena, filled->verify);
  filled->shown = shown.text;
  filled->source = own_action_source(def, arena);
  return !shown.failed;
}

/* ---- whether it is for a row */

static bool target_is_meant(const struct own_action *def, const char *name, struct err *why) {
  return action_is_for(&def->spec, name) ||
         err_set(why, ERR_UNSUPPORTED, "not for this target: `targets` of the action names others");
}

static bool row_is_meant(const struct own_action *def, const struct own_row *row, struct err *why) {
  struct arena arena;
  bool meant = true;
  arena_init(&arena, 64 << 10);
  for (size_t i = 0; meant && i < def->where_count; i++) {
    struct err ignored;
    const struct own_piece piece = {.kind = OWN_COLUMN, .text = def->where_columns[i]};
    const char *value = own_value(&piece, row, &arena, &ignored);
    meant = value && strcmp(value, def->where_values[i]) == 0;
    if (!meant)
      err_set(why, ERR_UNSUPPORTED, "for rows whose %s is %.100s", def->where_columns[i],
              def->where_values[i]);
  }
  arena_fini(&arena);
  return meant;
}

static struct own_row row_of(const struct own *own, const struct target *target,
                             const struct row *row, const char *const *texts) {
  return (struct own_row){.target = target,
                          .table = own->def->table,
                          .row = own->def->table ? row : NULL,
                          .params = &own->action.spec,
                          .param_texts = texts};
}

static bool row_fits(const struct own *own, const struct own_row *row, struct err *why) {
  return target_is_meant(own->def, row->target->name, why) &&
         (!own->def->table || !row->row || row_is_meant(own->def, row, why));
}

bool own_applies(const struct action_request *request, struct err *why) {
  const struct own *own = own_of(&request->action->spec);
  const struct own_row row = row_of(own, request->target, action_row(request, 0), request->texts);
  return row_fits(own, &row, why);
}

/* ---- the plan */

static const char *host_name(struct plan *plan) {
  char host[HOST_MAX] = "";
  if (gethostname(host, sizeof host - 1) != 0)
    *host = '\0';
  return plan_copy(plan, *host ? host : "this host");
}

static void say_variables(struct plan *plan, const struct own_action *def) {
  const char *names = "";
  for (size_t i = 0; i < def->variable_count; i++)
    names = plan_printf(plan, "%s%s%s%s%s%s", names, i > 0 ? ", " : "", def->variables[i].name,
                        def->variables[i].file ? " (from " : "",
                        def->variables[i].file ? def->variables[i].file : "",
                        def->variables[i].file ? ")" : "");
  if (*names)
    plan_say(plan, PLAN_EFFECT, "with the variables %s", names);
}

/* The command as one would type it; a statement with the values of $1, ... below it. */
static void say_run(struct plan *plan, const struct own_action *def,
                    const struct own_filled *filled) {
  plan_say(plan, PLAN_EFFECT, "%s", filled->run);
  for (size_t i = 0; i < def->value_count; i++)
    plan_say(plan, PLAN_EFFECT, "  $%zu = %s", i + 1, shown_word(&plan->arena, filled->values[i]));
  if (!filled->input)
    return;
  char *input = own_action_input(def);
  const bool plain = strcmp(input, own_text_source(&def->input)) == 0 && !strstr(input, "${");
  plan_say(plan, PLAN_EFFECT, "standard input: %s", plain ? filled->input : input);
  free(input);
}

static void say_rest(struct plan *plan, const struct own *own, const struct own_filled *filled) {
  const struct own_action *def = own->def;
  plan_say(plan, PLAN_BLAST, "%s", def->spec.what);
  if (!def->sql)
    plan_say(plan, PLAN_BLAST, "runs on %s, where stacktop runs, as its user", host_name(plan));
  plan_say(plan, PLAN_BLAST, "%s after %s",
           def->sql ? "cancelled" : "killed, with its process group,",
           shown_duration(&plan->arena, def->timeout_ms));
  if (filled->verify)
    plan_say(plan, PLAN_BLAST, "done when this ends with exit code 0, within %s: %s",
             shown_duration(&plan->arena, def->verify_ms), filled->verify_run);
  else if (!def->sql)
    plan_say(plan, PLAN_BLAST, "nothing verifies it: done means that it ended with exit code 0");
  if (def->output_private)
    plan_say(plan, PLAN_BLAST, "its output is shown, but not recorded");
  if (def->spec.danger == DANGER_DESTRUCTIVE)
    plan_say(plan, PLAN_LOSS, "stacktop does not know what it changes");
  plan_say(plan, PLAN_PRECONDITION, "this action is unchanged in the configuration");
  if (*filled->shown && def->table)
    plan_say(plan, PLAN_PRECONDITION, "the row is still there, with %s", filled->shown);
}

static const char *label_of(struct plan *plan, const struct own_row *row) {
  char label[LABEL_MAX];
  if (!row->row)
    return row->target->name;
  return plan_copy(plan, format_value(label, sizeof label, row->row->cells[0],
                                      row->table->columns[0].unit, false));
}

bool own_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const char *const identities[] = {"source", "run", "verify", "values"};
  const struct own *own = own_of(plan->action);
  const struct own_row row = row_of(own, request->target, action_row(request, 0), request->texts);
  struct own_filled filled;
  if (own->def->table && !row.row)
    return err_set(err, ERR_INVALID, "the row no longer exists");
  if (!row_fits(own, &row, err) || !own_fill(own, &row, &plan->arena, &filled, err))
    return false;
  plan->columns = own->columns;
  plan->column_count = own->column_count;
  plan->identities = identities;
  plan->identity_count = sizeof identities / sizeof *identities;
  const char *label = label_of(plan, &row);
  struct plan_object *object = plan_object(plan, row.row ? row.row->key : row.target->name, label);
  if (!object)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  for (size_t i = 0; i < own->column_count; i++) {
    const struct own_piece piece = {.kind = OWN_COLUMN, .text = (char *)own->column_ids[i]};
    object->cells[i] = own_value(&piece, &row, &plan->arena, err);
  }
  action_bind(plan, "source", filled.source);
  action_bind(plan, "run", filled.run);
  action_bind(plan, "verify", filled.verify_run);
  action_bind(plan, "values", filled.shown);
  plan->title = plan_printf(plan, "Run %s on %s", plan->action->title, label);
  plan->unit = row.row ? "row" : "target";
  say_run(plan, own->def, &filled);
  say_variables(plan, own->def);
  say_rest(plan, own, &filled);
  return true;
}

/* ---- looked up again */

static const char *const *plan_texts(struct step *step, const struct own *own) {
  const struct action_spec *spec = &own->action.spec;
  const char **texts = arena_alloc(&step->arena, (spec->param_count + 1) * sizeof *texts);
  for (size_t i = 0; texts && i < spec->param_count; i++)
    texts[i] = plan_param(step->call->plan, spec->params[i].name);
  return texts;
}

static bool refuse(struct step *step, enum object_result result, const char *words) {
  outcome_set(step->call->outcome, 0, result, "%s", words);
  return false;
}

static bool is_planned(struct step *step, const struct own_filled *filled) {
  const struct plan *plan = step->call->plan;
  if (strcmp(filled->source, action_identity(plan, 0, "source")) != 0)
    return refuse(step, OBJECT_REFUSED,
                  "not run: the configuration now has another action of this id");
  if (strcmp(filled->shown, action_identity(plan, 0, "values")) != 0)
    return refuse(
        step, OBJECT_REFUSED,
        arena_printf(&step->arena, "not run: the row has changed to %.300s", filled->shown));
  if (strcmp(filled->run, action_identity(plan, 0, "run")) != 0 ||
      strcmp(filled->verify_run, action_identity(plan, 0, "verify")) != 0)
    return refuse(step, OBJECT_REFUSED, "not run: the command is no longer the one of the plan");
  return true;
}

bool own_check(struct step *step, struct own_filled *filled, struct own_row *row) {
  const struct own *own = own_of(step->call->plan->action);
  const struct table_spec *spec = own->def->table;
  const struct row *found = NULL;
  struct err err;
  if (spec) {
    const struct sample *sample = step_look(step);
    const struct table *table = sample ? sample_table_view(sample, spec->id) : NULL;
    if (!sample)
      return false;
    found = table ? table_find(table, step->call->plan->objects[0].key) : NULL;
    if (!found)
      return refuse(step, OBJECT_GONE, "not run: the row no longer exists");
  }
  *row = row_of(own, step->call->target, found, plan_texts(step, own));
  if (!row_fits(own, row, &err) || !own_fill(own, row, &step->arena, filled, &err))
    return refuse(step, OBJECT_REFUSED, arena_printf(&step->arena, "not run: %s", err.text));
  return is_planned(step, filled);
}
