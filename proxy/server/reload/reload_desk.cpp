// SPDX-License-Identifier: Apache-2.0
#include "server/reload/reload_desk.hpp"

#include <utility>

namespace weir {
namespace {

reload_answer closed_answer() {
  return {503, "{\"error\":\"weir is ending\"}\n"};
}

}  // namespace

void reload_ticket::abandon() {
  const std::lock_guard hold(lock_);
  wake_ = nullptr;
}

void reload_ticket::settle(const reload_answer& answer) {
  answer_ = answer;
  settled_.store(true, std::memory_order_release);
  const std::lock_guard hold(lock_);
  if (wake_) {
    wake_();
  }
}

std::shared_ptr<reload_ticket> reload_desk::ask(std::function<void()> wake) {
  auto ticket = std::make_shared<reload_ticket>(std::move(wake));
  {
    const std::lock_guard hold(lock_);
    if (closed_) {
      ticket->settle(closed_answer());
      return ticket;
    }
    asked_.push_back(ticket);
  }
  if (wake_) {
    wake_();
  }
  return ticket;
}

std::vector<std::shared_ptr<reload_ticket>> reload_desk::take() {
  const std::lock_guard hold(lock_);
  return std::exchange(asked_, {});
}

void reload_desk::settle(const std::vector<std::shared_ptr<reload_ticket>>& tickets,
                         const reload_answer& answer) {
  for (const auto& each : tickets) {
    each->settle(answer);
  }
}

void reload_desk::close() {
  {
    const std::lock_guard hold(lock_);
    closed_ = true;
  }
  settle(take(), closed_answer());
}

}  // namespace weir
