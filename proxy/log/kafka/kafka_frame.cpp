// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/kafka_frame.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "log/record.hpp"

namespace weir {
namespace {

constexpr std::size_t sum_digits = 16;
/// Deflate makes no more of a byte; and what a gzip member has around it.
constexpr std::uint64_t inflate_ratio_max = 1'032;
constexpr std::uint64_t gzip_slack_bytes = 64;
constexpr std::int64_t ns_per_ms = 1'000'000;

template <class Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// Reads the headers of one record; what is wrong first stays.
class header_reader {
 public:
  explicit header_reader(const kafka_record& record) : record_(record) {}

  std::string_view text(std::string_view name) {
    const auto found = record_.header(name);
    if (!found) {
      blame(name, "is missing");
    }
    return found.value_or(std::string_view{});
  }

  template <class Number>
  Number number(std::string_view name, std::optional<Number> otherwise = std::nullopt) {
    const auto found = record_.header(name);
    if (!found && otherwise) {
      return *otherwise;
    }
    if (!found) {
      blame(name, "is missing");
      return Number{};
    }
    const auto read = number_in<Number>(*found);
    if (!read) {
      blame(name, "is no number, or too large");
    }
    return read.value_or(Number{});
  }

  void blame(std::string_view name, std::string_view what) {
    if (why_.empty()) {
      why_ = "its header `" + std::string(name) + "` " + std::string(what);
    }
  }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

 private:
  const kafka_record& record_;
  std::string why_;
};

void read_kind(header_reader& from, frame_header& out) {
  const std::string_view kind = from.text("kind");
  if (kind == "events") {
    out.kind = frame_kind::events;
  } else if (kind != "lines") {
    from.blame("kind", "is neither `lines` nor `events`");
  }
  const std::string_view encoding = from.text("encoding");
  if (encoding == "gzip") {
    out.codec = frame_codec::gzip;
  } else if (encoding != "plain") {
    from.blame("encoding", "is neither `plain` nor `gzip`");
  }
}

void read_names(header_reader& from, const kafka_record& record, frame_header& out) {
  out.database = from.text("db");
  out.retention_policy = record.header("rp").value_or(std::string_view{});
  if (out.database.size() > record_name_bytes_max ||
      out.retention_policy.size() > record_name_bytes_max) {
    from.blame("db", "or `rp` is too long");
  }
}

void check_value(header_reader& from, const std::string& value, const frame_header& header) {
  const std::string_view sum = from.text("sum");
  const auto number = number_in<std::uint64_t>(sum, 16);
  if (sum.size() != sum_digits || !number || *number != payload_checksum(value)) {
    from.blame("sum", "does not fit its value");
  }
  const std::uint64_t bytes = header.inflated_bytes;
  const bool fits = header.codec == frame_codec::plain
                        ? bytes == value.size()
                        : bytes <= value.size() * inflate_ratio_max + gzip_slack_bytes;
  // What is told of a frame is believed when memory is taken for it.
  if (!fits) {
    from.blame("bytes", "does not fit its value");
  }
  if (header.points > bytes) {
    from.blame("points", "is more than its bytes");
  }
}

}  // namespace

std::size_t kafka_frame_overhead(const frame& of) noexcept {
  constexpr std::size_t fixed = 400;  // names and numbers of all headers, and the batch around it
  return fixed + of.header.database.size() + of.header.retention_policy.size();
}

kafka_frame_record::kafka_frame_record(const frame& of, std::uint32_t partition) : of_(of) {
  const frame_header& header = of.header;
  key_ = digits(partition);
  add("weir", digits(kafka_frame_version));
  add("kind", header.kind == frame_kind::events ? "events" : "lines");
  add("encoding", header.codec == frame_codec::gzip ? "gzip" : "plain");
  add("db", header.database);
  if (!header.retention_policy.empty()) {
    add("rp", header.retention_policy);
  }
  add("received", digits(header.received_ns));
  add("points", digits(header.points));
  add("bytes", digits(header.inflated_bytes));
  add("least", digits(header.time_least));
  add("greatest", digits(header.time_greatest));
  if (header.origin != 0) {
    add("origin", digits(header.origin));
  }
  add("sum", hexadecimal(payload_checksum(of.stored)));
}

kafka_record_view kafka_frame_record::view() const noexcept {
  return {.key = key_,
          .headers = {headers_.data(), headers_used_},
          .value = std::string_view(of_.stored),
          .timestamp_ms = std::max<std::int64_t>(0, of_.header.received_ns / ns_per_ms)};
}

template <class Number>
std::string_view kafka_frame_record::digits(Number number) {
  char* const begin = digits_.data() + digits_used_;
  const auto [end, error] = std::to_chars(begin, digits_.data() + digits_.size(), number);
  WEIR_ASSERT(error == std::errc{});
  digits_used_ += static_cast<std::size_t>(end - begin);
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view kafka_frame_record::hexadecimal(std::uint64_t number) {
  constexpr std::string_view digit = "0123456789abcdef";
  WEIR_ASSERT(digits_used_ + sum_digits <= digits_.size());
  char* const begin = digits_.data() + digits_used_;
  for (std::size_t i = 0; i < sum_digits; ++i) {
    begin[i] = digit[(number >> (4 * (sum_digits - 1 - i))) & 0xF];
  }
  digits_used_ += sum_digits;
  return {begin, sum_digits};
}

void kafka_frame_record::add(std::string_view name, std::string_view value) {
  WEIR_ASSERT(headers_used_ < headers_max);
  headers_[headers_used_++] = {name, value};
}

kafka_frame_result frame_of_record(kafka_record&& record) {
  kafka_frame_result out;
  const auto version_text = record.header("weir");
  if (!version_text) {
    out.status = kafka_frame_status::foreign;
    out.why = "it has no header `weir`: another program wrote it";
    return out;
  }
  const auto version = number_in<std::uint32_t>(*version_text);
  if (version && *version > kafka_frame_version) {
    out.status = kafka_frame_status::later;
    out.why = "a later weir wrote it (its header `weir` is " + std::string(*version_text) + ")";
    return out;
  }
  header_reader from(record);
  if (!version || *version == 0) {
    from.blame("weir", "is no version");
  }
  if (record.offset < 0 || record.partition < 0 ||
      record.value.size() > std::numeric_limits<std::uint32_t>::max()) {
    from.blame("bytes", "cannot be: the record has no place, or is too large");
  }
  auto made = std::make_shared<frame>();
  frame_header& header = made->header;
  read_kind(from, header);
  read_names(from, record, header);
  header.received_ns = from.number<std::int64_t>("received");
  header.points = from.number<std::uint32_t>("points");
  header.inflated_bytes = from.number<std::uint32_t>("bytes");
  header.time_least = from.number<std::int64_t>("least");
  header.time_greatest = from.number<std::int64_t>("greatest");
  header.origin = from.number<std::uint32_t>("origin", 0U);
  check_value(from, record.value, header);
  if (!from.why().empty()) {
    out.points = header.points <= header.inflated_bytes ? header.points : 0;
    out.why = from.why();
    return out;
  }
  header.position = log_position(static_cast<std::uint64_t>(record.offset) + 1);
  header.shard = static_cast<std::uint32_t>(record.partition);
  header.stored_bytes = static_cast<std::uint32_t>(record.value.size());
  made->stored = std::move(record.value);
  out.status = kafka_frame_status::whole;
  out.found = std::move(made);
  return out;
}

}  // namespace weir
