/* Hides secrets in the bytes that a program or a server printed. Each is replaced by "***". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Values that are known to be secret. Those shorter than MASK_SECRET_MIN are not looked for: they
 * would occur by chance, and hide nothing. */
enum { MASK_SECRET_MIN = 4 };
/* They are found as they are, and as they are written in JSON, in a URL and in HTML. */
struct mask {
  const char *const *secrets;
  size_t count;
};

/* The bytes with every known secret masked, as a copy that the caller frees; *len is its length. A
 * secret of which the bytes have only the beginning (at their end) or only the end (at their
 * beginning), because they were cut there, is masked too: cut_before and cut_after say where. mask
 * may be NULL. */
char *mask_known(const char *bytes, size_t *len, const struct mask *mask, bool cut_before,
                 bool cut_after);

/* The same for what looks like a secret: the value after a name such as password= or "api_key":
 * (see core/secret.h), after Bearer or Basic and in an Authorization header, the password of a URI,
 * and a JSON web token. In doubt more is masked, never less; what is printed without a name is not
 * recognised. */
char *mask_likely(const char *bytes, size_t *len);
