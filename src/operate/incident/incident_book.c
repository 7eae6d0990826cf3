#include "operate/incident/incident_book.h"

#include "audit/audit_file.h"
#include "core/mem.h"
#include "io/file/file_save.h"
#include "model/incident/incident_line.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char prefix[] = "INC-";
static const char timeline[] = "timeline.jsonl";
static const char closed[] = "closed";

bool incident_id_is_plain(const char *id) {
  return strncmp(id, prefix, sizeof prefix - 1) == 0 && !strchr(id, '/') &&
         strlen(id) < INCIDENT_ID_MAX;
}

char *incident_path(const char *state, const char *id, const char *name) {
  return mem_printf("%s/incidents/%s/%s", state, id, name);
}

static bool fail_write(struct err *err, const char *path, const struct err *why) {
  return err_set(err, why->kind, "cannot write %.120s (%.100s)", path, why->text);
}

/* ---- reading */

static void on_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct incident_book *book = arg;
  struct err err;
  (void)offset;
  if (len > 0 && !incident_line_take(&book->incident, line, len, &err))
    book->incident.unread++;
}

/* The file was replaced, or is shorter than it was: it is read again from its start. */
static bool read_from(struct incident_book *book, int fd, struct err *err) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return err_set(err, ERR_IO, "%s", strerror(errno));
  if (status.st_size > INCIDENT_BYTES_MAX)
    return err_set(err, ERR_LIMIT, "it is larger than %d MiB", INCIDENT_BYTES_MAX >> 20);
  if (book->lines.offset > 0 && (status.st_dev != book->dev || status.st_ino != book->ino ||
                                 status.st_size < book->lines.offset)) {
    char id[INCIDENT_ID_MAX];
    memcpy(id, book->incident.id, sizeof id);
    incident_fini(&book->incident);
    incident_init(&book->incident, id);
    book->lines = (struct audit_lines){0};
  }
  book->dev = status.st_dev;
  book->ino = status.st_ino;
  const int number =
      audit_lines_read(fd, &book->lines, status.st_size, INCIDENT_BYTES_MAX, on_line, book);
  return number == 0 || err_set(err, ERR_IO, "%s", strerror(number));
}

bool incident_book_refresh(struct incident_book *book, struct err *err) {
  struct err why = {0};
  int number;
  const int fd = audit_file_open(book->path, &number, &why);
  const bool good = fd >= 0 && read_from(book, fd, &why);
  if (fd >= 0)
    close(fd);
  return good || err_set(err, why.kind, "cannot read %.120s (%.100s)", book->path, why.text);
}

struct incident_book *incident_book_open(const char *state, const char *id, struct err *err) {
  if (!incident_id_is_plain(id)) {
    err_set(err, ERR_INVALID, "\"%.60s\" is not the id of an incident", id);
    return NULL;
  }
  struct incident_book *book = mem_new(sizeof *book);
  incident_init(&book->incident, id);
  book->path = incident_path(state, id, timeline);
  bool good = incident_book_refresh(book, err);
  if (good && !book->incident.opened_ms)
    good = err_set(err, ERR_PROTOCOL, "%.120s has no line that opens an incident", book->path);
  if (good) {
    incident_base(&book->incident);
    return book;
  }
  incident_book_close(book);
  return NULL;
}

void incident_book_close(struct incident_book *book) {
  if (!book)
    return;
  incident_fini(&book->incident);
  free(book->path);
  free(book);
}

/* ---- writing */

struct batch {
  struct incident_book *book;
  const struct incident_entry *entries;
  size_t count;
  bool *taken;
  size_t written;
};

static void line_add(FILE *out, const struct incident_entry *entry, bool first) {
  char *line = incident_line(entry);
  fprintf(out, "%s%s", first ? "" : "\n", line);
  free(line);
}

static bool refuse_full(const struct incident_entry *entry, struct err *err) {
  return !incident_kind_is_typed(entry->kind) ||
         err_set(err, ERR_LIMIT, "its time line has %d entries, which is the most",
                 INCIDENT_ENTRIES_MAX);
}

/* What it does not want is settled: a change that it proposes again is another one. */
static bool batch_fill(struct batch *batch, FILE *out, struct err *err) {
  struct incident *incident = &batch->book->incident;
  for (size_t i = 0; i < batch->count; i++) {
    const struct incident_entry *entry = &batch->entries[i];
    const bool room = incident->machine + batch->written < INCIDENT_MACHINE_MAX;
    if (!incident_wants(incident, entry)) {
      if (!incident->closed_ms && !refuse_full(entry, err))
        return false;
      incident_proposed(incident, entry);
    } else if (room || incident_kind_is_typed(entry->kind)) {
      line_add(out, entry, batch->written == 0);
      batch->taken[i] = true;
      batch->written++;
    } else if (!incident->full) {
      struct incident_entry limit = {.kind = INCIDENT_LIMIT,
                                     .at_ms = entry->at_ms,
                                     .text = "The time line is full: findings, changes and actions "
                                             "are no longer recorded in it; notes are"};
      line_add(out, &limit, batch->written == 0);
      batch->written++;
      incident->full = true; /* once in this batch */
    }
  }
  return true;
}

