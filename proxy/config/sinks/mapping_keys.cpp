// SPDX-License-Identifier: Apache-2.0
//
// Keys of how points become series.
#include "config/sinks/mapping_keys.hpp"

#include <algorithm>
#include <set>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"
#include "config/keys/key_builders.hpp"

namespace weir {
namespace {

using kind = remote_write_settings;

std::string check_label(std::string_view text) {
  const auto is_wrong = [](char c) { return !is_letter_or_digit(c) && c != '_'; };
  if (text.empty() || is_digit(text.front()) || std::any_of(text.begin(), text.end(), is_wrong)) {
    return fmt::format("\"{}\" is no label; use letters of a-z and A-Z, digits and _", text);
  }
  if (text.starts_with("__")) {
    return fmt::format("\"{}\": labels that begin with __ are Prometheus' own", text);
  }
  return {};
}

std::string check_label_or_none(std::string_view text) {
  return text.empty() ? std::string{} : check_label(text);
}

std::string check_external(std::string_view text) {
  const auto [name, value] = split_external(text);
  if (name.empty() || value.empty() || !is_utf8(value)) {
    return fmt::format("\"{}\" is no label with its value; write for example \"region=eu\"", text);
  }
  return check_label(name);
}

std::string check_series_name(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find_first_of("{}", at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at);
    const std::size_t close = rest.find('}');
    const std::string_view name = rest.substr(0, close == std::string_view::npos ? 1 : close + 1);
    if (name != "{measurement}" && name != "{field}" && name != "{database}") {
      return fmt::format(
          "\"{}\" is no placeholder; known are {{measurement}}, {{field}} and {{database}}", name);
    }
    at += name.size();
  }
  return {};
}

std::string check_metadata(std::string_view text) {
  const auto [name, type] = split_metadata(text);
  const std::vector<std::string>& words = metric_type_words();
  if (!name.empty() && std::find(words.begin(), words.end(), type) != words.end()) {
    return {};
  }
  std::string known;
  for (const std::string& word : words) {
    known += (known.empty() ? "" : ", ") + word;
  }
  return fmt::format(
      "\"{}\" is no series with its type; write for example \"http_*_total=counter\"; "
      "types are {}",
      text, known);
}

template <class At>
config_key<kind> label_key(std::string name, std::string help, At at) {
  return text_key<kind>(std::move(name), std::move(help), at, check_label_or_none);
}

}  // namespace

std::pair<std::string_view, std::string_view> split_metadata(std::string_view text) {
  const std::size_t at = text.rfind('=');
  return at == std::string_view::npos ? std::pair{text, std::string_view{}}
                                      : std::pair{text.substr(0, at), text.substr(at + 1)};
}

std::pair<std::string_view, std::string_view> split_external(std::string_view text) {
  const std::size_t at = text.find('=');
  return at == std::string_view::npos ? std::pair{text, std::string_view{}}
                                      : std::pair{text.substr(0, at), text.substr(at + 1)};
}

const std::vector<std::string>& metric_type_words() {
  static const std::vector<std::string> words{"unknown",        "counter", "gauge", "histogram",
                                              "gaugehistogram", "summary", "info",  "stateset"};
  return words;
}

