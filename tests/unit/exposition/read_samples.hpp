// SPDX-License-Identifier: Apache-2.0
//
// What a reader made of a body, as lines that a test can compare:
// `family type | name{labels} value @time`, or the mistake.
#pragma once

#include <string>
#include <string_view>

#include "exposition/document.hpp"
#include "exposition/text_writer.hpp"

namespace weir::exposition {

template <class Reader>
std::string samples_of(std::string_view body, Reader read) {
  document made;
  if (const auto wrong = read(body, made)) {
    return wrong->text();
  }
  std::string out;
  for (const sample& each : made.samples()) {
    const family& of = made.families()[each.family];
    out.append(of.name).append(" ").append(name_of(of.type)).append(" | ");
    append_sample(each.name, made.labels_of(each), each.value, out);
    if (each.time_ms) {
      out.pop_back();
      out.append(" @").append(std::to_string(*each.time_ms)).append("\n");
    }
  }
  return out;
}

}  // namespace weir::exposition
