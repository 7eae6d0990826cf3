#include "config/own/config_own_text.h"

#include "core/mem.h"
#include "core/secret.h"
#include "core/text/mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLE_NAME_MAX = 128 };

static const char *scalar_of(const yaml_node_t *node) {
  return (const char *)node->data.scalar.value;
}

/* The first ${VAR} whose name says that it is a secret; "" if there is none. */
static const char *secret_variable(const char *source, char name[VARIABLE_NAME_MAX]) {
  *name = '\0';
  for (const char *at = source; (at = strstr(at, "${")); at += 2) {
    size_t len = 0;
    while (len + 1 < VARIABLE_NAME_MAX &&
           (isalnum((unsigned char)at[2 + len]) || at[2 + len] == '_'))
      len++;
    if (at > source && at[-1] == '$') /* $${ is no variable */
      continue;
    memcpy(name, at + 2, len);
    name[len] = '\0';
    if (name_is_secret(name))
      return name;
    *name = '\0';
  }
  return name;
}

/* Noted where it is shown and takes a secret from the environment. */
static bool secret_check(struct own_reading *reading, const yaml_node_t *node, const char *what) {
  char name[VARIABLE_NAME_MAX];
  if (!*secret_variable(scalar_of(node), name))
    return true;
  config_yaml_error(reading->yaml, node,
                    "%s: ${%s} looks like a secret, and every user of the host can read it there; "
                    "pass it in environment, environment_files or stdin",
                    what, name);
  return false;
}

/* A secret that is written out, as in --password=x or "Authorization: Bearer x". A word such as
 * --sort-key=name is none. */
static bool literal_check(struct own_reading *reading, const yaml_node_t *node, const char *what) {
  static const char *const words[] = {"password", "passwd", "secret",  "token",         "api-key",
                                      "api_key",  "apikey", "bearer ", "authorization", "://"};
  size_t len = node->data.scalar.length;
  char *masked = mask_likely(scalar_of(node), &len);
  bool good = strcmp(masked, scalar_of(node)) == 0;
  free(masked);
  for (size_t i = 0; !good && i < sizeof words / sizeof *words; i++)
    if (strcasestr(scalar_of(node), words[i])) {
      config_yaml_error(reading->yaml, node,
                        "%s: it looks like a secret, and every user of the host can read it there; "
                        "pass it in environment_files or stdin",
                        what);
      return false;
    }
  return true;
}

bool config_own_text(struct own_reading *reading, const yaml_node_t *node, const char *what,
                     bool shown, struct own_text *text) {
  struct err err;
  char *expanded = config_yaml_text(reading->yaml, node, what);
  if (!expanded)
    return false;
  bool good = true;
  if (shown && (!secret_check(reading, node, what) || !literal_check(reading, node, what))) {
    good = false;
  } else if (!own_text_parse(text, scalar_of(node), expanded, &reading->scope, &err)) {
    config_yaml_error(reading->yaml, node, "%s: %s", what, err.text);
    good = false;
  }
  free(expanded);
  return good;
}

char *config_own_sql(struct own_reading *reading, const yaml_node_t *node) {
  char *sql = config_yaml_text(reading->yaml, node, "sql");
  if (sql && secret_check(reading, node, "sql"))
    return sql;
  free(sql);
  return NULL;
}

char *config_check_sql(struct config_yaml *yaml, const yaml_node_t *node) {
  char name[VARIABLE_NAME_MAX];
  char *sql = config_yaml_text(yaml, node, "sql");
  if (!sql || !*secret_variable(scalar_of(node), name))
    return sql;
  config_yaml_error(yaml, node,
                    "sql: ${%s} looks like a secret, and the server shows each statement in "
                    "pg_stat_activity and in its log; leave it out of the statement",
                    name);
  free(sql);
  return NULL;
}

bool config_own_texts(struct own_reading *reading, const yaml_node_t *node, const char *what,
                      size_t max, struct own_text **texts, size_t *count) {
  const yaml_node_t *item;
  bool good = true;
  if (!config_yaml_list(reading->yaml, node, what))
    return false;
  for (size_t i = 0; (item = config_yaml_item(reading->yaml, node, i)); i++) {
    if (i == max) {
      config_yaml_error(reading->yaml, item, "%s has more than %zu entries", what, max);
      return false;
    }
    *texts = mem_resize(*texts, (i + 1) * sizeof **texts);
    (*texts)[i] = (struct own_text){0};
    good = config_own_text(reading, item, what, true, &(*texts)[i]) && good;
    *count = i + 1;
  }
  return good;
}

/* ---- no shell */

static bool is_one_of(const char *word, const char *const *words) {
  for (; *words; words++)
    if (strcmp(word, *words) == 0)
      return true;
  return false;
}

