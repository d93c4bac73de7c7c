// SPDX-License-Identifier: Apache-2.0
//
// What a mapper makes of lines, as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/mapping/series_mapper.hpp"

namespace weir {

inline std::shared_ptr<name_book> book_of_names() {
  return std::make_shared<name_book>(std::uint64_t{1} << 20, nullptr);
}

class mapped_lines {
 public:
  explicit mapped_lines(const mapping_settings& settings = {},
                        std::shared_ptr<name_book> names = book_of_names())
      : mapper_(settings, std::move(names)) {}

  /// name{label=value,...} of each sample of the lines.
  std::vector<std::string> of(std::string_view lines, std::string_view database = "d",
                              std::string_view policy = "") {
    std::vector<std::string> out;
    parse_options options;
    options.utf8 = utf8_policy::pass;
    line_reader reader(options);
    reader.feed(lines);
    reader.finish();
    mapper_.begin(database, policy);
    for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
      if (event == line_event::error) {
        ADD_FAILURE() << reason(reader.error()) << ": " << reader.error().text;
        continue;
      }
      take(reader.point(), out);
    }
    return out;
  }
  /// The only one.
  std::string one(std::string_view line, std::string_view database = "d",
                  std::string_view policy = "") {
    const auto all = of(line, database, policy);
    return all.size() == 1 ? all[0] : "not one";
  }
  series_mapper& mapper() { return mapper_; }

 private:
  void take(const point_view& point, std::vector<std::string>& out) {
    mapper_.take(point);
    for (std::size_t i = 0; i < point.fields.size(); ++i) {
      bool exact = true;
      if (!mapper_.value_of(point.fields[i], exact)) {
        continue;
      }
      const mapped_field& field = mapper_.field(i);
      std::string labels;
      const auto add = [&labels](std::string_view name, std::string_view value) {
        labels += (labels.empty() ? "" : ",") + std::string(name) + "=" + std::string(value);
      };
      for (const label_view& each : mapper_.labels()) {
        add(each.name, each.value);
      }
      if (!field.quantile.empty()) {
        add(series_mapper::quantile_label, field.quantile);
      }
      out.push_back(field.name + "{" + labels + "}");
    }
  }

  series_mapper mapper_;
};

/// Without the database's label, for tests of something else.
inline mapping_settings without_database() {
  mapping_settings settings;
  settings.database_label.clear();
  return settings;
}

}  // namespace weir
