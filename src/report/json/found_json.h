/* What an action that only reads has found, as JSON: docs/json.md. */
#pragma once

#include "core/err.h"
#include "model/action/operation.h"

#include <stdio.h>

/* One document and a newline. True unless writing failed. */
bool found_json_write(FILE *out, const struct operation *operation) MUST_CHECK;
