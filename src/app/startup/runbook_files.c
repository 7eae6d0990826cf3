#include "app/startup/runbook_files.h"

#include "app/runtime/print.h"
#include "collectors/collector.h"
#include "collectors/lookup.h"
#include "collectors/page.h"
#include "core/mem.h"
#include "core/text/suggest.h"
#include "io/zone.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM_MAX = 4096, NAMES_MAX = 500 };

static const char suffix[] = ".yaml";

/* ---- the folders */

static void places_add(struct runbook_places *places, char *folder) {
  places->folders[places->count++] = folder;
}

/* The bytes of the path before its last slash. */
static int folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (int)(slash - path) : -1;
}

void runbook_places_init(struct runbook_places *places, const struct config *config) {
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  char program[PROGRAM_MAX];
  *places = (struct runbook_places){0};
  if (config && config->path)
    places_add(places,
               folder_length(config->path) < 0
                   ? mem_dup("runbooks")
                   : mem_printf("%.*s/runbooks", folder_length(config->path), config->path));
  if (xdg && *xdg == '/')
    places_add(places, mem_printf("%s/stacktop/runbooks", xdg));
  else if (home && *home == '/')
    places_add(places, mem_printf("%s/.config/stacktop/runbooks", home));
  places_add(places, mem_dup("/etc/stacktop/runbooks"));
  places->own = places->count;
  const ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
  if (len <= 0)
    return;
  program[len] = '\0';
  static const char *const beside[] = {"/../share/stacktop/runbooks", "/../../runbooks"};
  for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
    places_add(places, mem_printf("%.*s%s", folder_length(program), program, beside[i]));
}

void runbook_places_fini(struct runbook_places *places) {
  for (size_t i = 0; i < places->count; i++)
    free(places->folders[i]);
}

/* ---- names */

