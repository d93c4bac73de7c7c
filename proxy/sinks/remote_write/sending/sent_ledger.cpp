// SPDX-License-Identifier: Apache-2.0
//
// The ledger. Its file is a first line and then records: a checksum (XXH64), a kind, a connection,
// how many samples, the last frame of their batch, the samples; numbers in little endian. A record
// `intended` holds the samples of a request; the next one of its connection, if it is `accepted`,
// says that the server took all of them; `lost`, that nobody knows. Pure.
#include "sinks/remote_write/sending/sent_ledger.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is written as memory lies");

constexpr std::string_view first_line = "weir-sent 3\n";
/// It has one connection.
constexpr std::string_view first_line_of_2 = "weir-sent 2\n";
/// It has no records `not_stored` either, and each series once in a request.
constexpr std::string_view first_line_of_1 = "weir-sent 1\n";
static_assert(first_line.size() == first_line_of_2.size() &&
              first_line.size() == first_line_of_1.size());

/// So many hints ahead of that which is used.
constexpr std::size_t hints_ahead = 16;

enum class record_kind : std::uint32_t { intended = 1, accepted = 2, not_stored = 3, lost = 4 };

struct record_head {
  std::uint64_t checksum;
  record_kind kind;
  std::uint32_t connection;
  std::uint64_t count;
  std::uint64_t last_position;
};
static_assert(sizeof(record_head) == 32 && sizeof(sent_sample) == 24);

std::uint64_t checksum_of(std::string_view record) {
  record.remove_prefix(sizeof(std::uint64_t));
  return XXH64(record.data(), record.size(), 0);
}

