/* Exercises the readers of the answers of PgBouncer's console, and what a collection makes of them.
 * The input has an answer for each question, separated by lines "=": a line with the names of the
 * columns, then one line per row; cells are separated by tabs, and "\\N" is SQL's NULL. Holds:
 * numbers are not negative, a severity has its reason, the sample is complete; a command for the
 * console is one command. */
#include "fuzz.h"

#include "clients/postgres/pgbouncer_contract.h"
#include "collectors/pgbouncer/pgbouncer_table.h"

enum { COLUMNS_MAX = 32, ROWS_MAX = 64 };

struct answer {
  char *lines[ROWS_MAX + 1];
  size_t count;
  const char *names[COLUMNS_MAX];
  const char *cells[ROWS_MAX * COLUMNS_MAX];
  struct pg_rows rows;
};

/* At most `max`; the others are NULL. */
static size_t split(char *line, const char **cells, size_t max) {
  size_t count = 0;
  for (char *at = line; at && count < max; count++) {
    char *end = strchr(at, '\t');
    if (end)
      *end = '\0';
    cells[count] = strcmp(at, "\\N") == 0 ? NULL : at;
    at = end ? end + 1 : NULL;
  }
  for (size_t i = count; i < max; i++)
    cells[i] = NULL;
  return count;
}

static void answer_read(struct fuzz_input *input, struct answer *answer) {
  answer->count = 0;
  while (input->size > 0 && answer->count <= ROWS_MAX) {
    char *line = fuzz_text(input, '\n');
    if (strcmp(line, "=") == 0) {
      free(line);
      break;
    }
    answer->lines[answer->count++] = line;
  }
  answer->rows = (struct pg_rows){.tag = "SHOW"};
  if (answer->count == 0)
    return;
  const size_t columns = split(answer->lines[0], answer->names, COLUMNS_MAX);
  for (size_t i = 0; i < columns; i++)
    answer->names[i] = answer->names[i] ? answer->names[i] : "";
  for (size_t i = 1; i < answer->count; i++)
    split(answer->lines[i], answer->cells + (i - 1) * columns, columns);
  answer->rows = (struct pg_rows){answer->count - 1, columns, answer->cells, answer->names, "SHOW"};
}

static void answer_free(struct answer *answer) {
  while (answer->count > 0)
    free(answer->lines[--answer->count]);
}

static bool part_read(int part, const struct pg_rows *rows, struct arena *arena,
                      struct pgbouncer_found *found, struct err *err) {
  switch (part) {
  case PART_CONFIG:
    return pgbouncer_config_read(rows, arena, &found->config, err);
  case PART_DATABASES:
    return pgbouncer_databases_read(rows, arena, &found->databases, err);
  case PART_POOLS:
    return pgbouncer_pools_read(rows, arena, &found->pools, err);
  case PART_STATS:
    return pgbouncer_stats_read(rows, arena, &found->stats, err);
  case PART_LISTS:
    return pgbouncer_lists_read(rows, arena, &found->lists, err);
  default:
    return pgbouncer_mode_read(rows, &found->mode, err);
  }
}

static void check_pools(const struct pgbouncer_pools *pools) {
  for (size_t i = 0; i < pools->count; i++) {
    const struct pgbouncer_pool *pool = &pools->items[i];
    assert(pool->waiting >= -1 && pool->active >= -1 && pool->login >= -1 && pool->wait_us >= -1);
    assert(pgbouncer_open_servers(pool) >= 0 && pgbouncer_wait(pool) >= -1);
    assert(strcmp(pool->database, PGBOUNCER_CONSOLE) != 0);
  }
}

/* An even number of quotes, and none of a command that is not quoted. */
static void check_command(const char *name) {
  char command[PGBOUNCER_COMMAND_MAX];
  struct err err = {0};
  size_t quotes = 0;
  if (!pgbouncer_command(command, "PAUSE", name, &err)) {
    assert(*err.text);
    return;
  }
  for (const char *at = command; *at; at++)
    quotes += *at == '"';
  assert(strncmp(command, "PAUSE ", 6) == 0 && quotes % 2 == 0);
  assert(quotes > 0 ||
         command[6 + strspn(command + 6, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0');
  assert(quotes == 0 || command[6] == '"');
}

/* Twice, so that remembered state matters. */
static void collect(struct fuzz_input *input, struct pgbouncer_past *past, int64_t now_us) {
  static const struct table_spec *const specs[] = {&pgbouncer_summary_table, &pgbouncer_pools_table,
                                                   &pgbouncer_databases_table};
  static const struct pgbouncer_rules rules = {1, 10};
  static struct answer answers[PART_COUNT];
  struct arena arena;
  struct pgbouncer_found found = {
      .version = "1.18.0", .version_number = 11800, .user = "boss", .address = "127.0.0.1:6432"};
  arena_init(&arena, 1 << 20);
  for (int part = 0; part < PART_COUNT; part++) {
    answer_read(input, &answers[part]);
    if (!part_read(part, &answers[part].rows, &arena, &found, &found.errs[part]))
      assert(found.errs[part].kind != ERR_NONE && *found.errs[part].text);
  }
  check_pools(&found.pools);
  for (size_t i = 0; i < found.databases.count; i++)
    check_command(found.databases.items[i].name);
  struct sample *sample = sample_new(specs, 3);
  pgbouncer_fill(sample, &found, &rules, past, now_us);
  fuzz_check_sample(sample);
  sample_free(sample);
  arena_fini(&arena);
  for (int part = 0; part < PART_COUNT; part++)
    answer_free(&answers[part]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  struct pgbouncer_past past = {.before = {.known = false}};
  for (int64_t i = 1; i <= 2; i++)
    collect(&input, &past, i * 5000000);
  pgbouncer_memory_fini(&past.memory);
  return 0;
}
