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

constexpr std::string_view first_line = "weir-sent 2\n";
/// It has no records `not_stored`, and each series once in a request.
constexpr std::string_view first_line_before = "weir-sent 1\n";
static_assert(first_line.size() == first_line_before.size());

enum class record_kind : std::uint64_t { intended = 1, accepted = 2, not_stored = 3 };

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

series_key series_key_of(std::string_view labels) {
  const XXH128_hash_t hash = XXH3_128bits(labels.data(), labels.size());
  return {hash.low64, hash.high64};
}

sent_ledger::sent_ledger(std::size_t state_bytes)
    : generation_series_max_(std::max<std::size_t>(1, state_bytes / series_bytes / 2)) {}

void sent_ledger::begin(const lane_key& lane, log_position last_position) {
  if (!intended_.empty()) {
    lose();
  }
  current_ = lane;
  known_.clear();
  for (const group& one : recovered_) {
    known_.insert(one.samples.begin(), one.samples.end());
  }
  group& mine = open_[lane];
  known_.insert(mine.samples.begin(), mine.samples.end());
  mine.last_position = std::max(mine.last_position, last_position);
  current_last_ = last_position;
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

std::uint32_t sent_ledger::question(const sent_sample& one) const {
  const auto found = uncertain_.find(one);
  return found == uncertain_.end() ? 0 : found->second.question;
}

bool sent_ledger::newest_of_question(const sent_sample& one) const {
  const std::uint32_t of = question(one);
  return std::none_of(uncertain_.begin(), uncertain_.end(), [&](const auto& other) {
    return other.second.question == of && other.first.series == one.series &&
           other.first.time_ms > one.time_ms;
  });
}

void sent_ledger::intend(std::span<const sent_sample> samples) {
  intended_.assign(samples.begin(), samples.end());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i + 1 == samples.size() || !(samples[i].series == samples[i + 1].series)) {
      raise(samples[i]);
    }
  }
  append_record(record_kind::intended, open_[current_].last_position, samples, unwritten_);
}

void sent_ledger::accept() {
  group& mine = open_[current_];
  mine.samples.insert(mine.samples.end(), intended_.begin(), intended_.end());
  if (!uncertain_.empty()) {
    for (const sent_sample& one : intended_) {
      uncertain_.erase(one);
    }
  }
  intended_.clear();
  append_record(record_kind::accepted, mine.last_position, {}, unwritten_);
}

void sent_ledger::turn_down() {
  append_not_stored(intended_.front());
  doubt_intended(open_[current_].last_position, false);
}

void sent_ledger::lose() {
  doubt_intended(open_[current_].last_position, true);
}

/// A request with one sample of each series may be sent again as it is, whatever came of it.
void sent_ledger::doubt_intended(log_position until, bool answer_is_lost) {
  std::unordered_set<series_key, series_hasher> seen;
  const bool several = answer_is_lost &&
                       std::any_of(intended_.begin(), intended_.end(), [&](const sent_sample& one) {
                         return !seen.insert(one.series).second;
                       });
  const std::uint32_t question = several ? ++questions_ : 0;
  for (const sent_sample& one : intended_) {
    doubt& about = uncertain_[one];
    about = {std::max(about.until, until), question};
  }
  intended_.clear();
}

void sent_ledger::close_question(std::uint32_t question) {
  for (auto& [one, about] : uncertain_) {
    if (about.question == question) {
      about.question = 0;
    }
  }
}

/// Of the uncertain samples those are stored of which `which` says so.
template <class Which>
void sent_ledger::keep_stored(Which which) {
  group stored;
  std::erase_if(uncertain_, [&](const auto& entry) {
    const auto& [one, about] = entry;
    if (!which(one, about)) {
      return false;
    }
    stored.last_position = std::max(stored.last_position, about.until);
    stored.samples.push_back(one);
    return true;
  });
  known_.insert(stored.samples.begin(), stored.samples.end());
  append_group(stored, unwritten_);
  recovered_.push_back(std::move(stored));
}

