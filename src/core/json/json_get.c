#include "core/json/json_get.h"

#include <math.h>

const char *json_get_text(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

bool json_get_real(const json_t *object, const char *name, double *number) {
  const json_t *member = json_object_get(object, name);
  const double read = json_number_value(member);
  const bool good = json_is_number(member) && isfinite(read);
  *number = good ? read : 0;
  return good;
}

int64_t json_get_count(const json_t *object, const char *name) {
  static const double most = 9007199254740992; /* 2^53: beyond it a double is not exact */
  double number;
  if (!json_get_real(object, name, &number) || number < 0 || number > most)
    return -1;
  return (int64_t)number;
}
