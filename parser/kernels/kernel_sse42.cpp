// SPDX-License-Identifier: Apache-2.0
//
// HOT. The two-pass kernel for SSE4.2: what a block of 64 bytes is, in registers of 16.
#if defined(__x86_64__)
#include "parser/kernels/two_pass_headers.hpp"

WEIR_TARGET_BEGIN("sse4.2,pclmul,popcnt")
namespace weir {
namespace {

class block {
 public:
  explicit WEIR_INLINE block(const char* bytes) noexcept {
    for (std::size_t i = 0; i < 4; ++i) {
      parts_[i] = load16(bytes + 16 * i);
    }
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t equal(char byte) const noexcept {
    const __m128i wanted = _mm_set1_epi8(byte);
    return gather(_mm_cmpeq_epi8(parts_[0], wanted), _mm_cmpeq_epi8(parts_[1], wanted),
                  _mm_cmpeq_epi8(parts_[2], wanted), _mm_cmpeq_epi8(parts_[3], wanted));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t delimiters() const noexcept {
    const __m128i table = load16(lanes.delimiters);
    return gather(_mm_cmpeq_epi8(parts_[0], _mm_shuffle_epi8(table, parts_[0])),
                  _mm_cmpeq_epi8(parts_[1], _mm_shuffle_epi8(table, parts_[1])),
                  _mm_cmpeq_epi8(parts_[2], _mm_shuffle_epi8(table, parts_[2])),
                  _mm_cmpeq_epi8(parts_[3], _mm_shuffle_epi8(table, parts_[3])));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t high_bits() const noexcept {
    return gather(parts_[0], parts_[1], parts_[2], parts_[3]);
  }

 private:
  static WEIR_INLINE std::uint64_t bits_of(__m128i part) noexcept {
    return static_cast<std::uint16_t>(_mm_movemask_epi8(part));
  }
  static WEIR_INLINE std::uint64_t gather(__m128i a, __m128i b, __m128i c, __m128i d) noexcept {
    return bits_of(a) | bits_of(b) << 16 | bits_of(c) << 32 | bits_of(d) << 48;
  }
  __m128i parts_[4];
};

// Collects the bits in which the tag keys of a line differ from those of a layout.
using key_difference = __m128i;

WEIR_INLINE key_difference no_difference() noexcept {
  return _mm_setzero_si128();
}

WEIR_INLINE void add_difference(key_difference& bits, const char* key, std::size_t length,
                                const char* image) noexcept {
  const std::size_t not_of_key = length < 32 ? 32 - length : 0;
  const __m128i low = _mm_and_si128(load16(key), load16(prefix_masks + not_of_key));
  const __m128i high = _mm_and_si128(load16(key + 16), load16(prefix_masks + 16 + not_of_key));
  bits = _mm_or_si128(bits, _mm_or_si128(_mm_xor_si128(low, load16(image)),
                                         _mm_xor_si128(high, load16(image + 16))));
}

WEIR_INLINE bool is_none(key_difference bits) noexcept {
  return _mm_testz_si128(bits, bits) != 0;
}

WEIR_INLINE void write_8_marks(std::uint64_t& bits, std::uint32_t offset,
                               std::uint32_t* out) noexcept {
  constexpr std::uint64_t last = std::uint64_t{1} << 63;  // counting the zeros of 0 is undefined
  for (int i = 0; i < 8; ++i) {
    out[i] = offset + static_cast<std::uint32_t>(__builtin_ctzll(bits | last));
    bits &= bits - 1;
  }
}

// The order matters.
// clang-format off
#include "parser/kernels/marks_in_eights.hpp"
#include "parser/kernels/two_pass_numbers.hpp"
#include "parser/kernels/numbers_in_16.hpp"
#include "parser/kernels/two_pass.hpp"
// clang-format on

}  // namespace
}  // namespace weir
WEIR_TARGET_END

namespace weir {
namespace {
bool supported() noexcept {
  return __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0 &&
         __builtin_cpu_supports("popcnt") != 0;
}
}  // namespace

const kernel sse42_kernel{"sse42", supported, read_lines};

}  // namespace weir
#endif
