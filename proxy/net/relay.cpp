// SPDX-License-Identifier: Apache-2.0
#include "net/relay.hpp"

namespace weir {

bool relayed::begun() const {
  const std::lock_guard hold(lock_);
  return has_begun_;
}

std::optional<relay_head> relayed::take_head() {
  const std::lock_guard hold(lock_);
  return std::exchange(head_, std::nullopt);
}

std::string relayed::why() const {
  const std::lock_guard hold(lock_);
  return why_;
}

bool relayed::take(std::string& out) {
  const std::lock_guard hold(lock_);
  const bool was_full = bytes_.size() >= waiting_bytes_max;
  if (out.empty()) {
    out.swap(bytes_);
  } else {
    out.append(bytes_);
  }
  bytes_.clear();
  if (was_full && changed_) {
    changed_();
  }
  return !ended_;
}

bool relayed::waits() const {
  const std::lock_guard hold(lock_);
  return bytes_.empty() && !ended_;
}

bool relayed::broken() const {
  const std::lock_guard hold(lock_);
  return ended_ && !why_.empty();
}

std::size_t relayed::held_bytes() const {
  const std::lock_guard hold(lock_);
  return bytes_.capacity();
}

void relayed::abandon() {
  const std::lock_guard hold(lock_);
  wake_ = nullptr;
  abandoned_ = true;
  std::string{}.swap(bytes_);
  if (changed_) {
    changed_();
  }
}

void relayed::on_change(std::function<void()> more) {
  const std::lock_guard hold(lock_);
  changed_ = std::move(more);
}

void relayed::put_head(relay_head head) {
  const std::lock_guard hold(lock_);
  head_ = std::move(head);
  has_begun_ = true;
  tell();
}

bool relayed::put(std::string_view bytes) {
  const std::lock_guard hold(lock_);
  if (abandoned_ || bytes_.size() >= waiting_bytes_max) {
    return false;
  }
  bytes_.append(bytes);
  tell();
  return true;
}

bool relayed::has_room() const {
  const std::lock_guard hold(lock_);
  return bytes_.size() < waiting_bytes_max;
}

bool relayed::abandoned() const {
  const std::lock_guard hold(lock_);
  return abandoned_;
}

void relayed::end(std::string why) {
  const std::lock_guard hold(lock_);
  why_ = std::move(why);
  has_begun_ = true;
  ended_ = true;
  tell();
}

// Requires: lock_ is held.
void relayed::tell() {
  if (!news_.exchange(true) && wake_) {
    wake_();
  }
}

}  // namespace weir
