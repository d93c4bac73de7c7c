// SPDX-License-Identifier: Apache-2.0
//
// JSON with the members that clients of InfluxDB give a point (measurement, tags, fields, time), as
// lines. Not JSON in general: anything else yields no line.
#include <algorithm>
#include <string>

#include "parser/mistakes/mistake.hpp"
#include "parser/mistakes/time_units.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

struct scalar {
  std::string text;
  bool is_string = false;
  bool is_null = false;
};

struct json_point {
  std::string measurement, tags, fields, time;
};

// Reads the JSON of such points. Each function returns false for JSON of another form.
class json_points {
 public:
  json_points(std::string_view text, std::int64_t unit_ns) : text_(text), unit_ns_(unit_ns) {}

  bool read(std::vector<std::string>& lines) {
    constexpr std::size_t points_max = 32;
    const bool is_list = take('[');
    do {
      std::string line;
      if (lines.size() == points_max || !read_point(line)) {
        return false;
      }
      lines.push_back(std::move(line));
    } while (is_list && take(','));
    const bool closes = !is_list || take(']');
    skip();
    return closes && at_ == text_.size();
  }

 private:
  void skip() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  bool take(char byte) {
    skip();
    const bool is_here = at_ < text_.size() && text_[at_] == byte;
    at_ += is_here ? 1 : 0;
    return is_here;
  }

  bool read_string(std::string& out) {
    skip();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'') {
      return false;
    }
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        constexpr std::string_view plain = "\"'\\/";
        if (at_ >= text_.size() || plain.find(text_[at_]) == plain.npos) {
          return false;
        }
      }
      out += text_[at_];
    }
    return at_++ < text_.size();
  }

  bool read_scalar(scalar& out) {
    skip();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      out.is_string = true;
      return read_string(out.text);
    }
    const std::size_t end = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    out.text = text_.substr(at_, end - at_);
    at_ = end;
    out.is_null = out.text == "null" || out.text == "None";
    constexpr std::string_view booleans[] = {"true", "false", "True", "False"};
    return out.is_null || is_plain_number(out.text) ||
           std::find(std::begin(booleans), std::end(booleans), out.text) != std::end(booleans);
  }

  // {"name": value, ...}; `add(name, value)` is false for a value that cannot be written.
  template <class Add>
  bool read_members(Add add) {
    if (!take('{')) {
      return false;
    }
    if (take('}')) {
      return true;
    }
    do {
      std::string name;
      if (!read_string(name) || name.empty() || !take(':') || !add(name)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  bool read_pairs(std::string& out, bool are_fields) {
    return read_members([&](const std::string& name) {
      scalar value;
      if (!read_scalar(value)) {
        return false;
      }
      if (value.is_null || (!are_fields && value.text.empty())) {
        return true;
      }
      // A backslash at the end of a name would escape the sign behind the name.
      if (name.find('\\') != name.npos || (!are_fields && value.text.find('\\') != name.npos)) {
        return false;
      }
      out.append(are_fields && out.empty() ? "" : ",").append(escaped(name, ", =")).append("=");
      const bool is_text = are_fields && value.is_string;
      out += is_text ? quoted_string(value.text)
                     : (are_fields ? value.text : escaped(value.text, ", ="));
      return true;
    });
  }

  bool read_time(std::string& out) {
    scalar value;
    if (!read_scalar(value)) {
      return false;
    }
    std::int64_t number = 0;
    std::int64_t time = 0;
    if (value.is_null || value.text.empty()) {
      return true;
    }
    if (parse_int64(value.text, number) != number_error::none) {
      out = " " + value.text;  // a date: a mistake of its own
      return value.is_string;
    }
    const std::int64_t unit = find_plausible_unit(number, 0);
    if (unit == 0 || __builtin_mul_overflow(number, unit, &time) || time % unit_ns_ != 0) {
      return false;
    }
    out = " " + std::to_string(time / unit_ns_);
    return true;
  }

  bool read_point(std::string& line) {
    json_point point;
    const bool is_known = read_members([&](const std::string& name) {
      if (name == "measurement" || name == "name") {
        return point.measurement.empty() && read_string(point.measurement);
      }
      if (name == "tags" || name == "fields") {
        std::string& pairs = name == "tags" ? point.tags : point.fields;
        return pairs.empty() && read_pairs(pairs, name == "fields");
      }
      return (name == "time" || name == "timestamp") && point.time.empty() && read_time(point.time);
    });
    if (!is_known || point.measurement.empty() || point.fields.empty() ||
        point.measurement.find('\\') != std::string::npos) {
      return false;
    }
    line = escaped(point.measurement, ", ") + point.tags + " " + point.fields + point.time;
    return true;
  }

  const std::string_view text_;
  const std::int64_t unit_ns_;
  std::size_t at_ = 0;
};

}  // namespace

void add_json_readings(mistake_finding& finding, const mistaken_line& line) {
  std::vector<std::string> lines;
  if (line.text.size() > repaired_line::line_bytes_max ||
      !json_points(line.text, line.unit_ns).read(lines)) {
    return;
  }
  line_edits edits{{0, line.text.size(), lines[0]}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    edits.push_back({line.text.size(), 0, "\n"});
    edits.push_back({line.text.size(), 0, lines[i]});
  }
  finding.readings.push_back({{}, std::move(edits)});
}

}  // namespace weir
