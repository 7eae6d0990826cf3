#include "clients/host/host_truncate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void end_with(struct host_result *result, enum host_end end, const char *words) {
  result->end = end;
  err_set(&result->err, ERR_INVALID, "%s", words);
}

/* By an errno. */
static void fail(struct host_result *result, int error, const char *what) {
  result->end = error == ENOENT || error == ESRCH ? HOST_GONE : HOST_REFUSED;
  host_failed(&result->err, error, what);
}

/* Opens without any effect on what it finds: a descriptor of the file itself, by which it cannot be
 * read or written yet. */
static int open_path(const struct host_opened *opened, struct host_result *result) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%ld/fd/%d", opened->proc, opened->pid, opened->fd);
  const int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ESRCH))
    end_with(result, HOST_GONE, "the process has closed it, or has ended");
  else if (fd < 0)
    fail(result, errno, path);
  return fd;
}

static bool is_planned(const struct host_opened *opened, const struct host_stat *stat,
                       struct host_result *result) {
  if (!S_ISREG(stat->mode) || stat->device != opened->device || stat->inode != opened->inode ||
      host_process_started(opened->proc, opened->pid) != opened->started)
    end_with(result, HOST_GONE, "the process has closed it: its descriptor is another file now");
  else if ((stat->links == 0) != opened->deleted)
    end_with(result, HOST_GONE,
             opened->deleted ? "it has a name again" : "it was deleted since the plan");
  else
    return true;
  return false;
}

static void truncate_opened(int fd, const struct host_stat *before, struct host_result *result) {
  struct host_stat after;
  char again[64];
  snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
  const int writable = open(again, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (writable < 0) {
    fail(result, errno, "cannot open it for writing");
    return;
  }
  if (ftruncate(writable, 0) != 0) {
    fail(result, errno, "cannot truncate it");
  } else {
    result->end = HOST_DONE;
    result->before = before->allocated;
    if (host_stat_at(writable, "", false, &after) == 0) {
      result->freed = before->allocated - after.allocated;
      result->size = after.size;
    }
  }
  close(writable);
}

void host_truncate(const struct host_opened *opened, struct host_result *result) {
  struct host_stat stat;
  *result = (struct host_result){0};
  const int fd = open_path(opened, result);
  if (fd < 0)
    return;
  const int error = host_stat_at(fd, "", false, &stat);
  if (error)
    fail(result, error, "cannot look at it");
  else if (is_planned(opened, &stat, result))
    truncate_opened(fd, &stat, result);
  close(fd);
}
