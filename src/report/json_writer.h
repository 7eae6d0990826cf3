/* It has moved: core/json_writer.h. */
#pragma once

#include "core/json_writer.h"
