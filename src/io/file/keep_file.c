#include "io/file/keep_file.h"

#include "core/map.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/file.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "stacktop memory "

/* ---- records */

void keep_records_fini(struct keep_records *records) {
  for (size_t i = 0; i < records->count; i++) {
    free(records->items[i].name);
    free(records->items[i].text);
  }
  free(records->items);
  *records = (struct keep_records){0};
}

struct keep_record *keep_records_find(const struct keep_records *records, const char *name) {
  for (size_t i = 0; i < records->count; i++)
    if (strcmp(records->items[i].name, name) == 0)
      return &records->items[i];
  return NULL;
}

static bool is_line(const char *text) {
  return text[strcspn(text, "\t\n\r")] == '\0';
}

bool keep_records_set(struct keep_records *records, const char *name, const char *text,
                      bool *left_out) {
  struct keep_record *record = keep_records_find(records, name);
  const bool fits = is_line(name) && is_line(text) && strlen(text) <= KEEP_RECORD_BYTES_MAX &&
                    (record || records->count < KEEP_RECORDS_MAX);
  if (left_out)
    *left_out = !fits;
  if (!fits || (record && strcmp(record->text, text) == 0))
    return false;
  if (!record) {
    records->items = mem_resize(records->items, (records->count + 1) * sizeof *records->items);
    record = &records->items[records->count++];
    *record = (struct keep_record){.name = mem_dup(name)};
  }
  free(record->text);
  record->text = mem_dup(text);
  return true;
}

/* ---- the content */

char *keep_text_make(const struct keep_records *records, int64_t saved_ms) {
  char *text = NULL;
  size_t length = 0, count = 0, bytes = 0;
  while (count < records->count) {
    bytes += strlen(records->items[count].name) + strlen(records->items[count].text) + 2;
    if (bytes > KEEP_FILE_BYTES_MAX - 256)
      break;
    count++;
  }
  FILE *out = open_memstream(&text, &length);
  if (!out)
    return mem_dup("");
  fprintf(out, HEADER "%d %" PRId64 " %zu\n", KEEP_VERSION, saved_ms, count);
  for (size_t i = 0; i < count; i++)
    fprintf(out, "%s\t%s\n", records->items[i].name, records->items[i].text);
  fputs("end\n", out);
  fclose(out);
  return text;
}

/* Cuts the next line off. NULL: there is none that ends. */
static char *line_next(char **at) {
  char *line = *at, *end = strchr(line, '\n');
  if (!end)
    return NULL;
  *end = '\0';
  *at = end + 1;
  return line;
}

static bool is_cut(struct err *err) {
  return err_set(err, ERR_INVALID, "it is damaged or was cut off");
}

static bool header_read(const char *line, int64_t now_ms, int64_t *saved_ms, size_t *count,
                        struct err *err) {
  char *end;
  if (!line || strncmp(line, HEADER, strlen(HEADER)) != 0)
    return err_set(err, ERR_INVALID, "it is not a memory file of stacktop");
  const long version = strtol(line + strlen(HEADER), &end, 10);
  if (version != KEEP_VERSION)
    return err_set(err, ERR_UNSUPPORTED, "it has version %ld; this stacktop reads version %d",
                   version, KEEP_VERSION);
  if (*end != ' ')
    return is_cut(err);
  *saved_ms = strtoll(end, &end, 10);
  if (*end != ' ')
    return is_cut(err);
  *count = strtoul(end, &end, 10);
  if (*end != '\0' || *count > KEEP_RECORDS_MAX || *saved_ms <= 0)
    return is_cut(err);
  return *saved_ms <= now_ms + KEEP_AHEAD_MS ||
         err_set(err, ERR_INVALID, "it is from the future; the clock was set back");
}

bool keep_text_read(char *text, size_t len, int64_t now_ms, struct keep_records *records,
                    struct err *err) {
  size_t count = 0;
  char *at = text;
  *records = (struct keep_records){0};
  if (strlen(text) != len)
    return err_set(err, ERR_INVALID, "it is not a memory file of stacktop");
  if (!header_read(line_next(&at), now_ms, &records->saved_ms, &count, err))
    return false;
  bool whole = true;
  for (size_t i = 0; i < count && whole; i++) {
    char *name = line_next(&at), *tab = name ? strchr(name, '\t') : NULL;
    whole = tab != NULL;
    if (!whole)
      break;
    *tab = '\0';
    whole = !keep_records_find(records, name) && keep_records_set(records, name, tab + 1, NULL);
  }
  const char *last = whole ? line_next(&at) : NULL;
  if (last && strcmp(last, "end") == 0 && *at == '\0')
    return true;
  keep_records_fini(records);
  return is_cut(err);
}

