/* The open pages of a dashboard (model/page.h): the one on top is collected, those below wait. */
#pragma once

#include "app/runtime/scheduler.h"
#include "model/action/request.h"
#include "model/model.h"

/* For a row, or a target; the page below is not looked at meanwhile. */
void dashboard_page_open(struct model *model, struct scheduler *scheduler,
                         const struct request *request);
void dashboard_page_close(struct model *model, struct scheduler *scheduler);
/* Collects again if the page sorts in the server. */
void dashboard_page_sort(struct model *model, struct scheduler *scheduler,
                         const struct request *request);
/* The moment of the mark is that of a collection that begins now. */
void dashboard_page_mark(struct model *model, struct scheduler *scheduler);
