// The peak of several cores at once, measured.
#pragma once

namespace trimtab {

// Floating-point operations a second that `threads` threads reach together in multiply-adds on
// registers, at the level in use: all operations over all the time, not the best moment. Takes
// `seconds` of wall time, above 0.
double peak_flops(double seconds, int threads);

}  // namespace trimtab
