#include "app/startup/theme_file.h"

#include "core/mem.h"
#include "core/text/suggest.h"
#include "core/text/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  PLACES_MAX = 5,
  PROGRAM_MAX = 4096,
  NAMES_MAX = 64,
  NAME_MAX_BYTES = 64,
  LIST_MAX = 128,
  ABOUT_MAX = 160
};

static const char suffix[] = ".theme", built_in[] = "default";
/* The themes that follow the terminal. */
static const struct pair {
  const char *name, *dark, *light;
} pairs[] = {{"auto", "dark", "light"}, {"auto-colorblind", "colorblind", "colorblind-light"}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

struct places {
  char *folders[PLACES_MAX];
  size_t count;
};

static void places_add(struct places *places, char *folder) {
  places->folders[places->count++] = folder;
}

static void places_init(struct places *places) {
  *places = (struct places){0};
  const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (xdg && *xdg == '/')
    places_add(places, mem_printf("%s/stacktop/themes", xdg));
  else if (home && *home == '/')
    places_add(places, mem_printf("%s/.config/stacktop/themes", home));
  places_add(places, mem_dup("/etc/stacktop/themes"));
  char program[PROGRAM_MAX];
  const ssize_t len = readlink("/proc/self/exe", program, sizeof program);
  if (len <= 0 || len == sizeof program)
    return;
  static const char *const beside[] = {"/../share/stacktop/themes", "/../../themes", "/../themes"};
  size_t folder = (size_t)len;
  while (folder > 0 && program[folder - 1] != '/')
    folder--;
  for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
    places_add(places, mem_printf("%.*s%s", (int)folder - 1, program, beside[i]));
}

static void places_fini(struct places *places) {
  for (size_t i = 0; i < places->count; i++)
    free(places->folders[i]);
}

static bool theme_read(struct theme *theme, const char *path, FILE *file, struct err *err) {
  char *text = mem_new(THEME_BYTES_MAX + 1);
  const size_t len = fread(text, 1, THEME_BYTES_MAX + 1, file);
  bool done;
  if (ferror(file))
    done = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
  else if (len > THEME_BYTES_MAX)
    done = err_set(err, ERR_LIMIT, "%s is larger than %d kB", path, THEME_BYTES_MAX >> 10);
  else
    done = theme_parse(theme, path, text, len, err);
  free(text);
  return done;
}

/* The names of all themes, for the error; those beyond NAMES_MAX and too long ones are omitted. */
struct names {
  char items[NAMES_MAX][NAME_MAX_BYTES];
  size_t count;
};

static void names_add(struct names *names, const char *name, size_t length) {
  size_t at = 0;
  if (names->count == NAMES_MAX || length == 0 || length >= NAME_MAX_BYTES || *name == '.')
    return;
  char added[NAME_MAX_BYTES];
  snprintf(added, sizeof added, "%.*s", (int)length, name);
  while (at < names->count && strcmp(names->items[at], added) < 0)
    at++;
  if (at < names->count && strcmp(names->items[at], added) == 0)
    return;
  memmove(names->items[at + 1], names->items[at], (names->count - at) * sizeof *names->items);
  memcpy(names->items[at], added, sizeof added);
  names->count++;
}

static void names_read(struct names *names, const char *folder) {
  DIR *listing = opendir(folder);
  const struct dirent *entry;
  while (listing && (entry = readdir(listing))) {
    const size_t length = strlen(entry->d_name), end = sizeof suffix - 1;
    if (length > end && strcmp(entry->d_name + length - end, suffix) == 0)
      names_add(names, entry->d_name, length - end);
  }
  if (listing)
    closedir(listing);
}

static struct names *names_new(const struct places *places) {
  struct names *names = mem_new(sizeof *names);
  names_add(names, built_in, strlen(built_in));
  for (size_t i = 0; i < PAIRS; i++)
    names_add(names, pairs[i].name, strlen(pairs[i].name));
  for (size_t i = 0; i < places->count; i++)
    names_read(names, places->folders[i]);
  return names;
}

static bool theme_unknown(const char *name, const struct places *places, struct err *err) {
  struct names *names = names_new(places);
  struct suggestion near = {0};
  char list[LIST_MAX] = "";
  for (size_t i = 0; i < names->count; i++) {
    const size_t used = strlen(list);
    suggest_consider(&near, name, names->items[i]);
    if (used + strlen(names->items[i]) + sizeof ", , ..." < sizeof list)
      snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", names->items[i]);
    else if (used < 3 || strcmp(list + used - 3, "...") != 0)
      snprintf(list + used, sizeof list - used, ", ...");
  }
  err_set(err, ERR_INVALID, "unknown theme \"%.40s\"; available: %s%s", name, list,
          suggest_text(&near));
  free(names);
  return false;
}

static const struct pair *pair_find(const char *name) {
  for (size_t i = 0; name && i < PAIRS; i++)
    if (strcmp(pairs[i].name, name) == 0)
      return &pairs[i];
  return NULL;
}

const char *theme_followed(const char *name, bool light) {
  const struct pair *pair = pair_find(name);
  if (!pair)
    return NULL;
  return light ? pair->light : pair->dark;
}

bool theme_check(const char *name, struct err *err) {
  const struct pair *pair = pair_find(name);
  struct theme theme;
  if (!pair)
    return theme_load(&theme, name, NULL, err);
  return theme_load(&theme, pair->dark, NULL, err) && theme_load(&theme, pair->light, NULL, err);
}

/* The file of the first folder that has one. NULL with an error, or (no kind) if none has it. */
static FILE *theme_open(const struct places *places, const char *name, char **path,
                        struct err *err) {
  err->kind = ERR_NONE;
  for (size_t i = 0; i < places->count; i++) {
    *path = mem_printf("%s/%s%s", places->folders[i], name, suffix);
    FILE *file = fopen(*path, "re");
    if (file)
      return file;
    const bool missing = errno == ENOENT;
    if (!missing)
      err_set(err, ERR_IO, "%s: %s", *path, strerror(errno));
    free(*path);
    if (!missing)
      break;
  }
  *path = NULL;
  return NULL;
}

bool theme_load(struct theme *theme, const char *name, char **path, struct err *err) {
  theme_init(theme);
  if (path)
    *path = NULL;
  if (!name || pair_find(name))
    return true;
  if (strchr(name, '/') || *name == '.' || *name == '\0')
    return err_set(err, ERR_INVALID,
                   "\"%.64s\" is not the name of a theme; use one without a folder", name);
  struct places places;
  char *found = NULL;
  places_init(&places);
  FILE *file = theme_open(&places, name, &found, err);
  bool done = false;
  if (file) {
    done = theme_read(theme, found, file, err);
    fclose(file);
  } else if (err->kind == ERR_NONE) {
    done = strcmp(name, built_in) == 0 || theme_unknown(name, &places, err);
  }
  places_fini(&places);
  if (path)
    *path = found;
  else
    free(found);
  return done;
}

/* The comment of its first line. */
static void about_read(char about[ABOUT_MAX], const char *path, bool ascii) {
  char line[ABOUT_MAX] = "";
  FILE *file = fopen(path, "re");
  const char *text = file ? fgets(line, sizeof line, file) : NULL;
  if (file)
    fclose(file);
  text = text && *text == '#' ? text + 1 + strspn(text + 1, "# ") : "";
  text_sanitize(about, ABOUT_MAX, text, strcspn(text, "\r\n"), ascii);
}

static void theme_print(FILE *out, const char *name, int width, bool ascii) {
  static const char own[] = "The 16 colours of the terminal, for dark and for light backgrounds.";
  const struct pair *pair = pair_find(name);
  struct theme theme;
  struct err err = {0};
  char *path = NULL, about[ABOUT_MAX], shown[sizeof err.text];
  if (!theme_load(&theme, name, &path, &err)) {
    text_sanitize(shown, sizeof shown, err.text, strlen(err.text), ascii);
    fprintf(out, "%-*s  invalid: %s\n", width, name, shown);
  } else if (pair) {
    fprintf(out, "%-*s  %s or %s, as the terminal says, also while it runs.\n", width, name,
            pair->dark, pair->light);
  } else if (!path) {
    fprintf(out, "%-*s  %s\n", width, name, own);
  } else {
    about_read(about, path, ascii);
    text_sanitize(shown, sizeof shown, path, strlen(path), ascii);
    fprintf(out, "%-*s  %s%s(%s)\n", width, name, about, *about ? " " : "", shown);
  }
  free(path);
}

void theme_list(FILE *out, bool ascii) {
  struct places places;
  places_init(&places);
  struct names *names = names_new(&places);
  int width = 0;
  for (size_t i = 0; i < names->count; i++)
    if ((int)strlen(names->items[i]) > width)
      width = (int)strlen(names->items[i]);
  for (size_t i = 0; i < names->count; i++)
    theme_print(out, names->items[i], width, ascii);
  free(names);
  places_fini(&places);
}
