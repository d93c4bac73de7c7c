// SPDX-License-Identifier: Apache-2.0
#include "gate/rules/compiled_rule.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/glob.hpp"

namespace weir {
namespace {

re2::StringPiece piece_of(std::string_view text) {
  return {text.data(), text.size()};
}

constexpr int groups_max = 10;  // \0 to \9

constexpr std::size_t few = 16;

template <class View>
bool any_twice(std::span<const View> views) {
  if (views.size() > few) {
    std::vector<std::string_view> keys(views.size());
    std::transform(views.begin(), views.end(), keys.begin(),
                   [](const View& one) { return one.key; });
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
  }
  for (std::size_t i = 1; i < views.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (views[i].key == views[k].key) {
        return true;
      }
    }
  }
  return false;
}

std::string_view escaped_bytes(rule_subject what) noexcept {
  switch (what) {
    case rule_subject::measurement:
      return ", ";
    case rule_subject::tag:
      return ", =";
    case rule_subject::field:
      return ", =\"";
  }
  return {};
}

}  // namespace

name_pattern::name_pattern() = default;
name_pattern::~name_pattern() = default;
name_pattern::name_pattern(name_pattern&&) noexcept = default;
name_pattern& name_pattern::operator=(name_pattern&&) noexcept = default;

result<name_pattern> name_pattern::compile(const std::string& text) {
  name_pattern made;
  if (text.empty()) {
    return made;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  made.pattern_ = std::make_unique<re2::RE2>(text, options);
  if (!made.pattern_->ok()) {
    return failure{"\"" + text + "\" is not a regular expression: " + made.pattern_->error()};
  }
  return made;
}

bool name_pattern::matches(std::string_view name) const {
  return pattern_ == nullptr || re2::RE2::FullMatch(piece_of(name), *pattern_);
}

std::string name_pattern::rewritten(std::string_view name, const std::string& to) const {
  std::array<re2::StringPiece, groups_max> groups;
  std::string out;
  if (pattern_ == nullptr) {
    return to;
  }
  const int count = std::min(pattern_->NumberOfCapturingGroups() + 1, groups_max);
  if (pattern_->Match(piece_of(name), 0, name.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                      count)) {
    // It cannot fail: the groups that `to` names were checked.
    static_cast<void>(pattern_->Rewrite(&out, to, groups.data(), count));
  }
  return out;
}

std::string name_pattern::fault_of(const std::string& to) const {
  if (pattern_ == nullptr) {
    return {};
  }
  std::string fault;
  return pattern_->CheckRewriteString(to, &fault) ? std::string{} : fault;
}

rule_subject compiled_rule::key_subject() const noexcept {
  const bool fields = settings.action == rule_action::drop_field || renames(rule_subject::field);
  return fields ? rule_subject::field : rule_subject::tag;
}

bool compiled_rule::concerns(std::string_view database) const noexcept {
  return std::any_of(settings.databases.begin(), settings.databases.end(),
                     [&](const std::string& one) { return matches_pattern(one, database); });
}

result<std::unique_ptr<compiled_rule>> compile_rule(const rule_settings& settings) {
  auto made = std::make_unique<compiled_rule>();
  made->settings = settings;
  const bool literal_key = settings.action == rule_action::add_tag;
  struct wanted {
    const std::string& text;
    name_pattern& pattern;
  };
  const std::string none;
  for (const wanted& one : {wanted{settings.measurement, made->measurement},
                            wanted{literal_key ? none : settings.key, made->key},
                            wanted{settings.tag_value, made->condition_value}}) {
    auto compiled = name_pattern::compile(one.text);
    if (!compiled) {
      return compiled.error();
    }
    one.pattern = std::move(compiled).value();
  }
  if (!settings.tag.empty() && !append_name(rule_subject::tag, settings.tag, made->condition_key)) {
    return failure{"\"" + settings.tag + "\" cannot be the name of a tag"};
  }
  if (literal_key) {
    std::size_t split = 0;
    if (!append_name(rule_subject::tag, settings.key, made->added_text)) {
      return failure{"\"" + settings.key + "\" cannot be the name of a tag"};
    }
    split = made->added_text.size();
    made->added_text += '=';
    if (!append_name(rule_subject::tag, settings.to, made->added_text)) {
      return failure{"\"" + settings.to + "\" cannot be the value of a tag"};
    }
    const std::string_view text = made->added_text;
    made->added = {text.substr(0, split), text.substr(split + 1)};
  } else if (settings.action == rule_action::rename) {
    const bool of_measurement = settings.what == rule_subject::measurement;
    const name_pattern& from = of_measurement ? made->measurement : made->key;
    if (const std::string fault = from.fault_of(settings.to); !fault.empty()) {
      return failure{"\"" + settings.to + "\": " + fault};
    }
  }
  return made;
}

bool append_name(rule_subject what, std::string_view name, std::string& out) {
  // A line's first byte can make it a comment, or be skipped as white space.
  const bool bad_start = what == rule_subject::measurement && !name.empty() &&
                         (name.front() == '#' || name.front() == '\t' || name.front() == '\0');
  if (name.empty() || bad_start) {
    return false;
  }
  const std::string_view escaped = escaped_bytes(what);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char byte = name[i];
    // A backslash before a byte that has a meaning, or at the end, would be read as its escape.
    const bool taken_for_escape =
        byte == '\\' && (i + 1 == name.size() ||
                         std::string_view(", =\"").find(name[i + 1]) != std::string_view::npos);
    if (byte == '\n' || taken_for_escape) {
      return false;
    }
    if (escaped.find(byte) != std::string_view::npos) {
      out += '\\';
    }
    out += byte;
  }
  return true;
}

bool has_twice(std::span<const tag_view> tags) {
  return any_twice(tags);
}

bool has_twice(std::span<const field_view> fields) {
  return any_twice(fields);
}

}  // namespace weir
