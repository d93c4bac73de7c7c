// SPDX-License-Identifier: Apache-2.0
#include "sinks/assignments/assignment_history.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "sinks/assignments/series_address.hpp"

namespace weir {
namespace {

bool has(const assignment& in, std::string_view address) {
  return in.to_all() || in.index_of(address) != assignment::none;
}

}  // namespace

std::size_t assignment::index_of(std::string_view address) const noexcept {
  const auto found = std::lower_bound(addresses.begin(), addresses.end(), address);
  return found != addresses.end() && *found == address
             ? static_cast<std::size_t>(found - addresses.begin())
             : none;
}

bool assignment_history::add(log_position from, std::vector<std::string> addresses) {
  WEIR_ASSERT(entries_.empty() || from >= entries_.back().from);
  if (!entries_.empty() && entries_.back().from == from) {
    entries_.pop_back();
  }
  if (entries_.size() >= changes_max) {
    return false;
  }
  std::sort(addresses.begin(), addresses.end());
  assignment made{from, std::move(addresses), {}};
  for (const std::string& one : made.addresses) {
    made.hashes.push_back(address_hash(one));
  }
  entries_.push_back(std::move(made));
  return true;
}

void assignment_history::forget_before(log_position least) {
  const auto needed = std::find_if(entries_.rbegin(), entries_.rend(),
                                   [&](const assignment& each) { return each.from <= least; });
  if (needed != entries_.rend()) {
    entries_.erase(entries_.begin(), std::prev(needed.base()));
  }
}

const assignment* assignment_history::at(log_position position) const noexcept {
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                  [&](const assignment& each) { return each.from <= position; });
  return found == entries_.rend() ? nullptr : &*found;
}

bool assignment_history::concerns(log_position position, std::string_view address) const noexcept {
  const assignment* const there = at(position);
  return there != nullptr && has(*there, address);
}

log_position assignment_history::begin_of(std::string_view address) const noexcept {
  for (const assignment& each : entries_) {
    if (has(each, address)) {
      return each.from;
    }
  }
  return {};
}

log_position assignment_history::end_of(std::string_view address) const noexcept {
  log_position end = in_force;
  for (auto each = entries_.rbegin(); each != entries_.rend(); ++each) {
    if (has(*each, address)) {
      return end;
    }
    end = each->from;
  }
  return {};
}

}  // namespace weir
