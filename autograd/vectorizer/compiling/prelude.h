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

enum { ROWS = 4, COLUMNS = 16, DEPTH = 256 };

/* COLUMNS / 2 numbers that lie side by side; where compilers have no vectors, a tile is loops. */
#ifdef __GNUC__
typedef double Vector __attribute__((vector_size(64), aligned(8)));
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* sums[i, j] = the sum over k of a[i, k] b[k, j], for up to ROWS rows and COLUMNS columns. */
INLINE void tile(int rows, Count K, const double *a, Count ai, Count ak, const double *b, Count bk,
                 double *sums)
{
#ifdef __GNUC__
    Vector left[ROWS] = {{0.0}}, right[ROWS] = {{0.0}};
    for (Count k = 0; k < K; k++) {
        const Vector x = *(const Vector *)(b + k * bk), y = *(const Vector *)(b + k * bk + 8);
        for (int i = 0; i < rows; i++) {
            left[i] += a[i * ai + k * ak] * x;
            right[i] += a[i * ai + k * ak] * y;
        }
    }
    for (int i = 0; i < rows; i++) {
        *(Vector *)(sums + i * COLUMNS) = left[i];
        *(Vector *)(sums + i * COLUMNS + 8) = right[i];
    }
#else
    memset(sums, 0, sizeof(double) * ROWS * COLUMNS);
    for (Count k = 0; k < K; k++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < COLUMNS; j++)
                sums[i * COLUMNS + j] += a[i * ai + k * ak] * b[k * bk + j];
#endif
}

/* Columns of b that do not lie side by side, or are too few for a tile, put side by side. */
static void pack(double *panel, Count K, Count width, const double *b, Count bk, Count bj)
{
    if (width < COLUMNS)
        memset(panel, 0, sizeof(double) * K * COLUMNS);
    if (width == COLUMNS)
        for (Count k = 0; k < K; k++)
            for (Count j = 0; j < COLUMNS; j++)
                panel[k * COLUMNS + j] = b[k * bk + j * bj];
    else
        for (Count k = 0; k < K; k++)
            for (Count j = 0; j < width; j++)
                panel[k * COLUMNS + j] = b[k * bk + j * bj];
}

/* c[i, j] += the sum over k of a[i, k] b[k, j]. Each array has its strides. */
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
    if ((I == 1 || K == 1) && bj == 1 && cj == 1) { /* sums of rows */
        for (Count i = 0; i < I; i++)
            for (Count k = 0; k < K; k++) {
                const double x = a[i * ai + k * ak];
                for (Count j = 0; j < J; j++)
                    c[i * ci + j] += x * b[k * bk + j];
            }
        return;
    }
    double sums[ROWS * COLUMNS], panel[DEPTH * COLUMNS];
    for (Count k0 = 0; k0 < K; k0 += DEPTH) {
        const Count depth = K - k0 < DEPTH ? K - k0 : DEPTH;
        for (Count j0 = 0; j0 < J; j0 += COLUMNS) {
            const Count width = J - j0 < COLUMNS ? J - j0 : COLUMNS;
            const double *columns = b + k0 * bk + j0 * bj;
            Count step = bk;
            if (bj != 1 || width < COLUMNS) {
                pack(panel, depth, width, columns, bk, bj);
                columns = panel;
                step = COLUMNS;
            }
            for (Count i0 = 0; i0 < I; i0 += ROWS) {
                const int rows = I - i0 < ROWS ? (int)(I - i0) : ROWS;
                const double *row = a + i0 * ai + k0 * ak;
                switch (rows) {
                case 1: tile(1, depth, row, ai, ak, columns, step, sums); break;
                case 2: tile(2, depth, row, ai, ak, columns, step, sums); break;
                case 3: tile(3, depth, row, ai, ak, columns, step, sums); break;
                default: tile(ROWS, depth, row, ai, ak, columns, step, sums);
                }
                double *to = c + i0 * ci + j0 * cj;
                if (width == COLUMNS && cj == 1)
                    for (int i = 0; i < rows; i++)
                        for (int j = 0; j < COLUMNS; j++)
                            to[i * ci + j] += sums[i * COLUMNS + j];
                else
                    for (int i = 0; i < rows; i++)
                        for (Count j = 0; j < width; j++)
                            to[i * ci + j * cj] += sums[i * COLUMNS + j];
            }
        }
    }
}

/* The same, where nothing is in c yet. */
static void set_product(Count I, Count J, Count K, const double *restrict a, Count ai, Count ak,
                        const double *restrict b, Count bk, Count bj,
                        double *restrict c, Count ci, Count cj)
{
    for (Count i = 0; i < I; i++)
        for (Count j = 0; j < J; j++)
            c[i * ci + j * cj] = 0.0;
    add_product(I, J, K, a, ai, ak, b, bk, bj, c, ci, cj);
}
