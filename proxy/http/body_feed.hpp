// SPDX-License-Identifier: Apache-2.0
//
// A body on its way from the wire to its exchange: inflated if need be, as much in a turn as the
// turn has work for; what arrived beyond that waits in here. Knows neither lengths nor chunks.
// Loop: the connection's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/turn_work.hpp"
#include "codec/gzip.hpp"

namespace weir::http {

class exchange;

/// Inflaters (a window and tables each) that no body needs at the moment. One loop.
class inflater_pool {
 public:
  static constexpr std::size_t kept_max = 4;
  /// What one takes while it is in use, for the memory budget.
  static constexpr std::size_t inflater_bytes = std::size_t{96} << 10;

  [[nodiscard]] std::unique_ptr<gzip_inflater> take();
  void give_back(std::unique_ptr<gzip_inflater> idle);

 private:
  std::vector<std::unique_ptr<gzip_inflater>> idle_;
};

class body_feed {
 public:
  void begin_gzip(inflater_pool& pool, std::uint64_t inflated_bytes_max);
  /// No more of this body is wanted: all that waits is forgotten.
  void end(inflater_pool& pool) noexcept;

  /// Bytes of the body. Passed on at once as far as the work goes, unless some wait before them.
  /// `answered`: the exchange wants no more, which it may say during the call.
  [[nodiscard]] inflate_status pass(std::string_view piece, exchange& to, turn_work& work,
                                    const bool& answered);
  /// Goes on with what waits.
  [[nodiscard]] inflate_status go_on(exchange& to, turn_work& work, const bool& answered);

  /// Something waits.
  [[nodiscard]] bool behind() const noexcept {
    return !waiting_.empty() || !inflated_.empty() ||
           (inflater_ != nullptr && inflater_->holds_output());
  }
  /// Of a coded body: it may end here.
  [[nodiscard]] bool complete() const noexcept {
    return inflater_ == nullptr || inflater_->complete();
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return waiting_.capacity() + inflated_.capacity() +
           (inflater_ == nullptr ? 0 : inflater_pool::inflater_bytes);
  }

 private:
  /// Passes on what it can and leaves the rest in `piece`.
  [[nodiscard]] inflate_status take(std::string_view& piece, exchange& to, turn_work& work,
                                    const bool& answered);
  [[nodiscard]] inflate_status take_gzip(std::string_view& piece, exchange& to, turn_work& work,
                                         const bool& answered);

  std::unique_ptr<gzip_inflater> inflater_;
  std::string inflated_;  // ahead of what waits
  std::string waiting_;
};

}  // namespace weir::http
