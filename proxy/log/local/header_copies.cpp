// SPDX-License-Identifier: Apache-2.0
#include "log/local/header_copies.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/little_endian.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

using little_endian::get;
using little_endian::put;

/// The file is made anew when it is opened and longer than so: entries of removed segments go.
constexpr std::uint64_t compact_bytes = std::uint64_t{64} << 10;
constexpr std::size_t checksum_offset = segment_entry_bytes - 8;

}  // namespace

void append_segment_entry(const segment_entry& entry, std::string& out) {
  const std::size_t begin = out.size();
  append_segment_header(entry.header, out);
  put<std::uint64_t>(entry.previous_end, out);
  put<std::uint64_t>(entry.previous_bytes, out);
  put<std::uint64_t>(static_cast<std::uint64_t>(entry.absence), out);
  put<std::uint64_t>(payload_checksum(std::string_view(out).substr(begin)), out);
  WEIR_ASSERT(out.size() - begin == segment_entry_bytes);
}

std::optional<segment_entry> decode_segment_entry(std::string_view bytes) {
  if (bytes.size() < segment_entry_bytes ||
      get<std::uint64_t>(bytes, checksum_offset) !=
          payload_checksum(bytes.substr(0, checksum_offset))) {
    return std::nullopt;
  }
  const auto header = decode_segment_header(bytes);
  if (!header) {
    return std::nullopt;
  }
  const auto absence = get<std::uint64_t>(bytes, 56);
  if (absence > static_cast<std::uint64_t>(segment_absence::is_removal)) {
    return std::nullopt;
  }
  return segment_entry{*header, get<std::uint64_t>(bytes, 40), get<std::uint64_t>(bytes, 48),
                       static_cast<segment_absence>(absence)};
}

header_copies::header_copies(file_system& files, std::string path)
    : files_(files), path_(std::move(path)) {}

std::map<std::uint64_t, segment_entry> header_copies::read() {
  std::map<std::uint64_t, segment_entry> found;
  const auto content = read_small_file(path_, files_);
  if (!content || !content.value()) {
    return found;
  }
  const std::string_view bytes = *content.value();
  for (std::uint64_t at = 0; at + segment_entry_bytes <= bytes.size(); at += segment_entry_bytes) {
    const auto entry =
        decode_segment_entry(bytes.substr(static_cast<std::size_t>(at), segment_entry_bytes));
    if (entry) {
      found.insert_or_assign(entry->header.first_sequence, *entry);
      places_.insert_or_assign(entry->header.first_sequence, place{*entry, at});
    }
  }
  end_ = (bytes.size() + segment_entry_bytes - 1) / segment_entry_bytes * segment_entry_bytes;
  return found;
}

void header_copies::begin(const std::vector<segment_entry>& present) {
  const std::lock_guard lock(mutex_);
  if (end_ > compact_bytes) {
    std::string content;
    std::map<std::uint64_t, place> places;
    for (const segment_entry& each : present) {
      places.insert_or_assign(each.header.first_sequence, place{each, content.size()});
      append_segment_entry(each, content);
    }
    // Where the disk has no room for it, the old one goes on.
    if (replace_file(path_, content, durability::process, files_)) {
      places_ = std::move(places);
      end_ = content.size();
    }
  }
  file_ = file_handle(files_, files_.open_or_create(path_));
  if (!file_.open()) {
    journal(journal_level::warning,
            path_ + ": " + errno_text(file_.error()) + ": there are no copies of segment headers");
    return;
  }
  for (const segment_entry& each : present) {
    const auto known = places_.find(each.header.first_sequence);
    if (known == places_.end() || known->second.entry.header.created_ns != each.header.created_ns ||
        known->second.entry.absence != segment_absence::is_missed) {
      put(each, end_);
    }
  }
  for (auto& [sequence, known] : places_) {
    // A name of its own: clang 14 lets no lambda capture a structured binding.
    const bool there =
        std::any_of(present.begin(), present.end(), [first = sequence](const segment_entry& each) {
          return each.header.first_sequence == first;
        });
    if (!there && known.entry.absence == segment_absence::is_missed) {
      known.entry.absence = segment_absence::was_told;
      put(known.entry, known.offset);
    }
  }
}

void header_copies::renew() {
  const std::lock_guard lock(mutex_);
  entry_kind is = entry_kind::missing;
  if (files_.kind(path_, is) < 0 || is != entry_kind::missing) {
    return;
  }
  file_ = file_handle(files_, files_.open_or_create(path_));
  end_ = 0;
  for (auto& [sequence, known] : places_) {
    if (file_.open()) {
      put(segment_entry(known.entry), end_);
    }
  }
}

void header_copies::add(const segment_entry& entry) {
  const std::lock_guard lock(mutex_);
  if (file_.open()) {
    put(entry, end_);
  }
}

void header_copies::made_anew(const segment_header& header) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(header.first_sequence);
  if (file_.open() && known != places_.end()) {
    segment_entry entry = known->second.entry;
    entry.header = header;
    put(entry, known->second.offset);
  }
}

void header_copies::removed(std::uint64_t first_sequence) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(first_sequence);
  if (!file_.open() || known == places_.end()) {
    return;
  }
  segment_entry entry = known->second.entry;
  entry.absence = segment_absence::is_removal;
  put(entry, known->second.offset);
  places_.erase(known);
}

void header_copies::put(const segment_entry& entry, std::uint64_t offset) {
  std::string bytes;
  append_segment_entry(entry, bytes);
  if (const int error = file_.write_fully({bytes}, offset); error < 0) {
    journal_limited("log headers", journal_level::warning,
                    path_ + ": " + errno_text(error) + ": a segment's header has no copy");
    return;
  }
  places_.insert_or_assign(entry.header.first_sequence, place{entry, offset});
  end_ = std::max(end_, offset + segment_entry_bytes);
}

}  // namespace weir
