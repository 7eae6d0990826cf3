#include "model/fact.h"

#include "core/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *fact_name(enum fact_kind kind) {
  static const char *const names[FACT_COUNT] = {
      [FACT_SERVER] = "server",   [FACT_START] = "start",     [FACT_ROLE] = "role",
      [FACT_HISTORY] = "history", [FACT_MEMBERS] = "members", [FACT_DATABASE] = "database"};
  return names[kind];
}

void facts_fini(struct facts *facts) {
  for (size_t i = 0; i < FACT_COUNT; i++)
    free(facts->values[i]);
}

static void log_change(struct events *events, int64_t now_ms, const char *subject,
                       enum fact_kind kind, const char *before, const char *now) {
  switch (kind) {
  case FACT_SERVER:
    events_add_change(events, now_ms, subject, "different server: was %s, now %s", before, now);
    break;
  case FACT_START:
    events_add_change(events, now_ms, subject, "restarted");
    break;
  case FACT_ROLE:
    events_add_change(events, now_ms, subject, "role changed from %s to %s", before, now);
    break;
  case FACT_HISTORY:
    events_add_change(events, now_ms, subject, "data history changed: was %s, now %s", before, now);
    break;
  case FACT_MEMBERS:
    events_add_change(events, now_ms, subject, "members changed from %s to %s", before, now);
    break;
  case FACT_DATABASE:
    events_add_change(events, now_ms, subject, "different database: was %s, now %s", before, now);
    break;
  case FACT_COUNT:
    break;
  }
}

static bool changed(const char *before, const char *now) {
  return before && now && strcmp(before, now) != 0;
}

bool facts_update(struct facts *facts, const char *const values[FACT_COUNT], struct events *events,
                  int64_t now_ms, const char *subject) {
  bool replaced = changed(facts->values[FACT_SERVER], values[FACT_SERVER]);
  const bool other = replaced || changed(facts->values[FACT_DATABASE], values[FACT_DATABASE]);
  for (size_t i = 0; i < FACT_COUNT; i++) {
    bool follows = replaced && (i == FACT_START || i == FACT_HISTORY);
    if (changed(facts->values[i], values[i]) && !follows)
      log_change(events, now_ms, subject, (enum fact_kind)i, facts->values[i], values[i]);
    if (!values[i])
      continue;
    free(facts->values[i]);
    facts->values[i] = mem_dup(values[i]);
  }
  return other;
}
