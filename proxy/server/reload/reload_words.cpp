// SPDX-License-Identifier: Apache-2.0
#include "server/reload/reload_words.hpp"

#include <fmt/format.h>

#include "base/text/counted.hpp"
#include "base/text/json_text.hpp"

namespace weir {
namespace {

// A line of the journal names so many changes, and counts the rest.
constexpr std::size_t changes_named_max = 20;

void append_list(const std::vector<setting_change>& changes, bool needs_restart, std::string& out) {
  out += '[';
  bool first = true;
  for (const setting_change& each : changes) {
    if (each.needs_restart == needs_restart) {
      out += first ? "" : ",";
      append_json_string(each.words(), out);
      first = false;
    }
  }
  out += ']';
}

std::string listed(const std::vector<setting_change>& changes, bool needs_restart,
                   std::size_t& count) {
  std::string text;
  count = 0;
  for (const setting_change& each : changes) {
    if (each.needs_restart != needs_restart) {
      continue;
    }
    if (++count <= changes_named_max) {
      text += (text.empty() ? "" : "; ") + each.words();
    }
  }
  return count > changes_named_max ? fmt::format("{}; and {} more", text, count - changes_named_max)
                                   : text;
}

}  // namespace

reload_answer reloaded_answer(const std::vector<setting_change>& changes) {
  reload_answer answer{200, "{\"changed\":"};
  append_list(changes, false, answer.body);
  answer.body += ",\"needs_restart\":";
  append_list(changes, true, answer.body);
  answer.body += "}\n";
  return answer;
}

reload_answer failed_answer(const std::string& why) {
  reload_answer answer{400, "{\"error\":"};
  append_json_string(why, answer.body);
  answer.body += "}\n";
  return answer;
}

std::string reloaded_words(const std::vector<setting_change>& changes) {
  std::size_t count = 0;
  const std::string text = listed(changes, false, count);
  return count == 0 ? std::string("the configuration was reloaded: nothing changed")
                    : fmt::format("the configuration was reloaded: {}: {}",
                                  counted(count, "change"), text);
}

std::string restart_words(const std::vector<setting_change>& changes) {
  std::size_t count = 0;
  const std::string text = listed(changes, true, count);
  return count == 0 ? std::string{} : "not in force before the next start of weir: " + text;
}

}  // namespace weir
