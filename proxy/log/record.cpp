// SPDX-License-Identifier: Apache-2.0
//
// Encodes and decodes what docs/log_format.md describes. Pure.
#include "log/record.hpp"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/assert.hpp"
#include "base/little_endian.hpp"

namespace weir {
namespace {

using little_endian::get;
using little_endian::put;

constexpr std::string_view segment_magic = "weirlog\n";
constexpr std::uint32_t segment_version = 1;
constexpr std::uint8_t record_version = 1;

/// Of the head without its own checksum (bytes 72 to 79), and of both names, which follow it.
std::uint64_t head_checksum(std::string_view head, std::uint64_t seed) {
  const std::uint64_t fixed = XXH3_64bits_withSeed(head.data(), 72, seed);
  const std::string_view names = head.substr(record_head_bytes_least);
  return XXH3_64bits_withSeed(names.data(), names.size(), fixed);
}

/// Of any version: magic and checksum stay where they are.
bool is_whole_header(std::string_view bytes) {
  return bytes.size() >= segment_header_bytes && bytes.starts_with(segment_magic) &&
         get<std::uint64_t>(bytes, 32) == XXH3_64bits(bytes.data(), 32);
}

}  // namespace

void append_segment_header(const segment_header& header, std::string& out) {
  const std::size_t begin = out.size();
  out.append(segment_magic);
  put<std::uint32_t>(segment_version, out);
  put<std::uint32_t>(header.log_identity, out);
  put<std::uint64_t>(header.first_sequence, out);
  put<std::int64_t>(header.created_ns, out);
  put<std::uint64_t>(XXH3_64bits(out.data() + begin, 32), out);
  WEIR_ASSERT(out.size() - begin == segment_header_bytes);
}

std::uint32_t known_segment_version() noexcept {
  return segment_version;
}

std::optional<std::uint32_t> later_segment_version(std::string_view bytes) {
  if (!is_whole_header(bytes) || get<std::uint32_t>(bytes, 8) <= segment_version) {
    return std::nullopt;
  }
  return get<std::uint32_t>(bytes, 8);
}

std::optional<segment_header> decode_segment_header(std::string_view bytes) {
  if (!is_whole_header(bytes) || get<std::uint32_t>(bytes, 8) != segment_version) {
    return std::nullopt;
  }
  segment_header header;
  header.first_sequence = get<std::uint64_t>(bytes, 16);
  header.created_ns = get<std::int64_t>(bytes, 24);
  header.log_identity = get<std::uint32_t>(bytes, 12);
  return header;
}

std::optional<segment_header> mend_segment_header(std::string_view bytes,
                                                  std::uint64_t first_sequence) {
  if (bytes.size() < segment_header_bytes) {
    return std::nullopt;
  }
  std::string tried(bytes.substr(0, segment_header_bytes));
  const auto flip = [&tried](std::size_t bit) {
    tried[bit / 8] = static_cast<char>(tried[bit / 8] ^ (1 << (bit % 8)));
  };
  const auto right = [&]() -> std::optional<segment_header> {
    auto header = decode_segment_header(tried);
    return header && header->first_sequence == first_sequence ? header : std::nullopt;
  };
  for (std::size_t byte = 0; byte < segment_header_bytes; ++byte) {
    const char was = tried[byte];
    for (int value = 0; value < 256; ++value) {
      tried[byte] = static_cast<char>(value);
      if (auto header = right()) {
        return header;
      }
    }
    tried[byte] = was;
  }
  for (std::size_t first = 0; first < segment_header_bytes * 8; ++first) {
    flip(first);
    for (std::size_t second = first + 1; second < segment_header_bytes * 8; ++second) {
      flip(second);
      if (auto header = right()) {
        return header;
      }
      flip(second);
    }
    flip(first);
  }
  return std::nullopt;
}

std::uint64_t payload_checksum(std::string_view payload) noexcept {
  return XXH3_64bits(payload.data(), payload.size());
}

frame_header record_head::to_header() const {
  frame_header header;
  header.kind = kind;
  header.codec = codec;
  header.position = log_position(sequence);
  header.received_ns = received_ns;
  header.database = std::string(database);
  header.retention_policy = std::string(retention_policy);
  header.origin = origin;
  header.shard = shard;
  header.points = points;
  header.stored_bytes = stored_bytes;
  header.inflated_bytes = inflated_bytes;
  header.time_least = time_least;
  header.time_greatest = time_greatest;
  return header;
}

std::uint64_t record_bytes(const frame_header& header, std::size_t stored_bytes) {
  return std::uint64_t{record_head_bytes_least} + header.database.size() +
         header.retention_policy.size() + stored_bytes;
}

void append_record_head(const frame_header& header, std::uint64_t sequence, std::uint64_t checksum,
                        std::uint64_t seed, std::string& out) {
  WEIR_ASSERT(header.database.size() <= record_name_bytes_max);
  WEIR_ASSERT(header.retention_policy.size() <= record_name_bytes_max);
  const std::size_t begin = out.size();
  out.append(record_magic);
  put<std::uint8_t>(record_version, out);
  put<std::uint8_t>(static_cast<std::uint8_t>(header.kind), out);
  put<std::uint8_t>(static_cast<std::uint8_t>(header.codec), out);
  put<std::uint8_t>(0, out);
  put<std::uint64_t>(sequence, out);
  put<std::int64_t>(header.received_ns, out);
  put<std::uint32_t>(header.origin, out);
  put<std::uint32_t>(header.shard, out);
  put<std::uint32_t>(header.points, out);
  put<std::uint32_t>(header.stored_bytes, out);
  put<std::uint32_t>(header.inflated_bytes, out);
  put<std::uint16_t>(static_cast<std::uint16_t>(header.database.size()), out);
  put<std::uint16_t>(static_cast<std::uint16_t>(header.retention_policy.size()), out);
  put<std::int64_t>(header.time_least, out);
  put<std::int64_t>(header.time_greatest, out);
  put<std::uint64_t>(checksum, out);
  put<std::uint64_t>(0, out);
  WEIR_ASSERT(out.size() - begin == record_head_bytes_least);
  out.append(header.database);
  out.append(header.retention_policy);
  const std::uint64_t sum = head_checksum(std::string_view(out).substr(begin), seed);
  std::memcpy(out.data() + begin + 72, &sum, sizeof(sum));
}

namespace {

bool known_kind_and_codec(std::string_view bytes) {
  const auto kind = get<std::uint8_t>(bytes, 5);
  const auto codec = get<std::uint8_t>(bytes, 6);
  return (kind == static_cast<std::uint8_t>(frame_kind::lines) ||
          kind == static_cast<std::uint8_t>(frame_kind::events)) &&
         (codec == static_cast<std::uint8_t>(frame_codec::plain) ||
          codec == static_cast<std::uint8_t>(frame_codec::gzip));
}

record_head fields_of(std::string_view head, std::size_t database_bytes) {
  record_head fields;
  fields.kind = static_cast<frame_kind>(get<std::uint8_t>(head, 5));
  fields.codec = static_cast<frame_codec>(get<std::uint8_t>(head, 6));
  fields.sequence = get<std::uint64_t>(head, 8);
  fields.received_ns = get<std::int64_t>(head, 16);
  fields.origin = get<std::uint32_t>(head, 24);
  fields.shard = get<std::uint32_t>(head, 28);
  fields.points = get<std::uint32_t>(head, 32);
  fields.stored_bytes = get<std::uint32_t>(head, 36);
  fields.inflated_bytes = get<std::uint32_t>(head, 40);
  fields.time_least = get<std::int64_t>(head, 48);
  fields.time_greatest = get<std::int64_t>(head, 56);
  fields.checksum = get<std::uint64_t>(head, 64);
  fields.database = head.substr(record_head_bytes_least, database_bytes);
  fields.retention_policy = head.substr(record_head_bytes_least + database_bytes);
  return fields;
}

}  // namespace

std::optional<unproven_head> decode_unproven_head(std::string_view bytes) {
  if (bytes.size() < record_head_bytes_least || !bytes.starts_with(record_magic) ||
      get<std::uint8_t>(bytes, 4) != record_version || !known_kind_and_codec(bytes)) {
    return std::nullopt;
  }
  const std::uint64_t names =
      std::uint64_t{get<std::uint16_t>(bytes, 44)} + get<std::uint16_t>(bytes, 46);
  return unproven_head{get<std::uint64_t>(bytes, 8),
                       record_head_bytes_least + names + get<std::uint32_t>(bytes, 36),
                       get<std::uint32_t>(bytes, 32)};
}

head_result decode_record_head(std::string_view bytes, std::uint64_t seed) {
  head_result result;
  if (bytes.size() < record_head_bytes_least) {
    result.status = head_status::cut;
    result.needed = record_head_bytes_least;
    return result;
  }
  if (!bytes.starts_with(record_magic) || get<std::uint8_t>(bytes, 4) != record_version ||
      get<std::uint8_t>(bytes, 7) != 0 || !known_kind_and_codec(bytes)) {
    return result;
  }
  const std::size_t database_bytes = get<std::uint16_t>(bytes, 44);
  const std::size_t policy_bytes = get<std::uint16_t>(bytes, 46);
  if (database_bytes > record_name_bytes_max || policy_bytes > record_name_bytes_max) {
    return result;
  }
  const std::size_t head_bytes = record_head_bytes_least + database_bytes + policy_bytes;
  if (bytes.size() < head_bytes) {
    result.status = head_status::cut;
    result.needed = head_bytes;
    return result;
  }
  const std::string_view head = bytes.substr(0, head_bytes);
  if (get<std::uint64_t>(head, 72) != head_checksum(head, seed)) {
    return result;
  }
  result.status = head_status::whole;
  result.head = fields_of(head, database_bytes);
  return result;
}

}  // namespace weir
