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

/* The numbers that a register takes; where compilers have no vectors, a tile is loops. */
#ifdef __AVX512F__
enum { WIDTH = 8 };
#else
enum { WIDTH = 4 };
#endif
#ifdef __GNUC__
typedef double Vector __attribute__((vector_size(8 * WIDTH), aligned(8)));
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif
enum { ROWS = 6, COLUMNS = 2 * WIDTH, DEPTH = 256 };

/* c[i, j] = the sum over k of a[i, k] b[k, j], or added to it: up to ROWS rows, COLUMNS columns. */
INLINE void tile(int rows, int columns, Count K, const double *a, Count ai, Count ak,
                 const double *b, Count bk, double *c, Count ci, int add)
{
#ifdef __GNUC__
    Vector left[ROWS] = {{0.0}}, right[ROWS] = {{0.0}};
    for (Count k = 0; k < K; k++) {
        const Vector x = *(const Vector *)(b + k * bk);
        const Vector y = columns > WIDTH ? *(const Vector *)(b + k * bk + WIDTH) : x;
        for (int i = 0; i < rows; i++) {
            left[i] += a[i * ai + k * ak] * x;
            if (columns > WIDTH)
                right[i] += a[i * ai + k * ak] * y;
        }
    }
    for (int i = 0; i < rows; i++) {
        Vector *to = (Vector *)(c + i * ci);
        to[0] = add ? to[0] + left[i] : left[i];
        if (columns > WIDTH)
            to[1] = add ? to[1] + right[i] : right[i];
    }
#else
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            double sum = add ? c[i * ci + j] : 0.0;
            for (Count k = 0; k < K; k++)
                sum += a[i * ai + k * ak] * b[k * bk + j];
            c[i * ci + j] = sum;
        }
#endif
}

INLINE void tile_of(int rows, int columns, Count K, const double *a, Count ai, Count ak,
                    const double *b, Count bk, double *c, Count ci, int add)
{
    switch (rows) {
    case 1: tile(1, columns, K, a, ai, ak, b, bk, c, ci, add); break;
    case 2: tile(2, columns, K, a, ai, ak, b, bk, c, ci, add); break;
    case 3: tile(3, columns, K, a, ai, ak, b, bk, c, ci, add); break;
    case 4: tile(4, columns, K, a, ai, ak, b, bk, c, ci, add); break;
    case 5: tile(5, columns, K, a, ai, ak, b, bk, c, ci, add); break;
    default: tile(ROWS, columns, K, a, ai, ak, b, bk, c, ci, add);
    }
}

/* Columns of b that do not lie side by side, or are too few for a tile, put side by side. */
static void pack(double *panel, Count K, Count width, const double *b, Count bk, Count bj)
{
    if (width == COLUMNS)
        for (Count k = 0; k < K; k++)
            for (Count j = 0; j < COLUMNS; j++)
                panel[k * COLUMNS + j] = b[k * bk + j * bj];
    else
        for (Count k = 0; k < K; k++)
            for (Count j = 0; j < COLUMNS; j++)
                panel[k * COLUMNS + j] = j < width ? b[k * bk + j * bj] : 0.0;
}

/* c[i, j] = the sum over k of a[i, k] b[k, j], or added to it. Each array has its strides. */
static void product(Count I, Count J, Count K, const double *restrict a, Count ai, Count ak,
                    const double *restrict b, Count bk, Count bj,
                    double *restrict c, Count ci, Count cj, int add)
{
    if (I == 1 && bk == 1 && bj != 1) { /* a row times rows */
        for (Count j = 0; j < J; j++) {
            double sum = 0.0;
#pragma omp simd reduction(+ : sum)
            for (Count k = 0; k < K; k++)
                sum += a[k * ak] * b[j * bj + k];
            c[j * cj] = add ? c[j * cj] + sum : sum;
        }
        return;
    }
    if ((I == 1 || K == 1) && bj == 1 && cj == 1) { /* sums of rows */
        for (Count i = 0; i < I; i++)
            for (Count k = 0; k < K; k++) {
                const double x = a[i * ai + k * ak];
                if (k == 0 && !add)
                    for (Count j = 0; j < J; j++)
                        c[i * ci + j] = x * b[j];
                else
                    for (Count j = 0; j < J; j++)
                        c[i * ci + j] += x * b[k * bk + j];
            }
        return;
    }
    double sums[ROWS * COLUMNS], panel[DEPTH * COLUMNS];
    for (Count k0 = 0; k0 < K; k0 += DEPTH, add = 1) {
        const Count depth = K - k0 < DEPTH ? K - k0 : DEPTH;
        for (Count j0 = 0; j0 < J; j0 += COLUMNS) {
            const Count width = J - j0 < COLUMNS ? J - j0 : COLUMNS;
            const double *columns = b + k0 * bk + j0 * bj;
            Count step = bk;
            if (bj != 1 || (width != COLUMNS && width != WIDTH)) {
                pack(panel, depth, width, columns, bk, bj);
                columns = panel;
                step = COLUMNS;
            }
            for (Count i0 = 0, rows; i0 < I; i0 += rows) {
                const Count tiles = (I - i0 + ROWS - 1) / ROWS;
                rows = (I - i0 + tiles - 1) / tiles; /* tiles of about the same size */
                const double *row = a + i0 * ai + k0 * ak;
                double *to = c + i0 * ci + j0 * cj;
                if (cj == 1 && width == COLUMNS)
                    tile_of(rows, COLUMNS, depth, row, ai, ak, columns, step, to, ci, add);
                else {
                    if (width > WIDTH)
                        tile_of(rows, COLUMNS, depth, row, ai, ak, columns, step, sums, COLUMNS, 0);
                    else
                        tile_of(rows, WIDTH, depth, row, ai, ak, columns, step, sums, COLUMNS, 0);
                    for (Count i = 0; i < rows; i++)
                        for (Count j = 0; j < width; j++) {
                            double *one = to + i * ci + j * cj;
                            *one = (add ? *one : 0.0) + sums[i * COLUMNS + j];
                        }
                }
            }
        }
    }
}

/* c[j] = the sum over k of a[k, j] b[k, j], or added to it; what j counts lies side by side. */
static void dots(Count K, Count J, const double *restrict a, Count ak, const double *restrict b,
                 Count bk, double *restrict c, int add)
{
    Count j = 0;
#ifdef __GNUC__
    for (; j + WIDTH <= J; j += WIDTH) {
        Vector sums = {0.0};
        for (Count k = 0; k < K; k++)
            sums += *(const Vector *)(a + k * ak + j) * *(const Vector *)(b + k * bk + j);
        Vector *to = (Vector *)(c + j);
        *to = add ? *to + sums : sums;
    }
#endif
    for (; j < J; j++) {
        double sum = 0.0;
        for (Count k = 0; k < K; k++)
            sum += a[k * ak + j] * b[k * bk + j];
        c[j] = add ? c[j] + sum : sum;
    }
}

#define set_dots(...) dots(__VA_ARGS__, 0)
#define add_dots(...) dots(__VA_ARGS__, 1)
#define set_product(...) product(__VA_ARGS__, 0)
#define add_product(...) product(__VA_ARGS__, 1)
