// SPDX-License-Identifier: Apache-2.0
//
// One [[rule]] with its patterns compiled by RE2, and how a name that a rule made is spelled in
// line protocol. Immutable; any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "weir/line_protocol.hpp"

namespace re2 {
class RE2;
}

namespace weir {

/// A pattern of whole names. An empty text matches every name.
class name_pattern {
 public:
  name_pattern();
  ~name_pattern();
  name_pattern(name_pattern&&) noexcept;
  name_pattern& operator=(name_pattern&&) noexcept;

  [[nodiscard]] static result<name_pattern> compile(const std::string& text);

  [[nodiscard]] bool matches(std::string_view name) const;
  /// `to` with \0 to \9 replaced by what the groups caught. Requires: matches(name).
  [[nodiscard]] std::string rewritten(std::string_view name, const std::string& to) const;
  /// What is wrong with `to` for this pattern, in RE2's words; empty if nothing is.
  [[nodiscard]] std::string fault_of(const std::string& to) const;

 private:
  std::unique_ptr<re2::RE2> pattern_;
};

struct compiled_rule {
  rule_settings settings;
  name_pattern measurement;
  name_pattern key;
  name_pattern condition_value;
  /// As written in a line.
  std::string condition_key;
  /// Of add_tag: "key=value" as written, which `added` looks into.
  std::string added_text;
  tag_view added;

  [[nodiscard]] bool has_condition() const noexcept { return !settings.tag.empty(); }
  [[nodiscard]] bool renames(rule_subject what) const noexcept {
    return settings.action == rule_action::rename && settings.what == what;
  }
  /// Whether `key` is one of tags or of fields.
  [[nodiscard]] rule_subject key_subject() const noexcept;
  [[nodiscard]] bool concerns(std::string_view database) const noexcept;
};

[[nodiscard]] result<std::unique_ptr<compiled_rule>> compile_rule(const rule_settings& settings);

/// Appends `name` with the escapes that it needs. False where no spelling of it reads back as it.
[[nodiscard]] bool append_name(rule_subject what, std::string_view name, std::string& out);

/// Whether two tags, or two fields, have one key.
[[nodiscard]] bool has_twice(std::span<const tag_view> tags);
[[nodiscard]] bool has_twice(std::span<const field_view> fields);

}  // namespace weir
