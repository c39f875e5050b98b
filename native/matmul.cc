#include "matmul.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "kernels/levels.h"

namespace trimtab {
namespace {

std::atomic<Sgemm> blas{nullptr};

// A row-major matrix is its transpose in Fortran's order, so c = a b becomes c^T = b^T a^T.
void blas_product(Sgemm sgemm, char trans_b, char trans_a, int64_t m, int64_t n, int64_t k,
                  const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  int rows = static_cast<int>(m), columns = static_cast<int>(n), inner = static_cast<int>(k);
  int stride_a = static_cast<int>(lda), stride_b = static_cast<int>(ldb);
  int stride_c = static_cast<int>(ldc);
  float one = 1.0f, zero = 0.0f;
  sgemm(&trans_b, &trans_a, &columns, &rows, &inner, &one, const_cast<float*>(b), &stride_b,
        const_cast<float*>(a), &stride_a, &zero, c, &stride_c);
}

void own_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_column,
                 const float* b, int64_t b_row, int64_t b_column, float* c, int64_t ldc) {
  kernels().matmul.product(m, n, k, a, a_row, a_column, b, b_row, b_column, c, ldc,
                           product_scratch(matmul_scratch(m, k)));
}

}  // namespace

float* product_scratch(int64_t size) {
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  static thread_local std::unique_ptr<float, Free> memory;
  static thread_local int64_t have = 0;
  if (have < size) {
    const size_t bytes = (static_cast<size_t>(size) * sizeof(float) + 63) / 64 * 64;
    memory.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    if (!memory) throw std::bad_alloc();
    have = size;
  }
  return memory.get();
}

void set_blas(Sgemm function) { blas = function; }

bool uses_blas() { return blas.load(std::memory_order_relaxed) != nullptr; }

void matmul(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
            int64_t ldb, float* c, int64_t ldc) {
  if (Sgemm sgemm = blas) return blas_product(sgemm, 'N', 'N', m, n, k, a, lda, b, ldb, c, ldc);
  own_product(m, n, k, a, lda, 1, b, ldb, 1, c, ldc);
}

void matmul_tn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc) {
  if (Sgemm sgemm = blas) return blas_product(sgemm, 'N', 'T', m, n, k, a, lda, b, ldb, c, ldc);
  own_product(m, n, k, a, 1, lda, b, ldb, 1, c, ldc);
}

void matmul_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc) {
  if (Sgemm sgemm = blas) return blas_product(sgemm, 'T', 'N', m, n, k, a, lda, b, ldb, c, ldc);
  own_product(m, n, k, a, lda, 1, b, 1, ldb, c, ldc);
}

}  // namespace trimtab
