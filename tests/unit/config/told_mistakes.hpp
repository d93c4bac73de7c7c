// SPDX-License-Identifier: Apache-2.0
//
// What a wrong configuration is told.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/settings_reader.hpp"

namespace weir {

inline std::string error_of(std::string_view text, const std::vector<std::string>& sets = {}) {
  const auto read = read_settings(text, "weir.toml", sets, {});
  return read.ok() ? "no error" : read.error().message;
}

struct wrong {
  const char* text;
  const char* message;
};

inline void expect_each(const std::vector<wrong>& cases) {
  for (const wrong& each : cases) {
    EXPECT_EQ(error_of(each.text), each.message) << each.text;
  }
}

}  // namespace weir
