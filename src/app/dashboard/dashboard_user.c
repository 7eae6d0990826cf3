#include "app/dashboard/dashboard_user.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *dashboard_user(void) {
  const char *user = getenv("USER");
  if (!user || !*user)
    user = getenv("LOGNAME");
  char host[256] = "";
  if (!user || !*user || gethostname(host, sizeof host - 1) != 0)
    return NULL;
  host[strcspn(host, ".")] = '\0';
  return mem_printf("%s@%s", user, host);
}
