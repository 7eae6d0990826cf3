#include "config/own/config_own_dump.h"

#include "config/own/config_own_options.h"
#include "config/print/config_print.h"
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

/* ---- the loaded ones */

static void dump_name(FILE *out, enum own_option option) {
  fprintf(out, "    %s: ", own_options[option].name);
}

static void dump_text(FILE *out, enum own_option option, const char *text) {
  dump_name(out, option);
  config_print_text(out, text);
  fputc('\n', out);
}

static void dump_sources(FILE *out, const struct own_text *texts, size_t count) {
  fputc('[', out);
  for (size_t i = 0; i < count; i++) {
    fputs(i > 0 ? ", " : "", out);
    config_print_source(out, own_text_source(&texts[i]));
  }
  fputc(']', out);
}

static void dump_rows(FILE *out, const struct own_action *action) {
  dump_name(out, OWN_OPTION_ROWS);
  fprintf(out, "{kind: %s", action->spec.kind);
  if (action->spec.table)
    fprintf(out, ", table: %s", action->spec.table);
  for (size_t i = 0; i < action->where_count; i++) {
    fprintf(out, "%s%s: ", i > 0 ? ", " : ", where: {", action->where_columns[i]);
    config_print_text(out, action->where_values[i]);
  }
  fputs(action->where_count > 0 ? "}" : "", out);
  for (size_t i = 0; i < action->target_count; i++) {
    fputs(i > 0 ? ", " : ", targets: [", out);
    config_print_text(out, action->targets[i]);
  }
  fputs(action->target_count > 0 ? "]}\n" : "}\n", out);
}

static void dump_ask(FILE *out, const struct option *param) {
  fputs("      - {name: ", out);
  config_print_text(out, param->name);
  if (*param->help) {
    fputs(", help: ", out);
    config_print_text(out, param->help);
  }
  if (param->fallback) {
    fputs(", default: ", out);
    config_print_text(out, param->fallback);
  }
  for (size_t i = 0; param->choices && param->choices[i]; i++) {
    fputs(i > 0 ? ", " : ", choices: [", out);
    config_print_text(out, param->choices[i]);
  }
  fputs(param->choices ? "]}\n" : "}\n", out);
}

static void dump_variables(FILE *out, const struct own_action *action, bool files) {
  bool any = false;
  for (size_t i = 0; i < action->variable_count; i++) {
    const struct own_variable *variable = &action->variables[i];
    if (!variable->file == files)
      continue;
    if (!any)
      dump_name(out, files ? OWN_OPTION_ENVIRONMENT_FILES : OWN_OPTION_ENVIRONMENT);
    fprintf(out, "%s%s: ", any ? ", " : "{", variable->name);
    if (files)
      config_print_text(out, variable->file);
    else
      config_print_source(out, name_is_secret(variable->name) ? "***"
                                                              : own_text_source(&variable->value));
    any = true;
  }
  fputs(any ? "}\n" : "", out);
}

static void dump_way(FILE *out, const struct own_action *action) {
  if (action->sql) {
    dump_text(out, OWN_OPTION_SQL, action->sql);
    dump_name(out, OWN_OPTION_VALUES);
    dump_sources(out, action->values, action->value_count);
    fprintf(out, "\n    writes: %s\n", action->writes ? "true" : "false");
    return;
  }
  dump_name(out, OWN_OPTION_ARGV);
  dump_sources(out, action->argv, action->argv_count);
  fputc('\n', out);
  dump_variables(out, action, false);
  dump_variables(out, action, true);
  if (action->has_input) {
    dump_name(out, OWN_OPTION_STDIN);
    char *input = own_action_input(action);
    config_print_source(out, input);
    fputc('\n', out);
    free(input);
  }
}

static void dump_action(FILE *out, const struct own_action *action) {
  fputs("  - id: ", out);
  config_print_text(out, action->spec.id + sizeof OWN_PREFIX - 1);
  fputc('\n', out);
  dump_text(out, OWN_OPTION_TITLE, action->spec.title);
  dump_text(out, OWN_OPTION_HELP, action->spec.what);
  if (action->spec.key)
    fprintf(out, "    key: %c\n", (char)action->spec.key);
  dump_rows(out, action);
  if (action->spec.param_count > 0)
    fputs("    ask:\n", out);
  for (size_t i = 0; i < action->spec.param_count; i++)
    dump_ask(out, &action->spec.params[i]);
  dump_way(out, action);
  fprintf(out, "    danger: %s\n    timeout: ",
          action->spec.danger == DANGER_REVERSIBLE ? "low" : "destructive");
  config_print_duration(out, action->timeout_ms);
  if (action->verify_count > 0) {
    fputs("\n    verify: {argv: ", out);
    dump_sources(out, action->verify, action->verify_count);
    fputs(", within: ", out);
    config_print_duration(out, action->verify_ms);
    fputc('}', out);
  }
  fprintf(out, "\n    output: %s\n", action->output_private ? "show" : "record");
}

void config_own_dump(FILE *out, const struct config *config) {
  if (config->action_count > 0)
    fprintf(out, "%s:\n", config_actions_key);
  for (size_t i = 0; i < config->action_count; i++)
    dump_action(out, config->actions[i]);
}

/* ---- those to start from */

static void print_key(FILE *out, const char *indent, enum own_option index, const char *value) {
  const struct option *option = &own_options[index];
  char allowed[OPTION_ALLOWED_MAX] = "";
  if (option->type == OPTION_CHOICE || option->type == OPTION_DURATION)
    option_allowed(option, allowed);
  fprintf(out, "%s%s: %s  # %s%s", indent, option->name,
          value             ? value
          : option->example ? option->example
                            : option->fallback,
          option->required ? "required: " : "", option->help);
  if (*allowed || option->fallback)
    fprintf(out, " (%s%sdefault %s)", allowed, *allowed ? ", " : "", option->fallback);
  fputc('\n', out);
}

void config_own_default(FILE *out) {
  static const enum own_option of_sql[] = {OWN_OPTION_SQL, OWN_OPTION_VALUES, OWN_OPTION_WRITES};
  fprintf(
      out,
      "\n## Actions of your own: programs and SQL statements with a plan, a confirmation and an "
      "audit record\n#%s:\n",
      config_actions_key);
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++) {
    bool sql = false;
    for (size_t s = 0; s < sizeof of_sql / sizeof *of_sql; s++)
      sql = sql || i == of_sql[s];
    if (!sql)
      print_key(out, i == OWN_OPTION_ID ? "#  - " : "#    ", (enum own_option)i, NULL);
  }
  print_key(out, "#  - ", OWN_OPTION_ID, "session-locks");
  print_key(out, "#    ", OWN_OPTION_ROWS, "{kind: postgres, table: sessions}");
  print_key(out, "#    ", OWN_OPTION_SQL, NULL);
  print_key(out, "#    ", OWN_OPTION_VALUES, NULL);
  print_key(out, "#    ", OWN_OPTION_WRITES, NULL);
}
