#include "report/json/json_flags.h"

const struct json_flag json_column_flags[] = {
    {"history", COLUMN_HISTORY},
    {"plus", COLUMN_PLUS},
    {"headline", COLUMN_HEADLINE},
    {"detail", COLUMN_DETAIL},
    {"flex", COLUMN_FLEX},
    {"gauge", COLUMN_GAUGE},
    {"spark", COLUMN_SPARK},
    {"tells", COLUMN_TELLS},
    {"names", COLUMN_NAMES},
    {"ambient", COLUMN_AMBIENT},
    {NULL, 0},
};
