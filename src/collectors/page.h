/* A page of a target or of a row: a collector that runs only while a person looks at it.
 *
 * A page is a const descriptor in one file, with one line in pages.def. It has the life cycle of a
 * collector (collectors/frame.h), with a connection of its own: opened with the page, closed with
 * it. The scheduler collects it at its interval, cancels it at its deadline and when it is left,
 * and holds it while the screen is paused.
 *
 * What a page cannot show for lack of an extension or a right, it fails with (watch_failed), in
 * words that say which one and how to get it: an empty table would look like good news. */
#pragma once

#include "io/io.h"
#include "model/page.h"
#include "model/target.h"

struct page {
  struct page_spec spec;
  /* How it is collected: `ask` builds a sample of spec.tables. Its instance knows the page and what
   * it is about (watch.page, watch.focus). Pages of a system share one. */
  const struct watch_kind *watch;
  const void *own; /* for that watch_kind: what distinguishes this page from the others */
};

/* All pages, from pages.def, in the order of the lists; both end with NULL. */
extern const struct page *const pages[];
extern const struct page_spec *const page_specs[];
/* The page of that spec, which is one of page_specs. */
const struct page *page_of(const struct page_spec *spec);
