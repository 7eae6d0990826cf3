/* The figures of a service from its page of metrics: asking for the page, and the table `series`,
 * one row whose columns are those of the configuration. */
#pragma once

#include "io/io.h"
#include "model/sample.h"
#include "model/target.h"

struct service_figures;

/* NULL without the options, which have to be checked before (service_metrics_check). */
struct service_figures *service_figures_new(const struct target *target);
void service_figures_free(struct service_figures *figures); /* NULL is fine; not while it asks */

/* Asks for the page. done comes once, never before this returns, at the latest after wait_ms;
 * unless the cancel comes before. */
void service_figures_ask(struct service_figures *figures, struct io *io, int64_t wait_ms,
                         void (*done)(void *arg), void *arg);
void service_figures_cancel(struct service_figures *figures); /* while it does not ask: nothing */
bool service_figures_asks(const struct service_figures *figures);

/* The last table of the sample, which is still without a spec, gets the figures; a fault says why
 * there are none. */
void service_figures_fill(const struct service_figures *figures, struct sample *sample);
extern const struct table_spec service_figures_none;
