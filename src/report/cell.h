/* A row's cell as reports take it. */
#pragma once

#include "model/table.h"

/* A number that is none (made without value_real) is not known, in every report alike. */
static inline struct value cell_value(const struct row *row, size_t column) {
  struct value value = row->cells[column];
  if (value.type != VALUE_REAL)
    return value;
  return value.at_least ? value_at_least(value_real(value.real)) : value_real(value.real);
}
