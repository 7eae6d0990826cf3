#include "operate/runbook/runbook_file.h"

#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/mem.h"
#include "io/file/file_save.h"
#include "operate/runbook/runbook_line.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char ending[] = ".jsonl";

enum { STAMP_LENGTH = 15 }; /* of a time in an id */

struct runbook_file {
  int fd;
  char *path;
  bool held;
  json_t **lines; /* the head, then the events */
  size_t line_count;
  struct runbook_head head;
};

static bool fail(struct err *err, const char *what, const char *path, int code) {
  return err_set(err, code == EACCES || code == EPERM ? ERR_DENIED : ERR_IO, "cannot %s %.160s: %s",
                 what, path, strerror(code));
}

void runbook_file_id(char out[RUNBOOK_ID_MAX], const char *runbook, int64_t now_ms, int64_t pid) {
  const time_t seconds = (time_t)(now_ms / 1000);
  struct tm tm;
  char stamp[32];
  gmtime_r(&seconds, &tm);
  strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm);
  snprintf(out, RUNBOOK_ID_MAX, "%.*s-%s-%" PRId64, RUNBOOK_NAME_MAX, runbook, stamp, pid);
}

/* ---- writing */

static bool write_all(int fd, const char *text, size_t len) {
  while (len > 0) {
    const ssize_t wrote = write(fd, text, len);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return false;
    text += wrote;
    len -= (size_t)wrote;
  }
  return true;
}

/* One line, on disk. A part of it is removed again. */
static bool line_write(struct runbook_file *file, const char *text, size_t len, struct err *err) {
  const off_t end = lseek(file->fd, 0, SEEK_END);
  if (end < 0 || end + (off_t)len > RUNBOOK_RUN_FILE_MAX)
    return err_set(err, ERR_LIMIT, "the run %.160s is larger than %d MiB", file->path,
                   RUNBOOK_RUN_FILE_MAX >> 20);
  if (write_all(file->fd, text, len) && fdatasync(file->fd) == 0)
    return true;
  const int code = errno;
  (void)!ftruncate(file->fd, end);
  return fail(err, "write", file->path, code);
}

static bool text_write(struct runbook_file *file, char *text, struct err *err) {
  const bool good = line_write(file, text, strlen(text), err);
  free(text);
  return good;
}

bool runbook_file_append(struct runbook_file *file, const struct runbook_event *event,
                         struct err *err) {
  return text_write(file, runbook_line_event(event), err);
}

/* ---- reading */

static int name_find(const char *const *names, const char *name) {
  for (size_t i = 0; names[i]; i++)
    if (strcmp(names[i], name) == 0)
      return (int)i;
  return -1;
}

static bool head_read(struct runbook_file *file, struct err *err) {
  const struct json_node top = {.json = file->lines[0], .err = err};
  struct runbook_head *head = &file->head;
  struct json_node params;
  const char *event;
  size_t count;
  if (!json_read_text(&top, "event", &event) || !json_read_text(&top, "id", &head->id) ||
      !json_read_text(&top, "runbook", &head->runbook) ||
      !json_read_text(&top, "path", &head->path) ||
      !json_read_text(&top, "source", &head->source) ||
      !json_read_text(&top, "config", &head->config) ||
      !json_read_text(&top, "user", &head->user) || !json_read_text(&top, "host", &head->host) ||
      !json_read_int_or(&top, "at_ms", 0, 0, INT64_MAX, &head->at_ms) ||
      !json_read_array(&top, "parameters", &params, &count))
    return false;
  if (strcmp(event, "run") != 0 || count > RUNBOOK_PARAMS_MAX)
    return err_set(err, ERR_INVALID, "it does not begin as a run does");
  for (size_t i = 0; i < count; i++) {
    const struct json_node item = json_element(&params, i);
    if (!json_read_text(&item, "name", &head->names[i]) ||
        !json_read_text(&item, "value", &head->values[i]))
      return false;
  }
  head->value_count = count;
  return true;
}

static bool event_read(json_t *json, struct runbook_event *event, struct err *err) {
  const struct json_node top = {.json = json, .err = err};
  const char *kind, *result, *over;
  int64_t choice;
  *event = (struct runbook_event){0};
  if (!json_read_text(&top, "event", &kind) ||
      !json_read_int_or(&top, "at_ms", 0, 0, INT64_MAX, &event->at_ms) ||
      !json_read_text_or(&top, "step", NULL, &event->step) ||
      !json_read_text_or(&top, "audit", NULL, &event->audit) ||
      !json_read_text_or(&top, "hash", NULL, &event->hash) ||
      !json_read_text_or(&top, "words", NULL, &event->words) ||
      !json_read_text_or(&top, "result", "then", &result) ||
      !json_read_text_or(&top, "over", "done", &over) ||
      !json_read_int_or(&top, "choice", 0, 0, RUNBOOK_CHOICES_MAX, &choice))
    return false;
  const int kind_found = name_find(runbook_event_names, kind);
  const int result_found = name_find(runbook_result_names, result);
  const int over_found = name_find(runbook_over_names, over);
  if (kind_found < 0 || result_found < 0 || over_found < 0)
    return err_set(err, ERR_INVALID, "unknown event");
  event->kind = (enum runbook_event_kind)kind_found;
  event->result = (enum runbook_result)result_found;
  event->over = (enum runbook_over)over_found;
  event->choice = (size_t)choice;
  return true;
}

