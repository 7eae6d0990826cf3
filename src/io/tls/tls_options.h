/* The options of a target whose connection is TLS: whom to trust, and who stacktop is. */
#pragma once

#include "core/option.h"

/* Rows of an option table. */
#define TLS_OPTIONS                                                               \
  {.name = "ca_file",                                                             \
   .type = OPTION_TEXT,                                                           \
   .help = "PEM file to verify its certificate by; default: the system's"},       \
      {.name = "cert_file",                                                       \
       .type = OPTION_TEXT,                                                       \
       .help = "PEM file of the client certificate and its chain"},               \
      {.name = "key_file",                                                        \
       .type = OPTION_TEXT,                                                       \
       .help = "PEM file of its key, without a password; default: in cert_file"}, \
  {                                                                               \
    .name = "insecure", .type = OPTION_BOOL, .fallback = "false",                 \
    .help = "do not verify its certificate"                                       \
  }
