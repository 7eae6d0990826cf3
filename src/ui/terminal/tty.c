#include "ui/terminal/tty.h"

#include "core/mem.h"
#include "ui/draw/canvas.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Opens the device again. Its name may belong to another user (after su) or be in another mount
 * namespace; the controlling terminal's own name always works, if it is that. */
static int tty_reopen(void) {
  static const char *const names[] = {"/proc/self/fd/1", "/dev/tty"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    int fd = open(names[i], O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && isatty(fd))
      return fd;
    if (fd >= 0)
      close(fd);
  }
  return -1;
}

static bool in_background(int fd) {
  const pid_t group = tcgetpgrp(fd);
  return group > 0 && group != getpgrp();
}

/* Its settings now, and ours. False with errno. */
static bool settings_read(struct tty *tty) {
  if (tcgetattr(tty->fd, &tty->before) != 0)
    return false;
  tty->raw = tty->before;
  /* Without IXON Ctrl-S is a key as any other: a screen that says LIVE is never frozen by it. */
  tty->raw.c_iflag &= ~(tcflag_t)(BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  tty->raw.c_oflag &= ~(tcflag_t)OPOST;
  tty->raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  tty->raw.c_cc[VMIN] = 1;
  tty->raw.c_cc[VTIME] = 0;
  return true;
}

bool tty_open(struct tty *tty, struct err *err) {
  *tty = (struct tty){.fd = -1};
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    return err_set(err, ERR_UNSUPPORTED, "standard input and output are not a terminal");
  tty->fd = tty_reopen();
  if (tty->fd < 0)
    return err_set(err, ERR_IO, "cannot open the terminal: %s", strerror(errno));
  if (in_background(tty->fd)) {
    tty_close(tty);
    return err_set(err, ERR_UNSUPPORTED, "a background process cannot draw on the terminal");
  }
  if (!settings_read(tty)) {
    err_set(err, ERR_IO, "cannot read the terminal's settings: %s", strerror(errno));
    tty_close(tty);
    return false;
  }
  return true;
}

void tty_close(struct tty *tty) {
  assert(!tty->taken);
  if (tty->fd >= 0)
    close(tty->fd);
  free(tty->pending);
  *tty = (struct tty){.fd = -1};
}

void tty_take(struct tty *tty) {
  if (tty->lent)
    settings_read(tty);
  if (tcsetattr(tty->fd, TCSANOW, &tty->raw) != 0 && errno == EIO)
    tty->gone = true;
  tty->taken = true;
  tty->pending_count = tty->pending_sent = 0;
  const size_t count = strlen(tty->enter);
  memcpy(tty_reserve(tty, count), tty->enter, count);
  tty_send(tty, count);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until all is sent, the time is over, or the terminal is gone. */
static void tty_write_all(int fd, const char *bytes, size_t count) {
  const int64_t end = now_ms() + TTY_LEAVE_MS;
  while (count > 0) {
    const ssize_t sent = write(fd, bytes, count);
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    } else if (errno == EAGAIN) {
      struct pollfd wait = {.fd = fd, .events = POLLOUT};
      const int64_t left = end - now_ms();
      if (left <= 0 || (poll(&wait, 1, (int)left) > 0 && !(wait.revents & POLLOUT)))
        return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void tty_give_back(struct tty *tty) {
  if (!tty->taken)
    return;
  tty->taken = false;
  tty->pending_count = tty->pending_sent = 0;
  if (tty->gone)
    return;
  sigset_t ours, before;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTTOU); /* or the kernel would stop us instead, in the background */
  pthread_sigmask(SIG_BLOCK, &ours, &before);
  /* In the background (stopped from outside, then ended) the settings belong to the shell. */
  const bool settings = !in_background(tty->fd);
  if (settings) /* the shell may have changed them: output that Ctrl-S has stopped continues */
    tcsetattr(tty->fd, TCSANOW, &tty->raw);
  /* It begins with ESC, which ends a sequence of a frame that was cut off. */
  tty_write_all(tty->fd, tty->leave, strlen(tty->leave));
  if (settings)
    tcsetattr(tty->fd, TCSANOW, &tty->before);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void tty_size(const struct tty *tty, int *width, int *height) {
  struct winsize size = {0};
  ioctl(tty->fd, TIOCGWINSZ, &size);
  *width = size.ws_col ? size.ws_col : 80;
  *height = size.ws_row ? size.ws_row : 24;
  if (*width > CANVAS_SIDE_MAX)
    *width = CANVAS_SIDE_MAX;
  if (*height > CANVAS_SIDE_MAX)
    *height = CANVAS_SIDE_MAX;
}

size_t tty_read(struct tty *tty, uint8_t *bytes, size_t size) {
  const ssize_t count = read(tty->fd, bytes, size);
  if (count > 0)
    return (size_t)count;
  if (count == 0 || (errno != EAGAIN && errno != EINTR))
    tty->gone = true;
  return 0;
}

bool tty_wait(const struct tty *tty, int ms) {
  struct pollfd wait = {.fd = tty->fd, .events = POLLIN};
  return poll(&wait, 1, ms) > 0;
}

char *tty_reserve(struct tty *tty, size_t count) {
  assert(tty->pending_count == 0);
  if (count > tty->pending_size) {
    tty->pending = mem_resize(tty->pending, count);
    tty->pending_size = count;
  }
  return tty->pending;
}

void tty_send(struct tty *tty, size_t count) {
  tty->pending_count = count;
  tty_flush(tty);
}

void tty_flush(struct tty *tty) {
  while (tty->pending_sent < tty->pending_count && !tty->gone) {
    const ssize_t sent =
        write(tty->fd, tty->pending + tty->pending_sent, tty->pending_count - tty->pending_sent);
    if (sent > 0) {
      tty->pending_sent += (size_t)sent;
      tty->written += (uint64_t)sent;
    } else if (sent < 0 && errno == EAGAIN) {
      return;
    } else if (sent < 0 && errno != EINTR) {
      tty->gone = true;
    }
  }
  tty->pending_count = tty->pending_sent = 0;
}
