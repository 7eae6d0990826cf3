/* Shared by the host's collector and the actions on its disks. */
#pragma once

/* One row per file system or configured path; its key is the path. */
#define HOST_DISKS_TABLE "disks"

/* Options of a host with the rules of its actions: see clients/host/host_rule.h. */
#define HOST_CLEANUP "cleanup"
#define HOST_COMPRESS "compress"
