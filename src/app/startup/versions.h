/* The versions of the libraries: what --version prints, and what a report of a fault needs. */
#pragma once

#include <stdio.h>

/* A line for each: its name, the version that stacktop was compiled with, and, where the library
 * says it, the one that runs. */
void versions_print(FILE *out);
