#include "app/startup/theme_file.h"

#include "core/mem.h"
#include "core/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES_MAX = 5, PROGRAM_MAX = 4096, NAMES_MAX = 64, NAME_MAX_BYTES = 64, LIST_MAX = 128 };

static const char suffix[] = ".theme", built_in[] = "default";

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

static bool theme_unknown(const char *name, const struct places *places, struct err *err) {
  struct names *names = mem_new(sizeof *names);
  struct suggestion near = {0};
  char list[LIST_MAX] = "";
  names_add(names, built_in, strlen(built_in));
  for (size_t i = 0; i < places->count; i++)
    names_read(names, places->folders[i]);
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

bool theme_check(const char *name, struct err *err) {
  struct theme theme;
  return theme_load(&theme, name, err);
}

bool theme_load(struct theme *theme, const char *name, struct err *err) {
  theme_init(theme);
  if (!name)
    return true;
  if (strchr(name, '/') || *name == '.' || *name == '\0')
    return err_set(err, ERR_INVALID,
                   "\"%.64s\" is not the name of a theme; use one without a folder", name);
  struct places places;
  places_init(&places);
  bool found = false, done = false;
  for (size_t i = 0; i < places.count && !found; i++) {
    char *path = mem_printf("%s/%s%s", places.folders[i], name, suffix);
    FILE *file = fopen(path, "re");
    found = file || errno != ENOENT;
    if (file) {
      done = theme_read(theme, path, file, err);
      fclose(file);
    } else if (found) {
      err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    free(path);
  }
  if (!found)
    done = strcmp(name, built_in) == 0 || theme_unknown(name, &places, err);
  places_fini(&places);
  return done;
}
