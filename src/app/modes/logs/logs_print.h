/* How `stacktop logs` prints lines and messages. */
#pragma once

#include "model/log/log.h"
#include "model/log/log_counts.h"

#include <stdio.h>

struct logs_print {
  FILE *out;
  bool json, color, ascii, utc;
};

/* source: the name of the record's source. False: it could not be written. */
bool logs_print_line(const struct logs_print *print, const struct log_record *record,
                     const char *source);
/* The most frequent messages. */
bool logs_print_messages(const struct logs_print *print, struct log_messages *messages);
