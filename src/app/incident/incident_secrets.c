#include "app/incident/incident_secrets.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static void add(struct incident_secrets *secrets, const char *text, size_t len) {
  if (len < MASK_SECRET_MIN)
    return;
  secrets->texts = mem_resize(secrets->texts, (secrets->count + 1) * sizeof *secrets->texts);
  secrets->texts[secrets->count++] = mem_printf("%.*s", (int)len, text);
}

/* The password of a URI or of a text such as "host=db password=x", which is secret by itself too.
 */
static void password_add(struct incident_secrets *secrets, const char *text) {
  const char *scheme = strstr(text, "://"), *word = strstr(text, "password=");
  const char *at = scheme ? strrchr(scheme, '@') : NULL;
  const char *colon = at ? strchr(scheme + 3, ':') : NULL;
  if (colon && colon < at)
    add(secrets, colon + 1, (size_t)(at - colon - 1));
  if (word)
    add(secrets, word + strlen("password="), strcspn(word + strlen("password="), " &"));
}

void incident_secrets_init(struct incident_secrets *secrets, const struct config *config) {
  *secrets = (struct incident_secrets){0};
  for (size_t i = 0; i < config->all_count; i++) {
    const struct target *target = config->all[i];
    for (size_t v = 0; v < target->kind->option_count; v++) {
      const char *text = target->values[v].text;
      if (target->kind->options[v].type != OPTION_SECRET || !text)
        continue;
      password_add(secrets, text);
      if (!strstr(text, "://")) /* the address alone is none */
        add(secrets, text, strlen(text));
    }
  }
  secrets->mask = (struct mask){(const char *const *)secrets->texts, secrets->count};
}

void incident_secrets_fini(struct incident_secrets *secrets) {
  for (size_t i = 0; i < secrets->count; i++)
    free(secrets->texts[i]);
  free(secrets->texts);
  *secrets = (struct incident_secrets){0};
}
