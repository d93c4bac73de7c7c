// SPDX-License-Identifier: Apache-2.0
//
// A configuration as a tree of our own, from a TOML file and from --set. Every node knows where it
// was written, so that an error can name the place. It knows no key and judges no value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

/// Where something was written: a place in a file, or a --set argument.
struct config_place {
  std::string source;        // file name, or "--set ..." for an argument
  std::uint32_t line = 0;    // from 1; 0: not in a file
  std::uint32_t column = 0;  // from 1

  [[nodiscard]] std::string text() const;
};

struct config_issue {
  config_place place;
  std::string message;
};
using config_issues = std::vector<config_issue>;

/// What is neither of the kinds below: dates, mixed lists, tables where a value should stand. An
/// empty kind: a value whose mistake has been told already, and which is to be passed over.
struct other_value {
  std::string kind;
};

using config_value =
    std::variant<other_value, bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct config_node {
  enum class kind : std::uint8_t { value, table, tables };

  std::string key;
  config_place place;
  kind is = kind::table;
  config_value scalar;                // of a value
  std::vector<config_node> children;  // of a table: its keys; of tables: each table, without key

  [[nodiscard]] const config_node* find(std::string_view name) const;
  [[nodiscard]] config_node* find(std::string_view name);
};

}  // namespace weir
