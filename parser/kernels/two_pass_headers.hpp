// SPDX-License-Identifier: Apache-2.0
//
// What a two-pass kernel includes before its target region opens, and the tables that all of them
// share. Nothing in here needs an instruction set.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstring>
#include <limits>

#include "parser/bytes.hpp"
#include "parser/kernels/kernel.hpp"
#include "parser/kernels/target_region.hpp"
#include "parser/number.hpp"

namespace weir {

// Constants of the kernels. They are defined in another file, so that the compiler takes each from
// memory as an operand: it would otherwise build them anew before each use, which costs more.
struct lane_constants {
  // By its low four bits each delimiter finds itself in here and nothing else does: space 0x20,
  // quote 0x22, line feed 0x0a, comma 0x2c, equals 0x3d. (Entry 0 must not be 0, nor any other
  // entry a byte with those low bits; a byte with its high bit set finds 0.)
  alignas(64) char delimiters[16];
  alignas(32) char zero_characters[32];
  alignas(32) char points[32];
  alignas(32) unsigned char nines[32];
  alignas(32) unsigned char tens[32];           // 10, 1, 10, 1, ...
  alignas(32) std::uint16_t hundreds[16];       // 100, 1, ...
  alignas(32) std::uint16_t ten_thousands[16];  // 10000, 1, ...
  alignas(64) unsigned char numbers[64];        // 0, 1, 2, ...
};
extern const lane_constants lanes;

namespace {

// 32 bytes of ones, then zeros: read at 32 - n it keeps the first n bytes of 32.
alignas(64) constexpr unsigned char prefix_masks[96] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// 32 zeros, then ones: read at n it keeps the last n bytes of 32, and read 16 bytes later those of
// 16.
alignas(64) constexpr unsigned char suffix_masks[64] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// Whole registers are read: backwards from the end of a number, and forwards beyond the end of a
// tag key. A line that lies nearer than this to bytes that may not be read is left to the scalar
// kernel.
constexpr std::size_t bytes_before_line = 40;
constexpr std::size_t bytes_behind_line = 48;

WEIR_INLINE __m128i load16(const void* bytes) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

// The kernels compare 32 bytes of a key with its image.
static_assert(tag_layout::image_bytes == 32);

}  // namespace
}  // namespace weir
