/* The meaning of a cell on the screen; a theme (ui/draw/theme.h) defines its look. No view names a
 * colour, and no state is shown by a style alone: there is always a word or a mark as well. */
#pragma once

#include "model/judge/severity.h"

enum style {
  STYLE_TEXT,
  STYLE_DIM,   /* secondary text: units, hints */
  STYLE_LABEL, /* headings of columns, titles of figures */
  STYLE_BORDER,
  STYLE_BORDER_FOCUSED,
  STYLE_TITLE,  /* of a pane */
  STYLE_FIGURE, /* the headline in a pane's border */
  STYLE_OK,
  STYLE_WARN,
  STYLE_CRIT,
  STYLE_UNKNOWN,
  STYLE_STALE, /* data too old to be trusted, whatever its values */
  STYLE_GAUGE, /* the empty part of a bar; the full part has its severity's style */
  STYLE_SPARK,
  STYLE_HEADER,
  STYLE_HEADER_PRODUCTION, /* the header of an environment where a mistake is expensive */
  STYLE_KEY,               /* a key's name in the bottom line */
  STYLE_NOTICE,            /* paused, filtered: the view is not in its normal state */
  STYLE_SOURCE_1,          /* sources of log lines, in turn; their names are always there */
  STYLE_SOURCE_2,
  STYLE_SOURCE_3,
  STYLE_SOURCE_4,
  STYLE_SOURCE_5,
  STYLE_SOURCE_6,
  STYLE_INFO, /* an event that is a change: neither good nor bad */
  STYLE_COUNT
};

enum { STYLE_SOURCES = STYLE_SOURCE_6 - STYLE_SOURCE_1 + 1 };

/* Added to a style. */
enum style_flag {
  STYLE_SELECTED = 1 << 8, /* the selected row: reversed or on another background */
  STYLE_STRONG = 1 << 9,   /* bold */
  STYLE_MASK = 0xff
};

/* The style of a severity: STYLE_OK to STYLE_CRIT. */
static inline unsigned style_of_severity(enum severity severity) {
  static const unsigned char styles[] = {[SEVERITY_OK] = STYLE_OK,
                                         [SEVERITY_UNKNOWN] = STYLE_UNKNOWN,
                                         [SEVERITY_WARN] = STYLE_WARN,
                                         [SEVERITY_CRIT] = STYLE_CRIT};
  return styles[severity];
}
