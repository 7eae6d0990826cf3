#include "io/tls/tls_file.h"

#include "core/mem.h"
#include "io/file/file.h"
#include "io/tls/tls_read.h"

#include <errno.h>
#include <glob.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* What a file holds. */
struct parts {
  STACK_OF(X509) * certificates;
  bool has_key, key_locked;
  EVP_PKEY *key;
};

static void parts_fini(struct parts *parts) {
  sk_X509_pop_free(parts->certificates, X509_free);
  EVP_PKEY_free(parts->key);
}

static void take_certificate(struct parts *parts, const unsigned char *bytes, long len) {
  X509 *certificate = sk_X509_num(parts->certificates) < TLS_FILE_CERTIFICATES_MAX
                          ? d2i_X509(NULL, &bytes, len)
                          : NULL;
  if (certificate && sk_X509_push(parts->certificates, certificate) == 0)
    mem_failed();
}

static bool ends_with(const char *text, const char *end) {
  const size_t len = strlen(text), end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A key with a password is not asked for it. */
static void take_key(struct parts *parts, const char *name, const char *header,
                     const unsigned char *bytes, long len) {
  if (parts->has_key)
    return;
  parts->has_key = true;
  parts->key_locked = strstr(header, "ENCRYPTED") || strncmp(name, "ENCRYPTED", 9) == 0;
  if (!parts->key_locked)
    parts->key = d2i_AutoPrivateKey(NULL, &bytes, len);
}

/* PEM, else DER. */
static void parts_read(struct parts *parts, const char *text, size_t size) {
  BIO *bio = BIO_new_mem_buf(text, (int)size);
  char *name, *header;
  unsigned char *bytes;
  long len;
  *parts = (struct parts){.certificates = sk_X509_new_null()};
  if (!bio || !parts->certificates)
    mem_failed();
  while (PEM_read_bio(bio, &name, &header, &bytes, &len) == 1) {
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_TRUSTED) == 0 ||
        strcmp(name, PEM_STRING_X509_OLD) == 0)
      take_certificate(parts, bytes, len);
    else if (ends_with(name, "PRIVATE KEY"))
      take_key(parts, name, header, bytes, len);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(bytes, (size_t)len);
  }
  BIO_free(bio);
  if (sk_X509_num(parts->certificates) == 0 && !parts->has_key)
    take_certificate(parts, (const unsigned char *)text, (long)size);
  ERR_clear_error();
}

/* Only a regular file: a FIFO would wait. */
static bool text_read(const char *path, struct file_text *text, unsigned *mode, struct err *err) {
  struct stat found;
  if (stat(path, &found) != 0)
    return err_set(err, errno == EACCES ? ERR_DENIED : ERR_IO, "cannot read %.150s: %s", path,
                   strerror(errno));
  *mode = found.st_mode & 07777;
  if (!S_ISREG(found.st_mode))
    return err_set(err, ERR_INVALID, "%.150s is not a file", path);
  file_read(path, TLS_FILE_BYTES_MAX, text);
  if (!text->text)
    *err = text->err;
  else if (text->cut)
    err_set(err, ERR_LIMIT, "%.150s is longer than %d kB", path, TLS_FILE_BYTES_MAX >> 10);
  else
    return true;
  return false;
}

/* ---- the key */

static void judge_key(struct tls_file *file, const struct parts *parts, const X509 *own) {
  const EVP_PKEY *public = X509_get0_pubkey(own);
  file->key = TLS_KEY_UNKNOWN;
  if (!parts->has_key)
    err_set(&file->key_error, ERR_INVALID, "the file has no private key in PEM");
  else if (parts->key_locked)
    err_set(&file->key_error, ERR_UNSUPPORTED, "the key has a password");
  else if (!parts->key || !public)
    err_set(&file->key_error, ERR_INVALID, "the key is not valid");
  else
    file->key = EVP_PKEY_eq(public, parts->key) == 1 ? TLS_KEY_FITS : TLS_KEY_OTHER;
}