void append_record(record_kind kind, std::uint32_t connection, log_position last_position,
                   std::span<const sent_sample> samples, std::string& out) {
  const std::size_t at = out.size();
  record_head head{0, kind, connection, samples.size(), last_position.number()};
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
    : times_(std::max<std::size_t>(1, state_bytes / series_bytes / 2)) {}

void sent_ledger::begin(const lane_key& lane, log_position last_position) {
  lose_all();
  current_ = lane;
  known_.clear();
  for (const group& one : recovered_) {
    know(one);
  }
  group& mine = open_[lane];
  know(mine);
  mine.last_position = std::max(mine.last_position, last_position);
  current_last_ = last_position;
}

std::size_t sent_ledger::group::count() const noexcept {
  std::size_t samples = 0;
  for (const std::vector<sent_sample>& each : requests) {
    samples += each.size();
  }
  return samples;
}

void sent_ledger::know(const group& one) {
  for (const std::vector<sent_sample>& each : one.requests) {
    known_.insert(each.begin(), each.end());
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

void sent_ledger::intend(std::vector<sent_sample> samples, std::uint32_t connection,
                         std::span<const place_hint> hints) {
  const log_position until = open_[current_].last_position;
  std::size_t series = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i + 1 == samples.size() || !(samples[i].series == samples[i + 1].series)) {
      if (series + hints_ahead < hints.size()) {
        times_.expect(hints[series + hints_ahead]);
      }
      place_hint hint = series < hints.size() ? hints[series] : 0;
      times_.raise(samples[i].series, samples[i].time_ms, hint);
      ++series;
    }
  }
  append_record(record_kind::intended, connection, until, samples, unwritten_);
  intended_[connection] = {until, std::move(samples)};
}

sent_ledger::intent sent_ledger::take_intent(std::uint32_t connection) {
  const auto found = intended_.find(connection);
  if (found == intended_.end()) {
    return {};
  }
  intent taken = std::move(found->second);
  intended_.erase(found);
  return taken;
}

void sent_ledger::accept(std::uint32_t connection) {
  intent taken = take_intent(connection);
  group& mine = open_[current_];
  if (!uncertain_.empty()) {
    for (const sent_sample& one : taken.samples) {
      uncertain_.erase(one);
    }
  }
  mine.requests.push_back(std::move(taken.samples));
  append_record(record_kind::accepted, connection, mine.last_position, {}, unwritten_);
}

void sent_ledger::turn_down(std::uint32_t connection) {
  const intent taken = take_intent(connection);
  append_not_stored(taken.samples.front(), connection);
  add_doubt(taken, false);
}

// It is written, because the samples may go over another connection next.
void sent_ledger::lose(std::uint32_t connection) {
  if (!intended_.contains(connection)) {
    return;
  }
  const intent taken = take_intent(connection);
  append_record(record_kind::lost, connection, taken.until, {}, unwritten_);
  add_doubt(taken, true);
}

void sent_ledger::lose_all() {
  while (!intended_.empty()) {
    lose(intended_.begin()->first);
  }
}

/// A request with one sample of each series may be sent again as it is, whatever came of it.
void sent_ledger::add_doubt(const intent& about, bool answer_is_lost) {
  std::unordered_set<series_key, series_hasher> seen;
  const bool several = answer_is_lost && std::any_of(about.samples.begin(), about.samples.end(),
                                                     [&](const sent_sample& one) {
                                                       return !seen.insert(one.series).second;
                                                     });
  const std::uint32_t question = several ? ++questions_ : 0;
  for (const sent_sample& one : about.samples) {
    doubt& of = uncertain_[one];
    of = {std::max(of.until, about.until), question};
  }
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
void sent_ledger::keep_stored(std::uint32_t connection, Which which) {
  group stored;
  std::vector<sent_sample>& samples = stored.requests.emplace_back();
  std::erase_if(uncertain_, [&](const auto& entry) {
    const auto& [one, about] = entry;
    if (!which(one, about)) {
      return false;
    }
    stored.last_position = std::max(stored.last_position, about.until);
    samples.push_back(one);
    return true;
  });
  know(stored);
  append_accepted(samples, stored.last_position, connection, unwritten_);
  recovered_.push_back(std::move(stored));
}

void sent_ledger::answer_stored(std::uint32_t question, std::uint32_t connection) {
  std::unordered_map<series_key, std::size_t, series_hasher> samples_of;
  for (const auto& [one, about] : uncertain_) {
    samples_of[one.series] += about.question == question ? 1 : 0;
  }
  // A single one of its series may be sent again as it is.
  keep_stored(connection, [&](const sent_sample& one, const doubt& about) {
    return about.question == question && samples_of[one.series] > 1;
  });
  close_question(question);
}

void sent_ledger::answer_ahead(std::uint32_t question, const series_key& series,
                               std::uint32_t connection) {
  keep_stored(connection, [&](const sent_sample& one, const doubt& about) {
    return about.question == question && one.series == series;
  });
}

void sent_ledger::append_not_stored(const sent_sample& one, std::uint32_t connection) {
  append_record(record_kind::not_stored, connection, open_[current_].last_position, {&one, 1},
                unwritten_);
}

void sent_ledger::answer_not_stored(std::uint32_t question, std::uint32_t connection) {
  const auto any = std::find_if(uncertain_.begin(), uncertain_.end(),
                                [&](const auto& one) { return one.second.question == question; });
  if (any != uncertain_.end()) {
    append_not_stored(any->first, connection);
  }
  close_question(question);
}

void sent_ledger::answer_taken(const sent_sample& first, std::uint32_t connection) {
  uncertain_.erase(first);
  group& mine = open_[current_];
  mine.requests.push_back({first});
  known_.insert(first);
  append_accepted({&first, 1}, mine.last_position, connection, unwritten_);
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
    samples += one.count();
  }
  for (const group& one : recovered_) {
    samples += one.count();
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
  std::map<std::pair<std::uint32_t, std::size_t>, intent> by_record;
  std::unordered_map<series_key, std::size_t, series_hasher> records_of;
  for (const auto& [one, about] : uncertain_) {
    intent& of = by_record[{about.question, about.question == 0 ? records_of[one.series]++ : 0}];
    of.until = std::max(of.until, about.until);
    of.samples.push_back(one);
  }
  for (const auto& [which, of] : by_record) {
    append_record(record_kind::intended, 0, of.until, of.samples, out);
    append_record(record_kind::lost, 0, of.until, {}, out);
  }
  // What is under way comes last, by itself: the record that it was accepted follows.
  for (const auto& [connection, one] : intended_) {
    append_record(record_kind::intended, connection, one.until, one.samples, out);
  }
}

void sent_ledger::append_accepted(std::span<const sent_sample> samples, log_position last_position,
                                  std::uint32_t connection, std::string& out) {
  if (!samples.empty()) {
    append_record(record_kind::intended, connection, last_position, samples, out);
    append_record(record_kind::accepted, connection, last_position, {}, out);
  }
}

void sent_ledger::append_group(const group& one, std::string& out) {
  for (const std::vector<sent_sample>& each : one.requests) {
    append_accepted(each, one.last_position, 0, out);
  }
}

void sent_ledger::recover(std::string_view file, log_position low_water) {
  if (!file.starts_with(first_line) && !file.starts_with(first_line_of_2) &&
      !file.starts_with(first_line_of_1)) {
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
    recover_record(static_cast<std::uint32_t>(head.kind), head.connection,
                   {log_position(head.last_position), std::move(samples)}, low_water);
    file.remove_prefix(bytes);
  }
  while (!intended_.empty()) {
    doubt_recovered(intended_.begin()->first, low_water);
  }
}

void sent_ledger::recover_record(std::uint32_t kind, std::uint32_t connection, intent read,
                                 log_position low_water) {
  switch (static_cast<record_kind>(kind)) {
    case record_kind::intended:
      doubt_recovered(connection, low_water);
      for (const sent_sample& one : read.samples) {
        raise(one);
      }
      intended_[connection] = std::move(read);
      return;
    case record_kind::accepted: {
      intent taken = take_intent(connection);
      for (const sent_sample& one : taken.samples) {
        uncertain_.erase(one);
      }
      if (read.until >= low_water && !taken.samples.empty()) {
        recovered_.push_back({read.until, {}});
        recovered_.back().requests.push_back(std::move(taken.samples));
      }
      return;
    }
    case record_kind::lost:
      doubt_recovered(connection, low_water);
      return;
    case record_kind::not_stored:
      doubt_recovered(connection, low_water);
      if (const std::uint32_t of = read.samples.empty() ? 0 : question(read.samples.front());
          of != 0) {
        close_question(of);
      }
      return;
  }
}

std::string sent_ledger::moved(std::span<const earlier_file> files, log_position until) {
  // Last times are not written, so that none needs to be remembered.
  sent_ledger all(1);
  for (const earlier_file& each : files) {
    all.recover(each.content, each.low_water);
  }
  for (group& one : all.recovered_) {
    one.last_position = until;
  }
  for (auto& [one, about] : all.uncertain_) {
    about.until = until;
  }
  return all.live_bytes() == 0 ? std::string{} : all.whole();
}

/// No record follows that says what came of the connection's request read last.
void sent_ledger::doubt_recovered(std::uint32_t connection, log_position low_water) {
  const intent read = take_intent(connection);
  if (read.until >= low_water) {
    add_doubt(read, true);
  }
}

}  // namespace weir
