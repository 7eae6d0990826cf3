/* The cells of a sample's tables that are watched for changes, COLUMN_CHANGES, as inventories. */
#pragma once

#include "model/sample.h"

/* Adds an inventory for each table that has such columns, unless the table is incomplete. A cell
 * without a value is not known, and a row that comes or goes is no change. Names begin with the
 * row's label, unless it is the target's name. */
void sample_watch_tables(struct sample *sample, const char *target);
