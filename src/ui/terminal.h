/* The terminal, by ncurses; the only file that knows it.
 *
 * Opened once. Whatever happens after that (a return, a signal, a crash, a hang-up), the terminal
 * is given back as it was found: terminal_close, and for a crash terminal_restore_raw, which is
 * async-signal-safe. Nothing here waits: input is read when the descriptor is readable. */
#pragma once

#include "core/err.h"
#include "ui/canvas.h"
#include "ui/key.h"
#include "ui/theme.h"

struct terminal;

struct terminal_options {
  const struct theme *theme; /* borrowed for the life of the terminal */
  bool no_color;             /* attributes only: bold, reverse, underline */
};

/* Takes the terminal of stdin and stdout. False with a sentence when it is none, or TERM is unknown
 * or dumb. */
struct terminal *terminal_open(const struct terminal_options *options, struct err *err);
void terminal_close(struct terminal *terminal);

/* The size as the kernel says it now. */
void terminal_size(const struct terminal *terminal, int *width, int *height);
/* The descriptor to wait on for keys. */
int terminal_input(const struct terminal *terminal);
/* True with the next key that has been typed; false when there is none now. *gone is set when the
 * terminal is (EOF, EIO): leave. */
bool terminal_key(struct terminal *terminal, struct key *key, bool *gone);
/* Whether a lone ESC waits to be told from the begin of a sequence: call terminal_key again after
 * that many milliseconds (0: no need). */
int terminal_escape_wait(const struct terminal *terminal);

/* Shows the canvas: writes only what differs from what is there. False when the terminal is gone.
 */
bool terminal_show(struct terminal *terminal, const struct canvas *canvas);
/* Everything is written anew at the next terminal_show. */
void terminal_invalidate(struct terminal *terminal);
/* Gives the terminal back for a while (suspend), and takes it again. */
void terminal_leave(struct terminal *terminal);
void terminal_enter(struct terminal *terminal);

/* From a crash handler: writes the bytes that give the terminal back, and its settings. */
void terminal_restore_raw(void);
