#include "logs/log_files.h"

#include "core/mem.h"
#include "io/worker.h"
#include "logs/log_file.h"
#include "logs/log_glob.h"
#include "logs/log_note.h"

#include <stdlib.h>
#include <string.h>

/* LATE: a look-up that takes longer hangs, in a file system that does not answer. */
enum { LOOK_MS = 2000, LATE_MS = 5000 };

struct pattern_state {
  char *text;
  struct log_source *missing; /* the reader's; says that nothing matches; NULL: none */
  bool noted, denied;         /* what is not read of it was said */
};

enum { OTHERS_MAX = 4096 };

/* It keeps its name, so that the name of no file depends on the filter. */
struct other {
  char *path, *name;
};

struct log_files {
  struct worker_pool *pool;
  uv_timer_t timer;
  struct io *io;
  struct log_reader *reader;
  struct log_claims *claims;
  struct log_want want;
  struct log_filter *filter;
  struct pattern_state *patterns;
  size_t pattern_count;
  bool looking, looked, late, closed;
  int closing;
  char *paths[LOG_SOURCES_MAX]; /* that have a source */
  size_t path_count;
  struct other *others; /* files that the filter does not want */
  size_t other_count, other_capacity;
  size_t left_out;          /* files of the last look for which there is no room */
  struct log_source *limit; /* the reader's; says that; NULL: there is room */
};

/* Owns copies: the thread outlives the files if it hangs. */
struct look {
  struct worker_task task;
  struct log_claims *claims;
  char **patterns;
  struct log_glob *globs;
  size_t count;
};

static void look_free(struct worker_task *task) {
  struct look *look = (struct look *)task;
  for (size_t i = 0; i < look->count; i++) {
    free(look->patterns[i]);
    log_glob_fini(&look->globs[i]);
  }
  log_claims_release(look->claims);
  free(look->patterns);
  free(look->globs);
  free(look);
}

static void look_work(struct worker_task *task) {
  struct look *look = (struct look *)task;
  for (size_t i = 0; i < look->count; i++)
    log_glob_find(&look->globs[i], look->patterns[i], look->claims);
}

static bool is_known(const struct log_files *files, const char *path) {
  for (size_t i = 0; i < files->path_count; i++)
    if (strcmp(files->paths[i], path) == 0)
      return true;
  for (size_t i = 0; i < files->other_count; i++)
    if (strcmp(files->others[i].path, path) == 0)
      return true;
  return false;
}

static void other_add(struct log_files *files, const char *path, const char *name) {
  if (files->other_count == OTHERS_MAX)
    return;
  if (files->other_count == files->other_capacity) {
    files->other_capacity = files->other_capacity ? 2 * files->other_capacity : 16;
    files->others = mem_resize(files->others, files->other_capacity * sizeof *files->others);
  }
  files->others[files->other_count++] = (struct other){mem_dup(path), mem_dup(name)};
}

static bool name_is_taken(const struct log_files *files, const char *name) {
  const struct log_source_status *statuses = log_reader_sources(files->reader);
  for (size_t i = 0; i < log_reader_count(files->reader); i++)
    if (strcmp(statuses[i].name, name) == 0)
      return true;
  for (size_t i = 0; i < files->other_count; i++)
    if (strcmp(files->others[i].name, name) == 0)
      return true;
  return false;
}

/* The shortest end of the path that no other source has. */
static const char *name_of(const struct log_files *files, const char *path) {
  const char *name = path + strlen(path);
  while (name > path) {
    for (name--; name > path && name[-1] != '/'; name--)
      continue;
    if (!name_is_taken(files, name))
      return name;
  }
  return path;
}

static void file_add(struct log_files *files, const char *path, bool later) {
  struct log_want want = files->want;
  if (is_known(files, path))
    return;
  const char *name = name_of(files, path);
  if (!log_reader_wants(files->reader, files->filter, name)) {
    other_add(files, path, name);
    return;
  }
  if (files->path_count == LOG_SOURCES_MAX) {
    files->left_out++;
    return;
  }
  if (later) /* it appeared while we watched: all of it is new */
    want.tail = 0;
  if (!log_reader_add(files->reader, log_file_new(path, name, &want, files->filter, files->claims)))
    return;
  files->paths[files->path_count++] = mem_dup(path);
}

static void note_add(struct log_files *files, struct pattern_state *pattern, const char *name,
                     const struct err *err, bool missing) {
  struct log_source *note = log_note_new(name, pattern->text, err);
  if (log_reader_add(files->reader, note) && missing)
    pattern->missing = note;
}

static void notes_take(struct log_files *files, struct pattern_state *pattern,
                       const struct log_glob *found) {
  struct err err;
  if (found->count == 0 && !files->looked) {
    err_set(&err, ERR_IO, "no file matches %.200s", pattern->text);
    note_add(files, pattern, name_of(files, pattern->text), &err, true);
  }
  if (found->count > 0 && pattern->missing) {
    log_note_end(pattern->missing);
    pattern->missing = NULL;
  }
  if (found->denied > 0 && !pattern->denied) {
    pattern->denied = true;
    if (found->denied > 1)
      err_set(&err, ERR_DENIED, "no right to look for files in %.160s and %zu more directories",
              found->denied_path, found->denied - 1);
    else
      err_set(&err, ERR_DENIED, "no right to look for files in %.160s", found->denied_path);
    note_add(files, pattern, "denied", &err, false);
  }
  if (pattern->noted)
    return;
  pattern->noted = found->compressed > 0 || found->older > 0;
  if (found->compressed > 0) {
    if (found->compressed > 1)
      err_set(&err, ERR_UNSUPPORTED, "%.160s and %zu more are compressed and not read",
              found->compressed_path, found->compressed - 1);
    else
      err_set(&err, ERR_UNSUPPORTED, "%.160s is compressed and not read", found->compressed_path);
    note_add(files, pattern, "compressed", &err, false);
  }
  if (found->older > 0) {
    err_set(&err, ERR_LIMIT, "%zu older files of %.160s are not read (limit: %d)", found->older,
            pattern->text, LOG_GLOB_FILES);
    note_add(files, pattern, "older", &err, false);
  }
}

