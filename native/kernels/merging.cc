#include "kernels/merging.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// dx = g(dy, own, other): own is the input that the gradient is by.
template <class Function>
TRIMTAB_INLINE void map3(int64_t rows, int64_t columns, const float* own, int64_t ldo,
                         const float* other, int64_t ldn, const float* dy, int64_t lddy, float* dx,
                         int64_t lddx, Function g) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
    lanes.store(dx + i * lddx + j, g(lanes.load(dy + i * lddy + j), lanes.load(own + i * ldo + j),
                                     lanes.load(other + i * ldn + j)));
  });
}

}  // namespace

void merging_forward(Merging how, int64_t rows, int64_t columns, const float* a, int64_t lda,
                     const float* b, int64_t ldb, float* y, int64_t ldy) {
  auto apply = [=](auto f) {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
      lanes.store(y + i * ldy + j, f(lanes.load(a + i * lda + j), lanes.load(b + i * ldb + j)));
    });
  };
  switch (how) {
    case Merging::subtract:
      return apply([](Floats p, Floats q) { return p - q; });
    case Merging::multiply:
      return apply([](Floats p, Floats q) { return p * q; });
    case Merging::maximum:  // p > q is false where one is nan: q, and a nan in p is put back
      return apply([](Floats p, Floats q) {
        Floats larger = p > q ? p : q;
        return p == p ? larger : p;
      });
    case Merging::minimum:
      return apply([](Floats p, Floats q) {
        Floats smaller = p < q ? p : q;
        return p == p ? smaller : p;
      });
  }
}

void merging_backward(Merging how, bool second, int64_t rows, int64_t columns, const float* a,
                      int64_t lda, const float* b, int64_t ldb, const float* dy, int64_t lddy,
                      float* dx, int64_t lddx) {
  const float *own = second ? b : a, *other = second ? a : b;
  const int64_t ldo = second ? ldb : lda, ldn = second ? lda : ldb;
  auto apply = [=](auto g) { map3(rows, columns, own, ldo, other, ldn, dy, lddy, dx, lddx, g); };
  switch (how) {
    case Merging::subtract: {
      const float sign = second ? -1.0f : 1.0f;
      return over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
        lanes.store(dx + i * lddx + j, sign * lanes.load(dy + i * lddy + j));
      });
    }
    case Merging::multiply:
      return apply([](Floats d, Floats, Floats q) { return d * q; });
    case Merging::maximum:
      return apply([](Floats d, Floats p, Floats q) {
        return keep_where(p > q, d) + keep_where(p == q, 0.5f * d);
      });
    case Merging::minimum:
      return apply([](Floats d, Floats p, Floats q) {
        return keep_where(p < q, d) + keep_where(p == q, 0.5f * d);
      });
  }
}

void merging_scale(float factor, float offset, int64_t rows, int64_t columns, const float* x,
                   int64_t ldx, float* y, int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
    lanes.store(y + i * ldy + j, factor * lanes.load(x + i * ldx + j) + offset);
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL
