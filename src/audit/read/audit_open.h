/* Intents without an outcome and unknown outcomes, collected while reading a file from its
 * start. */
#pragma once

#include "audit/audit_record.h"
#include "core/map.h"

#include <sys/queue.h>

enum {
  AUDIT_OPEN_MAX = 100000, /* beyond it the oldest are dropped */
};

struct audit_open_intent {
  const char *key;                      /* id and host */
  TAILQ_ENTRY(audit_open_intent) order; /* as in the file */
  int64_t offset;                       /* of its line in the file */
  size_t len;
  char text[];
};

struct audit_open {
  TAILQ_HEAD(audit_open_order, audit_open_intent) order;
  struct map by_key; /* the intents themselves */
};

void audit_open_init(struct audit_open *open);
void audit_open_fini(struct audit_open *open);
/* Adds an intent. Its outcome removes it or, if unknown, replaces it; an acknowledgement removes
 * either. */
void audit_open_see(struct audit_open *open, const struct audit_record *record, int64_t offset,
                    size_t len);
/* Whether the record of the line at that offset is still open. */
bool audit_open_has(const struct audit_open *open, const struct audit_record *record,
                    int64_t offset);
/* Whether an open record is an unknown outcome, or an intent that will never get one: its process
 * is gone, or it is of another host and older than a day. */
bool audit_open_is_unknown(const struct audit_record *record, const char *host, int64_t now_ms);
