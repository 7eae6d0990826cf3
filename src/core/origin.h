/* Where a value of the configuration comes from. */
#pragma once

/* Beside the file itself, as bits. */
enum origin_by {
  ORIGIN_VARIABLE = 1, /* ${VAR}: the environment */
  ORIGIN_FILE = 2,     /* ${file:PATH}, or a secret that is a file */
  ORIGIN_COMMAND = 4,  /* a secret that a command prints */
};

struct origin {
  const char *file; /* borrowed from the configuration; NULL: it is the default */
  int line, column; /* from 1; 0: none */
  unsigned by;
};
