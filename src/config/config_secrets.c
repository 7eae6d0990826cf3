#include "config/config_secrets.h"

#include "config/config_file.h"
#include "config/config_option.h"
#include "core/mem.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

struct config_secret {
  char *name;
  char *path;  /* absolute, or beside the file that has it; NULL: a command */
  char **argv; /* ended with NULL */
  int64_t timeout_ms;
  char *text; /* once it was read */
};

/* `secrets` in a file that others can write would let them run a command. */
static bool writable_check(struct config_yaml *yaml, const yaml_node_t *node, bool is_writable) {
  if (is_writable)
    config_yaml_error(
        yaml, node,
        "others can write this file, so its commands are not run; run: chmod go-w FILE");
  return !is_writable;
}

static bool parts_read(struct config_yaml *yaml, const yaml_node_t *node,
                       struct option_value *parts) {
  const yaml_node_t *key, *value;
  bool good = config_yaml_mapping(yaml, node, config_secrets_key);
  struct err err;
  if (!option_parse(&secret_options[SECRET_TIMEOUT], secret_options[SECRET_TIMEOUT].fallback,
                    &parts[SECRET_TIMEOUT], &err))
    abort(); /* the default of an option parses */
  for (size_t i = 0; good && config_yaml_pair(yaml, node, i, &key, &value); i++) {
    const int part = config_option_find(secret_options, SECRET_OPTION_COUNT, config_yaml_key(key));
    if (part < 0)
      config_yaml_error(yaml, key, "unknown key \"%.60s\" in %s (known: file, command, timeout)",
                        config_yaml_key(key), config_secrets_key);
    good = part >= 0 && config_option_read(yaml, &secret_options[part], value, &parts[part]);
  }
  if (good && !parts[SECRET_FILE].set == !parts[SECRET_COMMAND].set) {
    config_yaml_error(yaml, node, "a secret has either file or command");
    good = false;
  }
  if (good && parts[SECRET_COMMAND].set && parts[SECRET_COMMAND].item_count == 0) {
    config_yaml_error(yaml, node, "command is empty; write the program and its arguments, [a, b]");
    good = false;
  }
  return good;
}

static void secret_add(struct config_secrets *secrets, const char *from, const char *name,
                       struct option_value *parts) {
  struct config_secret secret = {.name = mem_dup(name), .timeout_ms = parts[SECRET_TIMEOUT].number};
  if (parts[SECRET_FILE].set)
    secret.path = config_path_beside(from, parts[SECRET_FILE].text);
  secret.argv = mem_new((parts[SECRET_COMMAND].item_count + 1) * sizeof *secret.argv);
  for (size_t i = 0; i < parts[SECRET_COMMAND].item_count; i++)
    secret.argv[i] = mem_dup(parts[SECRET_COMMAND].items[i]);
  secrets->items = mem_resize(secrets->items, (secrets->count + 1) * sizeof *secrets->items);
  secrets->items[secrets->count++] = secret;
}

static struct config_secret *secret_find(const struct config_secrets *secrets, const char *name) {
  for (size_t i = 0; i < secrets->count; i++)
    if (strcmp(secrets->items[i].name, name) == 0)
      return &secrets->items[i];
  return NULL;
}

static void secret_free(struct config_secret *secret) {
  if (secret->text)
    explicit_bzero(secret->text, strlen(secret->text));
  for (char **word = secret->argv; *word; word++)
    free(*word);
  free(secret->argv);
  free(secret->text);
  free(secret->path);
  free(secret->name);
}

static void secret_read(struct config_secrets *secrets, struct config_yaml *yaml,
                        const yaml_node_t *key, const yaml_node_t *node, bool is_writable) {
  struct option_value parts[SECRET_OPTION_COUNT] = {0};
  struct config_secret *before = secret_find(secrets, config_yaml_key(key));
  if (parts_read(yaml, node, parts) &&
      (!parts[SECRET_COMMAND].set || writable_check(yaml, node, is_writable))) {
    secret_add(secrets, yaml->path, config_yaml_key(key), parts);
    if (before) { /* of an included file: this one wins */
      before = secret_find(secrets, config_yaml_key(key));
      struct config_secret *added = &secrets->items[--secrets->count], old = *before;
      *before = *added;
      secret_free(&old);
    }
  }
  for (size_t i = 0; i < SECRET_OPTION_COUNT; i++)
    option_value_fini(&parts[i]);
}

