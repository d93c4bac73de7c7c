// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/cursor_area.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/little_endian.hpp"

namespace weir {
namespace {

using little_endian::get;
using little_endian::put;

constexpr std::string_view magic{"\xFEWC\xFF", 4};
constexpr std::uint8_t version = 2;
constexpr std::size_t head_bytes = 40;
constexpr std::size_t checksum_offset = 32;

enum class record_kind : std::uint8_t { snapshot = 1, change = 2 };

// ---- writing

/// Seven bits a byte, the lowest first; the last one is below 128.
void put_number(std::uint64_t value, std::string& out) {
  for (; value >= 128; value >>= 7) {
    out.push_back(static_cast<char>(value | 128));
  }
  out.push_back(static_cast<char>(value));
}

void put_text(std::string_view text, std::string& out) {
  put_number(text.size(), out);
  out.append(text);
}

void put_sums(const cursor_state& state, std::string& out) {
  put_number(state.log_identity, out);
  put_number(state.low_water.number(), out);
  put_number(state.discovered.number(), out);
  put_number(state.accepted, out);
  put_number(state.delivered, out);
  put_number(discard_reason_count, out);
  for (const std::uint64_t points : state.discarded) {
    put_number(points, out);
  }
}

/// Nothing for `at`: the lane is gone.
void put_lane(const lane_key& key, const lane_position* at, std::string& out) {
  put_number(at != nullptr ? 1 : 0, out);
  put_text(key.database, out);
  put_text(key.retention_policy, out);
  if (at != nullptr) {
    put_number(at->next.number(), out);
    put_number(at->skip_bytes, out);
    put_number(at->skip_points, out);
    put_number(at->parked_end.number(), out);
  }
}

std::uint64_t checksum_of(std::string_view record) {
  const std::uint64_t head = XXH64(record.data(), checksum_offset, 0);
  return XXH64(record.data() + head_bytes, record.size() - head_bytes, head);
}

std::string begin_record(record_kind kind, const cursor_place& place) {
  std::string out(magic);
  put(version, out);
  put(static_cast<std::uint8_t>(kind), out);
  put(std::uint16_t{0}, out);
  put(std::uint32_t{0}, out);  // the body's length: set at the end
  put(place.ordinal, out);
  put(place.generation, out);
  put(place.area_bytes, out);
  put(std::uint64_t{0}, out);  // the checksum
  WEIR_ASSERT(out.size() == head_bytes);
  return out;
}

void end_record(std::string& record) {
  const auto body = static_cast<std::uint32_t>(record.size() - head_bytes);
  std::memcpy(record.data() + 8, &body, sizeof body);
  const std::uint64_t checksum = checksum_of(record);
  std::memcpy(record.data() + checksum_offset, &checksum, sizeof checksum);
}

// ---- reading

bool take_number(std::string_view& in, std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    out |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) {
      return true;
    }
  }
  return false;
}

template <class T>
bool take_as(std::string_view& in, T& out) {
  std::uint64_t number = 0;
  if (!take_number(in, number)) {
    return false;
  }
  out = static_cast<T>(number);
  return true;
}

bool take_text(std::string_view& in, std::string& out) {
  std::uint64_t bytes = 0;
  if (!take_number(in, bytes) || bytes > in.size()) {
    return false;
  }
  out = in.substr(0, static_cast<std::size_t>(bytes));
  in.remove_prefix(static_cast<std::size_t>(bytes));
  return true;
}

bool take_sums(std::string_view& in, cursor_state& state) {
  std::uint64_t reasons = 0;
  if (!take_as(in, state.log_identity) || !take_as(in, state.low_water) ||
      !take_as(in, state.discovered) || !take_number(in, state.accepted) ||
      !take_number(in, state.delivered) || !take_number(in, reasons)) {
    return false;
  }
  state.discarded.fill(0);
  for (std::uint64_t i = 0; i < reasons; ++i) {
    std::uint64_t points = 0;
    if (!take_number(in, points)) {
      return false;
    }
    // A later weir may know more reasons than this one; the sums have to stay right.
    const std::size_t known = std::min<std::size_t>(i, discard_reason_count - 1);
    state.discarded[known] += points;
  }
  return true;
}

/// What a record says, before it is known to be right.
struct record_content {
  /// Without lanes.
  cursor_state sums;
  /// Nothing: the lane is gone.
  std::vector<std::pair<lane_key, std::optional<lane_position>>> lanes;
};

bool take_lane(std::string_view& in, record_content& out) {
  std::uint64_t there = 0;
  lane_key key;
  if (!take_number(in, there) || !take_text(in, key.database) ||
      !take_text(in, key.retention_policy)) {
    return false;
  }
  std::optional<lane_position> at;
  if (there != 0) {
    at.emplace();
    if (!take_as(in, at->next) || !take_as(in, at->skip_bytes) || !take_as(in, at->skip_points) ||
        !take_as(in, at->parked_end)) {
      return false;
    }
  }
  out.lanes.emplace_back(std::move(key), at);
  return true;
}

