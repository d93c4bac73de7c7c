// SPDX-License-Identifier: Apache-2.0
//
// `Content-Encoding: zstd` (RFC 8878), over libzstd: frames, as many as come, with a window of at
// most 8 MiB, which RFC 9659 has every client keep to. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "codec/stream_decoder.hpp"

namespace weir {

class zstd_decoder final : public stream_decoder {
 public:
  /// Logarithm of the widest window.
  static constexpr int window_log_max = 23;

  zstd_decoder();
  ~zstd_decoder() override;
  zstd_decoder(const zstd_decoder&) = delete;
  zstd_decoder& operator=(const zstd_decoder&) = delete;

  void reset(std::uint64_t inflated_bytes_max) override;
  [[nodiscard]] inflate_status feed_some(std::string_view& piece, const sink& out) override;
  [[nodiscard]] bool holds_output() const noexcept override;
  [[nodiscard]] bool complete() const noexcept override;
  /// Grows with the window that a frame asks for.
  [[nodiscard]] std::size_t held_bytes() const noexcept override;
  [[nodiscard]] content_coding coding() const noexcept override { return content_coding::zstd; }

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
