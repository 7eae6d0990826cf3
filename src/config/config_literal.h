/* Whether a text of the file is itself a secret, so that no other user may read the file. */
#pragma once

#include "core/option.h"

/* text: as it is written, with its ${...}; name: of an entry of a MAP, or NULL. A reference is no
 * secret, its default is. In doubt (a text that is only part of a connection string) it is none. */
bool config_text_is_secret(const struct option *option, const char *name, const char *text);
