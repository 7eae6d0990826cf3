#include "io/file/beacon_file.h"

#include "core/map.h"
#include "core/mem.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADER "stacktop status "

enum {
  PLACES = 3,
  PLACE_DISK = 2, /* the last one; the others are in memory */
  NAME_MAX_OWN = 32,
  BOOT_ID_MAX = 40,
  HEADER_MAX = 160,
};

struct beacon_file {
  char *fallback, *config;
  int folder, lock; /* -1: none */
  int place;
  char name[NAME_MAX_OWN]; /* of the files, without suffix; "": not named yet */
};

static int64_t boot_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tells the host and its start: a state directory may be on a disk that several hosts share. */
static void boot_id(char out[BOOT_ID_MAX]) {
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd >= 0 ? read(fd, out, BOOT_ID_MAX - 1) : 0;
  if (fd >= 0)
    close(fd);
  out[got > 0 ? got : 0] = '\0';
  out[strcspn(out, " \n")] = '\0';
  if (!*out)
    snprintf(out, BOOT_ID_MAX, "-");
}

/* The same file by another path is the same configuration. */
static void name_make(const char *config, char out[NAME_MAX_OWN]) {
  char host[256] = "";
  char *real = config ? realpath(config, NULL) : NULL;
  gethostname(host, sizeof host - 1);
  const uint64_t hash = map_hash_text(map_hash_text(MAP_HASH, host), real     ? real
                                                                     : config ? config
                                                                              : "");
  free(real);
  snprintf(out, NAME_MAX_OWN, "%016" PRIx64, hash);
}

/* ---- the folder */

static bool is_own_folder(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

/* The folder above; NULL: there is no such place here. */
static char *parent_of(int place, const char *fallback) {
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  if (place == 0)
    return runtime && *runtime == '/' ? mem_dup(runtime) : NULL;
  if (place == 1)
    return mem_printf("/run/user/%ld", (long)geteuid());
  return fallback ? mem_dup(fallback) : NULL;
}

/* Its descriptor; -1: it does not exist, or others could have changed what is in it. */
static int folder_open(int place, const char *fallback, bool make) {
  struct stat status;
  char *parent = parent_of(place, fallback);
  char *path =
      parent ? mem_printf("%s/%s", parent, place == PLACE_DISK ? "status" : "stacktop") : NULL;
  int fd = -1;
  if (path && make && place == PLACE_DISK)
    file_make_folders(path);
  if (path && make && is_own_folder(parent))
    mkdir(path, 0700);
  if (path)
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 &&
      (fstat(fd, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & 077) != 0)) {
    close(fd);
    fd = -1;
  }
  free(path);
  free(parent);
  return fd;
}

/* ---- writing */

struct beacon_file *beacon_file_new(const char *fallback, const char *config) {
  struct beacon_file *file = mem_new(sizeof *file);
  *file = (struct beacon_file){.fallback = fallback ? mem_dup(fallback) : NULL,
                               .config = config ? mem_dup(config) : NULL,
                               .folder = -1,
                               .lock = -1};
  return file;
}

static char *name_with(const char *name, const char *suffix) {
  return mem_printf("%s.%s", name, suffix);
}

void beacon_file_withdraw(struct beacon_file *file) {
  if (file->lock < 0)
    return;
  char *name = name_with(file->name, "status");
  unlinkat(file->folder, name, 0);
  free(name);
  close(file->lock);
  close(file->folder);
  file->lock = file->folder = -1;
}

void beacon_file_free(struct beacon_file *file) {
  if (!file)
    return;
  if (file->lock >= 0 && file->place != PLACE_DISK)
    beacon_file_withdraw(file);
  if (file->lock >= 0) {
    close(file->lock);
    close(file->folder);
  }
  free(file->fallback);
  free(file->config);
  free(file);
}

