/* The registers used, of the CMSDK peripherals and of the Cortex-M3. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define TIMER0_CTRL REGISTER(0x40000000u)
#define TIMER0_VALUE REGISTER(0x40000004u) /* counts down at CLOCK_HZ */
#define TIMER0_RELOAD REGISTER(0x40000008u)
#define UART0_DATA REGISTER(0x40004000u)
#define UART0_STATE REGISTER(0x40004004u) /* bit 0 sending, bit 1 something to read */
#define UART0_CTRL REGISTER(0x40004008u)
#define UART0_INT REGISTER(0x4000400Cu)
#define UART0_BAUD REGISTER(0x40004010u)
#define SYSTICK_CTRL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define NVIC_ENABLE REGISTER(0xE000E100u)
#define SCB_AIRCR REGISTER(0xE000ED0Cu)

enum { CLOCK_HZ = 25000000, CLOCK_PER_US = 25, BAUD = 921600 };

void on_tick(void);
void on_uart_heard(void);
int main(void);

#endif
