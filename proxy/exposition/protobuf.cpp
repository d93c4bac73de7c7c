// SPDX-License-Identifier: Apache-2.0
#include "exposition/protobuf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <protozero/pbf_message.hpp>
#include <string>
#include <utility>

#include "base/text/utf8.hpp"
#include "exposition/numbers.hpp"

namespace weir::exposition {
namespace {

// Numbers of fields: https://github.com/prometheus/client_model, io/prometheus/client/metrics.proto
enum class family_field : protozero::pbf_tag_type { name = 1, help = 2, type = 3, metric = 4 };
enum class metric_field : protozero::pbf_tag_type {
  label = 1,
  gauge = 2,
  counter = 3,
  summary = 4,
  untyped = 5,
  time_ms = 6,
  histogram = 7
};
enum class pair_field : protozero::pbf_tag_type { name = 1, value = 2 };
enum class value_field : protozero::pbf_tag_type { value = 1 };
/// Of a summary and, up to the third, of a histogram.
enum class parts_field : protozero::pbf_tag_type { count = 1, sum = 2, part = 3, count_float = 4 };
enum class bucket_field : protozero::pbf_tag_type { count = 1, bound = 2, count_float = 4 };
enum class quantile_field : protozero::pbf_tag_type { quantile = 1, value = 2 };

/// Of `MetricFamily.type`: which of a metric's messages has its value.
struct wire_type {
  metric_type type = metric_type::untyped;
  metric_field value = metric_field::untyped;
};

std::optional<wire_type> type_numbered(std::uint64_t number) noexcept {
  switch (number) {
    case 0:
      return wire_type{metric_type::counter, metric_field::counter};
    case 1:
      return wire_type{metric_type::gauge, metric_field::gauge};
    case 2:
      return wire_type{metric_type::summary, metric_field::summary};
    case 3:
      return wire_type{metric_type::untyped, metric_field::untyped};
    case 4:
    case 5:  // of gauges; the classic format knows one kind
      return wire_type{metric_type::histogram, metric_field::histogram};
    default:
      return std::nullopt;
  }
}

class protobuf_reader {
 public:
  explicit protobuf_reader(document& into) noexcept : into_(into) {}

  /// Empty, or what is wrong.
  [[nodiscard]] std::string read_family(std::string_view message);

 private:
  [[nodiscard]] std::string read_metric(std::string_view message, const wire_type& type);
  [[nodiscard]] std::string read_label(std::string_view message, metric_type type);
  void read_parts(std::string_view message, const wire_type& type);
  void read_bucket(std::string_view message, bool& has_infinity);
  void read_quantile(std::string_view message);
  void add(std::string_view suffix, double value);
  void add_with(std::string_view suffix, std::string_view label_name, double bound, double value);
  [[nodiscard]] std::string_view suffixed(std::string_view suffix);