/// Reads a record's body onto what the records before it said; as a whole or not at all.
bool apply(std::string_view body, cursor_state& state) {
  record_content content;
  std::uint64_t lanes = 0;
  if (!take_sums(body, content.sums) || !take_number(body, lanes)) {
    return false;
  }
  for (; lanes > 0; --lanes) {
    if (!take_lane(body, content)) {
      return false;
    }
  }
  const cursor_state& sums = content.sums;
  if (!body.empty() || sums.low_water > sums.discovered ||
      sums.delivered + sums.discarded_total() > sums.accepted) {
    return false;
  }
  content.sums.lanes = std::move(state.lanes);
  state = std::move(content.sums);
  for (auto& [key, at] : content.lanes) {
    if (at) {
      state.lanes.insert_or_assign(std::move(key), *at);
    } else {
      state.lanes.erase(key);
    }
  }
  return true;
}

struct found_record {
  record_kind kind = record_kind::snapshot;
  cursor_place place;
  std::string_view body;
};

/// The record that `bytes` begins with, if it is whole.
std::optional<found_record> record_at(std::string_view bytes) {
  if (bytes.size() < head_bytes || !bytes.starts_with(magic) ||
      get<std::uint8_t>(bytes, 4) != version) {
    return std::nullopt;
  }
  const std::uint64_t whole = std::uint64_t{get<std::uint32_t>(bytes, 8)} + head_bytes;
  if (whole > bytes.size()) {
    return std::nullopt;
  }
  const std::string_view record = bytes.substr(0, static_cast<std::size_t>(whole));
  if (get<std::uint64_t>(record, checksum_offset) != checksum_of(record)) {
    return std::nullopt;
  }
  return found_record{static_cast<record_kind>(get<std::uint8_t>(record, 5)),
                      {get<std::uint64_t>(record, 16), get<std::uint32_t>(record, 12),
                       get<std::uint64_t>(record, 24)},
                      record.substr(head_bytes)};
}

struct read_area {
  std::optional<cursor_state> state;
  std::uint64_t generation = 0;
  bool cut = false;
};

bool is_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

read_area read_one_area(std::string_view bytes) {
  read_area out;
  const auto snapshot = record_at(bytes);
  cursor_state state;
  if (!snapshot || snapshot->kind != record_kind::snapshot || snapshot->place.ordinal != 0 ||
      !apply(snapshot->body, state)) {
    out.cut = !is_zero(bytes);
    return out;
  }
  out.generation = snapshot->place.generation;
  bytes.remove_prefix(head_bytes + snapshot->body.size());
  for (std::uint32_t ordinal = 1;; ++ordinal) {
    const auto change = record_at(bytes);
    if (!change || change->kind != record_kind::change || change->place.ordinal != ordinal ||
        change->place.generation != out.generation || !apply(change->body, state)) {
      break;
    }
    bytes.remove_prefix(head_bytes + change->body.size());
  }
  out.cut = !is_zero(bytes.substr(0, cursor_end_mark_bytes));
  out.state = std::move(state);
  return out;
}

}  // namespace

std::string encode_cursor_snapshot(const cursor_state& state, const cursor_place& place) {
  WEIR_ASSERT(place.ordinal == 0);
  std::string out = begin_record(record_kind::snapshot, place);
  put_sums(state, out);
  put_number(state.lanes.size(), out);
  for (const auto& [key, at] : state.lanes) {
    put_lane(key, &at, out);
  }
  end_record(out);
  return out;
}

std::string encode_cursor_change(const cursor_state& state, const std::set<lane_key>& changed,
                                 const cursor_place& place) {
  WEIR_ASSERT(place.ordinal > 0);
  std::string out = begin_record(record_kind::change, place);
  put_sums(state, out);
  put_number(changed.size(), out);
  for (const lane_key& key : changed) {
    const auto found = state.lanes.find(key);
    put_lane(key, found == state.lanes.end() ? nullptr : &found->second, out);
  }
  end_record(out);
  return out;
}

cursor_content read_cursor_content(std::string_view file) {
  cursor_content out;
  const auto first = record_at(file);
  out.area_bytes = first ? first->place.area_bytes : file.size() / 2;
  const auto middle =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.area_bytes, file.size()));
  read_area areas[2] = {read_one_area(file.substr(0, middle)), read_one_area(file.substr(middle))};
  out.area = areas[1].state && (!areas[0].state || areas[1].generation > areas[0].generation);
  read_area& newest = areas[out.area];
  const read_area& other = areas[1 - out.area];
  // An area without a readable snapshot may have been the newest. What stands behind the records of
  // the older one is of no account.
  out.damaged = newest.cut || (!other.state && other.cut);
  out.generation = newest.generation;
  out.state = std::move(newest.state);
  return out;
}

}  // namespace weir
