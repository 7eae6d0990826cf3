/* Completion for the shells, from the table of options, the pages and the actions. */
#include "documents.h"
#include "usage.h"

#include "actions/action_list.h"
#include "collectors/page.h"
#include "model/config/config.h"

#include <string.h>

enum { HELP_MAX = 160 };

static bool takes(const struct option_info *option, enum mode mode) {
  return option->modes == 0 || option->modes & 1U << mode;
}

/* What can stand after an option, or as the first word of a command. */
enum values { VALUES_NONE, VALUES_FILES, VALUES_THEMES, VALUES_LEVELS };

static enum values values_of(const char *option) {
  static const struct {
    const char *option;
    enum values values;
  } known[] = {{"config", VALUES_FILES}, {"theme", VALUES_THEMES}, {"level", VALUES_LEVELS}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].option, option) == 0)
      return known[i].values;
  return VALUES_NONE;
}

static const char levels[] = "trace debug info warn error fatal";
/* The first column of --list-themes. */
#define THEMES "stacktop --list-themes 2>/dev/null | cut -d ' ' -f 1"

static void put_pages(FILE *out) {
  for (size_t i = 0; page_specs[i]; i++)
    fprintf(out, "%s%s", i ? " " : "", page_specs[i]->id);
}

static void put_actions(FILE *out) {
  struct config config = {0};
  struct action_list list;
  action_list_init(&list, &config);
  for (size_t i = 0; list.specs[i]; i++)
    fprintf(out, "%s%s", i ? " " : "", list.specs[i]->id);
  action_list_fini(&list);
}

static void put_commands(FILE *out) {
  const char *word;
  enum mode mode;
  for (size_t i = 0; (word = options_command(i, &mode)); i++)
    fprintf(out, "%s%s", i ? " " : "", word);
}

static void put_options(FILE *out, enum mode mode) {
  struct option_info option;
  const char *gap = "";
  for (size_t i = 0; options_info(i, &option); i++) {
    if (!takes(&option, mode))
      continue;
    fprintf(out, "%s--%s", gap, option.name);
    if (option.letter)
      fprintf(out, " -%c", option.letter);
    gap = " ";
  }
}

/* "--config|-c" and so on: the options with a value. */
static void put_valued(FILE *out, bool known, enum values values) {
  struct option_info option;
  const char *gap = "";
  for (size_t i = 0; options_info(i, &option); i++) {
    if (!option.has_value || (known && values_of(option.name) != values) ||
        (!known && values_of(option.name) != VALUES_NONE))
      continue;
    fprintf(out, "%s--%s", gap, option.name);
    if (option.letter)
      fprintf(out, "|-%c", option.letter);
    gap = "|";
  }
}

/* All options with a value. */
static void put_all_valued(FILE *out) {
  put_valued(out, true, VALUES_FILES);
  putc('|', out);
  put_valued(out, true, VALUES_THEMES);
  putc('|', out);
  put_valued(out, true, VALUES_LEVELS);
  putc('|', out);
  put_valued(out, false, VALUES_NONE);
}

void completion_bash(FILE *out) {
  fputs("# bash completion for stacktop, made from its table of options\n"
        "_stacktop() {\n"
        "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= "
        "word i\n"
        "  COMPREPLY=()\n"
        "  case $previous in\n  ",
        out);
  put_valued(out, true, VALUES_FILES);
  fputs(") compopt -o filenames 2>/dev/null\n"
        "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n  ",
        out);
  put_valued(out, true, VALUES_THEMES);
  fputs(") mapfile -t COMPREPLY < <(compgen -W \"$(" THEMES ")\" -- \"$current\"); return ;;\n  ",
        out);
  put_valued(out, true, VALUES_LEVELS);
  fprintf(out, ") mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$current\"); return ;;\n  ",
          levels);
  put_valued(out, false, VALUES_NONE);
  fputs(") return ;;\n  esac\n"
        "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "    word=${COMP_WORDS[i]}\n"
        "    case $word in\n    ",
        out);
  put_all_valued(out);
  fputs(") ((i++)) ;;\n    -*) ;;\n    *) command=$word; break ;;\n    esac\n  done\n"
        "  local words options\n  case $command in\n  '') words='",
        out);
  put_commands(out);
  fputs("' options='", out);
  put_options(out, MODE_DASHBOARD);
  fputs("' ;;\n", out);
  const char *word;
  enum mode mode;
  for (size_t i = 0; (word = options_command(i, &mode)); i++) {
    fprintf(out, "  %s) words='", word);
    if (mode == MODE_SHOW)
      put_pages(out);
    else if (mode == MODE_PLAN)
      put_actions(out);
    fputs("' options='", out);
    put_options(out, mode);
    fputs("' ;;\n", out);
  }
  fputs("  *) return ;;\n  esac\n"
        "  if [[ $current == -* ]]; then words=$options; fi\n"
        "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "}\n"
        "complete -F _stacktop stacktop\n",
        out);
}

/* In single quotes, for zsh also without what its _arguments reads: brackets and colons. */
static void put_quoted(FILE *out, const char *text) {
  for (; *text; text++) {
    if (*text == '\'')
      fputs("'\\''", out);
    else if (*text == '[' || *text == ']' || *text == ':' || *text == '\\')
      fprintf(out, "\\%c", *text);
    else
      putc(*text, out);
  }
}

