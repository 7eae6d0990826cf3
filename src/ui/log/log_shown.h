/* A line that is shown in full. */
#pragma once

#include "model/log/logs.h"

/* A copy, since the line may be dropped. */
struct log_shown {
  int64_t time_ms;
  uint64_t cut;
  char *text, *source, *place;
  enum log_level level;
  enum log_time time;
  bool json, stderr_;
};

void log_shown_fini(struct log_shown *shown);
void log_shown_set(struct log_shown *shown, const struct logs *logs,
                   const struct log_record *record);
