/* The terminal as a device: its settings, bytes in, bytes out. Independent of curses.
 *
 * It has an open file description of its own, so that O_NONBLOCK does not affect the shell that
 * shares ours. Nothing waits: output that the terminal does not take now is kept, up to one frame,
 * until it is writable (a slow line, Ctrl-S). */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>
#include <termios.h>

enum {
  TTY_LEAVE_MS = 300, /* how long restoring may take when the terminal does not read */
  TTY_MODE_MAX = 256, /* bytes of the sequences that take and restore it */
};

struct tty {
  int fd;
  bool taken;
  bool gone;
  bool lent; /* its settings are read each time that it is taken: they are another process's */
  struct termios before, raw;
  char enter[TTY_MODE_MAX], leave[TTY_MODE_MAX];
  char *pending;
  size_t pending_size, pending_count, pending_sent;
  uint64_t written; /* total bytes sent */
};

/* Opens the terminal of stdin and stdout. False with a sentence when they are not a terminal, or
 * when it belongs to another job (we run in the background). */
bool tty_open(struct tty *tty, struct err *err) MUST_CHECK;
void tty_close(struct tty *tty);

/* Raw mode, and `enter` sent. In the background the kernel stops us here until we are in the
 * foreground. */
void tty_take(struct tty *tty);
/* Restores it: drops pending output, sends `leave`, resets the settings. Gives up after
 * TTY_LEAVE_MS. Async-signal-safe. */
void tty_give_back(struct tty *tty);

void tty_size(const struct tty *tty, int *width, int *height); /* 80x24 if it is not known */
/* Bytes typed; 0: none now, or hung up. */
size_t tty_read(struct tty *tty, uint8_t *bytes, size_t size);
/* Waits for something to be typed; false if nothing was. */
bool tty_wait(const struct tty *tty, int ms);
/* A buffer for that many bytes, sent by tty_send; only while nothing is pending. */
char *tty_reserve(struct tty *tty, size_t count);
void tty_send(struct tty *tty, size_t count);
/* Sends pending output, as far as the terminal takes it now. */
void tty_flush(struct tty *tty);
