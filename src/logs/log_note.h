/* A source that reads nothing and says why: a pattern without a file, compressed files. */
#pragma once

#include "logs/log_source.h"

struct log_source *log_note_new(const char *name, const char *place, const struct err *err);
/* The reason is gone. */
void log_note_end(struct log_source *source);
