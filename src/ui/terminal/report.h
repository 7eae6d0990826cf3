/* What the terminal says about itself, in answer to questions or unasked (mode 2031). Pure.
 *
 *   question             answer
 *   ESC [ 5 n            ESC [ 0 n                          it has come this far in our output
 *   ESC [ ? 2026 $ p     ESC [ ? 2026 ; STATE $ y           whether it knows synchronized output
 *   ESC ] 11 ; ? ST      ESC ] 11 ; rgb:R/G/B ST or BEL     its background
 *   ESC [ ? 996 n        ESC [ ? 997 ; 1 n (2: light)       its colour scheme; with mode 2031 also
 *                                                           whenever that changes */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum scheme { SCHEME_UNKNOWN, SCHEME_DARK, SCHEME_LIGHT };

struct reports {
  unsigned arrivals; /* answers to ESC [ 5 n */
  bool synchronized; /* knows mode 2026 */
  enum scheme scheme;
};

enum { REPORT_STRING_MAX = 64 }; /* bytes of an OSC that may be an answer */

/* A sequence ESC [ PARAMETERS FINAL; any other than these answers is ignored. */
void reports_csi(struct reports *reports, const char *parameters, char final);
/* The text of an OSC, between ESC ] and its end; the same. */
void reports_osc(struct reports *reports, const char *text);
