/* The flags of columns by name, as the document has them. */
#pragma once

#include "model/table.h"

struct json_flag {
  const char *name;
  unsigned flag;
};

/* Ends with a NULL name. */
extern const struct json_flag json_column_flags[];
