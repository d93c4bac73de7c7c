// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/state_records.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.hpp"
#include "sinks/state/cursor_area.hpp"

namespace weir {
namespace {

constexpr std::string_view version_header = "weir";
constexpr std::string_view generation_header = "generation";
constexpr std::string_view parts_header = "parts";
constexpr std::string_view sum_header = "sum";

template <class Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && at == end && !text.empty() ? std::optional(number) : std::nullopt;
}

/// Cuts the text behind the last slash off.
std::optional<std::string_view> last_of(std::string_view& text) {
  const std::size_t at = text.rfind('/');
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view last = text.substr(at + 1);
  text = text.substr(0, at);
  return last;
}

std::string sum_of(std::string_view value) {
  return fmt::format("{:016x}", XXH3_64bits(value.data(), value.size()));
}

/// A cursor has one area, which has no end.
cursor_place place_of(std::uint64_t generation, std::uint32_t ordinal) {
  return {generation, ordinal, std::numeric_limits<std::uint64_t>::max()};
}

}  // namespace

std::string to_text(const state_key& key) {
  return fmt::format("{}/{}/{}/{}/{}", key.sink, key.book, key.epoch, key.area, key.number);
}

std::optional<state_key> state_key_of(std::string_view text) {
  std::array<std::string_view, 4> last;
  for (std::string_view& one : last) {
    const auto cut = last_of(text);
    if (!cut) {
      return std::nullopt;
    }
    one = *cut;
  }
  const auto number = number_of<std::uint32_t>(last[0]);
  const auto area = number_of<std::uint32_t>(last[1]);
  const auto epoch = number_of<std::uint64_t>(last[2]);
  if (!number || !area || *area > 1 || !epoch || last[3].empty() || text.empty()) {
    return std::nullopt;
  }
  return state_key{std::string(text), std::string(last[3]), *epoch, *area, *number};
}

// ---- writing

state_writer::state_writer(std::string sink, std::string book, std::uint64_t epoch,
                           std::set<std::string> before)
    : sink_(std::move(sink)), book_(std::move(book)), epoch_(epoch), before_(std::move(before)) {}

std::string state_writer::key_text(std::uint32_t area, std::uint32_t number) const {
  return to_text({sink_, book_, epoch_, area, number});
}

void state_writer::add_parts(std::string_view bytes, std::uint32_t parts,
                             std::vector<state_record>& out) {
  do {
    const std::string_view part = bytes.substr(0, part_bytes_max);
    bytes.remove_prefix(part.size());
    out.push_back({key_text(area_, next_),
                   {{std::string(version_header), std::to_string(state_record_version)},
                    {std::string(generation_header), std::to_string(generation_)},
                    {std::string(parts_header), std::to_string(parts)},
                    {std::string(sum_header), sum_of(part)}},
                   std::string(part)});
    ++next_;
  } while (!bytes.empty());
  used_[area_] = std::max(used_[area_], next_);
}

// A second try goes to the same area as the first, of which nobody knows what is stored; the
// generation tells them apart.
std::vector<state_record> state_writer::replace(std::string_view bytes) {
  if (holds_ || generation_ == 0) {
    area_ = 1 - area_;
  }
  holds_ = false;
  ++generation_;
  next_ = 0;
  const std::size_t parts =
      std::max<std::size_t>(1, (bytes.size() + part_bytes_max - 1) / part_bytes_max);
  std::vector<state_record> out;
  add_parts(bytes, static_cast<std::uint32_t>(parts), out);
  return out;
}

std::vector<state_record> state_writer::replaced() {
  holds_ = true;
  std::vector<state_record> out;
  for (const std::string& key : before_) {
    out.push_back({key});
  }
  before_.clear();
  // The first of each area stays, so that a book of one record needs no tombstones.
  const std::uint32_t other = 1 - area_;
  for (std::uint32_t number = 1; number < used_[other]; ++number) {
    out.push_back({key_text(other, number)});
  }
  used_[other] = std::min<std::uint32_t>(used_[other], 1);
  return out;
}

std::vector<state_record> state_writer::append(std::string_view bytes) {
  WEIR_ASSERT(holds_);
  std::vector<state_record> out;
  if (!bytes.empty()) {
    add_parts(bytes, 0, out);
  }
  return out;
}

// ---- reading

std::optional<state_reader::part> state_reader::part_of(const kafka_record& record) {
  const auto version =
      number_of<std::uint32_t>(record.header(version_header).value_or(std::string_view{}));
  const auto generation =
      number_of<std::uint64_t>(record.header(generation_header).value_or(std::string_view{}));
  const auto parts =
      number_of<std::uint32_t>(record.header(parts_header).value_or(std::string_view{}));
  if (version && *version > state_record_version) {
    part unreadable;
    unreadable.later = true;
    return unreadable;
  }
  if (!version || *version == 0 || !generation || !parts ||
      record.header(sum_header).value_or(std::string_view{}) != sum_of(record.value)) {
    return std::nullopt;
  }
  return part{*generation, *parts, record.value, false};
}

