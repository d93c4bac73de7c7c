// SPDX-License-Identifier: Apache-2.0
//
// A body on its way from the wire to its exchange: inflated if need be, as much in a turn as the
// turn has work for; what arrived beyond that waits in here. Knows neither lengths nor chunks.
// Loop: the connection's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/turn_work.hpp"
#include "codec/stream_decoder.hpp"

namespace weir::http {

class exchange;

/// Decoders (a window and tables each) that no body needs at the moment. One loop.
class inflater_pool {
 public:
  static constexpr std::size_t kept_max = 4;
  /// What one takes at its beginning, for the memory budget.
  static constexpr std::size_t inflater_bytes = new_decoder_bytes;
  /// One that has grown beyond this is not kept.
  static constexpr std::size_t kept_bytes_max = std::size_t{256} << 10;

  [[nodiscard]] std::unique_ptr<stream_decoder> take(content_coding coding);
  void give_back(std::unique_ptr<stream_decoder> idle);

 private:
  std::vector<std::unique_ptr<stream_decoder>> idle_;
};

/// How much may come out of a coded body.
struct decoding_bounds {
  std::uint64_t bytes_max = 0;
  /// Bytes out for each byte in; 0: as many as there are. Looked at once `dense_bytes_least` have
  /// come out, as less harms nobody.
  std::uint64_t ratio_max = 0;
};
inline constexpr std::uint64_t dense_bytes_least = std::uint64_t{1} << 20;

/// What became of a piece of a body.
enum class feed_status : std::uint8_t {
  more,
  damaged,    // `body_feed::failed_coding` says by which coding
  too_long,   // more than `decoding_bounds::bytes_max`
  too_dense,  // more than `decoding_bounds::ratio_max`
  too_wide,   // its decoder would need too much memory
};

class body_feed {
 public:
  /// `layers`: at least one, in the order in which they were applied.
  void begin_decoding(inflater_pool& pool, std::span<const content_coding> layers,
                      const decoding_bounds& bounds);
  /// No more of this body is wanted: all that waits is forgotten.
  void end(inflater_pool& pool) noexcept;

  /// Bytes of the body. Passed on at once as far as the work goes, unless some wait before them.
  /// `answered`: the exchange wants no more, which it may say during the call.
  [[nodiscard]] feed_status pass(std::string_view piece, exchange& to, turn_work& work,
                                 const bool& answered);
  /// Goes on with what waits.
  [[nodiscard]] feed_status go_on(exchange& to, turn_work& work, const bool& answered);

  /// Something waits.
  [[nodiscard]] bool behind() const noexcept {
    return !waiting_.empty() || !inflated_.empty() ||
           (decoder_ != nullptr && decoder_->holds_output());
  }
  /// Of a coded body: it may end here.
  [[nodiscard]] bool complete() const noexcept {
    return decoder_ == nullptr || decoder_->complete();
  }
  /// Of a body that is `damaged`.
  [[nodiscard]] content_coding failed_coding() const noexcept { return decoder_->coding(); }
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return waiting_.capacity() + inflated_.capacity() +
           (decoder_ == nullptr ? 0 : decoder_->held_bytes());
  }

 private:
  /// Passes on what it can and leaves the rest in `piece`.
  [[nodiscard]] feed_status take(std::string_view& piece, exchange& to, turn_work& work,
                                 const bool& answered);
  [[nodiscard]] feed_status take_coded(std::string_view& piece, exchange& to, turn_work& work,
                                       const bool& answered);

  [[nodiscard]] feed_status judge(inflate_status status) noexcept;

  std::unique_ptr<stream_decoder> decoder_;
  bool is_one_ = false;  // of several decoders none goes back to the pool
  decoding_bounds bounds_;
  std::uint64_t coded_bytes_ = 0;    // that the decoder has taken
  std::uint64_t decoded_bytes_ = 0;  // that came out of it
  std::string inflated_;             // ahead of what waits
  std::string waiting_;
};

}  // namespace weir::http
