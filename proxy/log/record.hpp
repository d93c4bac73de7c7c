// SPDX-License-Identifier: Apache-2.0
//
// The bytes of the log: segment headers and record heads, to and from memory. Pure; the only place
// that knows offsets. docs/log_format.md is the description that this code follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/frame.hpp"

namespace weir {

inline constexpr std::size_t segment_header_bytes = 40;
/// A record's head without its names.
inline constexpr std::size_t record_head_bytes_least = 80;
/// Of a database's or retention policy's name. It bounds what is hashed at each place that looks
/// like a record while a reader searches for one.
inline constexpr std::size_t record_name_bytes_max = 4096;
/// Bytes that begin every record; not valid UTF-8.
inline constexpr std::string_view record_magic{"\xFE\x57\x52\xFF", 4};

struct segment_header {
  std::uint64_t first_sequence = 0;
  std::int64_t created_ns = 0;
  /// The same in all segments of a log, and in those of no other; 0 in those that earlier weirs
  /// made.
  std::uint32_t log_identity = 0;

  /// What the head checksums of its records are seeded with.
  [[nodiscard]] std::uint64_t seed() const noexcept {
    return static_cast<std::uint64_t>(created_ns);
  }
};

void append_segment_header(const segment_header& header, std::string& out);
/// Nothing, if `bytes` does not begin with a whole and undamaged segment header.
[[nodiscard]] std::optional<segment_header> decode_segment_header(std::string_view bytes);

/// The header that these bytes were before one or two of their bits were flipped, or one of their
/// bytes was spoilt; nothing where that leads to none with that sequence. Takes a millisecond.
[[nodiscard]] std::optional<segment_header> mend_segment_header(std::string_view bytes,
                                                                std::uint64_t first_sequence);

/// The version of a whole header that a later weir wrote; nothing of this version's, or a damaged
/// one.
[[nodiscard]] std::optional<std::uint32_t> later_segment_version(std::string_view bytes);

/// What this weir reads and writes.
[[nodiscard]] std::uint32_t known_segment_version() noexcept;

[[nodiscard]] std::uint64_t payload_checksum(std::string_view payload) noexcept;

/// A decoded head. Its names are views into the bytes it was decoded from.
struct record_head {
  frame_kind kind = frame_kind::lines;
  frame_codec codec = frame_codec::plain;
  std::uint64_t sequence = 0;
  std::int64_t received_ns = 0;
  std::uint32_t origin = 0;
  std::uint32_t shard = 0;
  std::uint32_t points = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t inflated_bytes = 0;
  std::int64_t time_least = 0;
  std::int64_t time_greatest = 0;
  std::uint64_t checksum = 0;  // of the payload
  std::string_view database;
  std::string_view retention_policy;

  [[nodiscard]] std::size_t head_bytes() const noexcept {
    return record_head_bytes_least + database.size() + retention_policy.size();
  }
  [[nodiscard]] std::uint64_t record_bytes() const noexcept {
    return std::uint64_t{stored_bytes} + head_bytes();
  }
  [[nodiscard]] frame_header to_header() const;
};

/// Bytes of the record that `header` and a payload of `stored_bytes` make.
[[nodiscard]] std::uint64_t record_bytes(const frame_header& header, std::size_t stored_bytes);

/// Appends the head of a record whose payload is `checksum` and `header.stored_bytes` long.
/// Requires: names of at most record_name_bytes_max.
void append_record_head(const frame_header& header, std::uint64_t sequence, std::uint64_t checksum,
                        std::uint64_t seed, std::string& out);

/// What a head says whose checksum cannot be checked, as the segment's seed is lost.
struct unproven_head {
  std::uint64_t sequence = 0;
  std::uint64_t record_bytes = 0;
  std::uint32_t points = 0;
};
/// Of record_head_bytes_least bytes; nothing where they do not look like a head.
[[nodiscard]] std::optional<unproven_head> decode_unproven_head(std::string_view bytes);

enum class head_status : std::uint8_t {
  whole,
  cut,      // could be a head, but there are fewer bytes than `needed`
  damaged,  // not a head
};

struct head_result {
  head_status status = head_status::damaged;
  /// For `cut`: bytes that a decision takes.
  std::size_t needed = 0;
  record_head head;
};

/// What `bytes` begins with. Reads at most record_head_bytes_least and the names.
[[nodiscard]] head_result decode_record_head(std::string_view bytes, std::uint64_t seed);

}  // namespace weir
