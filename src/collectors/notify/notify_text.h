/* A message as a person reads it, and as JSON for programs and web hooks. */
#pragma once

#include "collectors/notify/notify_news.h"

struct notify_place {
  const char *channel;     /* name of the notifier */
  const char *platform;    /* name of the configuration */
  const char *environment; /* NULL: none */
  const char *host;        /* that stacktop runs on */
  const char *id;          /* of the message */
  int64_t now_ms, wall_offset_ms;
};

/* Each for the caller to free. Control characters of what servers say become blanks. */
char *notify_subject(const struct notify_message *message, const struct notify_place *place);
char *notify_body(const struct notify_message *message, const struct notify_place *place);
/* "text" is subject and body, which Slack, Mattermost and others show. */
char *notify_json(const struct notify_message *message, const struct notify_place *place);
