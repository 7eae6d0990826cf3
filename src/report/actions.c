#include "report/actions.h"

#include "core/json/json_writer.h"
#include "core/text/text.h"
#include "report/text/text_out.h"

#include <stdlib.h>
#include <string.h>

enum { ID_INDENT = 5, HELP_COLUMN = 20, NAME_MAX_BYTES = 128 };

static const char *type_name(enum option_type type) {
  static const char *const names[] = {
      [OPTION_TEXT] = "text", [OPTION_SECRET] = "secret",     [OPTION_INT] = "number",
      [OPTION_BOOL] = "bool", [OPTION_DURATION] = "duration", [OPTION_CHOICE] = "choice",
      [OPTION_LIST] = "list", [OPTION_MAP] = "map",
  };
  return names[type];
}

/* ---- as text */

/* "rows of sessions", "a row of sessions; picks one". */
static void scope_text(const struct action_spec *spec, char *text, size_t size) {
  static const char *const choices[] = {
      [CHOICE_NONE] = "", [CHOICE_ONE] = "; picks one", [CHOICE_MANY] = "; picks one or more"};
  if (spec->table)
    snprintf(text, size, "%s of %s%s", spec->many ? "rows" : "a row", spec->table,
             choices[spec->choice]);
  else if (spec->context)
    snprintf(text, size, "the target, or a row of %s%s", spec->context, choices[spec->choice]);
  else
    snprintf(text, size, "the target%s", choices[spec->choice]);
}

static const char *placeholder(const struct option *param) {
  switch (param->type) {
  case OPTION_BOOL:
    return "BOOL";
  case OPTION_DURATION:
    return "DURATION";
  case OPTION_INT:
    return "NUMBER";
  case OPTION_CHOICE:
    return "CHOICE";
  default:
    return "TEXT";
  }
}

/* Appends ", default 10m" to the text. */
static void part_add(char text[TEXT_OUT_MAX], bool *any, const char *before, const char *part) {
  const size_t used = strlen(text);
  if (!part || !*part)
    return;
  snprintf(text + used, TEXT_OUT_MAX - used, "%s%s%s", *any ? ", " : " (", before, part);
  *any = true;
}

/* "help (1s to 30d, default 10m)", "help (required)". */
static void param_help(const struct option *param, char text[TEXT_OUT_MAX]) {
  char allowed[OPTION_ALLOWED_MAX];
  bool any = false;
  snprintf(text, TEXT_OUT_MAX, "%s", param->help ? param->help : "");
  part_add(text, &any, "", option_allowed(param, allowed));
  part_add(text, &any, "default ", param->fallback);
  part_add(text, &any, "", param->required && !param->fallback ? "required" : NULL);
  const size_t used = strlen(text);
  snprintf(text + used, TEXT_OUT_MAX - used, "%s", any ? ")" : "");
}

static void put_named(struct text_out *out, const char *name, const char *text) {
  text_out_begin(out, ID_INDENT);
  text_out_piece(out, name, 0);
  if (out->column + 2 > HELP_COLUMN && out->column + 2 + text_width(text) > out->width)
    text_out_begin(out, HELP_COLUMN);
  else
    text_out_pad(out, out->column + 2 > HELP_COLUMN ? out->column + 2 : HELP_COLUMN);
  out->indent = HELP_COLUMN;
  text_out_words(out, text, 0);
}

static void put_param(struct text_out *out, const struct option *param) {
  char name[NAME_MAX_BYTES], help[TEXT_OUT_MAX];
  snprintf(name, sizeof name, "%s=%s", param->name, placeholder(param));
  param_help(param, help);
  put_named(out, name, help);
}