static void put_zsh_option(FILE *out, const struct option_info *option, enum mode mode) {
  static const char *const value_actions[] = {
      [VALUES_NONE] = ":value: ",
      [VALUES_FILES] = ":file:_files",
      [VALUES_THEMES] = ":theme:($(" THEMES "))",
      [VALUES_LEVELS] = ":level:(trace debug info warn error fatal)",
  };
  char help[HELP_MAX];
  usage_option(help, sizeof help, mode, option->name);
  const char *action = option->has_value ? value_actions[values_of(option->name)] : "";
  for (int letter = 0; letter <= (option->letter != '\0'); letter++) {
    if (letter)
      fprintf(out, "    '-%c[", option->letter);
    else
      fprintf(out, "    '--%s[", option->name);
    put_quoted(out, help);
    /* within double quotes, so that the command is run when it is completed */
    if (strstr(action, "$("))
      fprintf(out, "]'\"%s\"\n", action);
    else
      fprintf(out, "]%s'\n", action);
  }
}

/* What _arguments gets: the options of a mode, and the words. word: NULL before the command. */
static void put_zsh_case(FILE *out, const char *word, enum mode mode) {
  struct option_info option;
  fprintf(out, "%s)\n  options=(\n", word ? word : "*");
  for (size_t i = 0; options_info(i, &option); i++)
    if (takes(&option, mode))
      put_zsh_option(out, &option, mode);
  fputs("  )\n  _arguments -s $options", out);
  if (!word) {
    fputs(" '1:command:(", out);
    put_commands(out);
    fputs(")'", out);
  } else if (mode == MODE_SHOW) {
    fputs(" '1:command:' '2:page:(", out);
    put_pages(out);
    fputs(")'", out);
  } else if (mode == MODE_PLAN) {
    fputs(" '1:command:' '2:action:(", out);
    put_actions(out);
    fputs(")'", out);
  }
  /* '*::' would end the options at the command, and a message in place of "true" the insertion */
  fputs(" '*:argument: true'\n  ;;\n", out);
}

void completion_zsh(FILE *out) {
  const char *word;
  enum mode mode;
  fputs("#compdef stacktop\n# zsh completion for stacktop, made from its table of options\n"
        "local -a options\nlocal command\nlocal -i i\n"
        "for (( i = 2; i < CURRENT; i++ )); do\n"
        "  case $words[i] in\n  ",
        out);
  put_all_valued(out);
  fputs(") (( i++ )) ;;\n  -*) ;;\n  *) command=$words[i]; break ;;\n  esac\ndone\n"
        "case $command in\n",
        out);
  for (size_t i = 0; (word = options_command(i, &mode)); i++)
    put_zsh_case(out, word, mode);
  put_zsh_case(out, NULL, MODE_DASHBOARD);
  fputs("esac\n", out);
}

static void put_fish_option(FILE *out, const struct option_info *option, enum mode mode,
                            const char *condition) {
  char help[HELP_MAX];
  usage_option(help, sizeof help, mode, option->name);
  fprintf(out, "complete -c stacktop -n '%s' -l %s", condition, option->name);
  if (option->letter)
    fprintf(out, " -s %c", option->letter);
  if (option->has_value) {
    const enum values values = values_of(option->name);
    if (values == VALUES_FILES)
      fputs(" -r -F", out);
    else if (values == VALUES_THEMES)
      fputs(" -x -a \"(" THEMES ")\"", out);
    else if (values == VALUES_LEVELS)
      fprintf(out, " -x -a '%s'", levels);
    else
      fputs(" -x", out);
  }
  fputs(" -d '", out);
  for (const char *at = help; *at; at++)
    fprintf(out, *at == '\'' || *at == '\\' ? "\\%c" : "%c", *at);
  fputs("'\n", out);
}

/* The function that finds the command: fish's own take the value of an option for it. */
static void put_fish_command(FILE *out) {
  struct option_info option;
  fputs("# fish completion for stacktop, made from its table of options\n"
        "function __stacktop_command -d 'whether the line has a command, or this one'\n"
        "  set -l words (commandline -opc)\n  set -l value 0\n"
        "  for word in $words[2..-1]\n"
        "    if test $value = 1\n      set value 0\n      continue\n    end\n"
        "    switch $word\n      case",
        out);
  for (size_t i = 0; options_info(i, &option); i++) {
    if (!option.has_value)
      continue;
    fprintf(out, " --%s", option.name);
    if (option.letter)
      fprintf(out, " -%c", option.letter);
  }
  fputs("\n        set value 1\n"
        "      case '-*'\n"
        "      case '*'\n"
        "        test (count $argv) = 0; or test $word = $argv[1]\n        return\n"
        "    end\n  end\n  return 1\nend\n",
        out);
}

void completion_fish(FILE *out) {
  char condition[64];
  struct option_info option;
  const char *word;
  enum mode mode;
  put_fish_command(out);
  fputs("complete -c stacktop -f\ncomplete -c stacktop -n 'not __stacktop_command' -a '", out);
  put_commands(out);
  fputs("'\n", out);
  for (size_t o = 0; options_info(o, &option); o++)
    if (takes(&option, MODE_DASHBOARD))
      put_fish_option(out, &option, MODE_DASHBOARD, "not __stacktop_command");
  for (size_t i = 0; (word = options_command(i, &mode)); i++) {
    snprintf(condition, sizeof condition, "__stacktop_command %s", word);
    for (size_t o = 0; options_info(o, &option); o++)
      if (takes(&option, mode))
        put_fish_option(out, &option, mode, condition);
    if (mode != MODE_SHOW && mode != MODE_PLAN)
      continue;
    fprintf(out, "complete -c stacktop -n '%s' -a '", condition);
    if (mode == MODE_SHOW)
      put_pages(out);
    else
      put_actions(out);
    fputs("'\n", out);
  }
}
