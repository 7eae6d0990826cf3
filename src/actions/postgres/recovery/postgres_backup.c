#include "actions/postgres/recovery/postgres_backup.h"

#include "actions/program.h"
#include "actions/work.h"
#include "core/mem.h"
#include "io/environment.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LIST_MS = 60000, LINE_BYTES = 256 };

bool postgres_backup_check(const char *path, struct err *err) {
  return *path == '/' ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not an absolute path, such as /backup/ecap.dump",
                 path);
}

/* ---- the file, on a thread: its disk may hang */

struct looking {
  struct step_work work; /* first */
  char *pattern, *path;  /* path: the newest */
  struct stat stat;
  size_t count;
  bool is_directory;
  int failure; /* errno */
};

static void looking_drop(struct step_work *work) {
  struct looking *looking = (struct looking *)work;
  free(looking->pattern);
  free(looking->path);
  free(looking);
}

static bool is_newer(const struct stat *a, const struct stat *b) {
  return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* Of the directory format, its table of contents stands for it: that is written last. */
static void consider(struct looking *looking, const char *path) {
  struct stat found;
  char *contents = mem_printf("%s/toc.dat", path);
  bool good = stat(path, &found) == 0;
  const bool is_directory = good && S_ISDIR(found.st_mode);
  if (!good)
    looking->failure = errno;
  if (is_directory)
    good = stat(contents, &found) == 0;
  free(contents);
  if (!good || !S_ISREG(found.st_mode))
    return;
  looking->count++;
  if (looking->path && !is_newer(&found, &looking->stat))
    return;
  free(looking->path);
  looking->path = mem_dup(path);
  looking->stat = found;
  looking->is_directory = is_directory;
}

static void looking_run(struct step_work *work) {
  struct looking *looking = (struct looking *)work;
  glob_t found = {0};
  consider(looking, looking->pattern);
  if (looking->count == 0 && glob(looking->pattern, GLOB_NOSORT, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      consider(looking, found.gl_pathv[i]);
  globfree(&found);
}

bool postgres_backup_find(struct step *step, const char *pattern, struct postgres_backup *backup) {
  struct looking *looking = mem_new(sizeof *looking);
  looking->work = (struct step_work){.run = looking_run, .drop = looking_drop};
  looking->pattern = mem_dup(pattern);
  *backup = (struct postgres_backup){.made = "", .database = "", .version = "", .entries = -1};
  if (!step_work(step, &looking->work))
    return false;
  if (looking->path) {
    const struct stat *found = &looking->stat;
    backup->path = arena_printf(&step->arena, "%s", looking->path);
    backup->bytes = looking->is_directory ? -1 : (int64_t)found->st_size;
    backup->modified_ns = (int64_t)found->st_mtim.tv_sec * 1000000000 + found->st_mtim.tv_nsec;
    backup->identity =
        arena_printf(&step->arena, "%llu:%llu:%lld:%lld", (unsigned long long)found->st_dev,
                     (unsigned long long)found->st_ino, (long long)found->st_size,
                     (long long)backup->modified_ns);
    backup->candidates = (int64_t)looking->count;
  }
  const int failure = looking->failure;
  looking_drop(&looking->work);
  return backup->path ||
         step_fail(step, ERR_INVALID, "there is no backup %.300s: %s", pattern,
                   failure ? strerror(failure) : "it is neither a file nor a directory of pg_dump");
}

/* ---- its table of contents */

/* The rest of the line that begins with the words; "" where there is none. */
static const char *line_of(struct step *step, const char *text, const char *words) {
  const char *at = strstr(text, words);
  if (!at)
    return "";
  at += strlen(words);
  const size_t length = strcspn(at, "\n");
  return arena_text(&step->arena, at, length < LINE_BYTES ? length : LINE_BYTES);
}

bool postgres_backup_read(struct step *step, const char *pattern, struct postgres_backup *backup) {
  if (!postgres_backup_find(step, pattern, backup))
    return false;
  const char *const argv[] = {"pg_restore", "--list", "--", backup->path, NULL};
  char **environment = environment_shared(NULL, 0);
  const struct program program = {
      .argv = (char *const *)argv, .environment = environment, .timeout_ms = LIST_MS, .read = true};
  struct program_end end = {0};
  const bool ran = program_run(step, &program, &end);
  free(environment);
  if (!ran)
    return false;
  if (end.exit_code != 0)
    return step_fail(step, ERR_INVALID, "%.200s is not a backup that can be restored: %s",
                     backup->path, program_end_text(step, &end));
  const char *entries = line_of(step, end.output, "TOC Entries: ");
  backup->made = line_of(step, end.output, "Archive created at ");
  backup->database = line_of(step, end.output, "dbname: ");
  backup->version = line_of(step, end.output, "Dumped from database version: ");
  backup->entries = *entries ? strtoll(entries, NULL, 10) : -1;
  return *backup->made || step_fail(step, ERR_PROTOCOL,
                                    "pg_restore does not say what %.200s contains", backup->path);
}
