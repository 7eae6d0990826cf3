#include "config/own/config_own_dump.h"

#include "config/own/config_own_options.h"
#include "config/print/config_dump_line.h"
#include "config/print/config_print.h"
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

/* ---- the loaded ones */

struct own_dump {
  const struct dump *dump;
  FILE *out;
  const struct own_action *action;
};

static void name_print(const struct own_dump *own, enum own_option option) {
  fprintf(own->out, "%s%s: ", option == OWN_OPTION_ID ? "  - " : "    ", own_options[option].name);
}

static void line_end(const struct own_dump *own, enum own_option option) {
  const struct origin *origins = own->action->origins;
  config_dump_line_end(own->dump, origins ? &origins[option] : NULL);
}

static void dump_text(const struct own_dump *own, enum own_option option, const char *text) {
  name_print(own, option);
  config_print_text(own->out, text);
  line_end(own, option);
}

static void dump_sources(FILE *out, const struct own_text *texts, size_t count) {
  fputc('[', out);
  for (size_t i = 0; i < count; i++) {
    fputs(i > 0 ? ", " : "", out);
    config_print_source(out, own_text_source(&texts[i]));
  }
  fputc(']', out);
}

static void dump_list(const struct own_dump *own, enum own_option option,
                      const struct own_text *texts, size_t count) {
  name_print(own, option);
  dump_sources(own->out, texts, count);
  line_end(own, option);
}

static void dump_rows(const struct own_dump *own) {
  const struct own_action *action = own->action;
  FILE *out = own->out;
  name_print(own, OWN_OPTION_ROWS);
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
  fputs(action->target_count > 0 ? "]}" : "}", out);
  line_end(own, OWN_OPTION_ROWS);
}

static void dump_ask(const struct own_dump *own, const struct option *param) {
  FILE *out = own->out;
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
  fputs(param->choices ? "]}" : "}", out);
  line_end(own, OWN_OPTION_ASK);
}

static void dump_variables(const struct own_dump *own, bool files) {
  const enum own_option option = files ? OWN_OPTION_ENVIRONMENT_FILES : OWN_OPTION_ENVIRONMENT;
  const struct own_action *action = own->action;
  bool any = false;
  for (size_t i = 0; i < action->variable_count; i++) {
    const struct own_variable *variable = &action->variables[i];
    if (!variable->file == files)
      continue;
    if (!any)
      name_print(own, option);
    fprintf(own->out, "%s%s: ", any ? ", " : "{", variable->name);
    if (files)
      config_print_text(own->out, variable->file);
    else
      config_print_source(
          own->out, name_is_secret(variable->name) ? "***" : own_text_source(&variable->value));
    any = true;
  }
  if (!any)
    return;
  fputc('}', own->out);
  line_end(own, option);
}

static void dump_way(const struct own_dump *own) {
  const struct own_action *action = own->action;
  if (action->sql) {
    dump_text(own, OWN_OPTION_SQL, action->sql);
    dump_list(own, OWN_OPTION_VALUES, action->values, action->value_count);
    name_print(own, OWN_OPTION_WRITES);
    fputs(action->writes ? "true" : "false", own->out);
    line_end(own, OWN_OPTION_WRITES);
    return;
  }
  dump_list(own, OWN_OPTION_ARGV, action->argv, action->argv_count);
  dump_variables(own, false);
  dump_variables(own, true);
  if (!action->has_input)
    return;
  char *input = own_action_input(action);
  name_print(own, OWN_OPTION_STDIN);
  config_print_source(own->out, input);
  line_end(own, OWN_OPTION_STDIN);
  free(input);
}

static void dump_action(const struct own_dump *own) {
  const struct own_action *action = own->action;
  const char key[] = {(char)action->spec.key, '\0'};
  dump_text(own, OWN_OPTION_ID, action->spec.id + sizeof OWN_PREFIX - 1);
  dump_text(own, OWN_OPTION_TITLE, action->spec.title);
  dump_text(own, OWN_OPTION_HELP, action->spec.what);
  if (action->spec.key)
    dump_text(own, OWN_OPTION_KEY, key);
  dump_rows(own);
  if (action->spec.param_count > 0)
    fprintf(own->out, "    %s:\n", own_options[OWN_OPTION_ASK].name);
  for (size_t i = 0; i < action->spec.param_count; i++)
    dump_ask(own, &action->spec.params[i]);
  dump_way(own);
  dump_text(own, OWN_OPTION_DANGER,
            action->spec.danger == DANGER_REVERSIBLE ? "low" : "destructive");
  name_print(own, OWN_OPTION_TIMEOUT);
  config_print_duration(own->out, action->timeout_ms);
  line_end(own, OWN_OPTION_TIMEOUT);
  if (action->verify_count > 0) {
    name_print(own, OWN_OPTION_VERIFY);
    fputs("{argv: ", own->out);
    dump_sources(own->out, action->verify, action->verify_count);
    fputs(", within: ", own->out);
    config_print_duration(own->out, action->verify_ms);
    fputc('}', own->out);
    line_end(own, OWN_OPTION_VERIFY);
  }
  dump_text(own, OWN_OPTION_OUTPUT, action->output_private ? "show" : "record");
}

void config_own_dump(const struct dump *dump) {
  if (dump->config->action_count > 0)
    fprintf(dump->out, "%s:\n", config_actions_key);
  for (size_t i = 0; i < dump->config->action_count; i++)
    dump_action(&(struct own_dump){dump, dump->out, dump->config->actions[i]});
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