static void put_action(struct text_out *out, const struct action_spec *spec) {
  char key[8] = "-", scope[128];
  if (spec->key > 0x20 && spec->key < 0x7F)
    snprintf(key, sizeof key, "%c", (char)spec->key);
  scope_text(spec, scope, sizeof scope);
  text_out_begin(out, 2);
  text_out_bold(out, key);
  text_out_pad(out, ID_INDENT);
  text_out_bold(out, spec->id);
  out->indent = ID_INDENT;
  static const char *const dangers[] = {[DANGER_REVERSIBLE] = "  reversible",
                                        [DANGER_DESTRUCTIVE] = "  destructive",
                                        [DANGER_NONE] = "  only reads"};
  text_out_status(out, dangers[spec->danger],
                  spec->danger == DANGER_DESTRUCTIVE ? SEVERITY_WARN : SEVERITY_OK);
  text_out_printf(out, 0, ",");
  text_out_printf(out, 1, "for %s", scope);
  text_out_begin(out, ID_INDENT);
  text_out_words(out, spec->what, 0);
  put_named(out, "runs", spec->runs);
  for (size_t i = 0; i < spec->param_count; i++)
    put_param(out, &spec->params[i]);
}

/* Whether it is the first of its kind. */
static bool begins_kind(const struct action_spec *const *specs, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (strcmp(specs[i]->kind, specs[index]->kind) == 0)
      return false;
  return true;
}

bool report_actions_text(FILE *file, const struct action_spec *const *specs,
                         const struct report_text_options *options) {
  struct text_out out;
  text_out_init(&out, file, options);
  for (size_t i = 0; specs[i]; i++) {
    if (!begins_kind(specs, i))
      continue;
    text_out_begin(&out, 0);
    text_out_bold(&out, specs[i]->kind);
    for (size_t j = i; specs[j]; j++)
      if (strcmp(specs[j]->kind, specs[i]->kind) == 0) {
        put_action(&out, specs[j]);
        text_out_end(&out);
        putc('\n', file);
      }
  }
  return fflush(file) == 0 && !ferror(file);
}

/* ---- as JSON */

static void write_param(struct json_writer *writer, const struct option *param) {
  char allowed[OPTION_ALLOWED_MAX];
  const char *const *choice = option_choices(param);
  json_open(writer, NULL, '{');
  json_text(writer, "name", param->name);
  json_text(writer, "type", type_name(param->type));
  json_bool(writer, "required", param->required && !param->fallback);
  json_text_if(writer, "fallback", param->fallback);
  if (choice) {
    json_open(writer, "choices", '[');
    for (; *choice; choice++)
      json_text(writer, NULL, *choice);
    json_close(writer, ']');
  }
  if (param->min || param->max) {
    json_int(writer, "min", param->min);
    json_int(writer, "max", param->max);
    json_text_if(writer, "unit", param->type == OPTION_DURATION ? "ms" : NULL);
  }
  if (*option_allowed(param, allowed))
    json_text(writer, "allowed", allowed);
  json_text_if(writer, "example", param->example);
  json_text_if(writer, "help", param->help);
  json_close(writer, '}');
}

static void write_action(struct json_writer *writer, const struct action_spec *spec) {
  static const char *const choices[] = {
      [CHOICE_NONE] = "none", [CHOICE_ONE] = "one", [CHOICE_MANY] = "many"};
  char key[2] = {(char)spec->key, '\0'};
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "id", spec->id);
  json_text(writer, "kind", spec->kind);
  json_text_if(writer, "table", spec->table);
  json_text_if(writer, "context", spec->context);
  if (spec->key)
    json_text(writer, "key", key);
  json_text(writer, "title", spec->title);
  json_text(writer, "what", spec->what);
  json_text(writer, "runs", spec->runs);
  json_text(writer, "danger", danger_name(spec->danger));
  json_bool(writer, "many", spec->many);
  json_text(writer, "choice", choices[spec->choice]);
  json_open(writer, "params", '[');
  for (size_t i = 0; i < spec->param_count; i++)
    write_param(writer, &spec->params[i]);
  json_close(writer, ']');
  json_close(writer, '}');
}

bool report_actions_json(FILE *out, const struct action_spec *const *specs) {
  struct json_writer writer = {.out = out, .lines = true};
  json_open(&writer, NULL, '{');
  json_int(&writer, "version", 1);
  json_open(&writer, "actions", '[');
  for (; *specs; specs++)
    write_action(&writer, *specs);
  json_close(&writer, ']');
  json_close(&writer, '}');
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}
