// SPDX-License-Identifier: Apache-2.0
//
// The ledger. Its file is a first line and then records: a checksum (XXH64), a kind, how many
// samples, the last frame of their batch, the samples; numbers in little endian. A record
// `intended` holds the samples of a request; `accepted` after it says that the server took all of
// them. Pure.
#include "sinks/remote_write/sending/sent_ledger.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is written as memory lies");

constexpr std::string_view first_line = "weir-sent 1\n";

enum class record_kind : std::uint64_t { intended = 1, accepted = 2 };

struct record_head {
  std::uint64_t checksum;
  record_kind kind;
  std::uint64_t count;
  std::uint64_t last_position;
};
static_assert(sizeof(record_head) == 32 && sizeof(sent_sample) == 24);

std::uint64_t checksum_of(std::string_view record) {
  record.remove_prefix(sizeof(std::uint64_t));
  return XXH64(record.data(), record.size(), 0);
}

void append_record(record_kind kind, log_position last_position,
                   std::span<const sent_sample> samples, std::string& out) {
  const std::size_t at = out.size();
  record_head head{0, kind, samples.size(), last_position.number()};
  out.resize(at + sizeof head + samples.size_bytes());
  std::memcpy(out.data() + at, &head, sizeof head);
  if (!samples.empty()) {
    std::memcpy(out.data() + at + sizeof head, samples.data(), samples.size_bytes());
  }
  head.checksum = checksum_of(std::string_view(out).substr(at));
  std::memcpy(out.data() + at, &head.checksum, sizeof head.checksum);
}

}  // namespace

sent_ledger::sent_ledger(std::size_t state_bytes)
    : generation_series_max_(std::max<std::size_t>(1, state_bytes / series_bytes / 2)) {}

void sent_ledger::begin(const lane_key& lane, log_position last_position) {
  current_ = lane;
  intended_.clear();
  known_.clear();
  for (const group& one : recovered_) {
    known_.insert(one.samples.begin(), one.samples.end());
  }
  group& mine = open_[lane];
  known_.insert(mine.samples.begin(), mine.samples.end());
  mine.last_position = std::max(mine.last_position, last_position);
}

std::optional<std::int64_t> sent_ledger::last(const series_key& series) {
  if (const auto found = young_.find(series); found != young_.end()) {
    return found->second;
  }
  const auto found = old_.find(series);
  if (found == old_.end()) {
    return std::nullopt;
  }
  // It is in use, so it moves out of the half that is forgotten next.
  const std::int64_t time_ms = found->second;
  old_.erase(found);
  raise({series, time_ms});
  return time_ms;
}

void sent_ledger::raise(const sent_sample& one) {
  if (const auto found = old_.find(one.series); found != old_.end()) {
    const std::int64_t before = found->second;
    old_.erase(found);
    raise({one.series, std::max(before, one.time_ms)});
    return;
  }
  if (young_.size() >= generation_series_max_ && !young_.contains(one.series)) {
    times_forgotten_ += old_.empty() ? 0 : 1;
    old_ = std::exchange(young_, {});
  }
  const auto [place, made] = young_.emplace(one.series, one.time_ms);
  if (!made) {
    place->second = std::max(place->second, one.time_ms);
  }
}

void sent_ledger::intend(std::span<const sent_sample> samples) {
  intended_.assign(samples.begin(), samples.end());
  const log_position last_position = open_[current_].last_position;
  for (const sent_sample& one : samples) {
    raise(one);
    log_position& until = uncertain_[one];
    until = std::max(until, last_position);
  }
  append_record(record_kind::intended, last_position, samples, unwritten_);
}

void sent_ledger::accept() {
  group& mine = open_[current_];
  mine.samples.insert(mine.samples.end(), intended_.begin(), intended_.end());
  for (const sent_sample& one : intended_) {
    uncertain_.erase(one);
  }
  intended_.clear();
  append_record(record_kind::accepted, mine.last_position, {}, unwritten_);
}

void sent_ledger::refuse(const sent_sample& one) {
  uncertain_.erase(one);
}