void state_reader::add(const kafka_record& record) {
  auto key = state_key_of(record.key);
  if (!key) {
    passed_over_ += record.key.starts_with(sink_ + "/") ? 1 : 0;
    return;
  }
  if (key->sink != sink_) {
    return;
  }
  // The newest epoch may be one whose records were all taken back.
  greatest_epoch_ = std::max(greatest_epoch_, key->epoch);
  parts_by_number& parts = books_[key->book][key->epoch];
  const std::pair at{key->area, key->number};
  if (record.tombstone) {
    parts.erase(at);
    return;
  }
  auto read = part_of(record);
  if (!read) {
    ++passed_over_;
    // What was there before counts no more, but its key is to be taken out with the others.
    parts[at] = {};
    return;
  }
  passed_over_ += read->later ? 1 : 0;
  parts[at] = std::move(*read);
}

bool state_reader::has_later() const noexcept {
  for (const auto& [name, by_epoch] : books_) {
    for (const auto& [epoch, parts] : by_epoch) {
      for (const auto& [at, one] : parts) {
        if (one.later) {
          return true;
        }
      }
    }
  }
  return false;
}

std::optional<std::string> state_reader::newest_of(const parts_by_number& parts) {
  std::optional<std::string> newest;
  std::uint64_t generation = 0;
  for (std::uint32_t area = 0; area < 2; ++area) {
    const auto first = parts.find({area, 0});
    if (first == parts.end() || first->second.parts == 0 ||
        (newest && first->second.generation < generation)) {
      continue;
    }
    const part& head = first->second;
    std::string bytes;
    std::uint32_t number = 0;
    for (auto next = first; next != parts.end() && next->first == std::pair{area, number} &&
                            next->second.generation == head.generation &&
                            next->second.parts == (number < head.parts ? head.parts : 0);
         ++next, ++number) {
      bytes += next->second.value;
    }
    if (number >= head.parts) {
      newest = std::move(bytes);
      generation = head.generation;
    }
  }
  return newest;
}

std::optional<std::string> state_reader::book(const std::string& name) const {
  const auto found = books_.find(name);
  if (found == books_.end()) {
    return std::nullopt;
  }
  for (auto epoch = found->second.rbegin(); epoch != found->second.rend(); ++epoch) {
    if (auto newest = newest_of(epoch->second)) {
      return newest;
    }
  }
  return std::nullopt;
}

std::set<std::string> state_reader::keys(const std::string& name) const {
  std::set<std::string> out;
  const auto found = books_.find(name);
  if (found == books_.end()) {
    return out;
  }
  for (const auto& [epoch, parts] : found->second) {
    for (const auto& [at, one] : parts) {
      out.insert(to_text({sink_, name, epoch, at.first, at.second}));
    }
  }
  return out;
}

// ---- the cursor

std::string cursor_book(const cursor_state& state, std::uint64_t generation) {
  return encode_cursor_snapshot(state, place_of(generation, 0));
}

std::string cursor_book_change(const cursor_state& state, const std::set<lane_key>& changed,
                               std::uint64_t generation, std::uint32_t ordinal) {
  return encode_cursor_change(state, changed, place_of(generation, ordinal));
}

std::optional<cursor_state> cursor_of_book(std::string_view bytes) {
  return read_cursor_content(bytes).state;
}

namespace {

/// Nothing in the log is needed below `at`. What is parked stays the lane's.
cursor_state advanced_to(cursor_state state, log_position at) {
  state.low_water = std::max(state.low_water, at);
  state.discovered = std::max(state.discovered, at);
  for (auto& [key, stood] : state.lanes) {
    if (stood.next < stood.parked_end || stood.next >= at) {
      continue;
    }
    stood = {.next = at, .parked_end = stood.parked_end};
  }
  return state;
}

/// It goes on at `at` whatever it has delivered; only what is parked of before that is still its.
cursor_state moved_to(cursor_state state, log_position at) {
  state.low_water = state.discovered = at;
  std::map<lane_key, lane_position> lanes;
  for (auto& [key, stood] : state.lanes) {
    lane_position left = stood;
    left.parked_end = std::min(left.parked_end, at);
    if (left.next < left.parked_end) {
      lanes.emplace(key, left);
    }
  }
  state.lanes = std::move(lanes);
  return state;
}

}  // namespace

taken_over take_over(std::optional<cursor_state> kept,
                     const std::optional<committed_position>& committed) {
  if (!committed) {
    return {std::move(kept)};
  }
  if (!committed->by_weir) {
    return {moved_to(std::move(kept).value_or(cursor_state{}), committed->at), true};
  }
  if (!kept) {
    cursor_state fresh;
    fresh.low_water = fresh.discovered = committed->at;
    return {std::move(fresh)};
  }
  return {advanced_to(std::move(*kept), committed->at)};
}

bool begin_anew_behind_end(cursor_state& state, log_position first, log_position end) {
  if (state.low_water <= end) {
    return false;
  }
  state.lanes.clear();
  state.low_water = state.discovered = first;
  return true;
}

}  // namespace weir
