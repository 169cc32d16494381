/* From reset to main. */
#include "board.h"

extern uint32_t stack_top, data_begin, data_end, data_image, bss_begin, bss_end;

void reset(void);

void reset(void)
{
    const uint32_t *from = &data_image;
    for (uint32_t *to = &data_begin; to < &data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &bss_begin; to < &bss_end; to++) {
        *to = 0;
    }
    main();
}

/* What nobody expects ends in a restart, and that in LOCKED. */
static void restart(void)
{
    SCB_AIRCR = 0x05FA0004u;
    for (;;) {
    }
}

typedef void (*Vector)(void);

__attribute__((section(".vectors"), used)) static const Vector VECTORS[] = {
    (Vector)&stack_top, reset, restart, restart, restart, restart, restart, 0, 0, 0, 0,
    restart,            restart, 0,     restart, on_tick, on_uart_heard,
};
