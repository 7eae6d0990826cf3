#include "core/finding.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Sentences and keys of the findings; a storm of them is cut here. */
enum { FINDINGS_BYTES_MAX = 4 << 20 };

struct findings *findings_new(void) {
  struct findings *findings = mem_new(sizeof *findings);
  arena_init(&findings->arena, FINDINGS_BYTES_MAX);
  return findings;
}

void findings_free(struct findings *findings) {
  if (!findings)
    return;
  arena_fini(&findings->arena);
  free(findings->items);
  free(findings);
}

/* Two ids that may be NULL are the same. */
static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

enum severity findings_row(const struct findings *findings, size_t slot, const char *table,
                           const char *row) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->slot == slot && !finding->pending && (!table || same(finding->table, table)) &&
        (!row || same(finding->row, row)))
      worst = severity_worse(worst, finding->severity);
  }
  return worst;
}

const struct finding *findings_find(const struct findings *findings, size_t slot, const char *table,
                                    const char *row, const char *column) {
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->slot == slot && same(finding->table, table) && same(finding->row, row) &&
        same(finding->column, column))
      return finding;
  }
  return NULL;
}

size_t findings_count(const struct findings *findings, enum severity severity) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += !findings->items[i].pending && findings->items[i].severity == severity;
  return count;
}
