// What weights keep to after each update.
#pragma once

#include "workspace.h"

namespace trimtab {

// Behind the optimizer's phases; none where no trainable parameter has a constraint.
void add_constraint_phase(Workspace& w, const ProgramSpec& program, float* parameters);

}  // namespace trimtab