static bool damaged(const struct runbook_file *file, size_t line, const struct err *why,
                    struct err *err) {
  return err_set(err, ERR_PROTOCOL, "%.120s:%zu: %.100s", file->path, line, why->text);
}

/* A last line without an end was not complete when the process ended: it did not count. */
static bool lines_read(struct runbook_file *file, char *text, size_t len, off_t *whole,
                       struct err *err) {
  const struct json_limits limits = {.bytes = RUNBOOK_RUN_FILE_MAX, .values = 1000, .depth = 8};
  struct err why;
  *whole = 0;
  for (char *at = text, *newline; (newline = memchr(at, '\n', (size_t)(text + len - at)));
       at = newline + 1) {
    json_t *json = json_tree_new(at, (size_t)(newline - at), &limits, &why);
    if (!json)
      return damaged(file, file->line_count + 1, &why, err);
    file->lines = mem_resize(file->lines, (file->line_count + 1) * sizeof(json_t *));
    file->lines[file->line_count++] = json;
    *whole = newline + 1 - text;
  }
  if (file->line_count == 0)
    return err_set(err, ERR_PROTOCOL, "%.160s is empty", file->path);
  return head_read(file, &why) || damaged(file, 1, &why, err);
}

static bool file_load(struct runbook_file *file, bool watch, struct err *err) {
  char *text = mem_new(RUNBOOK_RUN_FILE_MAX + 1);
  size_t len = 0;
  ssize_t got = 1;
  off_t whole = 0;
  while (got > 0 && len < RUNBOOK_RUN_FILE_MAX) {
    got = pread(file->fd, text + len, RUNBOOK_RUN_FILE_MAX - len, (off_t)len);
    len += got > 0 ? (size_t)got : 0;
  }
  bool good =
      got < 0 ? fail(err, "read", file->path, errno) : lines_read(file, text, len, &whole, err);
  if (good && !watch && (size_t)whole < len && ftruncate(file->fd, whole) != 0)
    good = fail(err, "write", file->path, errno);
  free(text);
  return good;
}

bool runbook_file_each(const struct runbook_file *file,
                       void (*seen)(void *arg, const struct runbook_event *event), void *arg,
                       struct err *err) {
  struct err why;
  for (size_t i = 1; i < file->line_count; i++) {
    struct runbook_event event;
    if (!event_read(file->lines[i], &event, &why))
      return damaged(file, i + 1, &why, err);
    seen(arg, &event);
  }
  return true;
}

bool runbook_file_replay(const struct runbook_file *file, struct runbook_run *run,
                         struct err *err) {
  struct err why;
  for (size_t i = 1; i < file->line_count; i++) {
    struct runbook_event event;
    if (!event_read(file->lines[i], &event, &why) || !runbook_run_take(run, &event, &why))
      return damaged(file, i + 1, &why, err);
  }
  return true;
}

/* ---- the files */

static char *path_of(const char *state, const char *id) {
  return mem_printf("%s/runs/%s%s", state, id, ending);
}

static bool id_is_plain(const char *id) {
  return *id && *id != '.' && !strchr(id, '/') && strlen(id) < RUNBOOK_ID_MAX;
}

/* Only this user may have written it: it holds commands. */
static bool is_own(const struct runbook_file *file, struct err *err) {
  struct stat status;
  if (fstat(file->fd, &status) != 0)
    return fail(err, "read", file->path, errno);
  if (S_ISREG(status.st_mode) && status.st_uid == geteuid() && status.st_nlink == 1 &&
      !(status.st_mode & (S_IWGRP | S_IWOTH)))
    return true;
  return err_set(err, ERR_DENIED, "%.160s is not yours alone: it was not read", file->path);
}

static struct runbook_file *file_new(char *path) {
  struct runbook_file *file = mem_new(sizeof *file);
  file->path = path;
  file->fd = -1;
  return file;
}

void runbook_file_close(struct runbook_file *file) {
  if (!file)
    return;
  if (file->fd >= 0)
    close(file->fd);
  for (size_t i = 0; i < file->line_count; i++)
    json_decref(file->lines[i]);
  free(file->lines);
  free(file->path);
  free(file);
}

