/* A row's cell, as reports use it. */
#pragma once

#include "model/table.h"

/* A number that is not finite (not made by value_real) is not known, in every report. */
static inline struct value cell_value(const struct row *row, size_t column) {
  struct value value = row->cells[column];
  if (value.type != VALUE_REAL)
    return value;
  return value.at_least ? value_at_least(value_real(value.real)) : value_real(value.real);
}