void sent_ledger::answer_stored(std::uint32_t question) {
  std::unordered_map<series_key, std::size_t, series_hasher> samples_of;
  for (const auto& [one, about] : uncertain_) {
    samples_of[one.series] += about.question == question ? 1 : 0;
  }
  // A single one of its series may be sent again as it is.
  keep_stored([&](const sent_sample& one, const doubt& about) {
    return about.question == question && samples_of[one.series] > 1;
  });
  close_question(question);
}

void sent_ledger::answer_ahead(std::uint32_t question, const series_key& series) {
  keep_stored([&](const sent_sample& one, const doubt& about) {
    return about.question == question && one.series == series;
  });
}

void sent_ledger::append_not_stored(const sent_sample& one) {
  append_record(record_kind::not_stored, open_[current_].last_position, {&one, 1}, unwritten_);
}

void sent_ledger::answer_not_stored(std::uint32_t question) {
  const auto any = std::find_if(uncertain_.begin(), uncertain_.end(),
                                [&](const auto& one) { return one.second.question == question; });
  if (any != uncertain_.end()) {
    append_not_stored(any->first);
  }
  close_question(question);
}

void sent_ledger::answer_taken(const sent_sample& first) {
  uncertain_.erase(first);
  group& mine = open_[current_];
  mine.samples.push_back(first);
  known_.insert(first);
  append_group({mine.last_position, {first}}, unwritten_);
}

void sent_ledger::refuse(const sent_sample& one) {
  uncertain_.erase(one);
}

// Until the cursor is kept, the file has its records still: nothing rewrites it before.
void sent_ledger::conclude() {
  // An earlier attempt went further than this batch: what it sent is still to come.
  if (group& mine = open_[current_]; mine.last_position > current_last_) {
    recovered_.push_back(std::move(mine));
  }
  open_.erase(current_);
  known_.clear();
}

void sent_ledger::saved(log_position low_water) {
  std::erase_if(uncertain_, [&](const auto& one) { return one.second.until < low_water; });
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
  // A question stays one record, and what is none stands in records that have each series once, so
  // that it becomes none.
  std::map<std::pair<std::uint32_t, std::size_t>, group> by_record;
  std::unordered_map<series_key, std::size_t, series_hasher> records_of;
  for (const auto& [one, about] : uncertain_) {
    group& of = by_record[{about.question, about.question == 0 ? records_of[one.series]++ : 0}];
    of.last_position = std::max(of.last_position, about.until);
    of.samples.push_back(one);
  }
  for (const auto& [which, of] : by_record) {
    append_record(record_kind::intended, of.last_position, of.samples, out);
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
  if (!file.starts_with(first_line) && !file.starts_with(first_line_before)) {
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
    recover_record(static_cast<std::uint64_t>(head.kind), log_position(head.last_position),
                   std::move(samples), low_water);
    file.remove_prefix(bytes);
  }
  doubt_recovered(low_water);
}

void sent_ledger::recover_record(std::uint64_t kind, log_position last_position,
                                 std::vector<sent_sample> samples, log_position low_water) {
  switch (static_cast<record_kind>(kind)) {
    case record_kind::intended:
      doubt_recovered(low_water);
      intended_ = std::move(samples);
      intended_until_ = last_position;
      for (const sent_sample& one : intended_) {
        raise(one);
      }
      return;
    case record_kind::accepted:
      for (const sent_sample& one : intended_) {
        uncertain_.erase(one);
      }
      if (last_position >= low_water && !intended_.empty()) {
        recovered_.push_back({last_position, std::exchange(intended_, {})});
      }
      intended_.clear();
      return;
    case record_kind::not_stored:
      doubt_recovered(low_water);
      if (const std::uint32_t of = samples.empty() ? 0 : question(samples.front()); of != 0) {
        close_question(of);
      }
      return;
  }
}

/// No record follows that says what came of the request read last.
void sent_ledger::doubt_recovered(log_position low_water) {
  if (intended_until_ >= low_water) {
    doubt_intended(intended_until_, true);
  }
  intended_.clear();
}

}  // namespace weir
