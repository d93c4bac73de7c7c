// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/code_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/text/excerpt.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "config/keys/keys.hpp"
#include "gate/codes.hpp"
#include "parser/mistakes/mistake.hpp"
#include "tools/explain/code_examples.hpp"
#include "tools/lint/lint_text.hpp"
#include "tools/screen/screen_text.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::string_view indent = "  ";
constexpr std::string_view line_indent = "    ";
/// Lines that are longer than a terminal's are told by their excerpt alone.
constexpr std::size_t copied_bytes_max = 400;

std::optional<parse_code> parse_code_named(std::string_view name) {
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    if (name_of(static_cast<parse_code>(i)) == name) {
      return static_cast<parse_code>(i);
    }
  }
  return std::nullopt;
}

std::optional<mistake> mistake_named(std::string_view name) {
  for (std::size_t i = 0; i < mistake_count; ++i) {
    if (texts_of(static_cast<mistake>(i)).kind == name) {
      return static_cast<mistake>(i);
    }
  }
  return std::nullopt;
}

/// The first sentence, without its full stop.
std::string_view first_sentence(std::string_view text) {
  const std::size_t end = text.find(". ");
  text = text.substr(0, end);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// Makes a page of its parts.
class page_writer {
 public:
  explicit page_writer(bool coloured) : colours_(colours_of(coloured)) {}

  void title(std::string_view code, std::string_view words) {
    out_ += fmt::format("{}{}{}: {}\n", colours_.bold, code, colours_.off, words);
  }
  void heading(std::string_view words) {
    out_ += fmt::format("\n{}{}{}\n", colours_.cyan, words, colours_.off);
  }
  void words(std::string_view text) {
    if (!text.empty()) {
      out_ += indent;
      append_wrapped_words(text, indent, indent.size(), text_columns_max, out_);
    }
  }
  void copied(std::string_view line) {
    if (line.size() <= copied_bytes_max) {
      out_.append(line_indent).append(visible_lines(line)).append("\n");
    }
  }
  void marked(std::string_view text, std::size_t at, std::size_t length) {
    const excerpt made = make_excerpt(text, at, length);
    out_ += fmt::format("{}{}\n{}{}{}{}{}\n", line_indent, made.shown, line_indent,
                        std::string(made.mark_column, ' '), colours_.green,
                        "^" + std::string(made.mark_columns - 1, '~'), colours_.off);
  }
  void repaired(const std::vector<repaired_line>& lines) {
    for (const repaired_line& each : lines) {
      if (each.text.size() > copied_bytes_max) {
        continue;
      }
      words(each.condition.empty() ? "Write:" : "If " + visible(each.condition) + ", write:");
      copied(each.text);
    }
  }
  void keys(std::string_view names);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  const screen_colours& colours_;
  std::string out_;
};

template <class Section>
std::string help_in(const std::vector<config_key<Section>>& keys, std::string_view name) {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const config_key<Section>& key) { return key.name == name; });
  return found == keys.end() ? std::string() : found->help;
}

/// "database.types" as the file has it, with what the key is for.
struct shown_key {
  std::string section;
  std::string name;
  std::string help;
};

shown_key show_key(std::string_view key) {
  const std::string_view section = key.substr(0, key.find('.'));
  const std::string_view name = key.substr(key.find('.') + 1);
  if (section == "database") {
    return {"[database.\"*\"]", std::string(name), help_in(database_keys(), name)};
  }
  if (section == "rule") {
    return {"[[rule]]", std::string(name), help_in(rule_keys(), name)};
  }
  if (section == "limits") {
    return {"[limits]", std::string(name), help_in(limit_keys(), name)};
  }
  if (section == "letters") {
    return {"[letters]", std::string(name), help_in(letter_keys(), name)};
  }
  return {"[http]", std::string(name), help_in(http_keys(), name)};
}