/* "consumer-lag": also a part of the name of a file. */
static bool name_is_plain(const char *name) {
  static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const size_t length = strspn(name, known);
  return length > 0 && length <= RUNBOOK_NAME_MAX && !name[length] && *name != '-';
}

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_known(char *const *names, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

static void names_read(const char *folder, char **names, size_t *count) {
  DIR *listing = opendir(folder);
  for (const struct dirent *entry; listing && (entry = readdir(listing));) {
    const size_t length = strlen(entry->d_name), end = sizeof suffix - 1;
    if (length <= end || strcmp(entry->d_name + length - end, suffix) != 0 || *count == NAMES_MAX)
      continue;
    char *name = mem_printf("%.*s", (int)(length - end), entry->d_name);
    if (name_is_plain(name) && !is_known(names, *count, name))
      names[(*count)++] = name;
    else
      free(name);
  }
  if (listing)
    closedir(listing);
}

char **runbook_names(const struct runbook_places *places, size_t *count) {
  char **names = mem_new(NAMES_MAX * sizeof *names);
  *count = 0;
  for (size_t i = 0; i < places->count; i++)
    names_read(places->folders[i], names, count);
  if (*count > 1)
    qsort(names, *count, sizeof *names, compare);
  return names;
}

static void name_unknown(const struct runbook_places *places, const char *name) {
  static const char *const commands[] = {"list", "show",   "run",     "runs",
                                         "due",  "resume", "abandon", NULL};
  struct suggestion near = {0};
  size_t count;
  char **names = runbook_names(places, &count);
  for (size_t i = 0; commands[i]; i++) /* `stacktop runbook NAME`: a command with a typing error */
    suggest_consider(&near, name, commands[i]);
  for (size_t i = 0; i < count; i++)
    suggest_consider(&near, name, names[i]);
  error_print("unknown runbook \"%.60s\"%s (`stacktop runbook list` lists them)", name,
              suggest_text(&near));
  for (size_t i = 0; i < count; i++)
    free(names[i]);
  free(names);
}

/* ---- files */

/* said: where the errors are printed; NULL: nowhere. */
static struct runbook *file_parse(FILE *file, const char *name, const char *path,
                                  const struct runbook_schema *schema, FILE *said) {
  struct config_errors errors;
  struct runbook *runbook = NULL;
  char *text = mem_new(RUNBOOK_FILE_MAX + 2);
  const size_t len = fread(text, 1, RUNBOOK_FILE_MAX + 1, file);
  config_errors_init(&errors, path);
  if (ferror(file))
    config_errors_add(&errors, 0, 0, "cannot read the file: %s", strerror(errno));
  else
    runbook = runbook_parse(name, path, text, len, schema, &errors);
  if (said)
    config_errors_print(&errors, said);
  config_errors_fini(&errors);
  free(text);
  return runbook;
}

static struct runbook *load(const struct runbook_places *places, const char *name,
                            const struct runbook_schema *schema, FILE *said, bool *found_file) {
  struct runbook *runbook = NULL;
  bool found = false;
  for (size_t i = 0; name_is_plain(name) && i < places->count && !found; i++) {
    char *path = mem_printf("%s/%s%s", places->folders[i], name, suffix);
    FILE *file = fopen(path, "re");
    found = file || (errno != ENOENT && errno != ENOTDIR);
    if (file) {
      runbook = file_parse(file, name, path, schema, said);
      fclose(file);
    } else if (found && said) {
      error_print("cannot read %s: %s", path, strerror(errno));
    }
    free(path);
  }
  *found_file = found;
  return runbook;
}

struct runbook *runbook_load(const struct runbook_places *places, const char *name,
                             const struct runbook_schema *schema, bool *invalid) {
  bool found;
  struct runbook *runbook = load(places, name, schema, stderr, &found);
  if (!found)
    name_unknown(places, name);
  if (invalid)
    *invalid = found && !runbook;
  return runbook;
}

struct runbook *runbook_load_quietly(const struct runbook_places *places, const char *name,
                                     const struct runbook_schema *schema) {
  bool found;
  return load(places, name, schema, NULL, &found);
}

/* ---- what they may name */

static bool page_is_known(const char *name, struct err *err) {
  struct suggestion near = {0};
  for (const struct page_spec *const *each = page_specs; *each; each++)
    suggest_consider(&near, name, (*each)->id);
  return page_find(page_specs, name) ||
         err_set(err, ERR_INVALID, "unknown page \"%.60s\"%s (`stacktop show` lists the pages)",
                 name, suggest_text(&near));
}

static bool action_is_known(const struct action_list *list, const char *name, struct err *err) {
  struct suggestion near = {0};
  for (const struct action *const *each = list->actions; *each; each++)
    suggest_consider(&near, name, (*each)->spec.id);
  return action_find_in(list->actions, name) ||
         err_set(err, ERR_INVALID,
                 "unknown action \"%.60s\"%s (`stacktop actions` lists the actions)", name,
                 suggest_text(&near));
}

static bool kind_is_known(const char *name, struct err *err) {
  struct suggestion near = {0};
  for (const struct collector *const *each = collectors; *each; each++) {
    suggest_consider(&near, name, (*each)->kind.kind);
    if (strcmp((*each)->kind.kind, name) == 0)
      return true;
  }
  return err_set(err, ERR_INVALID, "unknown kind \"%.60s\"%s", name, suggest_text(&near));
}

static bool is_known_name(void *arg, enum runbook_naming what, const char *name, struct err *err) {
  switch (what) {
  case RUNBOOK_NAMES_PAGE:
    return page_is_known(name, err);
  case RUNBOOK_NAMES_ACTION:
    return action_is_known(arg, name, err);
  case RUNBOOK_NAMES_KIND:
    return kind_is_known(name, err);
  case RUNBOOK_NAMES_ZONE:
    return zone_check(name, err);
  default:
    return condition_metric_check(name, &collector_lookup, err);
  }
}

struct runbook_schema runbook_schema_of(const struct action_list *list) {
  return (struct runbook_schema){
      .lookup = &collector_lookup, .names = is_known_name, .arg = (void *)list};
}
