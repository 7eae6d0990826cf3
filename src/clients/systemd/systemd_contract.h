/* What the systemd collector and the systemd actions share. */
#pragma once

/* One row a unit; the row's key is the unit's name. */
#define SYSTEMD_UNITS_TABLE "units"
#define SYSTEMD_UNIT_NAME "name"
#define SYSTEMD_UNIT_STATE "state"
#define SYSTEMD_UNIT_SUB "sub"
#define SYSTEMD_UNIT_LOAD "load"

/* One row: the manager. */
#define SYSTEMD_SUMMARY_TABLE "summary"

#define SYSTEMD_PROPERTIES "org.freedesktop.DBus.Properties"
