// SPDX-License-Identifier: Apache-2.0
#include "users/hash_desk.hpp"

#include <algorithm>
#include <utility>

namespace weir {

hash_desk::~hash_desk() {
  {
    const std::lock_guard hold(lock_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::shared_ptr<hash_ticket> hash_desk::join(const hash_question& same,
                                             const std::function<void()>& wake) {
  const std::lock_guard hold(lock_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&same](const job& each) {
    return each.is.of == same.of && each.is.hash == same.hash;
  });
  if (found == jobs_.end()) {
    return nullptr;
  }
  return found->tickets.emplace_back(std::make_shared<hash_ticket>(wake));
}

std::shared_ptr<hash_ticket> hash_desk::ask(hash_question question,
                                            const std::function<void()>& wake) {
  const std::lock_guard hold(lock_);
  if (jobs_.size() > waiting_max || ends_) {
    return nullptr;
  }
  auto ticket = std::make_shared<hash_ticket>(wake);
  jobs_.push_back({.is = std::move(question), .tickets = {ticket}});
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { work(); });
  }
  changed_.notify_all();
  return ticket;
}

void hash_desk::work() {
  std::unique_lock hold(lock_);
  while (true) {
    changed_.wait(hold, [this] { return ends_ || !jobs_.empty(); });
    if (ends_) {
      return;
    }
    // A deque's elements stay where they are while others are added at its end.
    const hash_question& question = jobs_.front().is;
    hold.unlock();
    const hash_check answer = check_(question.password, question.hash);
    hold.lock();
    const std::vector<std::shared_ptr<hash_ticket>> tickets = std::move(jobs_.front().tickets);
    jobs_.pop_front();
    hold.unlock();
    for (const auto& each : tickets) {
      each->settle(answer);
    }
    hold.lock();
  }
}

}  // namespace weir
