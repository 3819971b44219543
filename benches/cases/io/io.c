/* Input and output as programs do them, for the command `io` of the benchmarks; a guest for WASI Preview 1, and the native program beside it.
 *
 *   io copy            copies the file `in` to the file `out`, 64 KiB at a time
 *   io write COUNT     writes COUNT times 16 bytes to the file `out`, each with a call of its own
 *   io files COUNT     looks at, opens and closes the files `many/0` to `many/COUNT - 1`
 *   io list COUNT      lists the folder `many`, which must have COUNT entries
 *
 * Exit status 1 if anything fails. The native program prints the processor time that it used, in nanoseconds.
 *
 * Built with clang 14 and wasi-libc (Debian: clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32), in this folder:
 *   clang-14 --target=wasm32-wasi --sysroot=/usr -O2 -fuse-ld=lld -Wl,--strip-all -o io.wasm io.c
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int copy(void) {
    static char buffer[1 << 16];
    int in = open("in", O_RDONLY);
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0)
        return fail("open");
    ssize_t count;
    while ((count = read(in, buffer, sizeof buffer)) > 0)
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(out, buffer + done, count - done);
            if (written < 0)
                return fail("write");
            done += written;
        }
    return count < 0 || close(in) || close(out) ? fail("copy") : 0;
}

static int write_small(long count) {
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (out < 0)
        return fail("open");
    for (long i = 0; i < count; i++)
        if (write(out, "sixteen letters\n", 16) != 16)
            return fail("write");
    return close(out) ? fail("close") : 0;
}

static int visit(long count) {
    char path[32];
    struct stat stat_buffer;
    for (long i = 0; i < count; i++) {
        snprintf(path, sizeof path, "many/%ld", i);
        if (stat(path, &stat_buffer))
            return fail("stat");
        int fd = open(path, O_RDONLY);
        if (fd < 0 || close(fd))
            return fail("open");
    }
    return 0;
}

static int list(long count) {
    DIR *folder = opendir("many");
    if (!folder)
        return fail("opendir");
    long found = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        found += entry->d_name[0] != '.';
    closedir(folder);
    if (found != count) {
        fprintf(stderr, "%ld entries, not %ld\n", found, count);
        return 1;
    }
    return 0;
}

static int run(int argc, char **argv) {
    long count = argc > 2 ? atol(argv[2]) : 0;
    if (argc > 1 && !strcmp(argv[1], "copy"))
        return copy();
    if (argc > 1 && !strcmp(argv[1], "write"))
        return write_small(count);
    if (argc > 1 && !strcmp(argv[1], "files"))
        return visit(count);
    if (argc > 1 && !strcmp(argv[1], "list"))
        return list(count);
    fputs("usage: io copy | write COUNT | files COUNT | list COUNT\n", stderr);
    return 1;
}

int main(int argc, char **argv) {
    int status = run(argc, argv);
#ifndef __wasi__
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    printf("%lld\n", used.tv_sec * 1000000000LL + used.tv_nsec);
#endif
    return status;
}
