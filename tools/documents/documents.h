/* What the package has beside the program, made from the program's own tables: the manual and the
 * completions. Each function writes one file. */
#pragma once

#include <stdio.h>

void manual_program(FILE *out); /* stacktop(1) */
void manual_config(FILE *out);  /* stacktop.yaml(5) */
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);
