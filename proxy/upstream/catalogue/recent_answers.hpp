// SPDX-License-Identifier: Apache-2.0
//
// What servers said lately of targets that they lack, so that a client that writes there again and
// again costs them a question a second. Bounded. Thread-safe; the time is passed in.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "upstream/catalogue/presence.hpp"

namespace weir {

class recent_answers {
 public:
  static constexpr std::size_t answers_max = 10'000;
  /// How long an answer is believed, milliseconds: a database that somebody creates on the server
  /// itself is there for clients after a second.
  static constexpr std::int64_t missing_ms = 1'000;
  static constexpr std::int64_t other_ms = 5'000;

  [[nodiscard]] std::optional<presence_answer> find(const std::string& database,
                                                    const std::string& policy,
                                                    std::int64_t now_ms) const {
    const std::lock_guard hold(lock_);
    const auto found = answers_.find({database, policy});
    return found == answers_.end() || found->second.second <= now_ms
               ? std::nullopt
               : std::optional(found->second.first);
  }
  void put(const std::string& database, const std::string& policy, presence_answer answer,
           std::int64_t now_ms) {
    const bool missing =
        answer.is == presence::missing_database || answer.is == presence::missing_policy;
    const std::lock_guard hold(lock_);
    if (answers_.size() >= answers_max) {
      answers_.clear();
    }
    answers_.insert_or_assign(
        {database, policy},
        std::pair{std::move(answer), now_ms + (missing ? missing_ms : other_ms)});
  }
  void clear() {
    const std::lock_guard hold(lock_);
    answers_.clear();
  }

 private:
  mutable std::mutex lock_;
  /// With the time until which they are believed.
  std::map<std::pair<std::string, std::string>, std::pair<presence_answer, std::int64_t>> answers_;
};

}  // namespace weir