static void limit_note(struct log_files *files) {
  struct err err;
  if (files->left_out == 0)
    return;
  err_set(&err, ERR_LIMIT, "%zu more file%s not read (limit: %d)", files->left_out,
          files->left_out == 1 ? " is" : "s are", LOG_SOURCES_MAX);
  if (files->limit) {
    log_source_note(files->limit, &err);
    return;
  }
  struct log_source *note = log_note_new("limit", files->patterns[0].text, &err);
  if (log_reader_add(files->reader, note))
    files->limit = note;
}

static void on_look(uv_timer_t *timer);

static void look_done(struct worker_task *task) {
  struct look *look = (struct look *)task;
  struct log_files *files = task->owner;
  files->looking = false;
  files->left_out = 0;
  uv_timer_stop(&files->timer);
  for (size_t i = 0; i < look->count; i++) {
    const struct log_glob *found = &look->globs[i];
    for (size_t path = 0; path < found->count; path++)
      file_add(files, found->paths[path], files->looked);
    notes_take(files, &files->patterns[i], found);
  }
  limit_note(files);
  files->looked = true;
  look_free(task);
  log_reader_wake(files->reader); /* there may be no source at all */
  if (files->want.follow)
    uv_timer_start(&files->timer, on_look, LOOK_MS, 0);
}

static void look_start(struct log_files *files) {
  struct look *look = mem_new(sizeof *look);
  struct err err;
  look->task =
      (struct worker_task){.work = look_work, .done = look_done, .drop = look_free, .owner = files};
  look->count = files->pattern_count;
  look->patterns = mem_new((look->count + 1) * sizeof *look->patterns);
  look->globs = mem_new((look->count + 1) * sizeof *look->globs);
  for (size_t i = 0; i < look->count; i++)
    look->patterns[i] = mem_dup(files->patterns[i].text);
  look->claims = files->claims;
  log_claims_hold(files->claims);
  files->looking = true;
  if (worker_start(files->pool, &look->task, &err))
    return;
  files->looking = false;
  if (!files->looked && files->pattern_count > 0)
    note_add(files, &files->patterns[0], files->patterns[0].text, &err, false);
  look_free(&look->task);
}

static void on_look(uv_timer_t *timer) {
  look_start(timer->data);
}

/* It is read should it answer after all. */
static void on_late(uv_timer_t *timer) {
  struct log_files *files = timer->data;
  struct err err;
  files->late = true;
  err_set(&err, ERR_TIMEOUT, "%.160s: the file system does not answer", files->patterns[0].text);
  note_add(files, &files->patterns[0], "late", &err, false);
}

struct log_files *log_files_new(struct io *io, struct log_reader *reader,
                                const char *const *patterns, size_t count,
                                const struct log_want *want, const struct log_filter *filter) {
  struct log_files *files = mem_new(sizeof *files);
  *files = (struct log_files){.io = io,
                              .reader = reader,
                              .claims = log_claims_new(),
                              .want = *want,
                              .filter = log_filter_dup(filter),
                              .pattern_count = count};
  files->patterns = mem_new((count + 1) * sizeof *files->patterns);
  for (size_t i = 0; i < count; i++)
    files->patterns[i].text = mem_dup(patterns[i]);
  files->pool = worker_pool_new(io, 1);
  uv_timer_init(io->loop, &files->timer);
  files->timer.data = files;
  look_start(files);
  if (files->looking)
    uv_timer_start(&files->timer, on_late, LATE_MS, 0);
  return files;
}

bool log_files_is_looking(const struct log_files *files) {
  return files && files->looking && !files->looked && !files->late;
}

static void files_free(struct log_files *files) {
  if (--files->closing > 0)
    return;
  for (size_t i = 0; i < files->pattern_count; i++)
    free(files->patterns[i].text);
  for (size_t i = 0; i < files->path_count; i++)
    free(files->paths[i]);
  for (size_t i = 0; i < files->other_count; i++) {
    free(files->others[i].path);
    free(files->others[i].name);
  }
  free(files->others);
  log_claims_release(files->claims);
  log_filter_free(files->filter);
  free(files->patterns);
  free(files);
}

static void on_pool_closed(void *arg) {
  files_free(arg);
}

static void on_timer_closed(uv_handle_t *handle) {
  files_free(handle->data);
}

void log_files_close(struct log_files *files) {
  if (!files || files->closed)
    return;
  files->closed = true;
  files->closing = 2;
  worker_pool_close(files->pool, on_pool_closed, files);
  uv_close((uv_handle_t *)&files->timer, on_timer_closed);
}
