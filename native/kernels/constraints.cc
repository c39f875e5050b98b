#include "kernels/constraints.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr double epsilon = 1e-7;  // Keras' own
constexpr int kHalf = kLanes / 2;

TRIMTAB_INLINE float factor(const NormParameters& p, double squares) {
  const double norm = __builtin_sqrt(squares);
  // Comparisons that nan does not pass: it stays.
  const double least = norm < p.minimum ? p.minimum : norm;
  double wanted = least > p.maximum ? p.maximum : least;
  if (p.rate != 1.0f) wanted = p.rate * wanted + (1.0 - p.rate) * norm;
  return static_cast<float>(wanted / (epsilon + norm));
}

// Sums of squares, lane by lane.
struct Squares {
  Doubles low{}, high{};
  inline __attribute__((always_inline)) void add(Floats w) {
    HalfFloats half[2];
    __builtin_memcpy(half, &w, sizeof w);
    Doubles a = __builtin_convertvector(half[0], Doubles);
    Doubles b = __builtin_convertvector(half[1], Doubles);
    low += a * a;
    high += b * b;
  }
};

}  // namespace

void constraints_column_norms(const NormParameters& p, int64_t rows, int64_t columns,
                              float* weights, int64_t stride) {
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Squares squares;
    for (int64_t i = 0; i < rows; ++i) squares.add(lanes.load(weights + i * stride + j));
    Floats scale{};
    for (int k = 0; k < kHalf; ++k) {
      scale[k] = factor(p, squares.low[k]);
      scale[k + kHalf] = factor(p, squares.high[k]);
    }
    for (int64_t i = 0; i < rows; ++i) {
      float* at = weights + i * stride + j;
      lanes.store(at, lanes.load(at) * scale);
    }
  });
}

void constraints_norm(const NormParameters& p, int64_t n, float* weights) {
  Squares squares;
  over_columns(n,
               [&](int64_t j, auto lanes) TRIMTAB_BODY { squares.add(lanes.load(weights + j)); });
  const float scale = factor(p, sum_of(squares.low + squares.high));
  over_columns(n, [=](int64_t j, auto lanes)
                      TRIMTAB_BODY { lanes.store(weights + j, lanes.load(weights + j) * scale); });
}

void constraints_non_negative(int64_t n, float* weights) {
  over_columns(n, [=](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats w = lanes.load(weights + j);
    lanes.store(weights + j, w < 0.0f ? fill(0.0f) : w);
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL
