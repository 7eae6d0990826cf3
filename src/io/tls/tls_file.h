/* Certificates in files of this host. Blocks: for a worker thread (io/worker.h). */
#pragma once

#include "core/err.h"
#include "io/tls/tls_facts.h"

#include <stddef.h>

enum { TLS_FILES_MAX = 500, TLS_FILE_BYTES_MAX = 1 << 20, TLS_FILE_CERTIFICATES_MAX = 500 };

enum tls_key {
  TLS_KEY_NONE,    /* none is asked for, and the file holds none */
  TLS_KEY_FITS,    /* it belongs to the certificate */
  TLS_KEY_OTHER,   /* it belongs to another one */
  TLS_KEY_UNKNOWN, /* it cannot be read: see key_error */
};

struct tls_file {
  char *path;
  struct err err; /* ERR_NONE: facts are known */
  struct tls_facts facts;
  enum tls_key key;
  char *key_path;       /* of the file with the key; NULL: TLS_KEY_NONE */
  struct err key_error; /* ERR_DENIED: this process may not read it, as it should be */
  bool key_mode_known;
  unsigned key_mode; /* permissions: 0640 */
};

struct tls_files {
  const char *pattern;  /* path, with wildcards as a shell has them */
  const char *ca_file;  /* PEM, or NULL: the system's */
  const char *name;     /* that each has to be for; NULL: none */
  const char *key_file; /* of the key; NULL: none, unless it is in the file */
  struct err err;       /* what prevents all: no such file, no CA */
  struct tls_file *items;
  size_t count;
  bool more; /* there are others */
};

/* Fills what is below key_file. */
void tls_files_read(struct tls_files *files);
void tls_files_fini(struct tls_files *files);
/* The certificates in bytes of a file, PEM or DER, as for a file. */
void tls_file_parse(struct tls_file *file, const char *bytes, size_t len,
                    const struct tls_files *files);
