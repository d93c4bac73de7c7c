// SPDX-License-Identifier: Apache-2.0
//
// gzip in both directions, over isa-l. Pure. It decides nothing about limits but the one it is
// told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weir {

/// Makes gzip members. Keeps its working memory; one thread.
class gzip_compressor {
 public:
  gzip_compressor();
  ~gzip_compressor();
  gzip_compressor(const gzip_compressor&) = delete;
  gzip_compressor& operator=(const gzip_compressor&) = delete;

  /// Appends one complete gzip member that holds the pieces, in order, to `out`.
  void append_member(std::span<const std::string_view> pieces, std::string& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

enum class inflate_status : std::uint8_t {
  more,      // all input consumed; the stream goes on or ended at a member's end
  damaged,   // not gzip, or a wrong checksum
  too_long,  // more than the bound came out
};

/// Inflates a stream of one or more gzip members that arrives in pieces. One thread.
class gzip_inflater {
 public:
  gzip_inflater();
  ~gzip_inflater();
  gzip_inflater(const gzip_inflater&) = delete;
  gzip_inflater& operator=(const gzip_inflater&) = delete;

  /// Begins a new stream of which at most `inflated_bytes_max` may come out. Keeps its memory.
  void reset(std::uint64_t inflated_bytes_max);

  /// Inflates a piece and hands what comes out to `out`, in chunks of at most 64 KiB that are valid
  /// during the call. After anything but `more` only `reset` may follow.
  [[nodiscard]] inflate_status feed(std::string_view piece,
                                    const std::function<void(std::string_view)>& out);
  /// The same a step at a time, for whoever must not take long: one chunk at most, or the rest of a
  /// member. What was used is taken off `piece`. There is more to do until `piece` is empty and
  /// `holds_output` false.
  [[nodiscard]] inflate_status feed_some(std::string_view& piece,
                                         const std::function<void(std::string_view)>& out);
  /// More may come out without further input.
  [[nodiscard]] bool holds_output() const noexcept;

  /// The input so far is a whole number (at least one) of complete members, checksums and all.
  [[nodiscard]] bool complete() const noexcept;
  [[nodiscard]] std::uint64_t inflated_bytes() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