void page_writer::keys(std::string_view names) {
  heading("Settings that change it");
  if (names.empty()) {
    words("None.");
    return;
  }
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    const shown_key key = show_key(names.substr(0, end));
    const std::string head = fmt::format("{} {}: ", key.section, key.name);
    out_.append(indent).append(head);
    append_wrapped_words(key.help, line_indent, indent.size() + head.size(), text_columns_max,
                         out_);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

constexpr std::string_view rejected_deed =
    "Rejects the line: the answer (400) has its number, its place and this code. The other lines "
    "of "
    "the request are kept. The rejected line goes to the dead letters (`weir letters list --code "
    "{}`), and weir_lines_rejected_total counts it.";

std::string words_of(code_deed deed, std::string_view code) {
  switch (deed) {
    case code_deed::rejects:
      return fmt::format(fmt::runtime(rejected_deed), code);
    case code_deed::drops:
      return "Drops the line: its sender is told of success, and weir_lines_dropped_total counts "
             "it. With `dropped = true` in [letters] it is kept as a dead letter.";
    case code_deed::repairs:
      return "Repairs the line and keeps it; weir_lines_mended_total counts it.";
    case code_deed::notes:
      return "Keeps the line as it is; weir_lines_noted_total counts it.";
  }
  return {};
}

std::string_view verb_of(code_deed deed) {
  switch (deed) {
    case code_deed::rejects:
      return "weir rejects the line";
    case code_deed::drops:
      return "weir drops the line";
    case code_deed::repairs:
      return "weir repairs the line and keeps it";
    case code_deed::notes:
      return "weir keeps the line and counts it";
  }
  return {};
}

const gate_code_example& example_of(gate_code code) {
  return gate_code_examples()[static_cast<std::size_t>(code) - 1];
}

std::string gate_page(gate_code code, bool coloured) {
  const gate_code_row& row = row_of(code);
  const gate_code_example& example = example_of(code);
  page_writer page(coloured);
  page.title(row.name, verb_of(example.deed));
  page.words(row.explanation);
  page.heading("Example");
  page.copied(example.line);
  page.words(example.when);
  page.heading("What weir does");
  page.words(words_of(example.deed, row.name));
  page.heading("What to do");
  page.words(row.remedy.empty() ? "Nothing has to be done." : row.remedy);
  page.keys(example.keys);
  return page.take();
}

/// The first mistake of some lines that has this name, as `weir lint` finds it.
struct found_mistake {
  bool refused = false;
  std::string text;
  diagnosis told;
  std::vector<repaired_line> repaired;
};

std::optional<found_mistake> find_advice(const point_view& point, std::string_view name) {
  const line_circumstances circumstances{};
  const auto advice = advise(point, circumstances);
  for (std::size_t i = 0; i < advice.size(); ++i) {
    if (advice[i].kind == name) {
      return found_mistake{false, std::string(point.text), advice[i],
                           repair(point, circumstances, i)};
    }
  }
  return std::nullopt;
}

std::optional<found_mistake> find_mistake(std::string_view lines, std::string_view name) {
  line_reader reader(parse_options{});
  reader.feed(lines);
  reader.finish();
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    if (event == line_event::point) {
      if (auto found = find_advice(reader.point(), name)) {
        return found;
      }
    } else if (const parse_error& error = reader.error(); true) {
      diagnosis told = diagnose(error);
      if (told.kind == name || name_of(error.code) == name) {
        return found_mistake{true, std::string(error.text), std::move(told), repair(error)};
      }
    }
  }
  return std::nullopt;
}

std::string parse_page(parse_code code, bool coloured) {
  const mistake_texts& texts = texts_of(code);
  page_writer page(coloured);
  page.title(texts.kind, texts.title);
  page.words(texts.explanation);
  page.heading("Example");
  const auto found = find_mistake(example_of(code), texts.kind);
  if (found) {
    page.marked(found->text, found->told.at, found->told.length);
    if (found->told.kind != texts.kind) {
      page.words(fmt::format("Of this line in particular: {} (`weir explain {}`).",
                             found->told.title, found->told.kind));
    }
    page.repaired(found->repaired);
  }
  page.heading("What weir does");
  page.words(words_of(code_deed::rejects, texts.kind));
  page.words(texts.kind.starts_with("shield_")
                 ? "InfluxDB 1.x takes such a line; docs/line_protocol.md says why weir does not."
                 : "InfluxDB rejects such a line, too.");
  page.heading("What to do");
  page.words(texts.remedy);
  page.keys(keys_of(code));
  return page.take();
}

std::string mistake_page(mistake kind, bool coloured) {
  const mistake_texts& texts = texts_of(kind);
  page_writer page(coloured);
  page.title(texts.kind, texts.title);
  const auto found = find_mistake(mistake_example_of(texts.kind), texts.kind);
  if (!found) {
    return page.take();
  }
  // Of the example: the texts of the table have places for parts of a line.
  page.words(visible(found->told.explanation));
  page.heading("Example");
  page.marked(found->text, found->told.at, found->told.length);
  page.repaired(found->repaired);
  page.heading("What weir does");
  if (found->refused) {
    page.words(
        fmt::format("Rejects the line, as InfluxDB does (\"{}\"). Other mistakes than this one can "
                    "have the same message; `weir lint` and the dead letters tell them apart.",
                    visible(found->told.message)));
  } else {
    page.words(
        "Takes the line, as InfluxDB does, although it probably does not mean what it says. "
        "`weir lint` warns of it.");
  }
  page.heading("What to do");
  page.words(visible(found->told.remedy));
  return page.take();
}

