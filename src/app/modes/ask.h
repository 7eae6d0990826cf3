/* One line from a person at a terminal, before or after the loop: blocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The terminal to ask on: stdin where it is one; else, if `tty`, the process' own. -1: there is
 * none. */
int ask_open(bool tty);
void ask_close(int terminal);
/* Throws away what was typed before, writes the prompt, and takes one line, without its end. False
 * when there is none (end of input) or it is too long for `line`. */
bool ask_line(int terminal, const char *prompt, char *line, size_t size);
