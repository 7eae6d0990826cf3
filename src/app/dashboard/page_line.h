/* A line after `:` that opens a page: PAGE TARGET, as in "redis.memory cache". Pure. */
#pragma once

#include "model/action/request.h"
#include "model/model.h"

/* False: the line does not begin with the id of a page of a target. Otherwise the request opens
 * it, unless err says why it cannot be opened. */
bool page_line_read(const char *line, const struct model *model, struct request *request,
                    struct err *err);