struct runbook_file *runbook_file_new(const char *state, const struct runbook_head *head,
                                      struct err *err) {
  struct runbook_file *file = file_new(path_of(state, head->id));
  int code = file_make_folders(file->path);
  if (code == 0) {
    file->fd =
        open(file->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    code = file->fd < 0 || flock(file->fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
  }
  bool good = code == 0 || fail(err, "create", file->path, code);
  good = good && text_write(file, runbook_line_head(head), err);
  code = good ? file_sync_folder(file->path) : 0;
  good = good && (code == 0 || fail(err, "write", file->path, code)) && file_load(file, false, err);
  if (good)
    return file;
  runbook_file_close(file);
  return NULL;
}

/* The only run whose id begins so; NULL with err. */
static char *id_find(const char *state, const char *id, struct err *err) {
  size_t count, found = 0;
  char *path = path_of(state, id), *only = NULL;
  const bool whole =
      access(path, F_OK) == 0; /* an old one, which is not listed, has its own name */
  free(path);
  if (whole)
    return mem_dup(id);
  char **ids = runbook_file_list(state, &count, err);
  if (!ids)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    const bool same = strcmp(ids[i], id) == 0;
    if (same || strncmp(ids[i], id, strlen(id)) == 0) {
      free(only);
      only = mem_dup(ids[i]);
      found = same ? 1 : found + 1;
      if (same)
        break;
    }
  }
  for (size_t i = 0; i < count; i++)
    free(ids[i]);
  free(ids);
  if (found == 1)
    return only;
  free(only);
  err_set(err, ERR_INVALID,
          found ? "more than one run begins with \"%.60s\" (`stacktop runbook runs` lists them)"
                : "no run \"%.60s\" (`stacktop runbook runs` lists them)",
          id);
  return NULL;
}

struct runbook_file *runbook_file_open(const char *state, const char *id, bool watch,
                                       struct err *err) {
  if (!id_is_plain(id)) {
    err_set(err, ERR_INVALID, "\"%.60s\" is not the id of a run", id);
    return NULL;
  }
  char *whole = id_find(state, id, err);
  if (!whole)
    return NULL;
  struct runbook_file *file = file_new(path_of(state, whole));
  free(whole);
  file->fd = open(file->path, (watch ? O_RDONLY : O_RDWR | O_APPEND) | O_NOFOLLOW | O_CLOEXEC);
  bool good = file->fd >= 0 || fail(err, "open", file->path, errno);
  good = good && is_own(file, err);
  if (good && flock(file->fd, (watch ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    file->held = true;
    good = watch || err_set(err, ERR_LIMIT, "another process has the run %.80s open", id);
  }
  if (good && file_load(file, watch, err)) {
    if (watch && !file->held)
      flock(file->fd, LOCK_UN); /* a resume at the same time is not kept out */
    return file;
  }
  runbook_file_close(file);
  return NULL;
}

const struct runbook_head *runbook_file_head(const struct runbook_file *file) {
  return &file->head;
}

bool runbook_file_is_held(const struct runbook_file *file) {
  return file->held;
}

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "20261127T231820" of "consumer-lag-20261127T231820-4711"; "" of a name that has none: the oldest.
 */
static const char *stamp_of(const char *id) {
  const char *pid = strrchr(id, '-');
  return pid && pid - id > STAMP_LENGTH && pid[-STAMP_LENGTH - 1] == '-' ? pid - STAMP_LENGTH : "";
}

static int compare_newest(const void *a, const void *b) {
  const char *one = *(char *const *)a, *other = *(char *const *)b;
  const int order = strcmp(stamp_of(other), stamp_of(one));
  return order ? order : strcmp(one, other);
}

/* Only the newest stay. */
static void ids_cut(char **ids, size_t *count) {
  if (*count <= RUNBOOK_RUNS_MAX)
    return;
  qsort(ids, *count, sizeof *ids, compare_newest);
  while (*count > RUNBOOK_RUNS_MAX)
    free(ids[--*count]);
}

char **runbook_file_list(const char *state, size_t *count, struct err *err) {
  char *path = mem_printf("%s/runs", state);
  char **ids = mem_new((size_t)2 * RUNBOOK_RUNS_MAX * sizeof *ids);
  DIR *listing = opendir(path);
  const int code = listing ? 0 : errno;
  *count = 0;
  for (const struct dirent *entry; listing && (entry = readdir(listing));) {
    const size_t length = strlen(entry->d_name), end = sizeof ending - 1;
    if (*entry->d_name == '.' || length <= end || length >= RUNBOOK_ID_MAX + end ||
        strcmp(entry->d_name + length - end, ending) != 0)
      continue;
    ids[(*count)++] = mem_printf("%.*s", (int)(length - end), entry->d_name);
    if (*count == (size_t)2 * RUNBOOK_RUNS_MAX)
      ids_cut(ids, count);
  }
  if (listing)
    closedir(listing);
  if (code != 0 && code != ENOENT) {
    fail(err, "read", path, code);
    free(ids);
    ids = NULL;
  }
  free(path);
  if (!ids)
    return NULL;
  ids_cut(ids, count);
  if (*count > 1)
    qsort(ids, *count, sizeof *ids, compare);
  return ids;
}