/* ---- the disk */

struct keep_file {
  char *state, *config;
  char *path, *lock_path; /* NULL: not named yet */
  int lock;               /* -1: none */
};

struct keep_file *keep_file_new(const char *state, const char *config) {
  struct keep_file *file = mem_new(sizeof *file);
  *file = (struct keep_file){
      .state = mem_dup(state), .config = config ? mem_dup(config) : NULL, .lock = -1};
  return file;
}

void keep_file_free(struct keep_file *file) {
  if (!file)
    return;
  if (file->lock >= 0)
    close(file->lock);
  free(file->state);
  free(file->config);
  free(file->path);
  free(file->lock_path);
  free(file);
}

/* The same file by another path is the same configuration. */
static void name_files(struct keep_file *file) {
  if (file->path)
    return;
  char *real = file->config ? realpath(file->config, NULL) : NULL;
  const uint64_t hash = map_hash_text(MAP_HASH, real ? real : file->config);
  free(real);
  file->path = mem_printf("%s/watch/%016" PRIx64 ".memory", file->state, hash);
  file->lock_path = mem_printf("%s/watch/%016" PRIx64 ".lock", file->state, hash);
}

static bool fail(struct err *err, const char *path, int number) {
  return err_set(err, number == EACCES || number == EPERM ? ERR_DENIED : ERR_IO, "%.160s: %s", path,
                 strerror(number));
}

static int64_t holder_read(int fd) {
  char text[32];
  const ssize_t got = pread(fd, text, sizeof text - 1, 0);
  text[got > 0 ? got : 0] = '\0';
  return strtoll(text, NULL, 10);
}

enum keep_lock keep_file_lock(struct keep_file *file, int64_t *holder, struct err *err) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char own[32];
  *holder = 0;
  name_files(file);
  const int made = file_make_folders(file->lock_path);
  if (made != 0) {
    fail(err, file->lock_path, made);
    return KEEP_LOCK_FAILED;
  }
  const int fd =
      open(file->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
           file_is_shared(file->lock_path) ? 0660 : 0600);
  if (fd < 0) {
    fail(err, file->lock_path, errno);
    return KEEP_LOCK_FAILED;
  }
  if (file_is_shared(file->lock_path) && fchmod(fd, 0660) != 0)
    errno = 0; /* it is another member's, who has done this */
  if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    const int number = errno;
    *holder = holder_read(fd);
    close(fd);
    if (number == EAGAIN || number == EACCES)
      return KEEP_LOCK_OTHERS;
    fail(err, file->lock_path, number);
    return KEEP_LOCK_FAILED;
  }
  snprintf(own, sizeof own, "%-12d\n", (int)getpid());
  if (pwrite(fd, own, strlen(own), 0) < 0)
    own[0] = '\0'; /* only what the other one says about us is missing */
  file->lock = fd;
  return KEEP_LOCK_OURS;
}

bool keep_file_read(const struct keep_file *file, struct keep_records *records, struct err *err) {
  struct file_text read;
  struct stat status;
  *records = (struct keep_records){0};
  if (lstat(file->path, &status) != 0)
    return errno == ENOENT || fail(err, file->path, errno);
  if (!S_ISREG(status.st_mode))
    return err_set(err, ERR_INVALID, "%.160s is not a regular file", file->path);
  file_read(file->path, KEEP_FILE_BYTES_MAX, &read);
  if (!read.text) {
    *err = read.err;
    return false;
  }
  struct err why = {0};
  const bool good = read.cut
                        ? is_cut(&why)
                        : keep_text_read(read.text, read.len, clock_wall_read_ms(), records, &why);
  file_text_fini(&read);
  return good || err_set(err, why.kind, "%.130s: %.110s", file->path, why.text);
}

bool keep_file_write(const struct keep_file *file, const char *text, struct err *err) {
  return file_save(file->path, text, strlen(text), err);
}
