// SPDX-License-Identifier: Apache-2.0
#include "api/verdict.hpp"

#include <algorithm>
#include <utility>

namespace weir {

std::uint64_t write_verdict::dropped() const noexcept {
  std::uint64_t sum = beyond_retention;
  for (const storage_refusal& each : storage) {
    sum += each.points;
  }
  return sum;
}

bool write_verdict::knows(std::string_view code) const noexcept {
  return std::any_of(storage.begin(), storage.end(),
                     [code](const storage_refusal& each) { return each.code == code; });
}

void write_verdict::keep(rejected_line line) {
  const std::size_t bytes = line.bytes();
  if (wants_message() && bytes <= bytes_max() - refusal_bytes) {
    refusal_bytes += bytes;
    refusals.push_back(std::move(line));
  } else {
    refusal_bytes = bytes_max();  // the first that is left out is the last looked at
  }
}

void write_verdict::add_hint(line_hint hint) {
  ++hint_lines;
  const bool is_known = std::any_of(hints.begin(), hints.end(),
                                    [&](const line_hint& each) { return each.kind == hint.kind; });
  if (!is_known && !hint.text.empty() && hint.text.size() <= hint_bytes_max) {
    hints.push_back(std::move(hint));
  }
}

void write_verdict::reject(rejected_line line) {
  ++rejected;
  keep(std::move(line));
}

void write_verdict::refuse_at_storage(std::string_view code, std::string reason,
                                      rejected_line line) {
  const auto known = std::find_if(storage.begin(), storage.end(),
                                  [&](const storage_refusal& each) { return each.code == code; });
  if (known != storage.end()) {
    ++known->points;
  } else {
    storage.push_back({.code = code, .reason = std::move(reason), .points = 1});
  }
  if (verbose) {
    line.at_storage = true;
    keep(std::move(line));
  }
}

void write_verdict::refuse_by_retention(rejected_line line) {
  ++beyond_retention;
  if (verbose) {
    line.at_storage = true;
    keep(std::move(line));
  }
}

}  // namespace weir
