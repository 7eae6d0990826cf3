/* From what one collection has read to a sample; keeps what the next one compares with. */
#pragma once

#include "collectors/past.h"
#include "collectors/systemd/systemd_table.h"
#include "model/sample.h"

enum { SYSTEMD_UNITS_MAX = 300 };

struct systemd_answers {
  const char *name; /* of the target */
  struct systemd_manager manager;
  int64_t latency_us; /* of the list; -1: not known */
  struct systemd_list_of_patterns {
    const char *const *items;
    size_t count;
  } patterns; /* configured, with wildcards */
  struct systemd_reading *readings;
  size_t count;
  size_t total;          /* wanted units; more than count: the rest was not asked for */
  size_t unlisted;       /* units that were asked for by name, and that systemd left out */
  size_t unread;         /* units for which a question failed */
  struct err unread_err; /* of the first of them */
};
/* now_s: since 1970. */
struct sample *systemd_sample(const struct systemd_answers *answers, struct pasts *pasts,
                              double now_s);
