// SPDX-License-Identifier: Apache-2.0
//
// `Content-Encoding: deflate`, over isa-l: the zlib format, as RFC 9110 says, and bare deflate
// data, which some clients send under that name. Pure. Neither has more than one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "codec/stream_decoder.hpp"

namespace weir {

class deflate_inflater final : public stream_decoder {
 public:
  deflate_inflater();
  ~deflate_inflater() override;
  deflate_inflater(const deflate_inflater&) = delete;
  deflate_inflater& operator=(const deflate_inflater&) = delete;

  void reset(std::uint64_t inflated_bytes_max) override;
  [[nodiscard]] inflate_status feed_some(std::string_view& piece, const sink& out) override;
  [[nodiscard]] bool holds_output() const noexcept override;
  [[nodiscard]] bool complete() const noexcept override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;
  [[nodiscard]] content_coding coding() const noexcept override { return content_coding::deflate; }

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
