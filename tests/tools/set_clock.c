/* A host whose wall clock can be set: preloaded, it adds to CLOCK_REALTIME the seconds that stand
 * in the file STACKTOP_CLOCK names. The steady clocks are left alone, as the kernel does. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long seconds_set(void) {
  char text[32] = "";
  const char *path = getenv("STACKTOP_CLOCK");
  const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
    *text = '\0';
  if (fd >= 0)
    close(fd);
  return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  const int status = real(id, now);
  if (status == 0 && id == CLOCK_REALTIME)
    now->tv_sec += seconds_set();
  return status;
}
