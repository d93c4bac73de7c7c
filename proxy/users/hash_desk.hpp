// SPDX-License-Identifier: Apache-2.0
//
// Where passwords are held against hashes: on a thread of its own, because that takes as long as
// some thousand writes. Bounded; those who ask the same are answered together. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/answer_ticket.hpp"
#include "users/keyed_digest.hpp"
#include "users/password_hash.hpp"

namespace weir {

using hash_ticket = answer_ticket<hash_check>;

/// What is to be found out.
struct hash_question {
  /// Of the credentials.
  keyed_digest of{};
  std::string password{};
  std::string hash{};
};

class hash_desk {
 public:
  /// Questions that wait; further ones are refused.
  static constexpr std::size_t waiting_max = 64;
  using checker = hash_check (*)(std::string_view password, const std::string& hash);

  /// The thread begins with the first question.
  explicit hash_desk(checker check = check_password) noexcept : check_(check) {}
  /// Questions that were not looked at are not answered.
  ~hash_desk();
  hash_desk(const hash_desk&) = delete;
  hash_desk& operator=(const hash_desk&) = delete;

  /// A ticket of the same question, where it was asked before and is not answered yet; else
  /// nullptr. `wake` is called on the desk's thread.
  [[nodiscard]] std::shared_ptr<hash_ticket> join(const hash_question& same,
                                                  const std::function<void()>& wake);
  /// nullptr: too many wait.
  [[nodiscard]] std::shared_ptr<hash_ticket> ask(hash_question question,
                                                 const std::function<void()>& wake);

 private:
  struct job {
    hash_question is;
    std::vector<std::shared_ptr<hash_ticket>> tickets;
  };
  void work();

  const checker check_;
  std::mutex lock_;
  std::condition_variable changed_;
  /// The first is the one that is worked on.
  std::deque<job> jobs_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace weir