  document& into_;
  std::uint32_t family_ = 0;
  /// Names of samples that were made last: those of one family repeat.
  std::string_view bucket_name_;
  std::string_view sum_name_;
  std::string_view count_name_;
  /// Of the metric that is read.
  std::uint32_t first_label_ = 0;
  std::uint32_t label_count_ = 0;
  std::optional<std::int64_t> time_ms_;
  std::string scratch_;
};

// The library reads a field as what it is asked for, whatever was sent: the wire's type is checked
// here. A message whose fields have other types is none of ours.
template <class Message>
void must_be(const Message& at, protozero::pbf_wire_type type) {
  if (at.wire_type() != type) {
    throw protozero::unknown_pbf_wire_type_exception{};
  }
}

template <class Message>
std::string_view view_in(Message& at) {
  must_be(at, protozero::pbf_wire_type::length_delimited);
  const protozero::data_view data = at.get_view();
  return {data.data(), data.size()};
}

template <class Message>
double double_in(Message& at) {
  must_be(at, protozero::pbf_wire_type::fixed64);
  return at.get_double();
}

template <class Message>
std::uint64_t number_in(Message& at) {
  must_be(at, protozero::pbf_wire_type::varint);
  return at.get_uint64();
}

std::string protobuf_reader::read_family(std::string_view message) {
  protozero::pbf_message<family_field> head(message.data(), message.size());
  std::string_view name;
  std::string_view help;
  std::uint64_t number = 0;
  bool has_metrics = false;
  while (head.next()) {
    switch (head.tag()) {
      case family_field::name:
        name = view_in(head);
        break;
      case family_field::help:
        help = view_in(head);
        break;
      case family_field::type:
        number = number_in(head);
        break;
      case family_field::metric:
        has_metrics = true;
        head.skip();
        break;
      default:
        head.skip();
    }
  }
  if (name.empty() || !is_utf8(name)) {
    return name.empty() ? "a family of metrics has no name"
                        : "the name of a family of metrics is not valid UTF-8";
  }
  const auto type = type_numbered(number);
  if (!type) {
    return "the family " + shown(name) + " has the type " + std::to_string(number) +
           ", which is none";
  }
  if (!is_utf8(help)) {
    return "the help of " + shown(name) + " is not valid UTF-8";
  }
  if (!has_metrics) {
    return "the family " + shown(name) + " has no metrics";
  }
  if (into_.find_family(name)) {
    return "the family " + shown(name) + " is there twice";
  }
  family_ = into_.add_family(name);
  into_.family_at(family_).type = type->type;
  into_.family_at(family_).help = help;
  bucket_name_ = sum_name_ = count_name_ = {};
  protozero::pbf_message<family_field> body(message.data(), message.size());
  while (body.next(family_field::metric)) {
    if (std::string wrong = read_metric(view_in(body), *type); !wrong.empty()) {
      return wrong;
    }
    if (into_.is_full()) {
      return std::string(too_many_samples);
    }
  }
  return {};
}

std::string protobuf_reader::read_metric(std::string_view message, const wire_type& type) {
  first_label_ = static_cast<std::uint32_t>(into_.labels().size());
  time_ms_.reset();
  std::optional<std::string_view> value;
  protozero::pbf_message<metric_field> metric(message.data(), message.size());
  while (metric.next()) {
    if (metric.tag() == metric_field::label) {
      if (std::string wrong = read_label(view_in(metric), type.type); !wrong.empty()) {
        return wrong;
      }
    } else if (metric.tag() == metric_field::time_ms) {
      time_ms_ = static_cast<std::int64_t>(number_in(metric));
    } else if (metric.tag() == type.value) {
      value = view_in(metric);
    } else {
      metric.skip();
    }
  }
  label_count_ = static_cast<std::uint32_t>(into_.labels().size()) - first_label_;
  if (!value) {
    return "a metric of " + shown(into_.family_at(family_).name) + " is no " +
           std::string(name_of(type.type)) + ", as its family says";
  }
  if (type.value == metric_field::summary || type.value == metric_field::histogram) {
    read_parts(*value, type);
    return {};
  }
  double number = 0;
  protozero::pbf_message<value_field> single(value->data(), value->size());
  while (single.next(value_field::value)) {
    number = double_in(single);
  }
  add("", number);
  return {};
}

std::string protobuf_reader::read_label(std::string_view message, metric_type type) {
  label one;
  protozero::pbf_message<pair_field> pair(message.data(), message.size());
  while (pair.next()) {
    if (pair.tag() == pair_field::name) {
      one.name = view_in(pair);
    } else if (pair.tag() == pair_field::value) {
      one.value = view_in(pair);
    } else {
      pair.skip();
    }
  }
  if (one.name.empty() || one.name == "__name__" || !is_utf8(one.name) || !is_utf8(one.value)) {
    return "the label " + shown(one.name) +
           (is_utf8(one.name) && is_utf8(one.value)
                ? " of " + shown(into_.family_at(family_).name) + " has a name that is none"
                : " is not valid UTF-8");
  }
  // Each bucket and each quantile gets one of these names.
  if (one.name == part_label(type)) {
    return "the " + std::string(name_of(type)) + " " + shown(into_.family_at(family_).name) +
           " has a label " + shown(one.name) + ", which belongs to its parts";
  }
  if (into_.labels().size() - first_label_ >= labels_max) {
    return std::string(too_many_labels) + ", and one of " + shown(into_.family_at(family_).name) +
           " has";
  }
  for (std::size_t i = first_label_; i < into_.labels().size(); ++i) {
    if (into_.labels()[i].name == one.name) {
      return "the label " + shown(one.name) + " is there twice";
    }
  }
  into_.labels().push_back(one);
  return {};
}

void protobuf_reader::read_parts(std::string_view message, const wire_type& type) {
  const bool is_histogram = type.type == metric_type::histogram;
  double count = 0;
  double sum = 0;
  bool has_infinity = false;
  protozero::pbf_message<parts_field> parts(message.data(), message.size());
  while (parts.next() && !into_.is_full()) {
    switch (parts.tag()) {
      case parts_field::count:
        // A count that is no whole number has a field of its own, and this one is 0.
        count = std::max(count, static_cast<double>(number_in(parts)));
        break;
      case parts_field::count_float:
        if (is_histogram) {
          count = std::max(count, double_in(parts));
        } else {
          parts.skip();
        }
        break;
      case parts_field::sum:
        sum = double_in(parts);
        break;
      case parts_field::part:
        if (is_histogram) {
          read_bucket(view_in(parts), has_infinity);
        } else {
          read_quantile(view_in(parts));
        }
        break;
      default:
        parts.skip();
    }
  }
  if (is_histogram && !has_infinity) {
    add_with("_bucket", "le", std::numeric_limits<double>::infinity(), count);
  }
  add("_sum", sum);
  add("_count", count);
}

void protobuf_reader::read_bucket(std::string_view message, bool& has_infinity) {
  double count = 0;
  double bound = 0;
  protozero::pbf_message<bucket_field> bucket(message.data(), message.size());
  while (bucket.next()) {
    switch (bucket.tag()) {
      case bucket_field::count:
        count = std::max(count, static_cast<double>(number_in(bucket)));
        break;
      case bucket_field::count_float:
        count = std::max(count, double_in(bucket));
        break;
      case bucket_field::bound:
        bound = double_in(bucket);
        break;
      default:
        bucket.skip();
    }
  }
  has_infinity = has_infinity || (std::isinf(bound) && bound > 0);
  add_with("_bucket", "le", bound, count);
}

void protobuf_reader::read_quantile(std::string_view message) {
  double quantile = 0;
  double value = 0;
  protozero::pbf_message<quantile_field> part(message.data(), message.size());
  while (part.next()) {
    switch (part.tag()) {
      case quantile_field::quantile:
        quantile = double_in(part);
        break;
      case quantile_field::value:
        value = double_in(part);
        break;
      default:
        part.skip();
    }
  }
  add_with("", "quantile", quantile, value);
}

std::string_view protobuf_reader::suffixed(std::string_view suffix) {
  const std::string_view name = into_.family_at(family_).name;
  if (suffix.empty()) {
    return name;
  }
  std::string_view& made = suffix == "_bucket" ? bucket_name_
                           : suffix == "_sum"  ? sum_name_
                                               : count_name_;
  if (made.empty()) {
    scratch_.assign(name).append(suffix);
    made = into_.keep(scratch_);
  }
  return made;
}

void protobuf_reader::add(std::string_view suffix, double value) {
  into_.samples().push_back({.name = suffixed(suffix),
                             .family = family_,
                             .first_label = first_label_,
                             .label_count = label_count_,
                             .value = value,
                             .time_ms = time_ms_});
}

void protobuf_reader::add_with(std::string_view suffix, std::string_view label_name, double bound,
                               double value) {
  std::vector<label>& labels = into_.labels();
  const auto first = static_cast<std::uint32_t>(labels.size());
  for (std::uint32_t i = 0; i < label_count_; ++i) {
    const label copied = labels[first_label_ + i];
    labels.push_back(copied);
  }
  scratch_.clear();
  append_number(bound, scratch_);
  labels.push_back({.name = label_name, .value = into_.keep(scratch_)});
  into_.samples().push_back({.name = suffixed(suffix),
                             .family = family_,
                             .first_label = first,
                             .label_count = label_count_ + 1,
                             .value = value,
                             .time_ms = time_ms_});
}

}  // namespace

std::optional<mistake> read_protobuf(std::string_view body, document& into) {
  protobuf_reader reader(into);
  const char* at = body.data();
  const char* const end = body.data() + body.size();
  std::uint64_t offset = 0;
  std::string wrong;
  try {
    while (at != end && wrong.empty()) {
      offset = static_cast<std::uint64_t>(at - body.data());
      const std::uint64_t length = protozero::decode_varint(&at, end);
      if (length > static_cast<std::uint64_t>(end - at)) {
        return mistake{.offset = offset,
                       .message = "a message of " + std::to_string(length) +
                                  " bytes is announced, and only " + std::to_string(end - at) +
                                  " follow"};
      }
      wrong = reader.read_family({at, static_cast<std::size_t>(length)});
      at += length;
    }
  } catch (const protozero::exception&) {  // the library's way; it ends here
    wrong = "the message that begins here is no io.prometheus.client.MetricFamily";
  }
  if (wrong.empty()) {
    return std::nullopt;
  }
  return mistake{.offset = offset, .message = std::move(wrong)};
}

}  // namespace weir::exposition
