/* Reads one line from a user at a terminal, before or after the loop: blocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The terminal for input: stdin if it is one; otherwise, if `tty`, the controlling terminal. -1:
 * none. */
int ask_open(bool tty);
void ask_close(int terminal);
/* Discards earlier input, writes the prompt and reads one line without its end. A paste (marked as
 * one by the terminal, or a line that came together with more) is discarded, and it asks again.
 * False at the end of input, if it is too long for `line`, or after a signal. */
bool ask_line(int terminal, const char *prompt, char *line, size_t size);
