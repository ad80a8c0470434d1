#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#undef I /* of complex numbers */

typedef ptrdiff_t Count;

/* Vectors of these, where the C library has them. They keep nan and infinity. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#define VECTORS(f) extern __attribute__((simd("notinbranch"))) double f(double);
VECTORS(exp) VECTORS(expm1) VECTORS(log) VECTORS(log1p) VECTORS(log2) VECTORS(log10)
VECTORS(sin) VECTORS(cos) VECTORS(tan) VECTORS(asin) VECTORS(acos) VECTORS(atan)
VECTORS(sinh) VECTORS(cosh) VECTORS(tanh) VECTORS(asinh) VECTORS(acosh) VECTORS(atanh)
extern __attribute__((simd("notinbranch"))) double pow(double, double);
extern __attribute__((simd("notinbranch"))) double atan2(double, double);
extern __attribute__((simd("notinbranch"))) double hypot(double, double);
#endif
#endif

/* What NumPy calls maximum, minimum, sign and heaviside; nan stays nan. */
static inline double larger(double a, double b) { return a >= b || a != a ? a : b; }
static inline double smaller(double a, double b) { return a <= b || a != a ? a : b; }
static inline double sign(double a) { return a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : a; }
static inline double heaviside(double a, double b)
{
    return a != a ? a : a > 0.0 ? 1.0 : a < 0.0 ? 0.0 : b;
}
static inline double square(double a) { return a * a; }
static inline double cube(double a) { return a * a * a; }

enum { ROWS = 4, COLUMNS = 16 };

/* A tile of a product: up to ROWS rows of a, times COLUMNS columns that lie side by side. */
static inline void tile(Count rows, Count K, const double *restrict a, Count ai, Count ak,
                        const double *restrict b, Count bk, double *restrict sums)
{
    double s[ROWS][COLUMNS] = {{0.0}};
    if (rows == ROWS)
        for (Count k = 0; k < K; k++)
            for (int i = 0; i < ROWS; i++)
                for (int j = 0; j < COLUMNS; j++)
                    s[i][j] += a[i * ai + k * ak] * b[k * bk + j];
    else
        for (Count i = 0; i < rows; i++)
            for (Count k = 0; k < K; k++)
                for (int j = 0; j < COLUMNS; j++)
                    s[i][j] += a[i * ai + k * ak] * b[k * bk + j];
    memcpy(sums, s, sizeof s);
}

/* c[i, j] += the sum over k of a[i, k] b[k, j]. Each has two strides. */
static void add_product(Count I, Count J, Count K, const double *restrict a, Count ai, Count ak,
                        const double *restrict b, Count bk, Count bj,
                        double *restrict c, Count ci, Count cj)
{
    if (I == 1 && bk == 1 && bj != 1) { /* a row times rows */
        for (Count j = 0; j < J; j++) {
            double sum = 0.0;
#pragma omp simd reduction(+ : sum)
            for (Count k = 0; k < K; k++)
                sum += a[k * ak] * b[j * bj + k];
            c[j * cj] += sum;
        }
        return;
    }
    if (I == 1 && bj == 1 && cj == 1) { /* a sum of rows */
        for (Count k = 0; k < K; k++) {
            const double x = a[k * ak];
            for (Count j = 0; j < J; j++)
                c[j] += x * b[k * bk + j];
        }
        return;
    }
    double sums[ROWS * COLUMNS], panel[256 * COLUMNS];
    for (Count k0 = 0; k0 < K; k0 += 256) {
        const Count depth = K - k0 < 256 ? K - k0 : 256;
        for (Count j0 = 0; j0 < J; j0 += COLUMNS) {
            const Count width = J - j0 < COLUMNS ? J - j0 : COLUMNS;
            const double *columns = b + k0 * bk + j0 * bj;
            Count step = bk;
            if (bj != 1 || width < COLUMNS) {
                if (width < COLUMNS)
                    memset(panel, 0, sizeof(double) * depth * COLUMNS);
                if (bk == 1)
                    for (Count j = 0; j < width; j++)
                        for (Count k = 0; k < depth; k++)
                            panel[k * COLUMNS + j] = columns[k + j * bj];
                else
                    for (Count k = 0; k < depth; k++)
                        for (Count j = 0; j < width; j++)
                            panel[k * COLUMNS + j] = columns[k * bk + j * bj];
                columns = panel;
                step = COLUMNS;
            }
            for (Count i0 = 0; i0 < I; i0 += ROWS) {
                const Count rows = I - i0 < ROWS ? I - i0 : ROWS;
                tile(rows, depth, a + i0 * ai + k0 * ak, ai, ak, columns, step, sums);
                for (Count i = 0; i < rows; i++)
                    for (Count j = 0; j < width; j++)
                        c[(i0 + i) * ci + (j0 + j) * cj] += sums[i * COLUMNS + j];
            }
        }
    }
}