static void read_key(struct tls_file *file, const char *path, const X509 *own) {
  struct file_text text = {0};
  file->key = TLS_KEY_UNKNOWN;
  file->key_path = mem_dup(path);
  struct stat found;
  file->key_mode_known = stat(path, &found) == 0;
  if (text_read(path, &text, &file->key_mode, &file->key_error)) {
    struct parts parts;
    parts_read(&parts, text.text, text.len);
    judge_key(file, &parts, own);
    parts_fini(&parts);
    OPENSSL_cleanse(text.text, text.len);
  }
  file_text_fini(&text);
}

/* ---- certificates */

static int64_t end_of(const X509 *certificate) {
  struct tm tm;
  return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Of all in the file: a bundle is not a chain, and what is in it is served too. */
static void take_earliest(struct tls_file *file, const struct parts *parts, X509_STORE *store) {
  struct http_tls *shown = &file->facts.shown;
  for (int i = 1; i < sk_X509_num(parts->certificates); i++) {
    X509 *other = sk_X509_value(parts->certificates, i);
    if (end_of(other) >= shown->expires_s)
      continue;
    struct tls_facts facts;
    tls_read(&facts, other, NULL, store, NULL, 0, "");
    shown->expires_s = end_of(other);
    memcpy(shown->expiring, facts.subject, sizeof shown->expiring);
  }
}

void tls_file_parse(struct tls_file *file, const char *bytes, size_t len,
                    const struct tls_files *files) {
  struct parts parts;
  X509_STORE *store = tls_store_new(files->ca_file, &file->err);
  if (!store)
    return;
  parts_read(&parts, bytes, len);
  X509 *own = sk_X509_num(parts.certificates) > 0 ? sk_X509_value(parts.certificates, 0) : NULL;
  if (!own) {
    err_set(&file->err, ERR_INVALID, "there is no certificate in the file, neither PEM nor DER");
  } else {
    tls_read(&file->facts, own, parts.certificates, store, files->name, 0, "");
    take_earliest(file, &parts, store);
    if (files->key_file) {
      read_key(file, files->key_file, own);
    } else if (parts.has_key) {
      file->key_path = mem_dup(file->path);
      judge_key(file, &parts, own);
    }
  }
  parts_fini(&parts);
  X509_STORE_free(store);
}

static void read_file(struct tls_file *file, const struct tls_files *files) {
  struct file_text text = {0};
  unsigned mode = 0;
  if (text_read(file->path, &text, &mode, &file->err)) {
    tls_file_parse(file, text.text, text.len, files);
    if (file->key != TLS_KEY_NONE && !files->key_file) {
      file->key_mode = mode;
      file->key_mode_known = true;
    }
    OPENSSL_cleanse(text.text, text.len);
  }
  file_text_fini(&text);
}

void tls_files_read(struct tls_files *files) {
  glob_t found;
  X509_STORE *store = tls_store_new(files->ca_file, &files->err);
  if (!store)
    return;
  X509_STORE_free(store);
  const int status = glob(files->pattern, GLOB_NOCHECK, NULL, &found);
  if (status != 0) {
    err_set(&files->err, ERR_IO, "cannot list %.150s", files->pattern);
    return;
  }
  files->more = found.gl_pathc > TLS_FILES_MAX;
  files->count = files->more ? TLS_FILES_MAX : found.gl_pathc;
  files->items = mem_new((files->count + 1) * sizeof *files->items);
  for (size_t i = 0; i < files->count; i++) {
    files->items[i].path = mem_dup(found.gl_pathv[i]);
    read_file(&files->items[i], files);
  }
  globfree(&found);
}

void tls_files_fini(struct tls_files *files) {
  for (size_t i = 0; i < files->count; i++) {
    free(files->items[i].path);
    free(files->items[i].key_path);
  }
  free(files->items);
  files->items = NULL;
  files->count = 0;
}
