// SPDX-License-Identifier: Apache-2.0
#include "push/grouping.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"
#include "codec/base64.hpp"
#include "exposition/document.hpp"
#include "exposition/text_writer.hpp"

namespace weir::push {
namespace {

using exposition::shown;

constexpr std::string_view base64_mark = "@base64";
constexpr std::size_t labels_max = 64;

/// %XX; a plus sign stays one, as in every path. What is no escape stays as it is.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return parts;
}

/// Base64 as RFC 4648 has it for URLs; padding may be missing, and "=" alone is the empty text.
std::optional<std::string> decoded(std::string text) {
  while (text.ends_with('=')) {
    text.pop_back();
  }
  if (text.find_first_of("+/") != std::string::npos) {
    return std::nullopt;
  }
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return decode_base64(text);
}

result<std::string> value_of(std::string_view raw, bool is_base64) {
  std::string value = unescaped(raw);
  if (is_base64) {
    auto bytes = decoded(value);
    if (!bytes) {
      return failure{"invalid base64 encoding in " + shown(raw) +
                     ": write the alphabet for URLs, with '-' and '_', and \"=\" for an empty "
                     "value"};
    }
    value = std::move(*bytes);
  }
  if (!is_utf8(value)) {
    return failure{"the value " + shown(raw) + " is not valid UTF-8"};
  }
  return value;
}

}  // namespace

result<grouping> read_grouping(std::string_view path) {
  std::vector<std::string_view> parts = parts_of(path);
  if (parts.size() == 3 && parts.back().empty()) {
    parts.pop_back();  // /job/NAME/
  }
  if (parts.size() % 2 != 0) {
    return failure{"odd number of components in label string " + shown(path) +
                   ": write /NAME/VALUE for each label (a value that has a slash, or none at all, "
                   "in base64 as /NAME@base64/VALUE)"};
  }
  if (parts.size() / 2 > labels_max) {
    return failure{"a group has 64 labels at most"};
  }
  grouping labels;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    std::string name = unescaped(parts[i]);
    const bool is_base64 = name.ends_with(base64_mark);
    if (is_base64) {
      name.resize(name.size() - base64_mark.size());
    }
    if (!exposition::is_plain_label_name(name) || name.starts_with("__")) {
      return failure{"improper label name " + shown(name) +
                     ": names are letters, digits and '_', and begin with no digit and not with "
                     "\"__\""};
    }
    auto value = value_of(parts[i + 1], is_base64);
    if (!value) {
      return value.error();
    }
    if (i == 0 || name != "job") {  // the job is what stands first
      labels.insert_or_assign(std::move(name), std::move(value).value());
    }
  }
  const auto job = labels.find("job");
  if (job == labels.end() || job->second.empty()) {
    return failure{"job name is required"};
  }
  return labels;
}

std::string key_of(const grouping& labels) {
  std::vector<exposition::label> views;
  views.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    views.push_back({.name = name, .value = value});
  }
  std::string out;
  exposition::append_series("group", views, out);
  return out.substr(std::string_view("group").size());
}

bool has_random_suffix(std::string_view job) noexcept {
  return job.size() > random_suffix_bytes && std::all_of(job.end() - random_suffix_bytes, job.end(),
                                                         [](char c) { return hex_value(c) >= 0; });
}

}  // namespace weir::push
