/* A row's cell, as reports use it. */
#pragma once

#include "model/table.h"

/* A number that is not finite (not made by value_real) is not known, in every report. */
static inline struct value cell_value(const struct row *row, size_t column) {
  const struct value value = row->cells[column];
  const struct value finite = value.type == VALUE_REAL ? value_real(value.real) : value;
  return finite.type == value.type ? value : finite;
}