static char *batch_make(void *arg, int fd, int64_t size, struct err *err) {
  struct batch *batch = arg;
  char *text = NULL;
  size_t len = 0;
  (void)size;
  if (!read_from(batch->book, fd, err))
    return NULL;
  FILE *out = open_memstream(&text, &len);
  if (!out)
    mem_failed();
  const bool good = batch_fill(batch, out, err);
  if (fclose(out) != 0)
    mem_failed();
  if (good && batch->written > 0)
    return text;
  free(text);
  return NULL;
}

bool incident_book_append(struct incident_book *book, const struct incident_entry *entries,
                          size_t count, size_t *written, struct err *err) {
  struct batch batch = {.book = book, .entries = entries, .count = count};
  struct err why = {0};
  batch.taken = mem_new((count + 1) * sizeof *batch.taken);
  bool good = audit_file_append_made(book->path, batch_make, &batch, &why) ||
              fail_write(err, book->path, &why);
  if (good && batch.written > 0)
    good = incident_book_refresh(book, err);
  for (size_t i = 0; good && i < count; i++)
    if (batch.taken[i])
      incident_proposed(&book->incident, &entries[i]);
  free(batch.taken);
  if (written)
    *written = batch.written;
  return good;
}

/* ---- a new one */

struct creation {
  const struct incident_entry *open;
  bool taken; /* another program has the id */
};

static char *creation_make(void *arg, int fd, int64_t size, struct err *err) {
  struct creation *creation = arg;
  (void)fd;
  (void)err;
  creation->taken = size > 0;
  return creation->taken ? NULL : incident_line(creation->open);
}

bool incident_create(const char *state, const struct incident_entry *open, char id[INCIDENT_ID_MAX],
                     struct err *err) {
  const time_t seconds = (time_t)(open->at_ms / 1000);
  struct creation creation = {.open = open, .taken = true};
  struct tm tm;
  char stamp[20];
  gmtime_r(&seconds, &tm);
  strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
  for (int turn = 1; turn < INCIDENTS_OPEN_MAX && creation.taken; turn++) {
    struct err why = {0};
    snprintf(id, INCIDENT_ID_MAX, turn > 1 ? "%s%s-%d" : "%s%s", prefix, stamp, turn);
    char *path = incident_path(state, id, timeline);
    const bool good =
        audit_file_append_made(path, creation_make, &creation, &why) || fail_write(err, path, &why);
    if (good && !creation.taken)
      (void)file_sync_folder(path); /* its name is on disk as well; the line is already */
    free(path);
    if (!good)
      return false;
  }
  return !creation.taken || err_set(err, ERR_LIMIT, "too many incidents in the same second");
}

/* ---- the folder */

char **incident_list(const char *state, bool only_open, size_t *count, struct err *err) {
  struct dirent **entries = NULL;
  char *folder = mem_printf("%s/incidents", state), **ids = mem_new(sizeof *ids);
  const int found = scandir(folder, &entries, NULL, alphasort);
  const int code = found < 0 ? errno : 0;
  *count = 0;
  for (int i = 0; i < found; i++) {
    char *mark = incident_path(state, entries[i]->d_name, closed);
    if (incident_id_is_plain(entries[i]->d_name) && i + INCIDENTS_MAX >= found &&
        !(only_open && access(mark, F_OK) == 0)) {
      ids = mem_resize(ids, (*count + 1) * sizeof *ids);
      ids[(*count)++] = mem_dup(entries[i]->d_name);
    }
    free(mark);
    free(entries[i]);
  }
  free(entries);
  if (code != 0 && code != ENOENT) {
    err_set(err, code == EACCES ? ERR_DENIED : ERR_IO, "cannot read %.160s: %s", folder,
            strerror(code));
    free(ids);
    ids = NULL;
  }
  free(folder);
  return ids;
}

void incident_list_free(char **ids, size_t count) {
  for (size_t i = 0; ids && i < count; i++)
    free(ids[i]);
  free(ids);
}

void incident_mark_closed(const char *state, const char *id) {
  struct err ignored;
  char *path = incident_path(state, id, closed);
  (void)!file_save_new(path, "", 0, &ignored);
  free(path);
}
