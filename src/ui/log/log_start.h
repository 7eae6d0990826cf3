/* Where the message of a line begins: time and level have columns of their own. */
#pragma once

#include "model/log/log.h"

/* The byte after a time and a level that the line begins with; 0 if it does not, or if nothing
 * else is in the line. A level is skipped only if it is the record's. */
size_t log_message_start(const struct log_record *record);
