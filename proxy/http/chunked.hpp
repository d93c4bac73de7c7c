// SPDX-License-Identifier: Apache-2.0
//
// The chunked transfer coding, read strictly and with every part bounded: sizes, extensions and
// trailers. It is ours and not llhttp's because the llhttp that distributions ship bounds neither
// extensions nor trailers and takes a lone CR for a line's end. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::http {

class chunk_decoder {
 public:
  /// All extensions of one body, and all its trailers, in bytes.
  static constexpr std::size_t extension_bytes_max = 4096;
  static constexpr std::size_t trailer_bytes_max = 8192;

  enum class status : std::uint8_t {
    more,     // all bytes consumed, the body goes on
    data,     // `data` is a piece of the body; call again with the rest
    done,     // the body is complete; the rest belongs to the next request
    damaged,  // not the chunked coding, or above a bound; call no more
  };
  struct step {
    status kind = status::more;
    /// Bytes used up, with those of `data`.
    std::size_t consumed = 0;
    std::string_view data;
  };

  /// Reads until there is something to say. The decoder is at the body's begin when new or assigned
  /// a new one.
  [[nodiscard]] step next(std::string_view bytes) noexcept;

 private:
  enum class place : std::uint8_t {
    size_begin,
    size,
    extension,
    size_feed,
    data,
    data_return,
    data_feed,
    trailer_begin,
    trailer_name,
    trailer_value,
    trailer_feed,
    last_feed,
    done,
  };
  [[nodiscard]] bool take(char c) noexcept;
  [[nodiscard]] bool take_size(char c) noexcept;
  [[nodiscard]] bool take_extension(char c) noexcept;
  [[nodiscard]] bool take_trailer(char c) noexcept;
  [[nodiscard]] bool expect(char c, char wanted, place next) noexcept;

  std::uint64_t remaining_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  place at_ = place::size_begin;
  std::uint8_t size_digits_ = 0;
};

}  // namespace weir::http
