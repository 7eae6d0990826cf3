/* The manual, in the macros of man(7). */
#include "documents.h"
#include "usage.h"

#include "app/startup/schema.h"
#include "config/print/config_dump.h"
#include "core/mem.h"
#include "ui/view/keys/view_binding.h"

#include <stdlib.h>
#include <string.h>

/* Text, of which troff takes nothing for its own. */
static void put(FILE *out, const char *text, size_t length) {
  if (length > 0 && (*text == '.' || *text == '\''))
    fputs("\\&", out);
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\\')
      fputs("\\e", out);
    else if (text[i] == '-')
      fputs("\\-", out);
    else
      putc(text[i], out);
  }
}

static void put_line(FILE *out, const char *text) {
  put(out, text, strlen(text));
  putc('\n', out);
}

static void put_item(FILE *out, const char *name, const char *text) {
  fputs(".TP\n\\fB", out);
  put(out, name, strlen(name));
  fputs("\\fR\n", out);
  put_line(out, text ? text : "");
}

static void put_title(FILE *out, const char *name, const char *section, const char *about) {
  fprintf(out, ".TH %s %s \"\" \"stacktop %s\"\n.SH NAME\n", name, section, STACKTOP_VERSION);
  put_line(out, about);
}

static void put_part(FILE *out, const struct usage_part *part) {
  switch (part->kind) {
  case USAGE_SYNOPSIS:
    fputs(".PP\n\\fB", out);
    put(out, part->name, strlen(part->name));
    fputs("\\fR\n", out);
    if (part->text) {
      fputs(".br\n", out);
      put_line(out, part->text);
    }
    break;
  case USAGE_ITEM:
    put_item(out, part->name, part->text);
    break;
  case USAGE_PARAGRAPH:
    fputs(".PP\n", out);
    put_line(out, part->text);
    break;
  }
}

static void put_usage(FILE *out, enum mode mode) {
  struct usage usage = usage_read(mode);
  for (size_t i = 0; i < usage.count; i++)
    put_part(out, &usage.parts[i]);
  usage_fini(&usage);
}

/* The default keys; consecutive rows with the same help are one. */
static void put_keys(FILE *out) {
  for (size_t i = 0; i < view_binding_count;) {
    const char *help = view_bindings[i].help;
    char *names = mem_dup("");
    for (; i < view_binding_count && strcmp(view_bindings[i].help, help) == 0; i++) {
      const char *keys = view_bindings[i].keys;
      char *joined = strstr(names, keys) ? mem_dup(names)
                                         : mem_printf("%s%s%s", names, *names ? " " : "", keys);
      free(names);
      names = joined;
    }
    if (*names)
      put_item(out, names, help);
    free(names);
  }
}

void manual_program(FILE *out) {
  put_title(out, "STACKTOP", "1", "stacktop - a terminal dashboard for a whole stack");
  fputs(".SH SYNOPSIS\n", out);
  put_usage(out, MODE_DASHBOARD);
  fputs(".SH COMMANDS\n", out);
  const char *word;
  enum mode mode;
  for (size_t i = 0; (word = options_command(i, &mode)); i++) {
    fprintf(out, ".SS %s\n", word);
    put_usage(out, mode);
  }
  fputs(".SH KEYS\nThe keys of the dashboard, as they are unless the configuration changes them.\n",
        out);
  put_keys(out);
  fputs(".SH FILES\n", out);
  put_item(out, "$XDG_CONFIG_HOME/stacktop/stacktop.yaml, /etc/stacktop/stacktop.yaml",
           "The configuration, stacktop.yaml(5). XDG_CONFIG_HOME is ~/.config by default.");
  put_item(out, "$XDG_CONFIG_HOME/stacktop/themes, /etc/stacktop/themes",
           "Your own themes: NAME.theme.");
  put_item(out, "$XDG_STATE_HOME/stacktop",
           "The audit log, plans, undo files, runs of runbooks and incidents. XDG_STATE_HOME is "
           "~/.local/state by default.");
  fputs(".SH ENVIRONMENT\n", out);
  put_item(out, "NO_COLOR", "If it is not empty: attributes only, no colors.");
  put_item(out, "STACKTOP_READ_ONLY", "1: refuse all actions; it cannot be unlocked.");
  put_item(out, "TERM, LC_ALL, LC_CTYPE, LANG, TZ",
           "The terminal, whether it takes UTF-8, and the time zone.");
  fputs(".SH SEE ALSO\n", out);
  put_line(out, "stacktop.yaml(5), and the pages in /usr/share/doc/stacktop/docs");
}

/* "NAME: EXAMPLE  # HELP", behind the "#" of a setting that is not set. */
static void put_setting(FILE *out, const char *line) {
  const char *begin = line + strspn(line, "# -");
  const char *colon = strchr(begin, ':'), *help = strstr(begin, "  # ");
  if (!colon || !help || colon > help) {
    if (colon && begin != line + strspn(line, "#"))
      return; /* "- name: local", without a help */
    return;
  }
  fputs(".TP\n\\fB", out);
  put(out, begin, (size_t)(colon - begin));
  fputs("\\fR", out);
  put(out, colon, (size_t)(help - colon));
  putc('\n', out);
  put_line(out, help + strlen("  # "));
}

static void put_settings_line(FILE *out, const char *line, bool *begun) {
  static const char comment[] = "## ";
  if (strncmp(line, comment, sizeof comment - 1) != 0) {
    put_setting(out, line);
    *begun = true;
  } else if (*begun) {
    fprintf(out, ".SS \"");
    put(out, line + sizeof comment - 1, strlen(line + sizeof comment - 1));
    fputs("\"\n", out);
  }
}

void manual_config(FILE *out) {
  struct app_schema schema;
  char *text, *line;
  size_t length;
  bool begun = false; /* after the introduction */
  FILE *memory = open_memstream(&text, &length);
  if (!memory)
    mem_failed();
  app_schema_init(&schema);
  config_print_default(memory, &schema.schema);
  fclose(memory);
  put_title(out, "STACKTOP.YAML", "5", "stacktop.yaml - the configuration of stacktop");
  fputs(".SH DESCRIPTION\n", out);
  put_line(out, "A file in YAML. stacktop reads the one that -c names, else stacktop.yaml in "
                "$XDG_CONFIG_HOME/stacktop or /etc/stacktop.");
  fputs(".PP\n", out);
  put_line(out, "${VAR} and ${VAR:-default} in a value are replaced from the environment, so that "
                "secrets can stay out of the file. `stacktop config --default` prints a file to "
                "start from, `stacktop config --check` every error of one.");
  fputs(".SH SETTINGS\nEach with an example, what it is for, and, in parentheses, the allowed "
        "values and the default.\n",
        out);
  for (char *rest = text; (line = strsep(&rest, "\n"));)
    if (*line)
      put_settings_line(out, line, &begun);
  fputs(".SH SEE ALSO\n", out);
  put_line(out, "stacktop(1), and /usr/share/doc/stacktop/docs/configuration.md");
  free(text);
}