/* False with errno. */
static bool lock_take(int folder, const char *name, int *lock) {
  struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char *file = name_with(name, "lock");
  *lock = openat(folder, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  free(file);
  if (*lock < 0)
    return false;
  if (fcntl(*lock, F_OFD_SETLK, &want) == 0)
    return true;
  const int number = errno;
  close(*lock);
  errno = number;
  return false;
}

static bool file_lock(struct beacon_file *file, struct err *err) {
  if (file->lock >= 0)
    return true;
  if (!*file->name)
    name_make(file->config, file->name);
  for (int place = 0; place < PLACES; place++) {
    file->folder = folder_open(place, file->fallback, true);
    if (file->folder < 0)
      continue;
    file->place = place;
    if (lock_take(file->folder, file->name, &file->lock))
      return true;
    const int number = errno;
    close(file->folder);
    file->folder = file->lock = -1;
    if (number == EAGAIN || number == EACCES)
      return err_set(err, ERR_DENIED, "another stacktop with this configuration reports its state");
  }
  return err_set(err, ERR_IO, "no private directory to report the state in: XDG_RUNTIME_DIR");
}

static bool write_whole(int fd, const char *text, size_t len) {
  while (len > 0) {
    const ssize_t wrote = write(fd, text, len);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return false;
    text += wrote;
    len -= (size_t)wrote;
  }
  return true;
}

bool beacon_file_write(struct beacon_file *file, const char *text, struct err *err) {
  char boot[BOOT_ID_MAX];
  if (strlen(text) > BEACON_TEXT_MAX)
    return err_set(err, ERR_LIMIT, "a state of more than %d bytes", BEACON_TEXT_MAX);
  if (!file_lock(file, err))
    return false;
  boot_id(boot);
  char *whole = mem_printf(HEADER "%d %d %s %" PRId64 " %zu\n%s\nend\n", BEACON_VERSION,
                           (int)getpid(), boot, boot_now_ms(), strlen(text), text);
  char *fresh = name_with(file->name, "new"), *name = name_with(file->name, "status");
  unlinkat(file->folder, fresh, 0); /* of a process that was killed: the lock is ours */
  const int fd =
      openat(file->folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool good = fd >= 0 && write_whole(fd, whole, strlen(whole));
  int number = errno;
  if (fd >= 0 && close(fd) != 0 && good) {
    number = errno;
    good = false;
  }
  if (good && renameat(file->folder, fresh, file->folder, name) != 0) {
    number = errno;
    good = false;
  }
  free(whole);
  free(fresh);
  free(name);
  return good || err_set(err, ERR_IO, "cannot report the state: %s", strerror(number));
}

/* ---- reading */

static bool is_damaged(struct err *err) {
  return err_set(err, ERR_INVALID, "the state file is damaged");
}

/* The number at *at, which a blank or the end of the line follows. */
static bool number_take(char **at, int64_t *number) {
  char *end;
  errno = 0;
  *number = strtoll(*at, &end, 10);
  if (end == *at || errno != 0 || *number < 0 || (*end != ' ' && *end != '\n'))
    return false;
  *at = end + 1;
  return true;
}

static bool text_read(char *whole, size_t len, struct beacon_seen *seen, struct err *err) {
  char boot[BOOT_ID_MAX], *at = whole + strlen(HEADER);
  int64_t version, at_ms, length;
  if (strlen(whole) != len || strncmp(whole, HEADER, strlen(HEADER)) != 0)
    return is_damaged(err);
  if (!number_take(&at, &version))
    return is_damaged(err);
  if (version != BEACON_VERSION)
    return err_set(err, ERR_UNSUPPORTED, "the running stacktop is of another version: restart it");
  boot_id(boot);
  if (!number_take(&at, &seen->pid))
    return is_damaged(err);
  const size_t id = strlen(boot);
  if (strncmp(at, boot, id) != 0 || at[id] != ' ')
    return err_set(err, ERR_INVALID, "no stacktop with this configuration is running");
  at += id + 1;
  if (!number_take(&at, &at_ms) || !number_take(&at, &length))
    return is_damaged(err);
  if (strlen(at) != (size_t)length + strlen("\nend\n") || strcmp(at + length, "\nend\n") != 0)
    return is_damaged(err);
  seen->age_ms = boot_now_ms() - at_ms;
  if (seen->age_ms < 0)
    return is_damaged(err);
  if (seen->age_ms > BEACON_FRESH_MS)
    return err_set(err, ERR_TIMEOUT,
                   "the running stacktop (process %" PRId64 ") has said nothing for %" PRId64 "s",
                   seen->pid, seen->age_ms / 1000);
  at[length] = '\0';
  seen->text = mem_dup(at);
  return true;
}

/* Whether a process holds the lock, which is not taken. */
static bool is_locked(int folder, const char *name) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char *file = name_with(name, "lock");
  const int fd = openat(folder, file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  free(file);
  const bool locked = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  if (fd >= 0)
    close(fd);
  return locked;
}

/* The file's bytes, ended with 0; NULL: there is none that only this user could have written. */
static char *whole_read(int folder, const char *name, size_t *len) {
  enum { WHOLE_MAX = BEACON_TEXT_MAX + HEADER_MAX + 16 };
  struct stat status;
  char *file = name_with(name, "status"), *whole = NULL;
  const int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  free(file);
  *len = 0;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
      (status.st_mode & 077) == 0 && status.st_size <= WHOLE_MAX) {
    whole = mem_new(WHOLE_MAX + 1);
    for (ssize_t got; *len < WHOLE_MAX && (got = read(fd, whole + *len, WHOLE_MAX - *len)) > 0;)
      *len += (size_t)got;
  }
  if (fd >= 0)
    close(fd);
  return whole;
}

bool beacon_file_read(const char *fallback, const char *config, struct beacon_seen *seen,
                      struct err *err) {
  char name[NAME_MAX_OWN];
  bool good = false;
  name_make(config, name);
  *seen = (struct beacon_seen){0};
  err_set(err, ERR_INVALID, "no stacktop with this configuration is running");
  for (int place = 0; place < PLACES && !good; place++) {
    const int folder = folder_open(place, fallback, false);
    if (folder < 0)
      continue;
    size_t len;
    char *whole = is_locked(folder, name) ? whole_read(folder, name, &len) : NULL;
    good = whole && text_read(whole, len, seen, err);
    free(whole);
    close(folder);
  }
  return good;
}
