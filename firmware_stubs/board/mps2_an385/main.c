/* The treadmill's firmware on a Cortex-M3 (qemu-system-arm -M mps2-an385, serial line UART 0), its
   belts a model. Time is a free-running timer; the 1 ms interrupt wakes the loop and watches it. */
#include "board.h"
#include "rs_bench.h"
#include "rs_room.h"
#include "rs_watchdog.h"

enum {
    WATCHDOG_MIN_US = 0, /* an emulator delivers late ticks all at once; hardware takes 500 */
    WATCHDOG_MAX_US = 400000, /* it may be kept waiting; hardware takes 5,000 */
    HEARD_BYTES = 1024,
    WAS_HUNG = 0x57A7C4D6
};

static RsTreadmill treadmill;
static RsDecoder decoder;
static RsBench bench;
static RsSenses senses; /* the emergency stop's inputs are not wired on this board: closed */
static volatile RsWatchdog watchdog;
static volatile uint8_t heard[HEARD_BYTES];
static volatile uint16_t heard_count; /* written by the interrupt alone */
static uint16_t used_count;
static volatile bool has_ticked;

/* What a restart leaves alone: why it came, and a number that no two sessions share. */
__attribute__((section(".noinit"))) static uint32_t why_restarted, boot_count;

static uint32_t ticks(void)
{
    return 0xFFFFFFFFu - TIMER0_VALUE;
}

/* Microseconds since boot, wrapping: the timer itself wraps earlier, so it is followed. */
static uint32_t now_us(void)
{
    static uint32_t last_ticks, rest_ticks, us;
    uint32_t now_ticks = ticks();
    rest_ticks += now_ticks - last_ticks;
    last_ticks = now_ticks;
    us += rest_ticks / CLOCK_PER_US;
    rest_ticks %= CLOCK_PER_US;
    return us;
}

/* The watchdog has its own time, in timer ticks, so that it trusts nothing of the main loop. */
void on_tick(void)
{
    has_ticked = true;
    if (rs_watchdog_has_failed((RsWatchdog *)&watchdog, ticks())) {
        treadmill.has_power = false;
        why_restarted = WAS_HUNG;
        SCB_AIRCR = 0x05FA0004u;
    }
}

void on_uart_heard(void)
{
    UART0_INT = 2;
    while ((UART0_STATE & 2u) != 0u) {
        heard[heard_count % HEARD_BYTES] = (uint8_t)UART0_DATA;
        heard_count++;
    }
}

static void listen(void)
{
    while (used_count != heard_count) {
        size_t length = rs_decoder_feed(&decoder, heard[used_count % HEARD_BYTES]);
        used_count++;
        if (length > 0) {
            rs_treadmill_hear(&treadmill, decoder.held, length);
        }
    }
    rs_watchdog_done((RsWatchdog *)&watchdog, RS_LISTENED);
}

static void speak(void)
{
    uint8_t frame[RS_STATUS_FRAME_BYTES];
    size_t length = rs_treadmill_report(&treadmill, decoder.bad_count, frame, sizeof frame);
    for (size_t i = 0; i < length; i++) {
        while ((UART0_STATE & 1u) != 0u) {
        }
        UART0_DATA = frame[i];
    }
}

static void start(void)
{
    UART0_BAUD = CLOCK_HZ / BAUD;
    UART0_CTRL = 0xBu; /* send, receive, interrupt on receive */
    TIMER0_RELOAD = 0xFFFFFFFFu;
    TIMER0_VALUE = 0xFFFFFFFFu;
    TIMER0_CTRL = 1;
    RsCause cause = why_restarted == WAS_HUNG ? RS_WATCHDOG : RS_BOOTED;
    why_restarted = 0;
    boot_count++;
    rs_treadmill_boot(&treadmill, &RS_ROOM, boot_count, now_us(), cause);
    rs_watchdog_start((RsWatchdog *)&watchdog, WATCHDOG_MIN_US * CLOCK_PER_US,
                      WATCHDOG_MAX_US * CLOCK_PER_US, ticks());
    SYSTICK_RELOAD = CLOCK_HZ / 1000 - 1;
    SYSTICK_CTRL = 7;
    NVIC_ENABLE = 1;
}

int main(void)
{
    start();
    for (;;) {
        __asm volatile("wfi");
        uint32_t now = now_us();
        rs_bench_live(&bench, &treadmill, now, &senses);
        bool is_due = rs_treadmill_poll(&treadmill, now, &senses);
        rs_watchdog_done((RsWatchdog *)&watchdog, RS_LIVED);
        listen();
        if (is_due) {
            speak();
        }
        rs_watchdog_done((RsWatchdog *)&watchdog, RS_SPOKEN);
        if (has_ticked) { /* a round for a byte that came is none of its own */
            has_ticked = false;
            rs_watchdog_kick((RsWatchdog *)&watchdog, ticks());
        }
    }
}
