// SPDX-License-Identifier: Apache-2.0
#include "server/page/event_hub.hpp"

#include <utility>

namespace weir {

void event_watcher::wake_up() {
  news_.store(true, std::memory_order_release);
  if (wake_) {
    wake_();
  }
}

event_watcher::event event_watcher::take() {
  const std::lock_guard hold(lock_);
  return std::exchange(newest_, nullptr);
}

bool event_watcher::has_event() const {
  const std::lock_guard hold(lock_);
  return newest_ != nullptr;
}

void event_watcher::give(event newest) {
  const std::lock_guard hold(lock_);
  newest_ = std::move(newest);
  wake_up();
}

void event_watcher::end() {
  const std::lock_guard hold(lock_);
  ended_.store(true, std::memory_order_release);
  wake_up();
}

void event_watcher::abandon() {
  const std::lock_guard hold(lock_);
  wake_ = nullptr;
  newest_ = nullptr;
}

std::shared_ptr<event_watcher> event_hub::watch(std::function<void()> wake) {
  const std::lock_guard hold(lock_);
  if (closed_ || watchers_.size() >= watchers_max) {
    return nullptr;
  }
  watchers_.push_back(std::make_shared<event_watcher>(std::move(wake)));
  return watchers_.back();
}

void event_hub::forget(const std::shared_ptr<event_watcher>& gone) {
  {
    const std::lock_guard hold(lock_);
    std::erase(watchers_, gone);
  }
  gone->abandon();
}

std::size_t event_hub::watchers() const {
  const std::lock_guard hold(lock_);
  return watchers_.size();
}

void event_hub::publish(const event_watcher::event& newest) {
  const std::lock_guard hold(lock_);
  for (const auto& each : watchers_) {
    each->give(newest);
  }
}

void event_hub::end_all() {
  const std::lock_guard hold(lock_);
  for (const auto& each : watchers_) {
    each->end();
  }
}

void event_hub::close() {
  {
    const std::lock_guard hold(lock_);
    closed_ = true;
  }
  end_all();
}

bool event_hub::closed() const {
  const std::lock_guard hold(lock_);
  return closed_;
}

}  // namespace weir
