/* Counts words: prints the most frequent words of files, or of standard input, as a program for WASI Preview 1.
 *
 *   words [-n COUNT] [FILE]...
 *
 * A word is a run of ASCII letters, digits and apostrophes, or of bytes above 127, so that words of other scripts stay whole; case does not
 * count. Exit status 1 if a file cannot be read, 2 if the command line makes no sense.
 *
 * Built with clang 14 and wasi-libc (Debian: clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32), in this folder:
 *   clang-14 --target=wasm32-wasi --sysroot=/usr -Os -fuse-ld=lld -Wl,--strip-debug -o words.wasm words.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char *word;
    size_t length;
    unsigned long count;
};

/* A hash table with open addressing; its size is a power of two and more than the number of its entries. */
static struct entry *table;
static size_t table_size, entries;
static unsigned long total;

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        fprintf(stderr, "words: out of memory\n");
        exit(1);
    }
    return memory;
}

/* The place of a word: its entry, or the free one where it belongs. */
static struct entry *find(const char *word, size_t length) {
    unsigned hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)word[i]) * 16777619u;
    }
    for (size_t i = hash & (table_size - 1);; i = (i + 1) & (table_size - 1)) {
        struct entry *entry = &table[i];
        if (entry->word == NULL || (entry->length == length && memcmp(entry->word, word, length) == 0)) {
            return entry;
        }
    }
}

static void grow(void) {
    struct entry *old = table;
    size_t old_size = table_size;
    table_size *= 2;
    table = allocate(table_size * sizeof *table);
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].word != NULL) {
            *find(old[i].word, old[i].length) = old[i];
        }
    }
    free(old);
}

static void add(const char *word, size_t length) {
    struct entry *entry = find(word, length);
    total++;
    entry->count++;
    if (entry->word == NULL) {
        entry->word = allocate(length + 1);
        entry->length = length;
        memcpy(entry->word, word, length);
        if (++entries * 4 > table_size * 3) {
            grow();
        }
    }
}

static int is_part_of_word(int byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '\'' || byte > 127;
}

/* Adds the words of a stream. */
static int read_words(FILE *file, const char *name) {
    static char word[256];
    size_t length = 0;
    int byte;
    do {
        byte = getc(file);
        if (byte >= 'A' && byte <= 'Z') {
            byte += 'a' - 'A';
        }
        int part = byte != EOF && is_part_of_word(byte);
        /* What is longer than the buffer counts as several words. */
        if (length > 0 && (!part || length == sizeof word)) {
            add(word, length);
            length = 0;
        }
        if (part) {
            word[length++] = (char)byte;
        }
    } while (byte != EOF);
    if (ferror(file)) {
        fprintf(stderr, "words: %s: %s\n", name, strerror(errno));
        return 1;
    }
    return 0;
}

/* More frequent words first, equally frequent ones by the alphabet. */
static int compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->count != b->count) {
        return a->count < b->count ? 1 : -1;
    }
    return strcmp(a->word, b->word);
}

int main(int argc, char **argv) {
    unsigned long shown = 10;
    int first = 1, status = 0;
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        char *end = NULL;
        if (argc > 2) {
            shown = strtoul(argv[2], &end, 10);
        }
        if (end == NULL || end == argv[2] || *end != '\0') {
            fprintf(stderr, "usage: words [-n COUNT] [FILE]...\n");
            return 2;
        }
        first = 3;
    }
    table_size = 1024;
    table = allocate(table_size * sizeof *table);
    if (first == argc) {
        status = read_words(stdin, "standard input");
    }
    for (int i = first; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            fprintf(stderr, "words: %s: %s\n", argv[i], strerror(errno));
            status = 1;
            continue;
        }
        status |= read_words(file, argv[i]);
        fclose(file);
    }
    /* The table is no longer searched: move its entries together and sort them. */
    size_t used = 0;
    for (size_t i = 0; i < table_size; i++) {
        if (table[i].word != NULL) {
            table[used++] = table[i];
        }
    }
    qsort(table, used, sizeof *table, compare);
    for (size_t i = 0; i < used && i < shown; i++) {
        printf("%7lu %s\n", table[i].count, table[i].word);
    }
    printf("%7lu words, %zu different\n", total, entries);
    return status;
}
