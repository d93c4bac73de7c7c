// SPDX-License-Identifier: Apache-2.0
//
// What a two-pass kernel includes before its target region opens, and the tables that all of them
// share. Nothing in here needs an instruction set.
#pragma once

#include <immintrin.h>

#include <cstring>
#include <limits>

#include "kernel.hpp"
#include "line_splitter.hpp"
#include "number.hpp"
#include "target_region.hpp"

namespace weir {
namespace {

// By its low four bits each delimiter finds itself in here and nothing else does:
// space 0x20, quote 0x22, line feed 0x0a, comma 0x2c, equals 0x3d. (Entry 0 must not be 0, nor any
// other entry a byte with those low bits; a byte with its high bit set finds 0.)
alignas(16) constexpr char delimiter_table[16] = {' ', 1, '"',  0, 0,   0,   0, 0,
                                                  0,   0, '\n', 0, ',', '=', 0, 0};

// 32 bytes of ones, then zeros: read at 32 - n it keeps the first n bytes of 32.
alignas(64) constexpr unsigned char prefix_masks[96] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// 16 zeros, then ones: read at n it keeps the last n bytes of 16.
alignas(32) constexpr unsigned char suffix_masks[32] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

struct counting_bytes {
  unsigned char at[64] = {};
  constexpr counting_bytes() {
    for (unsigned char i = 0; i < 64; ++i) {
      at[i] = i;
    }
  }
};
alignas(64) constexpr counting_bytes lane_numbers;

constexpr double powers_of_ten[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
constexpr std::uint64_t exact_integer_max = std::uint64_t{1} << 53;
constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max() - 1;
constexpr std::int64_t time_min = std::numeric_limits<std::int64_t>::min() + 2;

// Numbers are read backwards from their end and tag keys beyond theirs, in whole registers: a line
// nearer than this to what may not be read is the scalar kernel's.
constexpr std::size_t bytes_before_line = 32;
constexpr std::size_t bytes_behind_line = 48;

WEIR_INLINE __m128i load16(const void* bytes) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

// A tag layout is compared in here and learnt elsewhere.
static_assert(tag_layout::image_bytes == 32);

WEIR_INLINE std::uint32_t* write_marks_one_by_one(std::uint64_t bits, std::uint32_t offset,
                                                  std::uint32_t* out) noexcept {
  const auto count = static_cast<std::uint32_t>(__builtin_popcountll(bits));
  for (std::uint32_t done = 0; done < count; done += 8) {
    for (std::uint32_t i = done; i < done + 8; ++i) {  // some too many, which do not count
      out[i] = offset + static_cast<std::uint32_t>(bits == 0 ? 0 : __builtin_ctzll(bits));
      bits &= bits - 1;
    }
  }
  return out + count;
}

}  // namespace
}  // namespace weir
