/* Small drawings: marks, bars, sparklines, ages. */
#pragma once

#include "model/history.h"
#include "model/judge/severity.h"
#include "ui/draw/canvas.h"

enum { MARK_CELLS = 2 }; /* of mark_of */

/* The sign of a severity, two cells of ASCII: "!!" CRIT, "! " WARN, "? " UNKNOWN, blank for OK. */
/* Of an event that is a change: neither good nor bad. */
#define MARK_CHANGE "~ "
const char *mark_of(enum severity severity);
/* "ok", "CRIT", "WARN", "UNKNOWN": for people. */
const char *word_of(enum severity severity);

/* A bar of `width` cells, of which ratio (0..1) are full. */
void widget_gauge(struct canvas *canvas, int x, int y, int width, unsigned style_full,
                  double ratio);

/* The history of a cell in `width` cells, the newest at the right. Each cell is the maximum of as
 * many values as needed to show the whole ring; values are bundled by their place in the ring, so
 * that in a long-running view only the last cell changes with a new value and the line moves once
 * per bundle (few bytes to the terminal). From 0 to the next round number above the maximum.
 * Unknown values are blank. ring may be NULL. */
void widget_spark(struct canvas *canvas, int x, int y, int width, unsigned style,
                  const struct history_ring *ring);

/* The same over several lines, as far back as the width allows. top: the value at the upper edge.
 * cells: the width of a bar, at least; it is the maximum of as many times more values, so that the
 * chart moves once for them all (few bytes to the terminal). Returns how many samples it covers. */
int widget_chart(struct canvas *canvas, struct rect plot, unsigned style,
                 const struct history_ring *ring, double top, int cells);
/* The next round number above the maximum of the ring and `least`. */
double widget_chart_top(const struct history_ring *ring, double least);

/* Values, the oldest first, as bars of `height` lines at the right end of `width` cells; a value
 * that is not 0 is never drawn empty. From 0 to the next round number above the greatest. */
void widget_bars(struct canvas *canvas, int x, int y, int width, int height, unsigned style,
                 const double *values, int count);

enum { AGE_MAX = 16 };
/* An age with one unit, so that it changes rarely: "14s", "5m", "3h", "2d". */
const char *age_text(char out[AGE_MAX], int64_t ms);
