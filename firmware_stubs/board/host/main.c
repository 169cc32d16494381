/* The treadmill's firmware as a program: its serial line is a pseudo-terminal, whose name it
   prints; its belts are a model. Words on standard input stand for hands: `open a`, `close b` the
   channels of the emergency stop, `hang MS` stops the main loop for so long, `quit` or the end of
   the input ends it. `rs_treadmill FILE` writes the belts' true speeds there as CSV, a row a round:
   monotonic time, speeds, and how late the round began. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "rs_bench.h"
#include "rs_room.h"
#include "rs_watchdog.h"

enum {
    WATCHDOG_MIN_US = 100,
    WATCHDOG_MAX_US = 400000, /* a PC is no microcontroller: it may leave us waiting */
    TICK_NS = 1000000,
    FLUSH_ROUNDS = 20
};

typedef struct {
    RsTreadmill treadmill;
    RsDecoder decoder;
    RsBench bench;
    RsSenses senses;
    RsWatchdog watchdog;
    int line;
    FILE *truth; /* or NULL */
    uint32_t rounds;
} Board;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint32_t now_us(void)
{
    return (uint32_t)(now_ns() / 1000u);
}

static uint32_t new_seed(void)
{
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = (uint32_t)time(NULL);
    }
    return seed;
}

static int open_line(void)
{
    int line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0) {
        perror("pseudo-terminal");
        exit(1);
    }
    /* We hold the other end open too: or reading fails until somebody comes, and what is left
       of one host's frames would wait for the next. */
    int far_end = open(ptsname(line), O_RDWR | O_NOCTTY);
    struct termios raw;
    if (far_end < 0 || tcgetattr(far_end, &raw) != 0) {
        perror("pseudo-terminal");
        exit(1);
    }
    cfmakeraw(&raw);
    tcsetattr(far_end, TCSANOW, &raw);
    printf("%s\n", ptsname(line));
    fflush(stdout);
    return line;
}

static FILE *open_truth(const char *path)
{
    FILE *truth = fopen(path, "w");
    if (truth == NULL) {
        perror(path);
        exit(1);
    }
    fputs("t_ns,left_belt_umps,right_belt_umps,late_us\n", truth);
    return truth;
}

static void start(Board *board, RsCause cause)
{
    uint32_t now = now_us();
    rs_treadmill_boot(&board->treadmill, &RS_ROOM, new_seed(), now, cause);
    rs_watchdog_start(&board->watchdog, WATCHDOG_MIN_US, WATCHDOG_MAX_US, now);
    board->bench.lived_us = now;
}

static void obey_hands(Board *board, const char *words)
{
    if (strncmp(words, "quit", 4) == 0) {
        exit(0);
    }
    if (strncmp(words, "hang ", 5) == 0) {
        long ms = strtol(words + 5, NULL, 10);
        struct timespec pause = {ms / 1000, ms % 1000 * TICK_NS};
        nanosleep(&pause, NULL);
    }
    bool is_open = strncmp(words, "open ", 5) == 0;
    if (is_open || strncmp(words, "close ", 6) == 0) {
        const char *channels = words + (is_open ? 5 : 6);
        for (; *channels == 'a' || *channels == 'b'; channels++) {
            board->senses.is_open[*channels - 'a'] = is_open;
        }
    }
}

static void feel_hands(Board *board)
{
    static char words[80];
    static size_t count;
    struct pollfd hands = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&hands, 1, 0) > 0) {
        char letter;
        if (read(STDIN_FILENO, &letter, 1) <= 0) {
            exit(0);
        }
        if (letter == '\n') {
            words[count] = '\0';
            obey_hands(board, words);
            count = 0;
        } else if (count < sizeof words - 1) {
            words[count++] = letter;
        }
    }
}

static void listen(Board *board)
{
    uint8_t heard[256];
    ssize_t count;
    while ((count = read(board->line, heard, sizeof heard)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            size_t length = rs_decoder_feed(&board->decoder, heard[i]);
            if (length > 0) {
                rs_treadmill_hear(&board->treadmill, board->decoder.held, length);
            }
        }
    }
    rs_watchdog_done(&board->watchdog, RS_LISTENED);
}

/* Time first: what was said while this program was kept waiting comes after what it cost. */
static bool live(Board *board)
{
    uint32_t now = now_us();
    rs_bench_live(&board->bench, &board->treadmill, now, &board->senses);
    bool is_due = rs_treadmill_poll(&board->treadmill, now, &board->senses);
    rs_watchdog_done(&board->watchdog, RS_LIVED);
    return is_due;
}

static void speak(Board *board, bool is_due)
{
    if (is_due) {
        uint8_t frame[RS_STATUS_FRAME_BYTES];
        size_t length = rs_treadmill_report(
            &board->treadmill, board->decoder.bad_count, frame, sizeof frame);
        ssize_t sent = write(board->line, frame, length);
        (void)sent; /* where nobody reads, the line is full and the report is lost */
    }
    rs_watchdog_done(&board->watchdog, RS_SPOKEN);
}

static void tell_truth(Board *board, uint64_t began_ns, uint64_t due_ns)
{
    if (board->truth == NULL) {
        return;
    }
    const int32_t *speed_umps = board->bench.speed_umps;
    fprintf(board->truth, "%" PRIu64 ",%" PRId32 ",%" PRId32 ",%" PRIu64 "\n", began_ns,
            speed_umps[0], speed_umps[1], (began_ns - due_ns) / 1000u);
    if (++board->rounds % FLUSH_ROUNDS == 0) {
        fflush(board->truth);
    }
}

/* Sleep to the next millisecond, or for half of one after a late round: never two at once. */
static void wait_for_tick(uint64_t *due_ns)
{
    uint64_t least_ns = now_ns() + TICK_NS / 2;
    *due_ns += TICK_NS;
    if (*due_ns < least_ns) {
        *due_ns = least_ns;
    }
    struct timespec due = {(time_t)(*due_ns / 1000000000u), (long)(*due_ns % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

int main(int count, char **words)
{
    static Board board;
    board.truth = count > 1 ? open_truth(words[1]) : NULL;
    board.line = open_line();
    start(&board, RS_BOOTED);
    uint64_t due_ns = 0;
    for (;;) {
        wait_for_tick(&due_ns);
        uint64_t began_ns = now_ns();
        feel_hands(&board);
        bool is_due = live(&board);
        tell_truth(&board, began_ns, due_ns);
        listen(&board);
        speak(&board, is_due);
        uint32_t now = now_us();
        if (rs_watchdog_has_failed(&board.watchdog, now)) {
            start(&board, RS_WATCHDOG);
        } else {
            rs_watchdog_kick(&board.watchdog, now);
        }
    }
}
