/* What every test of the core includes, in cmocka's order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Names the case that failed. */
#define check_text(got, wanted, ...)                         \
  do {                                                       \
    const char *got_ = (got), *wanted_ = (wanted);           \
    if (strcmp(got_, wanted_) != 0) {                        \
      print_error(__VA_ARGS__);                              \
      fail_msg(": \"%s\" instead of \"%s\"", got_, wanted_); \
    }                                                        \
  } while (0)
