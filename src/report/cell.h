/* A row's cell as reports take it. */
#pragma once

#include "model/table.h"

/* A number that is none (made without value_real) is not known, in every report alike. */
static inline struct value cell_value(const struct row *row, size_t column) {
  struct value value = row->cells[column];
  return value.type == VALUE_REAL ? value_real(value.real) : value;
}
