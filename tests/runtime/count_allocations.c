/* Preloaded, this counts what a process asks of the memory allocator. */
#include <stddef.h>

static long count;

long netc_allocations(void) { return __atomic_load_n(&count, __ATOMIC_SEQ_CST); }

static void another(void) { __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST); }

/* glibc's own, under the names that it keeps for this. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    another();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    another();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    another();
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    another();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    another();
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : 12; /* ENOMEM */
}
