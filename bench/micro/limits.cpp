// SPDX-License-Identifier: Apache-2.0
//
// limits.hpp by the compiler's own vectors. On x86 with AVX2 they are 32 bytes wide in hardware;
// elsewhere the compiler splits them.
#include "limits.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace weir::bench {
namespace {

constexpr std::size_t width = 32;  // bytes of a vector
constexpr std::size_t lanes = 4;  // vectors at a time, so that additions do not wait for each other
constexpr std::size_t block = width * lanes;

typedef std::uint64_t word_vector __attribute__((vector_size(width)));
typedef std::uint8_t byte_vector __attribute__((vector_size(width)));

// Both are inlined twice: into a function for AVX2 and into one for any processor.
__attribute__((always_inline)) inline std::uint64_t sum_blocks(const char* at,
                                                               const char* end) noexcept {
  word_vector sums[lanes] = {};
  for (; at != end; at += block) {
    for (std::size_t i = 0; i < lanes; ++i) {
      word_vector words;
      std::memcpy(&words, at + i * width, width);
      sums[i] += words;
    }
  }
  const word_vector all = sums[0] + sums[1] + sums[2] + sums[3];
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < width / sizeof(std::uint64_t); ++i) {
    sum += all[i];
  }
  return sum;
}

__attribute__((always_inline)) inline std::uint64_t count_blocks(const char* at,
                                                                 const char* end) noexcept {
  constexpr std::size_t turns_max = 255;  // a byte of `counts` holds no more
  std::uint64_t count = 0;
  while (at != end) {
    const std::size_t left = static_cast<std::size_t>(end - at) / block;
    const std::size_t turns = std::min(left, turns_max);
    byte_vector counts[lanes] = {};
    for (std::size_t turn = 0; turn < turns; ++turn, at += block) {
      for (std::size_t i = 0; i < lanes; ++i) {
        byte_vector bytes;
        std::memcpy(&bytes, at + i * width, width);
        counts[i] -= static_cast<byte_vector>(bytes == '\n');  // a hit is all ones: minus one
      }
    }
    for (const byte_vector& lane : counts) {
      for (std::size_t i = 0; i < width; ++i) {
        count += lane[i];
      }
    }
  }
  return count;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::uint64_t sum_blocks_wide(const char* at,
                                                              const char* end) noexcept {
  return sum_blocks(at, end);
}
__attribute__((target("avx2"))) std::uint64_t count_blocks_wide(const char* at,
                                                                const char* end) noexcept {
  return count_blocks(at, end);
}
bool is_wide() noexcept {
  return __builtin_cpu_supports("avx2") != 0;
}
#else
constexpr auto sum_blocks_wide = sum_blocks;
constexpr auto count_blocks_wide = count_blocks;
bool is_wide() noexcept {
  return false;
}
#endif

}  // namespace

std::uint64_t sum_words(std::string_view bytes) noexcept {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size() / block * block;
  std::uint64_t sum = is_wide() ? sum_blocks_wide(begin, end) : sum_blocks(begin, end);
  for (std::string_view rest = bytes.substr(static_cast<std::size_t>(end - begin));
       rest.size() >= sizeof sum; rest.remove_prefix(sizeof sum)) {
    std::uint64_t word = 0;
    std::memcpy(&word, rest.data(), sizeof word);
    sum += word;
  }
  return sum;
}

std::uint64_t count_line_feeds(std::string_view bytes) noexcept {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size() / block * block;
  const std::uint64_t count = is_wide() ? count_blocks_wide(begin, end) : count_blocks(begin, end);
  return count + static_cast<std::uint64_t>(std::count(end, begin + bytes.size(), '\n'));
}

}  // namespace weir::bench
