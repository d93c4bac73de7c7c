// SPDX-License-Identifier: Apache-2.0
//
// Writes a wrong line as it was probably meant: finds its first mistake, applies the edits of the
// mistake's reading, and starts again until the exact reader accepts the line. A repair that is
// offered has therefore been read. Colder than the rest: reads a line once for each of its
// mistakes.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

// Mistakes of one line that are repaired; one with more is left alone.
constexpr std::size_t steps_max = 32;
constexpr std::size_t readings_max = 2;

class repairer {
 public:
  repairer(std::int64_t unit_ns, std::size_t choice) : unit_ns_(unit_ns), choice_(choice) {}

  // False: the meaning cannot be guessed, or the line has too many mistakes.
  bool run(std::string_view text) {
    pending_.emplace_back(text);
    while (!pending_.empty()) {
      if (++steps_ > steps_max || !step()) {
        return false;
      }
    }
    return !done_.empty();
  }
  // The readings of the first mistake that had more than one; 1 if none had.
  [[nodiscard]] std::size_t choices() const noexcept { return choices_; }
  [[nodiscard]] repaired_line take() { return {std::move(condition_), std::move(done_)}; }

 private:
  bool step() {
    std::string text = std::move(pending_.back());
    pending_.pop_back();
    const std::size_t first = std::min(text.find_first_not_of({" \t\0", 3}), text.size());
    if (first == text.size()) {
      return true;
    }
    text.erase(0, first);
    if (text.size() > 2 * repaired_line::line_bytes_max) {
      return false;
    }
    const maybe_mistake finding = find(text);
    if (!finding) {
      done_.append(done_.empty() ? "" : "\n").append(text);
      return true;
    }
    if (finding->readings.empty()) {
      return false;
    }
    std::size_t chosen = 0;
    if (finding->readings.size() > 1 && choices_ == 1) {
      choices_ = finding->readings.size();
      chosen = std::min(choice_, choices_ - 1);
    }
    const line_reading& reading = finding->readings[chosen];
    if (!reading.condition.empty() && condition_.find(reading.condition) == std::string::npos) {
      condition_.append(condition_.empty() ? "" : " and ").append(reading.condition);
    }
    return apply(reading.edits, text);
  }

  // The next mistake of a line; nothing for an accepted line without doubts.
  [[nodiscard]] maybe_mistake find(std::string_view text) const {
    parse_error error;
    error.text = text;
    line_scratch scratch;
    point_view point;
    parse_options options;
    options.unit_ns = unit_ns_;
    const line_verdict verdict = read_exact(text, options, {}, scratch, point);
    if (verdict.code == parse_code::none && text.front() != '#') {
      for (mistake_finding& doubt : find_doubts(point, {unit_ns_, false})) {
        // A repair of something else leaves the timestamp as the sender wrote it.
        if (!doubt.readings.empty() && doubt.kind != mistake::timestamp_unit) {
          return std::move(doubt);
        }
      }
      return std::nullopt;
    }
    error.code = verdict.code;
    error.span = verdict.span;
    error.column = verdict.at + 1;
    maybe_mistake finding = recognise(take_apart(error, unit_ns_));
    return finding ? finding : maybe_mistake{mistake_finding{}};
  }

  bool apply(const line_edits& edits, std::string_view text) {
    std::vector<std::string> lines(1);
    std::size_t at = 0;
    for (const line_edit& edit : edits) {
      if (edit.at < at || edit.at > text.size() || edit.length > text.size() - edit.at) {
        return false;
      }
      lines.back() += text.substr(at, edit.at - at);
      if (edit.text == "\n") {
        lines.emplace_back();
      } else {
        lines.back() += edit.text;
      }
      at = edit.at + edit.length;
    }
    lines.back() += text.substr(at);
    pending_.insert(pending_.end(), lines.rbegin(), lines.rend());
    return pending_.size() <= steps_max;
  }

