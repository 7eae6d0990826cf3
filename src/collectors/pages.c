#include "collectors/page.h"

#include <stddef.h>

#define PAGE(name) extern const struct page page_##name;
#include "collectors/pages.def"
#undef PAGE

#define PAGE(name) &page_##name,
const struct page *const pages[] = {
#include "collectors/pages.def"
    NULL,
};
#undef PAGE

#define PAGE(name) &page_##name.spec,
const struct page_spec *const page_specs[] = {
#include "collectors/pages.def"
    NULL,
};
#undef PAGE

const struct page *page_of(const struct page_spec *spec) {
  return (const struct page *)((const char *)spec - offsetof(struct page, spec));
}
