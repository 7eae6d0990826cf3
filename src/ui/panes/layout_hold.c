#include "ui/panes/layout_hold.h"

#include <string.h>

static int body_of(const struct layout *layout, size_t pane) {
  return layout->rects[pane].height - 1 - (layout->looks[pane] & PANE_BOTTOM ? 1 : 0);
}

static bool rect_is_same(struct rect a, struct rect b) {
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

static bool layout_is_same(const struct layout *a, const struct layout *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!rect_is_same(a->rects[i], b->rects[i]))
      return false;
  return a->columns == b->columns;
}

/* Whether a pane would get lines that it lacks, and should not wait for them. */
static bool is_pressing(const struct layout_hold *hold, const struct layout *layout,
                        const struct pane_need *needs) {
  for (size_t i = 0; i < hold->count; i++) {
    const int body = body_of(&hold->layout, i), more = body_of(layout, i) - body;
    const bool worse = needs[i].severity > hold->severities[i] && needs[i].lines > body;
    if (more > 0 && (worse || needs[i].urgent > body))
      return true;
    if (more >= LAYOUT_MANY && needs[i].lines >= body + LAYOUT_MANY && !needs[i].takes_rest)
      return true;
  }
  return false;
}

/* Whether a pane would get a line that it lacks. The events never hurry: something has happened. */
static bool is_wanting(const struct layout_hold *hold, const struct layout *layout,
                       const struct pane_need *needs) {
  for (size_t i = 0; i < hold->count; i++) {
    const int body = body_of(&hold->layout, i);
    if (!needs[i].takes_rest && needs[i].lines > body && body_of(layout, i) > body)
      return true;
  }
  return false;
}

static void take(struct layout_hold *hold, const struct layout *layout, struct rect area,
                 const struct pane_need *needs, size_t count) {
  hold->layout = *layout;
  hold->area = area;
  hold->count = count;
  hold->differs_ms = 0;
  for (size_t i = 0; i < count; i++)
    hold->severities[i] = needs[i].severity;
}

void layout_settle(struct layout_hold *hold, struct layout *layout, struct rect area,
                   const struct pane_need *needs, size_t count, int64_t now_ms) {
  if (hold->count != count)
    hold->begun_ms = now_ms;
  if (hold->count != count || now_ms - hold->begun_ms < LAYOUT_YOUNG_MS ||
      !rect_is_same(hold->area, area) || is_pressing(hold, layout, needs)) {
    take(hold, layout, area, needs, count);
    return;
  }
  for (size_t i = 0; i < count; i++) /* worse than the best that it has been since */
    if (needs[i].severity < hold->severities[i])
      hold->severities[i] = needs[i].severity;
  if (layout_is_same(&hold->layout, layout, count)) {
    hold->differs_ms = 0;
    return;
  }
  if (hold->differs_ms == 0 || now_ms < hold->differs_ms)
    hold->differs_ms = now_ms;
  const int64_t wait_ms = is_wanting(hold, layout, needs) ? LAYOUT_HOLD_MS : LAYOUT_IDLE_MS;
  if (now_ms - hold->differs_ms >= wait_ms)
    take(hold, layout, area, needs, count);
  else
    *layout = hold->layout;
}
