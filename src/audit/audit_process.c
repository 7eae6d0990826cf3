#include "audit/audit_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  START_FIELD = 22, /* of /proc/PID/stat, proc(5): starttime */
  CLOCK_SLACK_MS = 60000,
};

int64_t process_start(int64_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0)
    return 0;
  text[got] = '\0';
  /* The name in parentheses may contain anything, even parentheses. */
  const char *at = strrchr(text, ')');
  for (int field = 2; at && field < START_FIELD; field++)
    at = strchr(at + 1, ' ');
  return at ? strtoll(at, NULL, 10) : 0;
}

static bool was_before_boot(int64_t at_ms, int64_t now_ms) {
  struct timespec up;
  clock_gettime(CLOCK_BOOTTIME, &up);
  int64_t boot_ms = now_ms - ((int64_t)up.tv_sec * 1000 + up.tv_nsec / 1000000);
  return at_ms < boot_ms - CLOCK_SLACK_MS;
}

bool process_is_gone(int64_t pid, int64_t start, int64_t at_ms, int64_t now_ms) {
  if (pid <= 0 || pid > INT32_MAX || was_before_boot(at_ms, now_ms))
    return true;
  int64_t now_there = process_start(pid);
  if (now_there > 0 && start > 0)
    return now_there != start;
  return kill((pid_t)pid, 0) != 0 && errno == ESRCH; /* /proc may be hidden from this user */
}
