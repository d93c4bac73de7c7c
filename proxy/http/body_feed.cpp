// SPDX-License-Identifier: Apache-2.0
#include "http/body_feed.hpp"

#include <algorithm>
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

std::unique_ptr<stream_decoder> inflater_pool::take(content_coding coding) {
  const auto fits = std::find_if(idle_.begin(), idle_.end(),
                                 [coding](const auto& each) { return each->coding() == coding; });
  if (fits == idle_.end()) {
    return make_decoder(coding);
  }
  std::unique_ptr<stream_decoder> taken = std::move(*fits);
  idle_.erase(fits);
  return taken;
}

void inflater_pool::give_back(std::unique_ptr<stream_decoder> idle) {
  if (idle_.size() < kept_max && idle->held_bytes() <= kept_bytes_max) {
    idle_.push_back(std::move(idle));
  }
}

void body_feed::begin_decoding(inflater_pool& pool, std::span<const content_coding> layers,
                               const decoding_bounds& bounds) {
  // The coding that was applied last comes off first.
  decoder_ = pool.take(layers.back());
  is_one_ = layers.size() == 1;
  for (std::size_t i = layers.size() - 1; i > 0; --i) {
    decoder_ = decode_twice(std::move(decoder_), pool.take(layers[i - 1]));
  }
  decoder_->reset(bounds.bytes_max);
  bounds_ = bounds;
  coded_bytes_ = 0;
  decoded_bytes_ = 0;
}

void body_feed::end(inflater_pool& pool) noexcept {
  if (decoder_ != nullptr && is_one_) {
    pool.give_back(std::move(decoder_));
  }
  decoder_.reset();
  give_up(waiting_);
  give_up(inflated_);
}

feed_status body_feed::pass(std::string_view piece, exchange& to, turn_work& work,
                            const bool& answered) {
  if (behind()) {
    waiting_.append(piece);
    return feed_status::more;
  }
  const feed_status status = take(piece, to, work, answered);
  if (!answered && status == feed_status::more) {
    waiting_.append(piece);
  }
  return status;
}

feed_status body_feed::go_on(exchange& to, turn_work& work, const bool& answered) {
  if (!inflated_.empty()) {
    const std::size_t taken = hand_over(inflated_, to, work);
    inflated_.erase(0, taken);
    if (answered || !inflated_.empty()) {
      return feed_status::more;
    }
    give_up(inflated_);
  }
  std::string_view piece = waiting_;
  const feed_status status = take(piece, to, work, answered);
  waiting_.erase(0, waiting_.size() - piece.size());
  if (waiting_.empty()) {
    give_up(waiting_);
  }
  return status;
}

feed_status body_feed::take(std::string_view& piece, exchange& to, turn_work& work,
                            const bool& answered) {
  if (decoder_ != nullptr) {
    return take_coded(piece, to, work, answered);
  }
  if (!work.done() && !piece.empty()) {
    piece.remove_prefix(hand_over(piece, to, work));
  }
  return feed_status::more;
}

feed_status body_feed::take_coded(std::string_view& piece, exchange& to, turn_work& work,
                                  const bool& answered) {
  const auto hand_on = [&](std::string_view chunk) {
    decoded_bytes_ += chunk.size();
    if (answered) {
      return;
    }
    const std::size_t taken = hand_over(chunk, to, work);
    if (!answered && taken < chunk.size()) {
      inflated_.assign(chunk.substr(taken));
    }
  };
  while (!answered && inflated_.empty() && !work.done() &&
         (!piece.empty() || decoder_->holds_output())) {
    work.spend(step_work);
    const std::size_t before = piece.size();
    const inflate_status came = decoder_->feed_some(piece, hand_on);
    coded_bytes_ += before - piece.size();
    if (const feed_status status = judge(came); status != feed_status::more) {
      return status;
    }
  }
  return feed_status::more;
}

feed_status body_feed::judge(inflate_status status) noexcept {
  switch (status) {
    case inflate_status::more:
      break;
    case inflate_status::damaged:
      return feed_status::damaged;
    case inflate_status::too_long:
      return feed_status::too_long;
    case inflate_status::too_wide:
      return feed_status::too_wide;
  }
  const bool dense = bounds_.ratio_max > 0 && decoded_bytes_ > dense_bytes_least &&
                     decoded_bytes_ / bounds_.ratio_max > coded_bytes_;
  return dense ? feed_status::too_dense : feed_status::more;
}

}  // namespace weir::http
