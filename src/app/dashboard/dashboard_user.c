#include "app/dashboard/dashboard_user.h"

#include "audit/audit.h"
#include "core/mem.h"

#include <string.h>

char *dashboard_user(void) {
  struct audit_who who;
  char texts[1024];
  audit_who_self(&who, texts, sizeof texts);
  const char *user = who.login ? who.login : who.user;
  if (!user || !who.host)
    return NULL;
  return mem_printf("%s@%.*s", user, (int)strcspn(who.host, "."), who.host);
}
