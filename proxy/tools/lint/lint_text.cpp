// SPDX-License-Identifier: Apache-2.0
#include "tools/lint/lint_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text/excerpt.hpp"
#include "base/text/terminal_text.hpp"

namespace weir {
namespace {

constexpr std::string_view indent = "    ";
// InfluxDB's words can quote a number of any length.
constexpr std::size_t message_bytes_max = 160;

struct palette {
  std::string_view place, error, warning, mark, remedy, kind, off;
};
constexpr palette plain{};
constexpr palette coloured{"\x1b[1m",    "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m",
                           "\x1b[1;36m", "\x1b[2m",    "\x1b[0m"};

// Words are put on lines of at most `text_columns_max` columns, each indented.
void append_wrapped(std::string_view text, std::size_t columns_used, std::string& out) {
  std::size_t column = columns_used;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t width = columns_of(word);
    if (!first && column + 1 + width > text_columns_max) {
      out.append("\n").append(indent);
      column = indent.size();
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
    first = false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

std::string bounded_message(std::string_view message) {
  if (message.size() <= message_bytes_max) {
    return visible(message);
  }
  return visible(message.substr(0, message_bytes_max)) + "...";
}

std::string headline(const diagnosis& told) {
  return told.title.empty() ? bounded_message(told.message) : std::string{told.title};
}

void append_excerpt(const diagnostic_place& place, const diagnosis& told, const palette& colours,
                    std::string& out) {
  const excerpt cut = make_excerpt(place.text, told.at, told.length);
  out.append(indent).append(cut.shown).append("\n");
  out.append(indent).append(cut.mark_column, ' ');
  out.append(colours.mark).append("^").append(cut.mark_columns - 1, '~');
  out.append(colours.off).append("\n");
}

// Never wrapped: a repaired line is there to be copied.
void append_repaired(const std::vector<repaired_line>& repaired, const palette& colours,
                     std::string& out) {
  for (const repaired_line& each : repaired) {
    out.append(indent).append(colours.remedy);
    if (each.condition.empty()) {
      out.append("Write:").append(colours.off) += '\n';
    } else {
      out.append("If ").append(colours.off);
      append_wrapped(visible(each.condition) + ", write:", indent.size() + 3, out);
    }
    std::string_view rest = each.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out.append(indent).append(indent).append(visible(rest.substr(0, end))) += '\n';
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

void append_server_words(const diagnostic_place& place, const diagnosis& told, std::string& out) {
  if (place.shielded) {
    out.append(indent).append("InfluxDB 1.x takes this line; weir refuses it.\n");
  } else if (!told.message.empty() && !told.title.empty()) {
    out.append(indent).append("InfluxDB says: ").append(bounded_message(told.message)) += '\n';
  }
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// The kinds of one sort, the most frequent first.
void append_kinds(const lint_totals& totals, bool refused, const palette& colours,
                  std::string& out) {
  std::vector<std::pair<std::string_view, kind_count>> kinds;
  for (const auto& [kind, count] : totals.kinds) {
    if (count.refused == refused) {
      kinds.emplace_back(kind, count);
    }
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  for (const auto& [kind, count] : kinds) {
    fmt::format_to(std::back_inserter(out), "  {}{:<7}{} {:>9}  {}{}{}\n",
                   refused ? colours.error : colours.warning, refused ? "error" : "warning",
                   colours.off, count.count, kind, count.title.empty() ? "" : ": ", count.title);
  }
}

void append_hidden(const lint_totals& totals, std::string& out) {
  if (totals.hidden > 0) {
    fmt::format_to(std::back_inserter(out), "{} more not shown; --limit 0 shows all\n",
                   totals.hidden);
  }
}

}  // namespace

void append_diagnostic(const diagnostic_place& place, const diagnosis& told,
                       const std::vector<repaired_line>& repaired, std::string& out) {
  const palette& colours = place.colour ? coloured : plain;
  fmt::format_to(std::back_inserter(out), "{}{}:{}:{}:{} {}{}:{} {}{}{} {}[{}]{}\n", colours.place,
                 visible(place.name), place.line, told.column, colours.off,
                 place.refused ? colours.error : colours.warning,
                 place.refused ? "error" : "warning", colours.off, colours.place, headline(told),
                 colours.off, colours.kind, told.kind, colours.off);
  append_excerpt(place, told, colours, out);
  out += indent;
  append_wrapped(visible(told.explanation), indent.size(), out);
  constexpr std::string_view lead = "To fix it:";
  out.append(indent).append(colours.remedy).append(lead).append(colours.off).append(" ");
  append_wrapped(visible(told.remedy), indent.size() + lead.size() + 1, out);
  append_repaired(repaired, colours, out);
  append_server_words(place, told, out);
  out += '\n';
}

void append_summary(std::string_view name, const lint_totals& totals, bool colour,
                    std::string& out) {
  const palette& colours = colour ? coloured : plain;
  append_hidden(totals, out);
  const line_counts& lines = totals.lines;
  fmt::format_to(std::back_inserter(out), "{}{}:{} {}, {} refused", colours.place, visible(name),
                 colours.off, counted(lines.points, "good line", "good lines"), lines.errors);
  if (totals.suspicious > 0) {
    fmt::format_to(std::back_inserter(out), "; {} of the good ones with a warning",
                   totals.suspicious);
  }
  out += '\n';
  append_kinds(totals, true, colours, out);
  append_kinds(totals, false, colours, out);
}

}  // namespace weir
