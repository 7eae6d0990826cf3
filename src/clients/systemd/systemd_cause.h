/* Why a unit's last run ended, in words. */
#pragma once

#include "clients/systemd/systemd_read.h"
#include "core/text/format.h"

enum { SYSTEMD_CAUSE_MAX = 320 };

/* "ended with exit code 1", "OOM-killed at its limit of 64 MB": from Result, as systemd.exec(5) and
 * systemd.service(5) describe it. Returns out. */
const char *systemd_cause_text(char out[SYSTEMD_CAUSE_MAX], const struct systemd_unit *unit);
/* Microseconds as "1m 30s"; "no limit". Returns out. */
const char *systemd_span_text(char out[FORMAT_MAX], int64_t us);
