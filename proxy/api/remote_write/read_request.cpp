// SPDX-License-Identifier: Apache-2.0
//
// Numbers of fields: https://github.com/prometheus/prometheus, prompb/types.proto, remote.proto and
// io/prometheus/write/v2/types.proto.
#include "api/remote_write/read_request.hpp"

#include <fmt/format.h>

#include <bit>
#include <protozero/pbf_message.hpp>

namespace weir::api {
namespace {

using protozero::pbf_wire_type;

enum class request_1 : protozero::pbf_tag_type { series = 1 };
enum class series_1 : protozero::pbf_tag_type { label = 1, sample = 2, histogram = 4 };
enum class label_1 : protozero::pbf_tag_type { name = 1, value = 2 };
enum class request_2 : protozero::pbf_tag_type { symbol = 4, series = 5 };
enum class series_2 : protozero::pbf_tag_type { labels = 1, sample = 2, histogram = 3 };
/// The same in both.
enum class sample_field : protozero::pbf_tag_type { value = 1, time_ms = 2 };
enum class histogram_field : protozero::pbf_tag_type { time_ms = 15 };

// The library reads a field as what it is asked for, whatever was sent: the wire's type is checked
// here.
template <class Message>
void must_be(const Message& at, pbf_wire_type type) {
  if (at.wire_type() != type) {
    throw protozero::unknown_pbf_wire_type_exception{};
  }
}

template <class Message>
std::string_view view_in(Message& at) {
  must_be(at, pbf_wire_type::length_delimited);
  const protozero::data_view data = at.get_view();
  return {data.data(), data.size()};
}

struct sample {
  std::uint64_t bits = 0;
  std::int64_t time_ms = 0;
};

sample read_sample(std::string_view message) {
  sample read;
  protozero::pbf_message<sample_field> at(message.data(), message.size());
  while (at.next()) {
    if (at.tag() == sample_field::value) {
      must_be(at, pbf_wire_type::fixed64);
      read.bits = at.get_fixed64();
    } else if (at.tag() == sample_field::time_ms) {
      must_be(at, pbf_wire_type::varint);
      read.time_ms = at.get_int64();
    } else {
      at.skip();
    }
  }
  return read;
}

std::int64_t time_of_histogram(std::string_view message) {
  std::int64_t time_ms = 0;
  protozero::pbf_message<histogram_field> at(message.data(), message.size());
  while (at.next()) {
    if (at.tag() == histogram_field::time_ms) {
      must_be(at, pbf_wire_type::varint);
      time_ms = at.get_int64();
    } else {
      at.skip();
    }
  }
  return time_ms;
}

/// Of either version: `Series::sample` and `Series::histogram`.
template <class Series>
void read_samples(std::string_view message, series_lines& to) {
  protozero::pbf_message<Series> at(message.data(), message.size());
  while (at.next()) {
    if (at.tag() == Series::sample) {
      const sample read = read_sample(view_in(at));
      to.add_sample(read.bits, read.time_ms);
    } else if (at.tag() == Series::histogram) {
      to.add_histogram(time_of_histogram(view_in(at)));
    } else {
      at.skip();
    }
  }
}

template <class Series>
std::uint64_t count_samples(std::string_view message) {
  std::uint64_t count = 0;
  protozero::pbf_message<Series> at(message.data(), message.size());
  while (at.next()) {
    count += at.tag() == Series::sample || at.tag() == Series::histogram ? 1 : 0;
    at.skip();
  }
  return count;
}

std::string too_many_labels() {
  return fmt::format("a series has more than {} labels", series_lines::labels_max);
}

/// Empty, or why the series is none.
std::string read_series_1(std::string_view message, series_lines& to) {
  to.begin();
  protozero::pbf_message<series_1> at(message.data(), message.size());
  while (at.next(series_1::label)) {
    const std::string_view pair = view_in(at);
    std::string_view name;
    std::string_view value;
    protozero::pbf_message<label_1> part(pair.data(), pair.size());
    while (part.next()) {
      if (part.tag() == label_1::name) {
        name = view_in(part);
      } else if (part.tag() == label_1::value) {
        value = view_in(part);
      } else {
        part.skip();
      }
    }
    if (name.empty()) {
      return "a label has no name";
    }
    if (!to.add_label(name, value)) {
      return too_many_labels();
    }
  }
  read_samples<series_1>(message, to);
  return {};
}

/// The request's texts, to which its series refer.
class symbol_table {
 public:
  /// False: there is no memory for it.
  bool read(std::string_view message, translated_lines& room);
  /// Empty, or why the references are none.
  [[nodiscard]] std::string labels_of(std::string_view message, series_lines& to) const;

