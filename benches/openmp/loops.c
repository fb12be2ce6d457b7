// The loops of benches/loops.rs in OpenMP: `loops THREADS INDICES BATCHES` prints one line for each loop, with the least,
// median and most nanoseconds per index.
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

static long hash;

// As little as a body may do without being left out.
static inline void body(long i, long *sum) {
    *sum += i;
    __asm__ volatile("" : "+r"(*sum));
}

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void loop(int kind, long n) {
#pragma omp parallel
    {
        long sum = 0;
        switch (kind) {
        case 0:
#pragma omp for schedule(static)
            for (long i = 0; i < n; i++) body(i, &sum);
            break;
        case 1:
#pragma omp for schedule(dynamic, 1)
            for (long i = 0; i < n; i++) body(i, &sum);
            break;
        case 2:
#pragma omp for schedule(dynamic, 64)
            for (long i = 0; i < n; i++) body(i, &sum);
            break;
        default:
#pragma omp for schedule(guided)
            for (long i = 0; i < n; i++) body(i, &sum);
        }
#pragma omp atomic
        hash += sum;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long n = atol(argv[2]);
    int batches = atoi(argv[3]);
    omp_set_num_threads(atoi(argv[1]));
    double *times = malloc(batches * sizeof *times);
    for (int kind = 0; kind < 4; kind++) {
        loop(kind, n);
        for (int batch = 0; batch < batches; batch++) {
            double begun = omp_get_wtime();
            loop(kind, n);
            times[batch] = (omp_get_wtime() - begun) * 1e9 / n;
        }
        qsort(times, batches, sizeof *times, order);
        printf("%f %f %f\n", times[0], times[batches / 2], times[batches - 1]);
    }
    if (hash != (long)(n - 1) * n / 2 * 4 * (batches + 1)) return 1;
    free(times);
    return 0;
}
