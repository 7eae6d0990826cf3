/* Keeps output of libraries (and assertions) on stderr off the screen.
 *
 * It is written after the screen is closed: the last STDERR_KEPT bytes in plain ASCII, because it
 * may contain text of a server. If stderr is not a terminal it is not redirected. */
#pragma once

enum { STDERR_KEPT = 4096 };

void stderr_hold(void);
/* Reads what has arrived, so that the pipe does not fill up; call it from time to time. */
void stderr_hold_drain(void);
/* Restores stderr and writes what was kept. */
void stderr_release(void);
/* The same from a crash handler; async-signal-safe. */
void stderr_hold_crashed(void);