 private:
  [[nodiscard]] std::string add_pair(std::uint64_t name, std::uint64_t value,
                                     series_lines& to) const;
  std::vector<std::string_view> symbols_;
};

bool symbol_table::read(std::string_view message, translated_lines& room) {
  std::size_t count = 0;
  protozero::pbf_message<request_2> counted(message.data(), message.size());
  while (counted.next(request_2::symbol)) {
    counted.skip();
    ++count;
  }
  if (!room.has_room(count * sizeof(std::string_view))) {
    return false;
  }
  symbols_.reserve(count);
  protozero::pbf_message<request_2> at(message.data(), message.size());
  while (at.next(request_2::symbol)) {
    symbols_.push_back(view_in(at));
  }
  return true;
}

std::string symbol_table::add_pair(std::uint64_t name, std::uint64_t value,
                                   series_lines& to) const {
  if (name >= symbols_.size() || value >= symbols_.size()) {
    return fmt::format("labelRefs {} (name) = {} (value) outside of symbols table (size {})", name,
                       value, symbols_.size());
  }
  if (symbols_[name].empty()) {
    return "a label has no name";
  }
  return to.add_label(symbols_[name], symbols_[value]) ? std::string{} : too_many_labels();
}

std::string symbol_table::labels_of(std::string_view message, series_lines& to) const {
  std::uint64_t name = 0;
  std::uint64_t count = 0;
  std::string wrong;
  const auto add = [&](std::uint64_t reference) {
    if (++count % 2 != 0) {
      name = reference;
    } else if (wrong.empty()) {
      wrong = add_pair(name, reference, to);
    }
  };
  protozero::pbf_message<series_2> at(message.data(), message.size());
  while (at.next(series_2::labels)) {
    if (at.wire_type() == pbf_wire_type::varint) {
      add(at.get_uint32());  // not packed
      continue;
    }
    must_be(at, pbf_wire_type::length_delimited);
    for (const std::uint32_t reference : at.get_packed_uint32()) {
      add(reference);
    }
  }
  return wrong.empty() && count % 2 != 0 ? fmt::format("invalid labelRefs length {}", count)
                                         : wrong;
}

}  // namespace

std::optional<read_failure> read_version_1(std::string_view message, series_lines& to) {
  try {
    protozero::pbf_message<request_1> at(message.data(), message.size());
    while (at.next(request_1::series)) {
      if (std::string wrong = read_series_1(view_in(at), to); !wrong.empty()) {
        return read_failure{.message = std::move(wrong)};
      }
    }
  } catch (const protozero::exception&) {  // the library's way; it ends here
    return read_failure{.message = "the body is no protobuf message prometheus.WriteRequest"};
  }
  to.finish();
  return std::nullopt;
}

std::optional<read_failure> read_version_2(std::string_view message, translated_lines& room,
                                           series_lines& to, wrong_series& wrong) {
  try {
    symbol_table symbols;
    if (!symbols.read(message, room)) {
      return read_failure{.message = {}, .short_of_memory = true};
    }
    protozero::pbf_message<request_2> at(message.data(), message.size());
    while (at.next(request_2::series)) {
      const std::string_view series = view_in(at);
      to.begin();
      std::string reason = symbols.labels_of(series, to);
      if (reason.empty()) {
        read_samples<series_2>(series, to);
        continue;
      }
      ++wrong.series;
      wrong.samples += count_samples<series_2>(series);
      if (wrong.reasons.size() < wrong_series::reasons_max) {
        wrong.reasons.push_back("parsing labels for series: " + std::move(reason));
      }
    }
  } catch (const protozero::exception&) {
    return read_failure{.message =
                            "the body is no protobuf message io.prometheus.write.v2.Request"};
  }
  to.finish();
  return std::nullopt;
}

}  // namespace weir::api
