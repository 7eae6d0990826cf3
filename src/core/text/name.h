/* Names that a person chooses in the configuration: of queries, of backups. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* 1 to `most` bytes without control characters. `what` is its noun in the error: "query". */
bool name_check(const char *name, const char *what, size_t most, struct err *err) MUST_CHECK;
