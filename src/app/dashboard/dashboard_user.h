/* Who sits at the screen. */
#pragma once

/* "ops@bastion1"; does not query a directory service, which may hang. NULL: not known. The caller
 * frees it. */
char *dashboard_user(void);
