// SPDX-License-Identifier: Apache-2.0
//
// Which decoder is whose, and two in a row. Any one thread.
#include "codec/stream_decoder.hpp"

#include <string>
#include <utility>

#include "base/assert.hpp"
#include "codec/deflate.hpp"
#include "codec/gzip.hpp"
#include "codec/zstd.hpp"

namespace weir {
namespace {

class two_decoders final : public stream_decoder {
 public:
  two_decoders(std::unique_ptr<stream_decoder> first, std::unique_ptr<stream_decoder> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  void reset(std::uint64_t inflated_bytes_max) override {
    first_->reset(inflated_bytes_max);
    second_->reset(inflated_bytes_max);
    between_.clear();
    used_ = 0;
    first_failed_ = false;
  }

  [[nodiscard]] inflate_status feed_some(std::string_view& piece, const sink& out) override {
    if (between_.empty() && !second_->holds_output()) {
      const inflate_status status =
          first_->feed_some(piece, [this](std::string_view chunk) { between_.append(chunk); });
      first_failed_ = status != inflate_status::more;
      return status;
    }
    std::string_view rest = std::string_view(between_).substr(used_);
    const inflate_status status = second_->feed_some(rest, out);
    used_ = between_.size() - rest.size();
    if (rest.empty()) {
      between_.clear();
      used_ = 0;
    }
    return status;
  }

  [[nodiscard]] bool holds_output() const noexcept override {
    return !between_.empty() || second_->holds_output() || first_->holds_output();
  }
  [[nodiscard]] bool complete() const noexcept override {
    return first_->complete() && between_.empty() && second_->complete();
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return first_->held_bytes() + second_->held_bytes() + between_.capacity();
  }
  [[nodiscard]] content_coding coding() const noexcept override {
    return first_failed_ ? first_->coding() : second_->coding();
  }

 private:
  const std::unique_ptr<stream_decoder> first_;
  const std::unique_ptr<stream_decoder> second_;
  /// What came out of the first, at most a chunk, and how much of it the second has.
  std::string between_;
  std::size_t used_ = 0;
  bool first_failed_ = false;
};

}  // namespace

std::unique_ptr<stream_decoder> make_decoder(content_coding coding) {
  switch (coding) {
    case content_coding::gzip:
      return std::make_unique<gzip_inflater>();
    case content_coding::deflate:
      return std::make_unique<deflate_inflater>();
    case content_coding::zstd:
      return std::make_unique<zstd_decoder>();
  }
  WEIR_ASSERT(false);
  return nullptr;
}

std::unique_ptr<stream_decoder> decode_twice(std::unique_ptr<stream_decoder> first,
                                             std::unique_ptr<stream_decoder> second) {
  return std::make_unique<two_decoders>(std::move(first), std::move(second));
}

}  // namespace weir
