// SPDX-License-Identifier: Apache-2.0
//
// A few subscribers, looked at one after another. No I/O.
#include "log/subscribers.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace weir {

void wake_list::add(std::size_t number, std::function<void()> wake) {
  const std::unique_lock lock(mutex_);
  wakers_.push_back({number, std::move(wake)});
}

void wake_list::remove(std::size_t number) {
  const std::unique_lock lock(mutex_);
  std::erase_if(wakers_, [number](const waker& each) { return each.number == number; });
}

void wake_list::wake_all() const {
  const std::shared_lock lock(mutex_);
  for (const waker& each : wakers_) {
    each.wake();
  }
}

std::size_t subscriber_table::add(subscription subscriber, log_position low_water) {
  const std::size_t number = next_number_++;
  marks_.push_back({number, std::move(subscriber.name), subscriber.required, low_water});
  if (subscriber.wake) {
    wakers_.add(number, std::move(subscriber.wake));
  }
  if (subscriber.settle) {
    settlers_.add(number, std::move(subscriber.settle));
  }
  return number;
}

bool subscriber_table::release(std::size_t number, log_position low_water) {
  for (mark& each : marks_) {
    if (each.number == number && each.low_water < low_water) {
      each.low_water = low_water;
      return true;
    }
  }
  return false;
}

void subscriber_table::remove(std::size_t number) {
  std::erase_if(marks_, [number](const mark& each) { return each.number == number; });
  wakers_.remove(number);
  settlers_.remove(number);
}

std::optional<log_position> subscriber_table::low_water() const noexcept {
  std::optional<log_position> least;
  for (const mark& each : marks_) {
    least = std::min(least.value_or(each.low_water), each.low_water);
  }
  return least;
}

std::optional<log_position> subscriber_table::needed_from() const noexcept {
  std::optional<log_position> least;
  for (const mark& each : marks_) {
    if (each.required) {
      least = std::min(least.value_or(each.low_water), each.low_water);
    }
  }
  return least ? least : low_water();
}

bool subscriber_table::required_below(log_position position) const noexcept {
  return std::any_of(marks_.begin(), marks_.end(), [position](const mark& each) {
    return each.required && each.low_water < position;
  });
}

}  // namespace weir
