#include "clients/service/service_systemd_variables.h"

#include "core/mem.h"
#include "io/file/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a file, as systemd.exec(5) describes it */

/* Behind the value at text; *empty: it has no character but quotes. */
static const char *value_skip(const char *text, bool *empty) {
  char quote = '\0';
  *empty = true;
  text += strspn(text, " \t");
  for (; *text && (quote || *text != '\n'); text++) {
    if (*text == '\\' && quote != '\'' && text[1]) {
      text++; /* an escaped newline continues the value */
      *empty = *empty && *text == '\n';
    } else if (quote ? *text == quote : (*text == '"' || *text == '\'')) {
      quote = quote ? '\0' : *text;
    } else if (quote || (*text != ' ' && *text != '\t' && *text != '\r')) {
      *empty = false;
    }
  }
  return text;
}

void unit_file_parse(const char *text, char *const *names, size_t count,
                     enum service_variable *found) {
  while (*text) {
    text += strspn(text, " \t\r\n");
    const size_t line = strcspn(text, "\n"), name = strcspn(text, "=\n");
    if (*text == '#' || *text == ';' || text[name] != '=') {
      text += line;
      continue;
    }
    bool empty;
    const char *end = value_skip(text + name + 1, &empty);
    size_t len = name;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
      len--;
    for (size_t i = 0; i < count; i++)
      if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
        found[i] = empty ? VARIABLE_EMPTY : VARIABLE_SET;
    text = end;
  }
}

/* ---- its files */

struct unit_files *unit_files_new(const struct systemd_unit *unit, char *const *names,
                                  size_t count) {
  struct unit_files *files = mem_new(sizeof *files);
  char **copies = mem_new((count + 1) * sizeof *copies);
  for (size_t i = 0; i < count; i++)
    copies[i] = mem_dup(names[i]);
  *files = (struct unit_files){
      .task = {.work = unit_files_read, .drop = unit_files_free},
      .names = copies,
      .name_count = count,
      .paths = mem_dup(unit->variable_files),
      .found = mem_new((count + 1) * sizeof *files->found),
  };
  return files;
}

void unit_files_free(struct worker_task *task) {
  struct unit_files *files = (struct unit_files *)task;
  for (size_t i = 0; i < files->name_count; i++)
    free(files->names[i]);
  free((char **)files->names);
  free(files->paths);
  free(files->found);
  free(files);
}

static void say_unread(struct unit_files *files, const char *path, const char *why) {
  if (!files->unread)
    snprintf(files->why, sizeof files->why, "cannot read the environment file %.120s: %.120s", path,
             why);
  files->unread = true;
}

static void file_take(struct unit_files *files, const char *path, bool optional) {
  struct file_text file;
  if (strpbrk(path, "*?[")) {
    say_unread(files, path, "patterns are not supported");
    return;
  }
  file_read(path, UNIT_FILE_BYTES_MAX, &file);
  if (file.text && (file.cut || memchr(file.text, '\0', file.len)))
    say_unread(files, path, "it is too long, or no text");
  else if (file.text)
    unit_file_parse(file.text, files->names, files->name_count, files->found);
  else if (!optional || !strstr(file.err.text, "o such file"))
    say_unread(files, path, file.err.text);
  if (file.text)
    explicit_bzero(file.text, file.len);
  file_text_fini(&file);
}

void unit_files_read(struct worker_task *task) {
  struct unit_files *files = (struct unit_files *)task;
  size_t count = 0;
  for (size_t i = 0; i < files->name_count; i++)
    files->found[i] = VARIABLE_MISSING;
  for (char *at = files->paths; *at;) {
    const size_t len = strcspn(at, "\n");
    char *next = at + len + (at[len] == '\n');
    at[len] = '\0';
    if (++count > UNIT_FILES_MAX)
      say_unread(files, at, "it has too many of them");
    else
      file_take(files, at + (*at == '-'), *at == '-');
    at = next;
  }
}

/* ---- all of it */

static bool has_word(const char *words, const char *name) {
  const size_t len = strlen(name);
  for (const char *at = words; *at; at += strcspn(at, " "), at += *at == ' ')
    if (strncmp(at, name, len) == 0 && (!at[len] || at[len] == ' ' || at[len] == '='))
      return true;
  return false;
}

/* VARIABLE_MISSING: its setting Environment has no such name. */
static enum service_variable by_setting(const char *lines, const char *name) {
  const size_t len = strlen(name);
  enum service_variable found = VARIABLE_MISSING;
  for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n') {
    if (*at == '?' && found == VARIABLE_MISSING)
      found = VARIABLE_UNKNOWN;
    else if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '\n')
      found = *at == '+' ? VARIABLE_SET : VARIABLE_EMPTY;
  }
  return found;
}

/* What a manager sets for every service, or for some. */
static bool is_of_manager(const char *name) {
  return has_word("PATH LANG USER LOGNAME HOME SHELL INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET "
                  "RUNTIME_DIRECTORY STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY "
                  "CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY MAINPID WATCHDOG_USEC TERM",
                  name);
}

void unit_variables(const struct systemd_unit *unit, const struct unit_files *files, bool by_user,
                    char *const *names, size_t count, enum service_variable *out) {
  for (size_t i = 0; i < count; i++) {
    out[i] = by_setting(unit->variables, names[i]);
    if (files && files->found[i] != VARIABLE_MISSING)
      out[i] = files->found[i];
    const bool elsewhere = by_user || (files && files->unread) || is_of_manager(names[i]) ||
                           has_word(unit->variables_passed, names[i]);
    if (has_word(unit->variables_unset, names[i]))
      out[i] = VARIABLE_MISSING;
    else if (out[i] == VARIABLE_MISSING && elsewhere)
      out[i] = VARIABLE_UNKNOWN;
  }
}
