/* Keeps what libraries (and assertions) print on stderr off the screen, while there is one.
 *
 * It is said when the screen is gone: its last STDERR_KEPT bytes, in plain ASCII, for there may be
 * a server's words in it. When stderr is no terminal it goes where it always went. */
#pragma once

enum { STDERR_KEPT = 4096 };

void stderr_hold(void);
/* Takes in what has come, so that the pipe does not fill up; now and then. */
void stderr_hold_drain(void);
/* stderr is stderr again, and what was kept is on it. */
void stderr_release(void);
/* The same from a crash handler; async-signal-safe. */
void stderr_hold_crashed(void);
