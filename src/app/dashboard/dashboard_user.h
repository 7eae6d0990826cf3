/* Who sits at the screen. */
#pragma once

/* "ops@bastion1", as the audit log has it: with sudo, the user before it; does not query a
 * directory service, which may hang. NULL: not known. The caller frees it. */
char *dashboard_user(void);
