/* A disk under the audit that fails or is slow: preloaded, it reads "ERRNO MILLISECONDS SKIP" from
 * the file STACKTOP_DISK at each fdatasync of a file named audit.jsonl. The first SKIP of them are
 * as always; the others take so long, and fail unless ERRNO is 0. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault {
  int number, slow_ms, skip;
};

static struct fault fault_read(void) {
  struct fault fault = {0};
  const char *path = getenv("STACKTOP_DISK");
  FILE *file = path ? fopen(path, "re") : NULL;
  if (!file || fscanf(file, "%d %d %d", &fault.number, &fault.slow_ms, &fault.skip) != 3)
    fault = (struct fault){0};
  if (file)
    fclose(file);
  return fault;
}

static int is_audit(int fd) {
  static const char name[] = "/audit.jsonl";
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t len = readlink(link, path, sizeof path);
  return len >= (ssize_t)sizeof name - 1 &&
         memcmp(path + len - (sizeof name - 1), name, sizeof name - 1) == 0;
}

int fdatasync(int fd) {
  static atomic_int syncs;
  if (is_audit(fd)) {
    const struct fault fault = fault_read();
    if (syncs++ >= fault.skip) {
      usleep((useconds_t)fault.slow_ms * 1000);
      errno = fault.number;
      if (fault.number != 0)
        return -1;
    }
  }
  return (int)syscall(SYS_fdatasync, fd);
}
