/* Contexts of the docker command, as it keeps them: config.json names the current one,
 * contexts/meta/DIGEST/meta.json has its endpoint, contexts/tls/DIGEST/docker its certificates. */
#pragma once

#include "core/err.h"

enum { DOCKER_CONTEXT_MAX = 256, DOCKER_CONTEXT_FOLDER_MAX = 480 };

struct docker_context {
  char name[DOCKER_CONTEXT_MAX]; /* "": none but the command's default, which is no endpoint */
  char host[DOCKER_CONTEXT_MAX]; /* "ssh://deploy@10.0.0.7" */
  char tls[DOCKER_CONTEXT_FOLDER_MAX]; /* folder of its certificates; "": it has none */
  bool insecure;                       /* SkipTLSVerify */
};

/* The folder of the command's configuration: DOCKER_CONFIG, else ~/.docker. False: it has none. */
bool docker_context_folder(char out[DOCKER_CONTEXT_FOLDER_MAX]);
/* The current context. False with err where it cannot be read or does not exist. Blocks for as long
 * as the user's own files do. */
bool docker_context_current(struct docker_context *context, struct err *err) MUST_CHECK;
