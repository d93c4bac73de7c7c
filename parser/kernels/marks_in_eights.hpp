// SPDX-License-Identifier: Apache-2.0
//
// HOT. Writes marks where the instruction set cannot pack them. Included, like two_pass.hpp, into
// the target regions of such kernels, behind their `write_8_marks`.

// Eight at a time, without asking how many there are: marks that are written too many are written
// over by the next block's.
WEIR_INLINE std::uint32_t* write_marks(std::uint64_t bits, std::uint32_t offset,
                                       std::uint32_t* out) noexcept {
  const auto count = static_cast<std::uint32_t>(__builtin_popcountll(bits));
  write_8_marks(bits, offset, out);
  if (count > 8) {
    write_8_marks(bits, offset, out + 8);
    if (count > 16) {
      for (std::uint32_t done = 16; done < count; done += 8) {
        write_8_marks(bits, offset, out + done);
      }
    }
  }
  return out + count;
}
