// SPDX-License-Identifier: Apache-2.0
#include "tools/lint/lint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "config/checks/suggest.hpp"
#include "tools/lint/lint_json.hpp"
#include "tools/lint/lint_text.hpp"

namespace weir {
namespace {

constexpr std::size_t output_bytes_kept = 65536;

struct precision_name {
  std::string_view name;
  std::int64_t unit_ns;
};

constexpr std::array<precision_name, 8> precisions = {{{"ns", 1},
                                                       {"n", 1},
                                                       {"us", 1'000},
                                                       {"u", 1'000},
                                                       {"ms", 1'000'000},
                                                       {"s", 1'000'000'000},
                                                       {"m", 60'000'000'000},
                                                       {"h", 3'600'000'000'000}}};

bool read_precision(std::string_view text, std::int64_t& unit_ns) {
  for (const precision_name& known : precisions) {
    if (known.name == text) {
      unit_ns = known.unit_ns;
      return true;
    }
  }
  return false;
}

// "reject" and so on: the index of `text` among `names`, or their number.
template <std::size_t count>
std::size_t find_name(const std::array<std::string_view, count>& names, std::string_view text) {
  std::size_t at = 0;
  while (at < count && names[at] != text) {
    ++at;
  }
  return at;
}

failure wrong(std::string_view option, std::string_view value, std::string_view choices) {
  failure why;
  why.message.append(option).append(" ").append(value);
  why.message.append(": it must be one of ").append(choices);
  std::vector<std::string> names;
  for (std::size_t at = 0; at < choices.size();) {
    const std::size_t end = std::min(choices.find(", ", at), choices.size());
    names.emplace_back(choices.substr(at, end - at));
    at = end + 2;
  }
  why.message.append(did_you_mean(nearest_choice(value, names)));
  return why;
}

}  // namespace

result<lint_options> check_lint(const lint_arguments& given) {
  lint_options options;
  if (!read_precision(given.precision, options.parse.unit_ns)) {
    return wrong("--precision", given.precision, "ns, us, ms, s, m, h");
  }
  const std::size_t utf8 = find_name<2>({"reject", "pass"}, given.utf8);
  if (utf8 == 2) {
    return wrong("--utf8", given.utf8, "reject, pass");
  }
  options.parse.utf8 = static_cast<utf8_policy>(utf8);
  const std::size_t colour = find_name<3>({"auto", "always", "never"}, given.color);
  if (colour == 3) {
    return wrong("--color", given.color, "auto, always, never");
  }
  options.colour = static_cast<colour_choice>(colour);
  if (given.json && given.canonical) {
    return failure{"--json and --canonical: choose one of them"};
  }
  if (given.json) {
    options.format = lint_format::json;
  } else if (given.canonical) {
    options.format = lint_format::canonical;
  }
  options.warnings = given.warnings == 0 ? !given.json : given.warnings > 0;
  options.shown_max = given.limit;
  return options;
}

linter::linter(const lint_options& options, std::string name, bool colour, lint_writer write)
    : options_(options),
      name_(std::move(name)),
      colour_(colour),
      write_(std::move(write)),
      reader_(options.parse) {}

void linter::feed(std::string_view piece) {
  reader_.feed(piece);
  read();
  flush(0);
}

void linter::finish() {
  reader_.finish();
  read();
  totals_.lines = reader_.counts();
  if (options_.format != lint_format::json) {
    append_summary(name_, totals_, colour_, told_);
  }
  flush(0);
}

void linter::read() {
  for (;;) {
    switch (reader_.next()) {
      case line_event::point:
        take_point();
        break;
      case line_event::error:
        take_error();
        break;
      case line_event::more:
        return;
    }
    flush(output_bytes_kept);
  }
}

void linter::take_point() {
  const point_view& point = reader_.point();
  const bool has_mark = point.line == 1 && reader_.counts().byte_order_marks > 0;
  std::vector<diagnosis> warnings;
  if (options_.warnings) {
    warnings = advise(point, {options_.parse.unit_ns, has_mark});
  }
  totals_.suspicious += warnings.empty() ? 0 : 1;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    tell(warnings[i], {name_, point.line, point.text, false, false, colour_}, [&] {
      return repair(point, {options_.parse.unit_ns, has_mark}, i);
    });
  }
  switch (options_.format) {
    case lint_format::people:
      return;
    case lint_format::json:
      append_point_json(point, warnings, data_);
      return;
    case lint_format::canonical:
      append_canonical(point, data_);
      if (point.time) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, *point.time).ptr;
        data_.append(" ").append(digits, end);
      }
      data_ += '\n';
      return;
  }
}

void linter::take_error() {
  const parse_error& error = reader_.error();
  const std::int64_t unit_ns = options_.parse.unit_ns;
  const diagnosis told = diagnose(error, unit_ns);
  const bool shielded = name_of(error.code).starts_with("shield_");
  tell(told, {name_, error.line, error.text, true, shielded, colour_},
       [&] { return repair(error, unit_ns); });
  if (options_.format == lint_format::json) {
    append_error_json(error, told, repair(error, unit_ns), data_);
  }
}

void linter::tell(const diagnosis& told, const diagnostic_place& place,
                  const std::function<std::vector<repaired_line>()>& repair_it) {
  kind_count& kind = totals_.kinds[told.kind];
  kind.title = told.title;
  kind.refused = place.refused;
  ++kind.count;
  if (options_.format == lint_format::json) {
    return;
  }
  if (options_.shown_max == 0 || kind.count <= options_.shown_max) {
    append_diagnostic(place, told, repair_it(), told_);
  } else {
    ++totals_.hidden;
  }
}

void linter::flush(std::size_t bytes_kept_max) {
  if (data_.size() > bytes_kept_max) {
    write_(lint_stream::data, data_);
    data_.clear();
  }
  if (told_.size() > bytes_kept_max) {
    write_(lint_stream::told, told_);
    told_.clear();
  }
}

}  // namespace weir