static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The word where it is the same for every row; "" otherwise. */
static const char *fixed_word(const struct own_text *word) {
  return word->piece_count == 1 && word->pieces[0].kind == OWN_LITERAL ? word->pieces[0].text : "";
}

/* What it takes a script with: "-c". NULL: it is no interpreter. */
static const char *const *script_flags(const char *program) {
  static const char *const shells[] = {"sh", "bash",    "dash",    "ash",    "zsh",   "ksh", "fish",
                                       "su", "busybox", "runuser", "script", "watch", NULL};
  static const char *const c[] = {"-c", "-lc", "-ec", "-ic", "--command", NULL};
  static const char *const evals[] = {"perl", "ruby", "node", "nodejs", "php", "lua", NULL};
  static const char *const e[] = {"-e", "-E", "-r", "-p", "--eval", "--print", NULL};
  static const char *const psqls[] = {"psql", "mysql", "sqlite3", "clickhouse-client", NULL};
  static const char *const queries[] = {"-c", "-e",      "--command", "--execute",
                                        "-q", "--query", NULL};
  if (is_one_of(program, shells) || strncmp(program, "python", 6) == 0)
    return c;
  if (is_one_of(program, evals))
    return e;
  return is_one_of(program, psqls) ? queries : NULL;
}

/* A value inside a script would become a part of it. Also for a shell that another program runs:
 * docker exec api sh -c ... */
static bool script_check(struct own_reading *reading, const yaml_node_t *list, const char *what,
                         const struct own_text *argv, size_t count) {
  const char *const *flags = NULL;
  const char *program = "";
  for (size_t i = 0; i < count; i++) {
    const char *word = base_of(fixed_word(&argv[i]));
    if (script_flags(word)) {
      flags = script_flags(word);
      program = word;
    }
    if (!flags || i + 1 == count || !is_one_of(fixed_word(&argv[i]), flags) ||
        !own_text_is_filled(&argv[i + 1]))
      continue;
    config_yaml_error(
        reading->yaml, config_yaml_item(reading->yaml, list, i + 1),
        "%s: a value in a script of %s would become a part of the script; pass it as an "
        "argument of its own after it, in environment or in stdin",
        what, program);
    return false;
  }
  return true;
}

/* ssh joins its arguments and gives them to a shell on the other host. */
static bool ssh_check(struct own_reading *reading, const yaml_node_t *list, const char *what,
                      const struct own_text *argv, size_t count) {
  if (count == 0 || strcmp(base_of(fixed_word(&argv[0])), "ssh") != 0)
    return true;
  for (size_t i = 1; i < count; i++)
    if (own_text_is_filled(&argv[i])) {
      config_yaml_error(
          reading->yaml, config_yaml_item(reading->yaml, list, i),
          "%s: ssh gives its arguments to a shell on the other host, so a value could "
          "become a command; pass it in stdin",
          what);
      return false;
    }
  return true;
}

static bool operators_check(struct own_reading *reading, const yaml_node_t *list, const char *what,
                            const struct own_text *argv, size_t count) {
  static const char *const operators[] = {"|", "||", "&&", "&", ">", ">>", "<", "2>&1", ";", NULL};
  for (size_t i = 0; i < count; i++)
    if (is_one_of(fixed_word(&argv[i]), operators)) {
      config_yaml_error(reading->yaml, config_yaml_item(reading->yaml, list, i),
                        "%s: no shell reads it, so \"%s\" would be an argument of the program; put "
                        "the commands into a script",
                        what, fixed_word(&argv[i]));
      return false;
    }
  return true;
}

static void note_text(struct own_reading *reading, const yaml_node_t *node, const char *what) {
  const char *text = scalar_of(node);
  if (strpbrk(text, "|&;<>$`*?~"))
    config_yaml_error(
        reading->yaml, node,
        "%s must be a list of words, [program, argument]: no shell reads it, so |, >, $ "
        "and * have no meaning; put the commands into a script",
        what);
  else
    config_yaml_error(reading->yaml, node,
                      "%s must be a list of words, [program, argument], not a text", what);
}

bool config_own_argv(struct own_reading *reading, const yaml_node_t *node, const char *what,
                     struct own_text **argv, size_t *count) {
  if (node->type == YAML_SCALAR_NODE && !config_yaml_is_null(node)) {
    note_text(reading, node, what);
    return false;
  }
  if (!config_own_texts(reading, node, what, OWN_WORDS_MAX, argv, count))
    return false;
  if (*count == 0 || own_text_is_filled(&(*argv)[0]) || !*fixed_word(&(*argv)[0])) {
    config_yaml_error(reading->yaml, *count ? config_yaml_item(reading->yaml, node, 0) : node,
                      "%s must begin with the name of a program, which no value can change", what);
    return false;
  }
  return operators_check(reading, node, what, *argv, *count) &&
         script_check(reading, node, what, *argv, *count) &&
         ssh_check(reading, node, what, *argv, *count);
}
