// SPDX-License-Identifier: Apache-2.0
//
// What has one form for all content codings: a stream of coded bytes that arrives in pieces, and
// what comes out of it. Pure. It decides nothing about limits but the one it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace weir {

enum class content_coding : std::uint8_t { gzip, deflate, zstd };

enum class inflate_status : std::uint8_t {
  more,      // all input consumed; the stream goes on, or ended where it may
  damaged,   // not of this coding, or a wrong checksum
  too_long,  // more than the bound came out
  too_wide,  // it asks for more memory than a decoder gives it
};

/// What a decoder holds at its beginning: its window and tables. For budgets.
inline constexpr std::size_t new_decoder_bytes = std::size_t{96} << 10;

/// One thread.
class stream_decoder {
 public:
  using sink = std::function<void(std::string_view)>;

  virtual ~stream_decoder() = default;

  /// Begins a new stream of which at most `inflated_bytes_max` may come out. Keeps its memory.
  virtual void reset(std::uint64_t inflated_bytes_max) = 0;

  /// One step, for whoever must not take long: at most one chunk of 64 KiB is handed to `out`,
  /// valid during the call. What was used is taken off `piece`. There is more to do until `piece`
  /// is empty and `holds_output` false. After anything but `more` only `reset` may follow.
  [[nodiscard]] virtual inflate_status feed_some(std::string_view& piece, const sink& out) = 0;
  /// More may come out without further input.
  [[nodiscard]] virtual bool holds_output() const noexcept = 0;

  /// The input so far is a whole stream, checksums and all.
  [[nodiscard]] virtual bool complete() const noexcept = 0;
  /// Bytes of memory, for a budget.
  [[nodiscard]] virtual std::size_t held_bytes() const noexcept = 0;
  /// Of several, the one that failed.
  [[nodiscard]] virtual content_coding coding() const noexcept = 0;

  /// The same with all of a piece.
  [[nodiscard]] inflate_status feed(std::string_view piece, const sink& out) {
    while (!piece.empty() || holds_output()) {
      if (const inflate_status status = feed_some(piece, out); status != inflate_status::more) {
        return status;
      }
    }
    return inflate_status::more;
  }
};

[[nodiscard]] std::unique_ptr<stream_decoder> make_decoder(content_coding coding);

/// Decodes by `first`, and what comes out of it by `second`.
[[nodiscard]] std::unique_ptr<stream_decoder> decode_twice(std::unique_ptr<stream_decoder> first,
                                                           std::unique_ptr<stream_decoder> second);

}  // namespace weir
