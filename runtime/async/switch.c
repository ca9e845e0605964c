/* async/switch.c -- the switch in assembly, and by ucontext.
 *
 * What a function must keep for its caller is pushed on the stack that is left and popped from the one that is entered;
 * the compiler has saved all else around the call. Each part of this file is for one processor.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "async/switch.h"

#include <stdint.h>
#include <string.h>

#if defined(ORM__SWITCH_X86_64) || defined(ORM__SWITCH_AARCH64)
void orm__switch_stacks(void **from, void *to);
void orm__switch_begin(void);

void orm__switch(orm__standing *from, const orm__standing *to)
{
    orm__switch_stacks(&from->stack, to->stack);
}
#endif

#if defined(ORM__SWITCH_X86_64)

/* From the top: a zero as the end of all frames, the address that is returned to, rbp, rbx, r12 to r15, and the control
 * words of both floating-point units. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl orm__switch_stacks\n"
        ".hidden orm__switch_stacks\n"
        ".type orm__switch_stacks, @function\n"
        "orm__switch_stacks:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size orm__switch_stacks, .-orm__switch_stacks\n"
        ".p2align 4\n"
        ".globl orm__switch_begin\n"
        ".hidden orm__switch_begin\n"
        ".type orm__switch_begin, @function\n"
        "orm__switch_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    movq %r13, %rdi\n"
        "    call *%r12\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size orm__switch_begin, .-orm__switch_begin\n");

enum { CONTROL, R15, R14, R13, R12, RBX, RBP, RETURN, END_OF_FRAMES, WORDS };

/* At orm__switch_begin the stack is aligned to 16 bytes, as it must be before each call. */
void orm__switch_prepare(orm__standing *standing, void *stack, size_t size, void (*enter)(void *), void *argument)
{
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;
    uint64_t *frame = (uint64_t *)(top - 16) - END_OF_FRAMES; /* NOLINT: an address computed */
    memset(frame, 0, WORDS * sizeof *frame);
    __asm__ volatile("stmxcsr (%0)\n\tfnstcw 4(%0)" : : "r"(&frame[CONTROL]) : "memory");
    frame[R12] = (uint64_t)(uintptr_t)enter;
    frame[R13] = (uint64_t)(uintptr_t)argument;
    frame[RETURN] = (uint64_t)(uintptr_t)orm__switch_begin;
    standing->stack = frame;
}

#elif defined(ORM__SWITCH_AARCH64)

/* From below: x19 to x30, d8 to d15. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl orm__switch_stacks\n"
        ".hidden orm__switch_stacks\n"
        ".type orm__switch_stacks, %function\n"
        "orm__switch_stacks:\n"
        "    .cfi_startproc\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size orm__switch_stacks, .-orm__switch_stacks\n"
        ".p2align 4\n"
        ".globl orm__switch_begin\n"
        ".hidden orm__switch_begin\n"
        ".type orm__switch_begin, %function\n"
        "orm__switch_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #0\n"
        "    .cfi_endproc\n"
        ".size orm__switch_begin, .-orm__switch_begin\n");

enum { X19, X20, X29 = 10, X30, WORDS = 20 };

void orm__switch_prepare(orm__standing *standing, void *stack, size_t size, void (*enter)(void *), void *argument)
{
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;
    uint64_t *frame = (uint64_t *)top - WORDS;
    memset(frame, 0, WORDS * sizeof *frame);
    frame[X19] = (uint64_t)(uintptr_t)enter;
    frame[X20] = (uint64_t)(uintptr_t)argument;
    frame[X30] = (uint64_t)(uintptr_t)orm__switch_begin;
    standing->stack = frame;
}

#else

static void begin(unsigned enter_high, unsigned enter_low, unsigned argument_high, unsigned argument_low);
static unsigned high_half(uintptr_t pointer);
static uintptr_t pointer_of(unsigned high, unsigned low);

/* makecontext hands over ints alone. */
void orm__switch_prepare(orm__standing *standing, void *stack, size_t size, void (*enter)(void *), void *argument)
{
    uintptr_t function = (uintptr_t)enter, value = (uintptr_t)argument;
    getcontext(&standing->context);
    standing->context.uc_stack.ss_sp = stack;
    standing->context.uc_stack.ss_size = size;
    standing->context.uc_link = NULL;
    makecontext(&standing->context, (void (*)(void))begin, 4, high_half(function), (unsigned)function, high_half(value),
                (unsigned)value);
}

static void begin(unsigned enter_high, unsigned enter_low, unsigned argument_high, unsigned argument_low)
{
    void (*enter)(void *) = (void (*)(void *))pointer_of(enter_high, enter_low);
    enter((void *)pointer_of(argument_high, argument_low));
}

static unsigned high_half(uintptr_t pointer)
{
    return (unsigned)((uint64_t)pointer >> 32);
}

static uintptr_t pointer_of(unsigned high, unsigned low)
{
    return (uintptr_t)((uint64_t)high << 32 | low);
}

void orm__switch(orm__standing *from, const orm__standing *to)
{
    swapcontext(&from->context, &to->context);
}

#endif