void config_secrets_read(struct config_secrets *secrets, struct config_yaml *yaml,
                         const yaml_node_t *mapping, bool is_writable) {
  const yaml_node_t *key, *value;
  if (config_yaml_is_null(mapping) || !config_yaml_mapping(yaml, mapping, config_secrets_key))
    return;
  for (size_t i = 0; config_yaml_pair(yaml, mapping, i, &key, &value); i++) {
    if (secrets->count == CONFIG_SECRETS_MAX) {
      config_yaml_error(yaml, key, "%s has more than %d entries", config_secrets_key,
                        CONFIG_SECRETS_MAX);
      return;
    }
    secret_read(secrets, yaml, key, value, is_writable);
  }
}

/* Without the newline that every editor and every program writes at the end. */
static char *first_lines(const char *text, size_t len) {
  while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    len--;
  return mem_printf("%.*s", (int)len, text);
}

static char *file_text(const char *path, struct err *err) {
  struct config_file file;
  struct err why;
  char *text = NULL;
  if (!config_file_read(path, CONFIG_TEXT_MAX, &file, &why)) {
    err_set(err, why.kind, "%.100s: %.120s", path, why.text);
    return NULL;
  }
  if (file.is_shared) {
    char *remedy = config_file_remedy(path, file.mode);
    err_set(err, ERR_DENIED, "others can read the secret in %.80s (mode %04o); run: %.100s", path,
            (unsigned)file.mode, remedy);
    free(remedy);
  } else if (file.len > CONFIG_TEXT_MAX || memchr(file.text, '\0', file.len)) {
    err_set(err, ERR_LIMIT, "%.100s is not a text of at most %d kB", path, CONFIG_TEXT_MAX >> 10);
  } else {
    text = first_lines(file.text, file.len);
  }
  config_file_fini(&file);
  return text;
}

static char *command_text(const struct config_schema *schema, const struct config_secret *secret,
                          struct err *err) {
  struct err why = {0};
  if (!schema->command_run) {
    err_set(err, ERR_UNSUPPORTED, "secret \"%.60s\": no command is run here", secret->name);
    return NULL;
  }
  char *output = schema->command_run((const char *const *)secret->argv, secret->timeout_ms,
                                     CONFIG_TEXT_MAX, &why);
  if (!output) {
    err_set(err, why.kind, "secret \"%.60s\": %.170s", secret->name, why.text);
    return NULL;
  }
  char *text = first_lines(output, strlen(output));
  explicit_bzero(output, strlen(output));
  free(output);
  return text;
}

static char *secret_text(struct config_secrets *secrets, const char *name, unsigned *by,
                         struct err *err) {
  struct config_secret *secret = secret_find(secrets, name);
  if (!secret) {
    struct suggestion near = {0};
    for (size_t i = 0; i < secrets->count; i++)
      suggest_consider(&near, name, secrets->items[i].name);
    err_set(err, ERR_INVALID, "unknown secret \"%.60s\"%s; define it in `%s:`", name,
            suggest_text(&near), config_secrets_key);
    return NULL;
  }
  if (!secret->text)
    secret->text =
        secret->path ? file_text(secret->path, err) : command_text(secrets->schema, secret, err);
  *by |= secret->path ? ORIGIN_FILE : ORIGIN_COMMAND;
  return secret->text ? mem_dup(secret->text) : NULL;
}

char *config_secrets_find(void *arg, const char *reference, unsigned *by, struct err *err) {
  struct config_secrets *secrets = arg;
  const char *what = strchr(reference, ':') + 1;
  if (strncmp(reference, "secret:", what - reference) == 0)
    return secret_text(secrets, what, by, err);
  char *path = config_path_beside(secrets->path, what);
  char *text = file_text(path, err);
  *by |= ORIGIN_FILE;
  free(path);
  return text;
}

void config_secrets_fini(struct config_secrets *secrets) {
  for (size_t i = 0; i < secrets->count; i++)
    secret_free(&secrets->items[i]);
  free(secrets->items);
  *secrets = (struct config_secrets){0};
}

char *config_path_beside(const char *from, const char *path) {
  const char *slash = strrchr(from, '/');
  return *path == '/' || !slash ? mem_dup(path)
                                : mem_printf("%.*s%s", (int)(slash + 1 - from), from, path);
}
