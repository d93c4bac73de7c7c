// SPDX-License-Identifier: Apache-2.0
//
// An array with open addressing whose size is a power of two, doubled when it is three quarters
// full.
#include "gate/types/field_types.hpp"

#include <algorithm>

namespace weir {
field_types::field_types(memory_budget& budget) : budget_(budget), lease_(budget_) {}

const field_types::place* field_types::seek(const wide_hash& key) const noexcept {
  if (places_.empty()) {
    return nullptr;
  }
  const std::size_t mask = places_.size() - 1;
  const std::uint32_t tag = tag_of(key);
  for (std::size_t at = key.low & mask; places_[at].tag != 0; at = (at + 1) & mask) {
    if (places_[at].low == key.low && places_[at].tag == tag) {
      return &places_[at];
    }
  }
  return nullptr;
}

field_types::answer field_types::find(const wide_hash& key) const {
  const std::shared_lock lock(mutex_);
  const place* known = seek(key);
  return known == nullptr ? answer{} : answer{known->is, known->type};
}

field_types::answer field_types::add_claimed(const wide_hash& key, field_type type) {
  const std::unique_lock lock(mutex_);
  place* known = seek(key);
  if (known != nullptr && known->is != status::unknown) {
    return {known->is, known->type};
  }
  if (known == nullptr) {
    if (!room_for_one()) {
      return {status::full, type};
    }
    insert(key, type);
    known = seek(key);
  }
  known->type = type;
  known->is = status::claimed;
  return {status::claimed, type};
}

void field_types::remove(const wide_hash& key, bool only_claimed) {
  const std::unique_lock lock(mutex_);
  if (place* known = seek(key);
      known != nullptr && (!only_claimed || known->is == status::claimed)) {
    known->is = status::unknown;
  }
}

bool field_types::room_for_one() {
  if (used_ < places_.size() / 4 * 3) {
    return true;
  }
  const std::size_t wanted = std::max(bytes_least / sizeof(place), places_.size() * 2);
  if (!lease_.grow_to(wanted * sizeof(place))) {
    return false;
  }
  std::vector<place> before(wanted);
  before.swap(places_);
  for (const place& each : before) {
    if (each.tag != 0) {
      put(each);
    }
  }
  return true;
}

void field_types::put(const place& one) noexcept {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = one.low & mask;
  while (places_[at].tag != 0) {
    at = (at + 1) & mask;
  }
  places_[at] = one;
}

void field_types::insert(const wide_hash& key, field_type type) noexcept {
  put({.low = key.low, .tag = tag_of(key), .type = type});
  ++used_;
}

field_types::status field_types::set(const wide_hash& key, field_type type) {
  const std::unique_lock lock(mutex_);
  if (place* known = seek(key); known != nullptr) {
    known->type = type;
    known->is = status::known;
    return status::known;
  }
  if (!room_for_one()) {
    return status::full;
  }
  insert(key, type);
  return status::added;
}

bool field_types::first_in_pass(const wide_hash& key, field_type type, std::uint8_t pass) {
  const std::unique_lock lock(mutex_);
  place* known = seek(key);
  if (known == nullptr || known->type != type || known->pass == pass) {
    return false;
  }
  known->pass = pass;
  return true;
}

std::size_t field_types::size() const {
  const std::shared_lock lock(mutex_);
  return used_;
}

void field_types::clear() {
  const std::unique_lock lock(mutex_);
  std::vector<place>{}.swap(places_);
  used_ = 0;
  lease_.release();
}

}  // namespace weir
