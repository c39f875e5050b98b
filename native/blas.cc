#include "blas.h"

#include <atomic>
#include <stdexcept>

namespace trimtab {
namespace {

std::atomic<Sgemm> sgemm{nullptr};

// A row-major matrix is its transpose in Fortran's order, so c = a b becomes c^T = b^T a^T.
void product(char trans_b, char trans_a, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
             const float* b, int64_t ldb, float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  int rows = static_cast<int>(m), columns = static_cast<int>(n), inner = static_cast<int>(k);
  int stride_a = static_cast<int>(lda), stride_b = static_cast<int>(ldb);
  int stride_c = static_cast<int>(ldc);
  float one = 1.0f, zero = 0.0f;
  sgemm.load(std::memory_order_relaxed)(&trans_b, &trans_a, &columns, &rows, &inner, &one,
                                        const_cast<float*>(b), &stride_b, const_cast<float*>(a),
                                        &stride_a, &zero, c, &stride_c);
}

}  // namespace

void set_sgemm(Sgemm function) { sgemm = function; }

bool have_sgemm() { return sgemm.load() != nullptr; }

void matmul(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
            float* c, int64_t ldc) {
  product('N', 'N', m, n, k, a, lda, b, ldb, c, ldc);
}

void matmul_tn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc) {
  product('N', 'T', m, n, k, a, lda, b, ldb, c, ldc);
}

void matmul_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc) {
  product('T', 'N', m, n, k, a, lda, b, ldb, c, ldc);
}

}  // namespace trimtab
