#include "clients/postgres/pg_environment.h"

#include <libpq-fe.h>
#include <stdlib.h>

/* Those that name files, which are no options of a connection string. */
static const char *const files[] = {"PGSERVICEFILE", "PGSYSCONFDIR", NULL};

static void add(struct arena *arena, const char *name, const char *value, char **list,
                size_t *count, size_t most) {
  if (name && value && *count < most)
    list[(*count)++] = (char *)arena_printf(arena, "%s=%s", name, value);
}

size_t pg_environment(struct arena *arena, const char *dsn, char **list, size_t most) {
  PQconninfoOption *options = PQconninfoParse(dsn, NULL);
  size_t count = 0;
  for (const PQconninfoOption *each = options; each && each->keyword; each++)
    add(arena, each->envvar,
        each->val      ? each->val
        : each->envvar ? getenv(each->envvar)
                       : NULL,
        list, &count, most);
  for (const char *const *each = files; *each; each++)
    add(arena, *each, getenv(*each), list, &count, most);
  PQconninfoFree(options);
  return count;
}

const char *pg_database_word(struct arena *arena, const char *database) {
  const char *word = "dbname='";
  for (const char *at = database; *at; at++)
    word = arena_printf(arena, "%s%s%c", word, *at == '\'' || *at == '\\' ? "\\" : "", *at);
  return arena_printf(arena, "%s'", word);
}
