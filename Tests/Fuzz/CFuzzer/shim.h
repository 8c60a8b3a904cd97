/*
 * libFuzzer's entry for programs that have a main of their own (compiler-rt, FuzzerInterface.h). The compiler links it
 * where it is told `-sanitize=fuzzer`.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*input)(const uint8_t *data, size_t size));
