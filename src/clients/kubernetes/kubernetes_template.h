/* What two pod templates differ in: pure. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Calls `line` for each difference: "main: image api:2 to api:1", "main: env adds A, removes B,
 * changes C", "main: resources", "nodeSelector". Values of the environment are never named. Returns
 * how many there are. */
typedef void (*kubernetes_difference)(void *arg, const char *text);
size_t kubernetes_template_compare(const json_t *from, const json_t *to, kubernetes_difference line,
                                   void *arg);
