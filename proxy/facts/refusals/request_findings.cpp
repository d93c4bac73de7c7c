// SPDX-License-Identifier: Apache-2.0
#include "facts/refusals/request_findings.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

bool is_kept(finding_kind kind) noexcept {
  return kind == finding_kind::mended || kind == finding_kind::noted;
}

}  // namespace

void request_findings::begin_sender(finding_sender from) {
  from = bounded(std::move(from));
  const auto known = std::find(senders_.begin(), senders_.end(), from);
  if (known != senders_.end()) {
    current_ = static_cast<std::size_t>(known - senders_.begin());
    return;
  }
  if (senders_.size() < senders_max) {
    senders_.push_back(std::move(from));
  } else {
    senders_.back() = {.listener = std::move(from.listener), .address = "others"};
  }
  current_ = senders_.size() - 1;
}

void request_findings::count_other(finding_kind kind, finding_code code, std::uint64_t count) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
    return each.kind == kind && each.code == code && each.sender == current_;
  });
  if (known == entries_.end()) {
    if (entries_.size() == entries_max) {
      return;
    }
    entries_.push_back({kind, code, current_, count});
    last_ = entries_.size() - 1;
    return;
  }
  known->count += count;
  last_ = static_cast<std::size_t>(known - entries_.begin());
}

bool request_findings::lacks_example(finding_kind kind, finding_code code) const noexcept {
  return examples_.size() < examples_max &&
         std::none_of(examples_.begin(), examples_.end(),
                      [&](const example& each) { return each.kind == kind && each.code == code; });
}

void request_findings::add_example(finding_kind kind, finding_code code, finding_example line) {
  example_bytes_ += line.bytes();
  examples_.push_back({kind, code, current_, std::move(line)});
}

void request_findings::forget_kept() noexcept {
  std::erase_if(entries_, [](const entry& each) { return is_kept(each.kind); });
  std::erase_if(examples_, [](const example& each) { return is_kept(each.kind); });
  last_ = entries_max;
}

void request_findings::clear() noexcept {
  begun_ = false;
  current_ = 0;
  last_ = entries_max;
  entries_.clear();
  senders_.clear();
  examples_.clear();
  example_bytes_ = 0;
}

}  // namespace weir
