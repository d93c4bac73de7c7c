// SPDX-License-Identifier: Apache-2.0
//
// The file of the book of series: a first line and then records, each a checksum (XXH64), a kind,
// three numbers, the series, a time; in little endian. A text of labels has a record of its own
// (its number, its length, and then itself), and is meant by that number until another one has it.
// In files of version 1 the texts stand behind each series, and the numbers are their lengths.
// Pure.
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "sinks/remote_write/stale/stale_book.hpp"

namespace weir {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is written as memory lies");

constexpr std::string_view first_line = "weir-series 2\n";
constexpr std::string_view first_line_of_1 = "weir-series 1\n";
static_assert(first_line.size() == first_line_of_1.size());
/// Noted before they are written, at the end.
constexpr std::size_t unwritten_bytes_most = std::size_t{1} << 20;

struct record_head {
  std::uint64_t checksum;
  std::uint32_t kind;
  std::array<std::uint32_t, 3> numbers;
  series_key series;
  /// Its interval; or when it ended, or when its last sample was.
  std::int64_t ms;
};
static_assert(sizeof(record_head) == 48);

std::uint64_t checksum_of(std::string_view record) {
  record.remove_prefix(sizeof(std::uint64_t));
  return XXH64(record.data(), record.size(), 0);
}

void append(record_head head, std::string_view text, std::string& out) {
  const std::size_t at = out.size();
  out.append(reinterpret_cast<const char*>(&head), sizeof head).append(text);
  head.checksum = checksum_of(std::string_view(out).substr(at));
  std::memcpy(out.data() + at, &head.checksum, sizeof head.checksum);
}

}  // namespace

void stale_book::append_text(shared_texts::number number, std::string_view text, std::string& out) {
  record_head head{};
  head.kind = static_cast<std::uint32_t>(record_kind::text);
  head.numbers = {number, static_cast<std::uint32_t>(text.size()), 0};
  append(head, text, out);
}

void stale_book::append_record(record_kind kind, std::uint32_t place, std::string& out) const {
  const entry& one = entries_[place];
  record_head head{};
  head.kind = static_cast<std::uint32_t>(kind);
  head.series = one.series;
  head.ms = kind == record_kind::ended  ? ended_.at(place)
            : kind == record_kind::last ? one.time_ms
                                        : one.interval_ms;
  if (kind == record_kind::seen) {
    head.numbers = {one.labels.before, one.labels.name, one.labels.after};
  }
  append(head, {}, out);
}

void stale_book::recover(std::string_view file) {
  const bool of_1 = file.starts_with(first_line_of_1);
  if (!of_1 && !file.starts_with(first_line)) {
    return;
  }
  file.remove_prefix(first_line.size());
  std::unordered_map<std::uint32_t, std::string_view> texts;
  record_head head{};
  while (file.size() >= sizeof head) {
    std::memcpy(&head, file.data(), sizeof head);
    const auto kind = static_cast<record_kind>(head.kind);
    const auto [first, second, third] = head.numbers;
    const std::uint64_t text_bytes = of_1 ? std::uint64_t{first} + second + third
                                     : kind == record_kind::text ? second
                                                                 : 0;
    if (text_bytes > file.size() - sizeof head ||
        head.checksum != checksum_of(file.substr(0, sizeof head + text_bytes))) {
      break;
    }
    const std::string_view text = file.substr(sizeof head, text_bytes);
    file.remove_prefix(sizeof head + text_bytes);
    if (kind == record_kind::text) {
      texts[first] = text;
      continue;
    }
    wire_series labels;
    if (of_1) {
      labels = {text.substr(0, first), text.substr(first, second), text.substr(first + second)};
    } else if (kind == record_kind::seen) {
      if (!texts.contains(first) || !texts.contains(second) || !texts.contains(third)) {
        break;
      }
      labels = {texts[first], texts[second], texts[third]};
    }
    recover_record(kind, head.series, labels, head.ms);
  }
}

void stale_book::recover_record(record_kind kind, const series_key& series,
                                const wire_series& labels, std::int64_t ms) {
  std::uint32_t place = place_of(series);
  if (place == place_index::none) {
    if (kind == record_kind::seen) {
      place = add(series, labels);
    }
    if (place != place_index::none) {
      entries_[place].of_before = true;
      entries_[place].received_ms = start_ms_;
      note_interval(place, ms);
      schedule(place, silent_at(entries_[place]));
    }
    return;
  }
  entry& one = entries_[place];
  switch (kind) {
    case record_kind::gone:
      forget(series);
      return;
    case record_kind::last:
      one.time_ms = std::max(one.time_ms, ms);
      return;
    case record_kind::ended:
      one.time_ms = std::max(one.time_ms, ms - 1);
      end(series, ms);
      return;
    case record_kind::seen:
    case record_kind::interval:
      note_interval(place, ms);
      ended_.erase(place);  // it came back
      schedule(place, silent_at(one));
      return;
    case record_kind::text:
      return;
  }
}

std::string stale_book::take_unwritten() {
  std::string out = std::exchange(unwritten_, {});
  if (!out.empty() && file_bytes_ == 0) {
    out.insert(0, first_line);
  }
  file_bytes_ += out.size();
  return out;
}

void stale_book::note_last_times(const std::function<void()>& write) {
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    if (entries_[place].watched && !entries_[place].of_before) {
      append_record(record_kind::last, place, unwritten_);
    }
    if (unwritten_.size() > unwritten_bytes_most) {
      write();
    }
  }
  write();
}

std::size_t stale_book::live_bytes() const noexcept {
  // Of a series itself, and when its last sample was; a text costs the table more than the file.
  return index_.size() * 2 * sizeof(record_head) + texts_.bytes();
}

std::string stale_book::whole() {
  std::string out{first_line};
  texts_.for_each(
      [&out](shared_texts::number which, std::string_view text) { append_text(which, text, out); });
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    const entry& one = entries_[place];
    if (!one.watched) {
      continue;
    }
    append_record(record_kind::seen, place, out);
    if (one.time_ms != time_unknown) {
      append_record(record_kind::last, place, out);
    }
    if (ended_.contains(place)) {
      append_record(record_kind::ended, place, out);
    }
  }
  unwritten_.clear();
  file_bytes_ = out.size();
  return out;
}

}  // namespace weir
