// SPDX-License-Identifier: Apache-2.0
//
// gzip in both directions, over isa-l. Pure. It decides nothing about limits but the one it is
// told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/stream_decoder.hpp"

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

/// Inflates a stream of one or more gzip members.
class gzip_inflater final : public stream_decoder {
 public:
  gzip_inflater();
  ~gzip_inflater() override;
  gzip_inflater(const gzip_inflater&) = delete;
  gzip_inflater& operator=(const gzip_inflater&) = delete;

  void reset(std::uint64_t inflated_bytes_max) override;
  [[nodiscard]] inflate_status feed_some(std::string_view& piece, const sink& out) override;
  [[nodiscard]] bool holds_output() const noexcept override;
  /// At least one member has come.
  [[nodiscard]] bool complete() const noexcept override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;
  [[nodiscard]] content_coding coding() const noexcept override { return content_coding::gzip; }
  [[nodiscard]] std::uint64_t inflated_bytes() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
