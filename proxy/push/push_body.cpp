// SPDX-License-Identifier: Apache-2.0
#include "push/push_body.hpp"

#include "base/text/ascii.hpp"
#include "exposition/open_metrics.hpp"
#include "exposition/protobuf.hpp"
#include "exposition/text_reader.hpp"

namespace weir::push {

body_format format_of(std::string_view content_type) noexcept {
  const std::string_view media = trimmed(content_type.substr(0, content_type.find(';')));
  if (equal_ignoring_case(media, "application/openmetrics-text")) {
    return body_format::open_metrics;
  }
  // Its other encodings, and other messages, are no exposition: as text they are told so.
  const bool is_protobuf =
      equal_ignoring_case(media, "application/vnd.google.protobuf") &&
      contains_ignoring_case(content_type, "io.prometheus.client.MetricFamily") &&
      contains_ignoring_case(content_type, "delimited");
  return is_protobuf ? body_format::protobuf : body_format::text;
}

std::optional<std::string> read_body(body_format format, std::string_view body,
                                     exposition::document& into) {
  switch (format) {
    case body_format::text:
      if (const auto wrong = exposition::read_text(body, into)) {
        return "text format parsing error in " + wrong->text();
      }
      break;
    case body_format::open_metrics:
      if (const auto wrong = exposition::read_open_metrics(body, into)) {
        return "OpenMetrics parsing error in " + wrong->text();
      }
      break;
    case body_format::protobuf:
      if (const auto wrong = exposition::read_protobuf(body, into)) {
        return "protobuf parsing error at " + wrong->text();
      }
      break;
  }
  return std::nullopt;
}

}  // namespace weir::push