/// Of a metric and the journal alone: no line has it by itself.
constexpr std::string_view withheld_code = "all_or_nothing";
constexpr std::string_view withheld_words =
    "The line is good, but another one of its request was rejected, and the request said "
    "accept_partial=false: all or nothing";

std::string withheld_page(bool coloured) {
  page_writer page(coloured);
  page.title(withheld_code, verb_of(code_deed::rejects));
  page.words(fmt::format("{}.", withheld_words));
  page.heading("Example");
  page.copied("cpu,host=a usage=1.5");
  page.words(
      "In a request to /api/v3/write_lp?db=mydb&accept_partial=false, beside a line such as "
      "`cpu,host= usage=1.5`.");
  page.heading("What weir does");
  page.words(
      "Keeps nothing of the request and answers 400 with the lines that were wrong. "
      "weir_lines_rejected_total counts the good ones with this reason.");
  page.heading("What to do");
  page.words(
      "Repair the line that the answer names, and send the request again; or leave out "
      "accept_partial=false, so that the good lines are kept.");
  page.keys("");
  return page.take();
}

void append_row(std::string_view code, std::string_view words, std::string& out) {
  constexpr std::size_t name_columns = 26;
  out += cut_to(fmt::format("  {:<{}}  {}", code, name_columns, words), text_columns_max) + "\n";
}

}  // namespace

bool is_written_as_code(std::string_view argument) noexcept {
  return argument.find_first_of(" =\t\n") == std::string_view::npos;
}

std::vector<std::string> explained_codes() {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    out.emplace_back(name_of(static_cast<parse_code>(i)));
  }
  for (std::size_t i = 1; i < gate_code_count; ++i) {
    out.emplace_back(name_of(static_cast<gate_code>(i)));
  }
  out.emplace_back(withheld_code);
  for (std::size_t i = 0; i < mistake_count; ++i) {
    out.emplace_back(texts_of(static_cast<mistake>(i)).kind);
  }
  return out;
}

std::string code_page(std::string_view code, bool coloured) {
  if (const auto known = find_gate_code(code); known && *known != gate_code::none) {
    return gate_page(*known, coloured);
  }
  if (const auto known = parse_code_named(code)) {
    return parse_page(*known, coloured);
  }
  if (const auto known = mistake_named(code)) {
    return mistake_page(*known, coloured);
  }
  return code == withheld_code ? withheld_page(coloured) : std::string();
}

std::string code_list(bool coloured) {
  const screen_colours& colours = colours_of(coloured);
  const auto heading = [&](std::string_view words) {
    return fmt::format("{}{}{}\n", colours.bold, words, colours.off);
  };
  std::string out = heading("Lines that are no line protocol (rejected)");
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    const mistake_texts& texts = texts_of(static_cast<parse_code>(i));
    append_row(texts.kind, texts.title, out);
  }
  for (const code_deed deed :
       {code_deed::rejects, code_deed::drops, code_deed::repairs, code_deed::notes}) {
    out += "\n" + heading(fmt::format("Points that break a rule: {}", verb_of(deed)));
    for (const gate_code_example& each : gate_code_examples()) {
      if (each.deed == deed) {
        append_row(name_of(each.code), first_sentence(row_of(each.code).explanation), out);
      }
    }
    if (deed == code_deed::rejects) {
      append_row(withheld_code, withheld_words, out);
    }
  }
  out += "\n" + heading("Mistakes that `weir lint`, hints and letters tell apart");
  for (std::size_t i = 0; i < mistake_count; ++i) {
    const mistake_texts& texts = texts_of(static_cast<mistake>(i));
    append_row(texts.kind, texts.title, out);
  }
  return out;
}

std::string no_such_code(std::string_view word) {
  constexpr std::size_t nearest_most = 3;
  std::vector<std::string> codes = explained_codes();
  std::vector<std::string> nearest;
  while (nearest.size() < nearest_most) {
    const std::string next = nearest_name(word, codes);
    if (next.empty()) {
      break;
    }
    nearest.push_back(next);
    codes.erase(std::find(codes.begin(), codes.end(), next));
  }
  // Of a word that is near to none: those that have it within.
  for (const std::string& each : codes) {
    if (nearest.size() < nearest_most && word.size() > 2 && each.find(word) != std::string::npos) {
      nearest.push_back(each);
    }
  }
  return fmt::format(
      "\"{}\" is no code{} `weir explain --list` has all. A line has fields, such "
      "as 'cpu value=1.5'",
      visible(word),
      nearest.empty() ? ";" : fmt::format("; did you mean {}?", fmt::join(nearest, " or ")));
}

}  // namespace weir