std::vector<config_key<kind>> mapping_keys() {
  return {
      choice_key<kind, mapping_mode>("mapping",
                                     {{"default", mapping_mode::standard},
                                      {"telegraf", mapping_mode::telegraf},
                                      {"flink", mapping_mode::flink},
                                      {"vmagent", mapping_mode::vmagent},
                                      {"template", mapping_mode::pattern}},
                                     {}, "whose names the series get", WEIR_MEMBER(mapping.mode)),
      text_key<kind>(
          "series_name",
          "of mapping = \"template\": a name with {measurement}, {field}, {database} in it",
          WEIR_MEMBER(mapping.series_name), check_series_name),
      choice_key<kind, name_style>("names",
                                   {{"auto", name_style::automatic},
                                    {"escape", name_style::escape},
                                    {"utf8", name_style::utf8}},
                                   {},
                                   "how names are written that a Prometheus before 3 does not know",
                                   WEIR_MEMBER(mapping.names)),
      choice_key<kind, value_style>(
          "label_values",
          {{"auto", value_style::automatic},
           {"keep", value_style::keep},
           {"filter", value_style::filter}},
          {}, "whether values of tags stay, or have _ for all but a-z, A-Z, 0-9, : and _",
          WEIR_MEMBER(mapping.label_values)),
      label_key("database_label", "the label with the database; empty: none",
                WEIR_MEMBER(mapping.database_label)),
      label_key("policy_label",
                "the label with the retention policy that a point names; empty: none",
                WEIR_MEMBER(mapping.policy_label)),
      list_key<kind>(
          "exact_names", "[\"pushgateway\"]",
          "patterns of databases whose points were series of Prometheus before: they get "
          "their names back",
          WEIR_MEMBER(mapping.exact_names), check_pattern, true),
      list_key<kind>("external_labels", "[\"region=eu\"]", "labels that every series gets",
                     WEIR_MEMBER(mapping.external_labels), check_external, true),
      list_key<kind>("drop_labels", "[\"task_attempt_*\"]",
                     "patterns of tag keys that make no label", WEIR_MEMBER(mapping.drop_labels),
                     check_pattern, true),
      list_key<kind>("string_labels", "[\"version\"]",
                     "patterns of string fields that make a label",
                     WEIR_MEMBER(mapping.string_labels), check_pattern, true),
      list_key<kind>("metadata", "[\"http_*_total=counter\"]",
                     "types of series, by patterns of their names; the first that fits counts",
                     WEIR_MEMBER(mapping.metadata), check_metadata, true),
      count_key<kind>("label_name_bytes", {32, 65'536}, "bytes",
                      "of a label's name; a longer one is cut, with a hash of it behind",
                      WEIR_MEMBER(mapping.label_name_bytes)),
      count_key<kind>("label_value_bytes", {32, 1'048'576}, "bytes",
                      "of a label's value, or a series' name; a longer one is cut, with a hash of "
                      "it behind",
                      WEIR_MEMBER(mapping.label_value_bytes)),
      count_key<kind>("labels", {0, 10'000}, "labels",
                      "of one series, its name among them; a hash stands for those beyond; 0: no "
                      "limit",
                      WEIR_MEMBER(mapping.labels)),
  };
}

void check_mapping(const config_node& node, const mapping_settings& mapping,
                   config_issues& issues) {
  const bool pattern = mapping.mode == mapping_mode::pattern;
  const auto place_of = [&node](const char* key) {
    const config_node* found = node.find(key);
    return found != nullptr ? found->place : node.place;
  };
  const auto names_points = [&mapping](const char* placeholder) {
    return mapping.series_name.find(placeholder) != std::string::npos;
  };
  if (pattern && !names_points("{measurement}") && !names_points("{field}")) {
    issues.push_back(
        {place_of("mapping"),
         "`sink.mapping` is \"template\", and series_name has neither {measurement} nor "
         "{field} in it; write series_name = \"{measurement}_{field}\", for example"});
  }
  if (!pattern && !mapping.series_name.empty()) {
    issues.push_back(
        {place_of("series_name"),
         "`sink.series_name` is for mapping = \"template\"; write that, or take it out"});
  }
  std::multiset<std::string, std::less<>> labels{mapping.database_label, mapping.policy_label};
  for (const std::string& external : mapping.external_labels) {
    labels.insert(std::string(split_external(external).first));
  }
  for (const std::string& label : labels) {
    if (!label.empty() && labels.count(label) > 1) {
      issues.push_back(
          {node.place,
           fmt::format("the label \"{}\" is named twice among database_label, policy_label and "
                       "external_labels; give each a name of its own",
                       label)});
      return;
    }
  }
  if (mapping.mode == mapping_mode::flink && labels.contains("quantile")) {
    issues.push_back(
        {node.place,
         "the label \"quantile\" is among database_label, policy_label and external_labels, and "
         "mapping = \"flink\" makes one of that name; give yours another name"});
  }
  // Those of the series itself: its name, the database, the policy.
  const std::size_t own = 4 + mapping.external_labels.size();
  if (mapping.labels != 0 && mapping.labels < own) {
    issues.push_back({place_of("labels"),
                      fmt::format("`sink.labels` must be 0 or at least {}: the name, those of "
                                  "database, policy and external_labels, and a hash",
                                  own)});
  }
}

}  // namespace weir
