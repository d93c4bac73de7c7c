// SPDX-License-Identifier: Apache-2.0
#include "http/body_feed.hpp"

#include <utility>

#include "http/connection.hpp"

namespace weir::http {
namespace {

// One step of inflating, beside the bytes that come out: a member that holds nothing costs it too.
constexpr std::size_t step_work = 8;
// Buffers of up to this size stay with an idle connection.
constexpr std::size_t kept_bytes_max = 256;

std::size_t hand_over(std::string_view piece, exchange& to, turn_work& work) {
  const std::size_t taken = to.take(piece, work);
  work.spend_bytes(taken);
  return taken;
}

void give_up(std::string& buffer) noexcept {
  if (buffer.capacity() > kept_bytes_max) {
    std::string{}.swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace

std::unique_ptr<gzip_inflater> inflater_pool::take() {
  if (idle_.empty()) {
    return std::make_unique<gzip_inflater>();
  }
  std::unique_ptr<gzip_inflater> taken = std::move(idle_.back());
  idle_.pop_back();
  return taken;
}

void inflater_pool::give_back(std::unique_ptr<gzip_inflater> idle) {
  if (idle_.size() < kept_max) {
    idle_.push_back(std::move(idle));
  }
}

void body_feed::begin_gzip(inflater_pool& pool, std::uint64_t inflated_bytes_max) {
  if (inflater_ == nullptr) {
    inflater_ = pool.take();
  }
  inflater_->reset(inflated_bytes_max);
}

void body_feed::end(inflater_pool& pool) noexcept {
  if (inflater_ != nullptr) {
    pool.give_back(std::move(inflater_));
  }
  give_up(waiting_);
  give_up(inflated_);
}

inflate_status body_feed::pass(std::string_view piece, exchange& to, turn_work& work,
                               const bool& answered) {
  if (behind()) {
    waiting_.append(piece);
    return inflate_status::more;
  }
  const inflate_status status = take(piece, to, work, answered);
  if (!answered && status == inflate_status::more) {
    waiting_.append(piece);
  }
  return status;
}

inflate_status body_feed::go_on(exchange& to, turn_work& work, const bool& answered) {
  if (!inflated_.empty()) {
    const std::size_t taken = hand_over(inflated_, to, work);
    inflated_.erase(0, taken);
    if (answered || !inflated_.empty()) {
      return inflate_status::more;
    }
    give_up(inflated_);
  }
  std::string_view piece = waiting_;
  const inflate_status status = take(piece, to, work, answered);
  waiting_.erase(0, waiting_.size() - piece.size());
  if (waiting_.empty()) {
    give_up(waiting_);
  }
  return status;
}

inflate_status body_feed::take(std::string_view& piece, exchange& to, turn_work& work,
                               const bool& answered) {
  if (inflater_ != nullptr) {
    return take_gzip(piece, to, work, answered);
  }
  if (!work.done() && !piece.empty()) {
    piece.remove_prefix(hand_over(piece, to, work));
  }
  return inflate_status::more;
}

inflate_status body_feed::take_gzip(std::string_view& piece, exchange& to, turn_work& work,
                                    const bool& answered) {
  const auto hand_on = [&](std::string_view chunk) {
    if (answered) {
      return;
    }
    const std::size_t taken = hand_over(chunk, to, work);
    if (!answered && taken < chunk.size()) {
      inflated_.assign(chunk.substr(taken));
    }
  };
  while (!answered && inflated_.empty() && !work.done() &&
         (!piece.empty() || inflater_->holds_output())) {
    work.spend(step_work);
    if (const inflate_status status = inflater_->feed_some(piece, hand_on);
        status != inflate_status::more) {
      return status;
    }
  }
  return inflate_status::more;
}

}  // namespace weir::http
