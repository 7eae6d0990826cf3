#include "collectors/collector.h"

#include <string.h>

#define COLLECTOR(name) extern const struct collector collector_##name;
#include "collectors/collectors.def"
#undef COLLECTOR

#define COLLECTOR(name) &collector_##name,
const struct collector *const collectors[] = {
#include "collectors/collectors.def"
    NULL,
};
#undef COLLECTOR

const struct collector *collector_find(const char *kind) {
  for (const struct collector *const *each = collectors; *each; each++)
    if (strcmp((*each)->kind.kind, kind) == 0)
      return *each;
  return NULL;
}