// Until the cursor is kept, the file has its records still: nothing rewrites it before.
void sent_ledger::conclude() {
  open_.erase(current_);
  known_.clear();
}

void sent_ledger::saved(log_position low_water) {
  std::erase_if(uncertain_, [&](const auto& one) { return one.second < low_water; });
  std::erase_if(recovered_, [&](const group& one) { return one.last_position < low_water; });
  std::erase_if(open_, [&](const auto& one) {
    return one.second.last_position < low_water && one.first != current_;
  });
}

std::string sent_ledger::take_unwritten() {
  std::string out = std::exchange(unwritten_, {});
  if (!out.empty() && file_bytes_ == 0) {
    out.insert(0, first_line);
  }
  file_bytes_ += out.size();
  return out;
}

std::size_t sent_ledger::live_bytes() const noexcept {
  std::size_t samples = 0;
  for (const auto& [lane, one] : open_) {
    samples += one.samples.size();
  }
  for (const group& one : recovered_) {
    samples += one.samples.size();
  }
  return (samples + uncertain_.size()) * sizeof(sent_sample);
}

bool sent_ledger::wants_rewrite() const noexcept {
  return file_bytes_ > file_bytes_least && file_bytes_ / 4 > live_bytes();
}

std::string sent_ledger::whole() {
  std::string out{first_line};
  for (const group& one : recovered_) {
    append_group(one, out);
  }
  for (const auto& [lane, one] : open_) {
    append_group(one, out);
  }
  append_uncertain(out);
  unwritten_.clear();
  file_bytes_ = out.size();
  return out;
}

void sent_ledger::append_uncertain(std::string& out) const {
  const std::unordered_set<sent_sample, hasher> under_way(intended_.begin(), intended_.end());
  std::map<log_position, std::vector<sent_sample>> by_batch;
  for (const auto& [one, last_position] : uncertain_) {
    if (!under_way.contains(one)) {
      by_batch[last_position].push_back(one);
    }
  }
  for (const auto& [last_position, samples] : by_batch) {
    append_record(record_kind::intended, last_position, samples, out);
  }
  // What is under way comes last, by itself: the record that it was accepted follows.
  if (const auto found = open_.find(current_); found != open_.end() && !intended_.empty()) {
    append_record(record_kind::intended, found->second.last_position, intended_, out);
  }
}

void sent_ledger::append_group(const group& one, std::string& out) {
  if (!one.samples.empty()) {
    append_record(record_kind::intended, one.last_position, one.samples, out);
    append_record(record_kind::accepted, one.last_position, {}, out);
  }
}

void sent_ledger::recover(std::string_view file, log_position low_water) {
  if (!file.starts_with(first_line)) {
    return;
  }
  file.remove_prefix(first_line.size());
  record_head head{};
  while (file.size() >= sizeof head) {
    std::memcpy(&head, file.data(), sizeof head);
    if (head.count > (file.size() - sizeof head) / sizeof(sent_sample)) {
      break;
    }
    const std::size_t bytes = sizeof head + head.count * sizeof(sent_sample);
    if (head.checksum != checksum_of(file.substr(0, bytes))) {
      break;
    }
    std::vector<sent_sample> samples(head.count);
    if (!samples.empty()) {
      std::memcpy(samples.data(), file.data() + sizeof head, bytes - sizeof head);
    }
    if (head.kind == record_kind::accepted) {
      samples = std::exchange(intended_, {});
    }
    recover_record(head.kind == record_kind::accepted, log_position(head.last_position),
                   std::move(samples), low_water);
    file.remove_prefix(bytes);
  }
  intended_.clear();
}

void sent_ledger::recover_record(bool accepted, log_position last_position,
                                 std::vector<sent_sample> samples, log_position low_water) {
  const bool behind = last_position < low_water;
  for (const sent_sample& one : samples) {
    raise(one);
    if (accepted) {
      uncertain_.erase(one);
    } else if (!behind) {
      uncertain_[one] = last_position;
    }
  }
  if (!accepted) {
    intended_ = std::move(samples);
  } else if (!behind) {
    recovered_.push_back({last_position, std::move(samples)});
  }
}

}  // namespace weir
