#include "app/theme_file.h"

#include "core/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES_MAX = 5, PROGRAM_MAX = 4096 };

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
    done = err_set(err, ERR_LIMIT, "%s: is larger than %d kB", path, THEME_BYTES_MAX >> 10);
  else
    done = theme_parse(theme, path, text, len, err);
  free(text);
  return done;
}

bool theme_load(struct theme *theme, const char *name, struct err *err) {
  theme_init(theme);
  if (!name)
    return true;
  if (strchr(name, '/') || *name == '.' || *name == '\0')
    return err_set(err, ERR_INVALID,
                   "theme \"%.64s\": expected the name of a file, without a folder", name);
  struct places places;
  places_init(&places);
  bool found = false, done = false;
  for (size_t i = 0; i < places.count && !found; i++) {
    char *path = mem_printf("%s/%s.theme", places.folders[i], name);
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
    err_set(err, ERR_INVALID, "theme \"%.64s\": there is no %.64s.theme in %s, nor in %s", name,
            name, places.folders[0], places.folders[places.count - 1]);
  places_fini(&places);
  return done;
}
