// SPDX-License-Identifier: Apache-2.0
//
// What to do after each attempt to deliver a batch: an answer (or the lack of one) in, the next
// step out. A pure state machine, one per lane: no network, no clock; time to wait is its output
// and randomness comes from a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/answer.hpp"

namespace weir {

/// What an answer means, before anything of the lane's past is looked at.
enum class answer_class : std::uint8_t {
  success,           // 204: stored
  not_stored,        // any other 2xx, and 3xx: something answers, but it is no database
  no_answer,         // refused, reset, timed out
  partial_write,     // the good lines are stored, some are not and never will be
  too_large,         // 413
  busy,              // 408, 429 and 5xx: the same batch may pass later
  not_allowed,       // 401, 403, 407: until the configuration or the server is repaired
  missing_database,  // 404 `database not found`
  missing_policy,    // 404 or 500 `retention policy not found`
  wrong_place,       // any other 404, 405, 415: this is not the server it is taken for
  refused,           // any other 4xx: this batch will never pass
};

/// Total: every answer has a class. `words` are the server's own (server_words). A protocol in
/// which every 2xx means stored (remote write) looks at those first.
[[nodiscard]] answer_class classify(const answer& given, const std::string& words);

/// `answered 200, not 204: is the url right?`, and where a redirect leads to.
[[nodiscard]] std::string not_stored_words(int status, std::string_view stored_status,
                                           std::string_view location = {});

enum class step_kind : std::uint8_t {
  delivered,         // go on with the next batch
  delivered_partly,  // `dropped` points are not stored; go on with the next batch
  retry,             // the same again after `wait`
  hold,              // the lane rests for `wait`, then tries again; somebody should look
  create_database,   // create it upstream, then call `created`
  halve,             // the same with half the bytes
  refused,           // set the batch aside and go on
};

struct delivery_step {
  step_kind kind = step_kind::delivered;
  std::chrono::milliseconds wait{0};
  /// What of `wait` is the lane's own pace; the rest is what the server asked for (Retry-After),
  /// which ends when the server takes points of another lane.
  std::chrono::milliseconds own_wait{0};
  /// For delivered_partly: how many points the server dropped, at most those of the batch.
  std::uint64_t dropped = 0;
  /// The server's words, or why there was no answer. Unbounded by others' will: cut before use.
  std::string words;
  /// Of retry and hold: what kind of answer it was.
  answer_class meaning = answer_class::success;
};

struct delivery_pace {
  std::chrono::milliseconds retry_least{200};
  std::chrono::milliseconds retry_most{30'000};
};

/// What was attempted.
struct attempt {
  std::uint64_t points = 0;
  /// A missing database may be created upstream.
  bool may_create = false;
  /// For the words that say how to repair it.
  std::string_view database = {};
  std::string_view retention_policy = {};
  std::string_view stored_status = "204";
};

class delivery {
 public:
  /// A server's Retry-After is believed up to so many times `retry_most` (two minutes by default).
  static constexpr int retry_after_factor = 4;

  delivery(const delivery_pace& pace, std::uint64_t seed) noexcept : pace_(pace), random_(seed) {}

  /// After an attempt to deliver.
  [[nodiscard]] delivery_step next(const answer& given, const attempt& what);
  /// After an attempt to create the lane's database: `retry` (at once when it exists now) or
  /// `hold`.
  [[nodiscard]] delivery_step created(const answer& given);

 private:
  [[nodiscard]] delivery_step step_for(answer_class what, const attempt& tried, std::string words);
  [[nodiscard]] delivery_step creation_step(const answer& given);
  [[nodiscard]] delivery_step rested(delivery_step step, const answer& given) const;
  [[nodiscard]] std::chrono::milliseconds retry_wait();
  [[nodiscard]] std::chrono::milliseconds hold_wait();
  [[nodiscard]] std::uint64_t random_up_to(std::uint64_t most) noexcept;
  void settled() noexcept;

  delivery_pace pace_;
  std::uint64_t random_;
  std::uint32_t retries_ = 0;
  std::uint32_t holds_ = 0;
  /// A database that is still missing after its creation is not created in a circle.
  bool creation_tried_ = false;
};

/// The number of points that a partial write lost, by the server's words; at least 1.
[[nodiscard]] std::uint64_t dropped_points(const std::string& words);

}  // namespace weir
