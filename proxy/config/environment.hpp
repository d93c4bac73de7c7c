// SPDX-License-Identifier: Apache-2.0
//
// What stands outside a configuration and is put into it: variables by `${NAME}`, and what files
// have by `${file:/PATH}`. Who makes it decides where these come from. Pure but for that.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace weir {

class environment {
 public:
  /// The error says why a file cannot be read, without its name.
  using file_reader = std::function<result<std::string>(const std::string& path)>;

  environment() = default;
  environment(std::initializer_list<std::pair<const std::string, std::string>> variables)
      : variables_(variables) {}

  void set(std::string_view name, std::string_view value) { variables_.emplace(name, value); }
  void read_files_by(file_reader reader) { reader_ = std::move(reader); }

  /// nullptr: it is not set.
  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] result<std::string> read_file(const std::string& path) const {
    return reader_ ? reader_(path) : failure{"there are no files here"};
  }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
  file_reader reader_;
};

}  // namespace weir
