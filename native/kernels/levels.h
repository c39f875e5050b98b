// One table of kernels per instruction-set level, chosen at run time.
#pragma once

#include "kernels/table.h"

namespace trimtab {

// The table in use: the best level this processor runs, or the one that TRIMTAB_LEVEL names. Throws
// std::runtime_error, with the available levels in its message, where that one is not available.
const Kernels& kernels();

// Levels compiled in and runnable on this processor, best last, null-terminated.
const char* const* available_levels();

// Forces a level for every network made from now on; false if it is not available here.
bool force_level(const char* name);

}  // namespace trimtab
