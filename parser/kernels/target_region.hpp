// SPDX-License-Identifier: Apache-2.0
//
// WEIR_TARGET_BEGIN("avx2,...") and WEIR_TARGET_END: what is defined between them may use these
// instructions, and nothing else in the program may. Headers are included before the region opens:
// an inline function of theirs that was compiled inside could end up being called everywhere.
#pragma once

#define WEIR_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define WEIR_TARGET_BEGIN(set) \
  WEIR_PRAGMA(clang attribute push(__attribute__((target(set))), apply_to = function))
#define WEIR_TARGET_END _Pragma("clang attribute pop")
#else
#define WEIR_TARGET_BEGIN(set) _Pragma("GCC push_options") WEIR_PRAGMA(GCC target(set))
#define WEIR_TARGET_END _Pragma("GCC pop_options")
#endif

#define WEIR_INLINE inline __attribute__((always_inline))
