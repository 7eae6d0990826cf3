/* The terminal, by ncurses; the only file that knows it.
 *
 * Opened once. Whatever happens after that (a return, a signal, a crash, a hang-up), the terminal
 * is given back as it was found: terminal_close, and for a crash terminal_restore_raw, which is
 * async-signal-safe. Nothing here waits: input is read when the descriptor is readable, and what
 * the terminal does not take at once is sent when it is writable.
 *
 * Curses draws into memory. So a frame goes out as a whole, in one write, is counted, and cannot
 * stop the loop; and the terminal's settings, its input and all signals stay ours. */
#pragma once

#include "core/err.h"
#include "ui/draw/canvas.h"
#include "ui/draw/theme.h"
#include "ui/terminal/key.h"

struct terminal;

struct terminal_options {
  const struct theme *theme; /* borrowed for the call */
  bool no_color;             /* attributes only: bold, reverse, underline */
};

/* Takes the terminal of stdin and stdout. NULL with a sentence when it is none, when we run in the
 * background, or when TERM is unknown or cannot do what a screen needs. Signal handlers are to be
 * set after it: curses sets some of its own. */
struct terminal *terminal_open(const struct terminal_options *options, struct err *err);
void terminal_close(struct terminal *terminal);

/* The size as the kernel says it now. */
void terminal_size(const struct terminal *terminal, int *width, int *height);
/* The descriptor to wait on: for keys, and to be writable while something is pending. */
int terminal_descriptor(const struct terminal *terminal);
/* It has hung up (EOF, EIO): leave. */
bool terminal_gone(const struct terminal *terminal);

/* Takes what has been typed, once; false if nothing. Then ask for keys until there is none. */
bool terminal_read(struct terminal *terminal);
bool terminal_key(struct terminal *terminal, struct key *key);
/* The milliseconds after which terminal_key_expire is to be called if nothing was typed until
 * then: a lone ESC waits to be told from the begin of a sequence. 0: no need. */
int terminal_key_wait(const struct terminal *terminal);
void terminal_key_expire(struct terminal *terminal);
/* Throws away what has been typed up to now, also what the kernel still holds: keys that were meant
 * for what was on the screen before. Of a sequence or a paste that is not over yet, what follows is
 * still taken for what it is. */
void terminal_discard_input(struct terminal *terminal);

/* Shows the canvas: writes only what differs from what is there. Only while nothing is pending. */
void terminal_show(struct terminal *terminal, const struct canvas *canvas);
/* Whether part of a frame waits for the terminal to be writable; then terminal_flush. */
bool terminal_pending(const struct terminal *terminal);
void terminal_flush(struct terminal *terminal);
/* Gives the text to the terminal's clipboard (OSC 52; through tmux as it is, by its set-clipboard).
 * What is beyond TERMINAL_COPY_MAX bytes is left out. It goes out with the next frame at the
 * latest. False where the terminal does not know private sequences at all. Whether it obeys, nobody
 * is told. */
enum { TERMINAL_COPY_MAX = 64 << 10 };
bool terminal_copy(struct terminal *terminal, const char *text);
/* Everything is written anew at the next terminal_show. */
void terminal_invalidate(struct terminal *terminal);
/* All bytes written so far: what the screen costs on the line. */
uint64_t terminal_written(const struct terminal *terminal);

/* Gives the terminal back for a while (suspend), and takes it again, with all to be written anew.
 * Giving back waits for TTY_LEAVE_MS at most. */
void terminal_leave(struct terminal *terminal);
void terminal_enter(struct terminal *terminal);

/* From a crash handler: writes the bytes that give the terminal back, and its settings. */
void terminal_restore_raw(struct terminal *terminal);
