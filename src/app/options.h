/* The command line. */
#pragma once

#include "core/err.h"

#include <stdint.h>
#include <stdio.h>

enum mode { MODE_DASHBOARD, MODE_CHECK, MODE_CONFIG, MODE_HELP, MODE_VERSION };

struct options {
  enum mode mode;
  const char *config;  /* -c FILE; NULL: the usual places */
  const char *only;    /* check: KIND or KIND:NAME; NULL: all */
  int64_t timeout_ms;  /* check: of each target; 0: its own */
  bool json;           /* check */
  bool default_config; /* config --default */
  bool no_unicode;     /* -U */
  bool no_color;       /* -C, or NO_COLOR in the environment */
  bool utc;
};

/* Reads argv, and NO_COLOR. False with a message that names the argument and what was expected. */
bool options_parse(struct options *options, int argc, char **argv, struct err *err) MUST_CHECK;
void options_usage(FILE *out);
