/* JSON for reading, as lines: pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Calls take(arg, line, length) for each line of the document, indented by two spaces a level;
 * numbers and texts stay as they are written. False, without a call, if it is no JSON object or
 * array. take returns false to stop. */
bool kafka_json_lines(const char *text, bool (*take)(void *arg, const char *line, size_t length),
                      void *arg);
