/* The matrix products of a run, called in a loop: no Python and no lock between two products.
 *
 * The BLAS routines come in as pointers (those that SciPy exports), so nothing is linked here.
 * Column-major, as BLAS has it.
 */

typedef void (*gemm_pointer)(const char *transa, const char *transb, const int *m, const int *n,
                             const int *k, const float *alpha, const float *a, const int *lda,
                             const float *b, const int *ldb, const float *beta, float *c,
                             const int *ldc);
typedef void (*gemv_pointer)(const char *trans, const int *m, const int *n, const float *alpha,
                             const float *a, const int *lda, const float *x, const int *incx,
                             const float *beta, float *y, const int *incy);

/* A matrix-matrix product, or, where n is 0, op(a) (m rows, k columns as stored) times a vector. */
struct product {
  char transa, transb;
  int m, n, k;
  const float *a;
  int lda;
  const float *b;
  int ldb;
  float *c;
  int ldc;
};

void run_products(gemm_pointer gemm, gemv_pointer gemv, const struct product *products, long count,
                  long repeats) {
  const float one = 1.0f, zero = 0.0f;
  for (long repeat = 0; repeat < repeats; ++repeat) {
    for (long i = 0; i < count; ++i) {
      const struct product *p = &products[i];
      if (p->n == 0) {
        gemv(&p->transa, &p->m, &p->k, &one, p->a, &p->lda, p->b, &p->ldb, &zero, p->c, &p->ldc);
      } else {
        gemm(&p->transa, &p->transb, &p->m, &p->n, &p->k, &one, p->a, &p->lda, p->b, &p->ldb, &zero,
             p->c, &p->ldc);
      }
    }
  }
}
