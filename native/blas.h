// Matrix products behind one function.
#pragma once

#include <cstdint>

namespace trimtab {

// Fortran's sgemm with 32-bit integers, as SciPy exports it.
using Sgemm = void (*)(char* transa, char* transb, int* m, int* n, int* k, float* alpha, float* a, int* lda,
                       float* b, int* ldb, float* beta, float* c, int* ldc);

void set_sgemm(Sgemm function);
bool have_sgemm();

// Row-major products on the calling thread alone; the leading dimensions are row strides.
// c(m, n) = a(m, k) b(k, n)
void matmul(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
            float* c, int64_t ldc);
// c(m, n) = a(k, m)^T b(k, n)
void matmul_tn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
               float* c, int64_t ldc);
// c(m, n) = a(m, k) b(n, k)^T
void matmul_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
               float* c, int64_t ldc);

}  // namespace trimtab
