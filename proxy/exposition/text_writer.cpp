// SPDX-License-Identifier: Apache-2.0
#include "exposition/text_writer.hpp"

#include "exposition/numbers.hpp"

namespace weir::exposition {
namespace {

void append_escaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '"' && quotes) {
      out.append("\\\"");
    } else {
      out.push_back(c);
    }
  }
}

void append_quoted(std::string_view text, std::string& out) {
  out.push_back('"');
  append_escaped(text, /*quotes=*/true, out);
  out.push_back('"');
}

void append_metric_name(std::string_view name, std::string& out) {
  if (is_plain_metric_name(name)) {
    out.append(name);
  } else {
    append_quoted(name, out);
  }
}

}  // namespace

void append_family_head(std::string_view name, metric_type type, std::string_view help,
                        std::string& out) {
  // There is no escape for them, and no line ends with one.
  while (help.ends_with('\r')) {
    help.remove_suffix(1);
  }
  if (!help.empty()) {
    out.append("# HELP ");
    append_metric_name(name, out);
    out.push_back(' ');
    append_escaped(help, /*quotes=*/false, out);
    out.push_back('\n');
  }
  out.append("# TYPE ");
  append_metric_name(name, out);
  out.append(" ").append(name_of(type)).push_back('\n');
}

void append_series(std::string_view name, std::span<const label> labels, std::string& out) {
  const bool is_plain = is_plain_metric_name(name);
  if (is_plain) {
    out.append(name);
    if (labels.empty()) {
      return;
    }
  }
  out.push_back('{');
  if (!is_plain) {
    append_quoted(name, out);
  }
  for (const label& each : labels) {
    if (out.back() != '{') {
      out.push_back(',');
    }
    if (is_plain_label_name(each.name)) {
      out.append(each.name);
    } else {
      append_quoted(each.name, out);
    }
    out.push_back('=');
    append_quoted(each.value, out);
  }
  out.push_back('}');
}

void append_sample(std::string_view name, std::span<const label> labels, double value,
                   std::string& out) {
  append_series(name, labels, out);
  out.push_back(' ');
  append_number(value, out);
  out.push_back('\n');
}

}  // namespace weir::exposition