  const std::int64_t unit_ns_;
  const std::size_t choice_;
  std::size_t choices_ = 1;
  std::size_t steps_ = 0;
  std::vector<std::string> pending_;  // the next line last
  std::string condition_;
  std::string done_;
};

std::string applied(const line_edits& edits, std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const line_edit& edit : edits) {
    out.append(text.substr(at, edit.at - at)).append(edit.text);
    at = edit.at + edit.length;
  }
  return out.append(text.substr(at));
}

// Whether the lines are accepted as a body, too: a quote that no line closes may reach over the
// line feed to the next line.
bool is_taken(std::string_view text, std::int64_t unit_ns) {
  parse_options options;
  options.unit_ns = unit_ns;
  line_reader reader(options);
  reader.feed(text);
  reader.finish();
  line_event event = reader.next();
  while (event == line_event::point) {
    event = reader.next();
  }
  return event == line_event::more && reader.counts().points > 0;
}

line_reading erase(std::size_t at, std::size_t length) {
  return {{}, {{at, length, ""}}};
}

}  // namespace

void add_plain_readings(mistake_finding& finding, const mistaken_line& line) {
  if (!finding.readings.empty()) {
    return;
  }
  const std::size_t behind = finding.at + finding.length;
  const auto is = [&](mistake kind) { return finding.kind == kind; };
  if (is(mistake::double_comma) || is(mistake::space_before_comma) || is(mistake::trailing_comma) ||
      is(mistake::space_before_equals) || is(mistake::carriage_return) || is(mistake::nul_byte) ||
      is(mistake::space_after_equals)) {
    finding.readings.push_back(erase(finding.at, finding.length));
  } else if (is(mistake::byte_order_mark)) {
    finding.readings.push_back(erase(0, behind));
  } else if (is(mistake::comment_after_point)) {
    const std::size_t end = line.text.find_last_not_of(' ', finding.at - 1) + 1;
    finding.readings.push_back(erase(end, line.text.size() - end));
  } else if (is(mistake::field_without_name) && is_field_value(finding.first)) {
    finding.readings.push_back({"the field is called `value`", {{finding.at, 0, "value="}}});
  } else if (is(mistake::space_for_equals)) {
    finding.readings.push_back({{}, {{finding.at, finding.length, "="}}});
  }
}

std::vector<repaired_line> repair(const parse_error& error, std::int64_t unit_ns) {
  std::vector<repaired_line> out;
  if (error.text.size() > repaired_line::line_bytes_max || error.code == parse_code::none ||
      error.code == parse_code::shield_line_too_long ||
      error.code == parse_code::shield_invalid_utf8) {
    return out;
  }
  std::size_t choices = 1;
  for (std::size_t choice = 0; choice < std::min(choices, readings_max); ++choice) {
    repairer each(unit_ns, choice);
    const bool is_repaired = each.run(error.text);
    choices = std::max(choices, each.choices());
    if (is_repaired) {
      out.push_back(each.take());
      if (!is_taken(out.back().text, unit_ns)) {
        out.pop_back();
      }
    }
  }
  return out;
}

std::vector<repaired_line> repair(const point_view& point, const line_circumstances& circumstances,
                                  std::size_t index) {
  const std::vector<mistake_finding> doubts = find_doubts(point, circumstances);
  std::vector<repaired_line> out;
  if (index >= doubts.size() || point.text.size() > repaired_line::line_bytes_max) {
    return out;
  }
  for (const line_reading& reading : doubts[index].readings) {
    // The other doubts are repaired along with it.
    repairer rest(circumstances.unit_ns, 0);
    if (out.size() < readings_max && rest.run(applied(reading.edits, point.text))) {
      out.push_back(rest.take());
      std::string& condition = out.back().condition;
      condition = reading.condition +
                  (reading.condition.empty() || condition.empty() ? "" : " and ") +
                  (condition == reading.condition ? std::string{} : condition);
      if (!is_taken(out.back().text, circumstances.unit_ns)) {
        out.pop_back();
      }
    }
  }
  return out;
}

}  // namespace weir
