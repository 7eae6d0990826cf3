#include "clients/postgres/pgbouncer_contract.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 63 }; /* bytes of an argument of the console, with its quotes */

const char *pgbouncer_state(bool paused, bool disabled) {
  if (paused)
    return disabled ? PGBOUNCER_STATE_BOTH : PGBOUNCER_STATE_PAUSED;
  return disabled ? PGBOUNCER_STATE_DISABLED : PGBOUNCER_STATE_OPEN;
}

bool pgbouncer_state_is_paused(const char *state) {
  return strcmp(state, PGBOUNCER_STATE_PAUSED) == 0 || strcmp(state, PGBOUNCER_STATE_BOTH) == 0;
}

/* In double quotes, with each quote in it doubled. */
static const char *quoted(struct arena *arena, const char *name) {
  const size_t length = strlen(name);
  char *out = arena_alloc(arena, 2 * length + 3);
  if (!out)
    return "";
  size_t used = 0;
  out[used++] = '"';
  for (size_t i = 0; i < length; i++) {
    if (name[i] == '"')
      out[used++] = '"';
    out[used++] = name[i];
  }
  out[used] = '"';
  return out;
}

static const char *part_of_key(struct arena *arena, const char *name) {
  return *name && !strpbrk(name, "/\"") ? name : quoted(arena, name);
}

const char *pgbouncer_pool_key(struct arena *arena, const char *database, const char *user) {
  const char *first = part_of_key(arena, database);
  return arena_printf(arena, "%s/%s", first, part_of_key(arena, user));
}

/* The console takes any letter without quotes, but which are letters depends on its locale. */
static bool is_word(const char *name) {
  return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

bool pgbouncer_command(char out[PGBOUNCER_COMMAND_MAX], const char *verb, const char *database,
                       struct err *err) {
  struct arena arena;
  if (!*database)
    return err_set(err, ERR_INVALID, "the database has no name");
  arena_init(&arena, PGBOUNCER_COMMAND_MAX * 100);
  const bool fits = strlen(database) <= WORD_MAX;
  const char *word = !fits || is_word(database) ? database : quoted(&arena, database);
  const bool good = fits && strlen(word) <= WORD_MAX;
  if (good)
    snprintf(out, PGBOUNCER_COMMAND_MAX, "%s %s", verb, word);
  else
    err_set(err, ERR_UNSUPPORTED,
            "PgBouncer's console cannot read the name: more than %d bytes with its quotes",
            WORD_MAX);
  arena_fini(&arena);
  return good;
}
