/* The terminal, with ncurses; the only file that uses it.
 *
 * Opened once. However the program ends (a return, a signal, a crash, a hangup), the terminal is
 * restored: terminal_close, and for a crash terminal_restore_raw, which is async-signal-safe.
 * Nothing here waits: input is read when the descriptor is readable, and output that the terminal
 * does not take at once is sent when it is writable.
 *
 * Curses draws into memory. So a frame is sent as a whole, in one write, is counted, and cannot
 * block the loop; and the terminal's settings, its input and all signals stay under our control. */
#pragma once

#include "core/err.h"
#include "ui/draw/canvas.h"
#include "ui/draw/theme.h"
#include "ui/terminal/key.h"
#include "ui/terminal/notice.h"
#include "ui/terminal/report.h"

struct terminal;

struct terminal_options {
  const struct theme *theme; /* borrowed for the call */
  bool follow_scheme;        /* ask for terminal_scheme, and for its changes */
  bool no_color;             /* attributes only: bold, reverse, underline */
  bool cursor;               /* it is seen, on the selected row */
  bool mouse;                /* take clicks and the wheel, where the terminal has them */
  bool lent; /* another process has the terminal: it is taken by terminal_enter alone, and given
                back with the settings that it has then */
};

/* Takes the terminal of stdin and stdout. NULL with a sentence when they are not a terminal, when
 * we run in the background, or when TERM is unknown or lacks what a screen needs. Set signal
 * handlers afterwards: curses sets some of its own. */
struct terminal *terminal_open(const struct terminal_options *options, struct err *err);
void terminal_close(struct terminal *terminal);
/* What the operator should know about it, in one line: TERM is unknown here, and what stands in for
 * it. NULL: nothing. May contain raw bytes of TERM. */
enum { TERMINAL_WORD_MAX = 192 };
const char *terminal_word(const struct terminal *terminal);

/* The size as the kernel says it now. */
void terminal_size(const struct terminal *terminal, int *width, int *height);
/* The descriptor to wait on: for keys, and to be writable while something is pending. */
int terminal_descriptor(const struct terminal *terminal);
/* It has hung up (EOF, EIO): exit. */
bool terminal_gone(const struct terminal *terminal);

/* Reads what has been typed, once; false if nothing. Then call terminal_key until there is no key
 * left. */
bool terminal_read(struct terminal *terminal);
bool terminal_key(struct terminal *terminal, struct key *key);
/* The milliseconds after which terminal_key_expire must be called if nothing was typed until then:
 * a lone ESC may be the start of a sequence. 0: not needed. */
int terminal_key_wait(const struct terminal *terminal);
void terminal_key_expire(struct terminal *terminal);
/* Discards everything typed so far, including what the kernel still holds: keys that were meant for
 * the previous screen. The rest of an unfinished sequence or paste is still decoded as such. */
void terminal_discard_input(struct terminal *terminal);

/* What the terminal has said of itself so far; it changes with terminal_key. */
enum scheme terminal_scheme(const struct terminal *terminal);
/* As with the options of terminal_open, from now on; with a full redraw where that is another way.
 */
void terminal_modes(struct terminal *terminal, bool follow_scheme, bool mouse);
/* Other looks from the next terminal_show on. */
void terminal_theme(struct terminal *terminal, const struct theme *theme);

/* How long the next frame must wait: the terminal has not yet come to the end of the last one
 * (ui/terminal/flow.h). 0: draw it now. terminal_key may end the wait. */
int64_t terminal_wait(struct terminal *terminal, int64_t now_ms);
/* Shows the canvas: writes only what differs from what is there. Only while nothing is pending. */
void terminal_show(struct terminal *terminal, const struct canvas *canvas, int64_t now_ms);
/* Whether part of a frame waits for the terminal to be writable; then terminal_flush. */
bool terminal_pending(const struct terminal *terminal);
void terminal_flush(struct terminal *terminal);
/* Copies the text to the terminal's clipboard (OSC 52; through tmux unchanged, subject to its
 * set-clipboard). Text beyond TERMINAL_COPY_MAX bytes is cut. It is sent with the next frame at the
 * latest. False where the terminal does not know private sequences at all. There is no reply that
 * would show whether the terminal obeys. */
enum { TERMINAL_COPY_MAX = 64 << 10 };
bool terminal_copy(struct terminal *terminal, const char *text);
/* Sends it with the next frame at the latest. The bell alone where the terminal does not know
 * private sequences at all. */
void terminal_notice(struct terminal *terminal, struct notice notice);
/* The next terminal_show redraws everything. */
void terminal_invalidate(struct terminal *terminal);
/* All bytes written so far: the screen's traffic. */
uint64_t terminal_written(const struct terminal *terminal);

/* Releases the terminal for a while (suspend), and takes it again with a full redraw. Releasing
 * waits at most TTY_LEAVE_MS, and for answers that the terminal still owes. */
void terminal_leave(struct terminal *terminal);
void terminal_enter(struct terminal *terminal);

/* From a crash handler: writes the bytes that restore the terminal, and its settings. */
void terminal_restore_raw(struct terminal *terminal);
