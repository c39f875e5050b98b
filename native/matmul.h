// Matrix products behind one function per layout.
#pragma once

#include <cstdint>

namespace trimtab {

// Row-major products on the calling thread alone; the leading dimensions are row strides.
// c(m, n) = a(m, k) b(k, n)
void matmul(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
            int64_t ldb, float* c, int64_t ldc);
// c(m, n) = a(k, m)^T b(k, n)
void matmul_tn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc);
// c(m, n) = a(m, k) b(n, k)^T
void matmul_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc);

// Packing memory of this thread, kept from product to product: at least so many floats.
float* product_scratch(int64_t size);

// They run on our own kernels (kernels/matmul.h), whose results do not depend on how a product is
// cut, unless a BLAS is handed over; then a product is cut in the same way for any number of
// threads, and its height is fixed in prediction.

// Fortran's sgemm with 32-bit integers, as SciPy exports it.
using Sgemm = void (*)(char* transa, char* transb, int* m, int* n, int* k, float* alpha, float* a,
                       int* lda, float* b, int* ldb, float* beta, float* c, int* ldc);
// Null: back to our own kernels. Not while a network runs.
void set_blas(Sgemm function);
bool uses_blas();

}  // namespace trimtab
