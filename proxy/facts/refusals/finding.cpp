// SPDX-License-Identifier: Apache-2.0
#include "facts/refusals/finding.hpp"

#include <algorithm>
#include <utility>

#include "base/text/excerpt.hpp"
#include "facts/refusals/code_titles.hpp"

namespace weir {
namespace {

constexpr std::string_view withheld_explanation =
    "The line was good, but another line of its request was refused, and the request asked for all "
    "of its lines or none.";
constexpr std::string_view withheld_remedy =
    "Repair the lines that are refused with a code of their own, or let the client accept a part "
    "of "
    "a request.";

void cut(std::string& text) {
  if (text.size() > finding_name_bytes_max) {
    text.resize(finding_name_bytes_max);
  }
}

}  // namespace

std::string_view name_of(finding_kind kind) noexcept {
  switch (kind) {
    case finding_kind::rejected:
      return "rejected";
    case finding_kind::dropped:
      return "dropped";
    case finding_kind::mended:
      return "mended";
    case finding_kind::noted:
      return "noted";
  }
  return {};
}

std::string_view finding_code::name() const noexcept {
  if (index_ < parse_code_count) {
    return name_of(static_cast<parse_code>(index_));
  }
  return *this == all_or_nothing() ? std::string_view("all_or_nothing")
                                   : gate_codes[index_ - parse_code_count].name;
}

std::string_view finding_code::title() const noexcept {
  if (index_ < parse_code_count) {
    return {};
  }
  return *this == all_or_nothing() ? std::string_view("good lines beside a bad one")
                                   : title_of(gate_codes[index_ - parse_code_count].code);
}

std::string_view finding_code::explanation() const noexcept {
  if (index_ < parse_code_count) {
    return {};
  }
  return *this == all_or_nothing() ? withheld_explanation
                                   : gate_codes[index_ - parse_code_count].explanation;
}

std::string_view finding_code::remedy() const noexcept {
  if (index_ < parse_code_count) {
    return {};
  }
  return *this == all_or_nothing() ? withheld_remedy : gate_codes[index_ - parse_code_count].remedy;
}

finding_sender bounded(finding_sender from) {
  cut(from.listener);
  cut(from.address);
  cut(from.agent);
  cut(from.user);
  return from;
}

std::string_view without_port(std::string_view address) noexcept {
  address = address.substr(0, std::min(address.rfind(':'), address.size()));
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  return address;
}

finding_example make_example(std::string_view text, std::optional<line_place> mark,
                             std::string_view message) {
  finding_example made;
  const excerpt part = make_excerpt(text, mark ? mark->at : 0, mark ? mark->length : 0);
  made.shown = part.shown;
  if (mark) {
    made.column = mark->at + 1;
    made.mark_column = part.mark_column;
    made.mark_columns = part.mark_columns;
  }
  made.message = message.substr(0, finding_example::message_bytes_max);
  made.text = text.substr(0, finding_example::text_bytes_max);
  made.cut = text.size() > finding_example::text_bytes_max;
  return made;
}

finding_example make_example(const parse_error& error, std::int64_t unit_ns) {
  diagnosis known = diagnose(error, unit_ns);
  finding_example made =
      make_example(error.text, line_place{known.at, known.length}, known.message);
  made.title = known.title;
  made.line = error.line;
  made.column = known.column;
  made.explanation = std::move(known.explanation);
  made.remedy = std::move(known.remedy);
  return made;
}

}  // namespace weir
