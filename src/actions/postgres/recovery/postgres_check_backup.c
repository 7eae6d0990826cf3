/* Looks at the newest backup: its age, its size, and whether pg_restore can read its table of
 * contents. Reads only; whether all of it can be restored, only a restore shows. */
#include "actions/found.h"
#include "actions/postgres/recovery/postgres_backup.h"
#include "actions/shown.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum { SURVEY_MS = 90000, ARENA_BYTES = 64 << 10 };
static const int64_t age_most_ms = INT64_C(3650) * 86400 * 1000;

enum { P_FILE, P_AGE };
static const struct option params[] = {
    [P_FILE] = {.name = "file",
                .type = OPTION_TEXT,
                .required = true,
                .help = "a backup of pg_dump -Fc or -Fd, on this host; with wildcards the newest",
                .example = "/backup/ecap-*.dump",
                .check = postgres_backup_check},
    [P_AGE] = {.name = "max_age",
               .type = OPTION_DURATION,
               .min = 1000,
               .max = INT64_C(3650) * 86400 * 1000,
               .help = "an older one is an error",
               .example = "26h"},
};

enum { C_FILE, C_AGE, C_SIZE, C_DATABASE, C_MADE, C_VERSION, C_ENTRIES, C_COUNT };
static const struct column_spec columns[C_COUNT] = {
    [C_FILE] = {.id = "file", .title = "BACKUP", .flags = COLUMN_FLEX, .width = 20},
    [C_AGE] = {.id = "age", .title = "AGE", .unit = UNIT_SECONDS},
    [C_SIZE] = {.id = "size", .title = "SIZE", .unit = UNIT_BYTES, .none = "a directory"},
    [C_DATABASE] = {.id = "database", .title = "DATABASE", .none = "not known"},
    [C_MADE] = {.id = "made", .title = "MADE", .priority = 1},
    [C_VERSION] = {.id = "version", .title = "SERVER", .priority = 2, .none = "not known"},
    [C_ENTRIES] = {.id = "entries",
                   .title = "ENTRIES",
                   .unit = UNIT_COUNT,
                   .priority = 3,
                   .none = "not known"},
};
static const struct table_spec backup_table = FOUND_TABLE("backup", "Newest backup", columns);

static struct value text(struct sample *sample, const char *words) {
  return *words ? value_text(sample_copy(sample, words)) : value_none("not known");
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&backup_table};
  const struct action_request *request = step->call->request;
  const int64_t max_ms = request->params[P_AGE].set ? request->params[P_AGE].number : age_most_ms;
  struct postgres_backup backup;
  if (!postgres_backup_read(step, request->texts[P_FILE], &backup))
    return false;
  const int64_t age_ms = clock_wall_ms() - backup.modified_ns / 1000000;
  if (age_ms > max_ms)
    return step_fail(step, ERR_INVALID, "the newest backup, %.200s, is %s old, above %s",
                     backup.path, shown_duration(&step->arena, age_ms),
                     shown_duration(&step->arena, max_ms));
  step->found = found_new(tables, 1);
  struct row *row = sample_row(step->found, &step->found->tables[0], backup.path, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "the answer is too large");
  row->cells[C_FILE] = value_text(row->key);
  row->cells[C_AGE] = value_real((double)(age_ms > 0 ? age_ms : 0) / 1000);
  row->cells[C_SIZE] = backup.bytes < 0 ? value_none("a directory") : value_int(backup.bytes);
  row->cells[C_DATABASE] = text(step->found, backup.database);
  row->cells[C_MADE] = text(step->found, backup.made);
  row->cells[C_VERSION] = text(step->found, backup.version);
  row->cells[C_ENTRIES] = backup.entries < 0 ? value_none("not known") : value_int(backup.entries);
  if (backup.candidates > 1)
    sample_note(step->found, backup_table.id, NULL, "the newest of %lld backups",
                (long long)backup.candidates);
  return true;
}

STEP_CANCELLABLE(survey, SURVEY_MS)

static bool next(const struct action_request *request, const struct row *row, char *out,
                 size_t size, struct err *why) {
  struct arena arena;
  arena_init(&arena, ARENA_BYTES);
  const char *database = row->cells[C_DATABASE].type == VALUE_TEXT ? row->cells[C_DATABASE].text
                                                                   : request->target->name;
  const int length = snprintf(
      out, size, "postgres.restore-backup %s %s %s", shown_word(&arena, request->target->name),
      shown_word(&arena, arena_printf(&arena, "file=%s", row->key)),
      shown_word(&arena, arena_printf(&arena, "database=%s_restored", database)));
  arena_fini(&arena);
  return (length > 0 && (size_t)length < size) ||
         err_set(why, ERR_LIMIT, "the path of the backup is too long");
}

const struct action action_postgres_check_backup = {
    .spec = {.id = "postgres.check-backup",
             .kind = "postgres",
             .title = "look at the newest backup",
             .past = "looked at",
             .what = "shows the age, the size and the contents of the newest backup on this host",
             .runs = "pg_restore --list file",
             .danger = DANGER_NONE,
             .choice = CHOICE_ONE,
             ACTION_PARAMS(params)},
    .survey = &survey_step,
    .next = next,
};
