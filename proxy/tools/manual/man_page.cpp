// SPDX-License-Identifier: Apache-2.0
#include "tools/manual/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text/ascii.hpp"
#include "tools/manual/man_notes.hpp"

namespace weir {
namespace {

constexpr std::string_view usual_status =
    "0; 1: it could not be done, and standard error says why; 2: wrong arguments, or a "
    "configuration with mistakes.";

std::string bold(std::string_view text) {
  return "\\fB" + roff_text(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + roff_text(text) + "\\fR";
}

/// A full stop where the text has no end of its own.
std::string sentence(std::string_view text) {
  return std::string(text) +
         (text.empty() || std::string_view(".!?:").find(text.back()) != std::string_view::npos
              ? ""
              : ".");
}

void append_line(std::string_view text, std::string& out) {
  // A line that begins with a dot or a quote would be a request.
  if (text.starts_with('.') || text.starts_with('\'')) {
    out += "\\&";
  }
  out.append(text).append("\n");
}

/// On lines of a width that `man` need not be asked for to be read.
void append_prose(std::string_view text, std::string& out) {
  constexpr std::size_t bytes_max = 80;
  while (text.size() > bytes_max) {
    std::size_t end = text.rfind(' ', bytes_max);
    end = end == text.npos ? text.find(' ') : end;
    if (end == text.npos) {
      break;
    }
    append_line(text.substr(0, end), out);
    text.remove_prefix(end + 1);
  }
  append_line(text, out);
}

void append_section(std::string_view name, std::string& out) {
  out += name.find(' ') == std::string_view::npos ? fmt::format(".SH {}\n", name)
                                                  : fmt::format(".SH \"{}\"\n", name);
}

/// "-c, --config FILE"
std::string spelled(const option_facts& option) {
  std::string out;
  for (const auto* names : {&option.short_names, &option.long_names}) {
    for (const std::string& name : *names) {
      out += (out.empty() ? "" : ", ") + bold(name);
    }
  }
  if (option.takes_value()) {
    out += (out.empty() ? "" : " ") + italic(option.value);
  }
  return out;
}

void append_option(const option_facts& option, std::string& out) {
  out += ".TP\n";
  append_line(spelled(option), out);
  std::string help = sentence(option.help);
  if (option.kind == value_kind::words && !option.standard.empty()) {
    help += " The default is " + option.standard + ".";
  } else if (!option.standard.empty() && option.standard != "-") {
    help += " Default: " + option.standard + ".";
  }
  help += option.required ? " Required." : "";
  help += option.repeated ? " May be given several times." : "";
  append_prose(roff_text(help), out);
}

bool has_option(const command_facts& command, std::string_view name) {
  const auto has = [&](const option_facts& option) {
    return std::find(option.long_names.begin(), option.long_names.end(), name) !=
           option.long_names.end();
  };
  return std::any_of(command.options.begin(), command.options.end(), has) ||
         std::any_of(command.commands.begin(), command.commands.end(),
                     [&](const command_facts& each) { return has_option(each, name); });
}

/// "weir lint [OPTION]... [FILE]"
void append_synopsis(const command_facts& command, std::string& out) {
  for (const command_facts& each : command.commands) {
    append_synopsis(each, out);
  }
  if (!command.commands.empty()) {
    return;
  }
  std::string line = bold(command.path);
  for (const option_facts& option : command.options) {
    if (option.required) {
      line += " " + bold(option.long_names.front()) + " " + italic(option.value);
    }
  }
  line += " [" + italic("OPTION") + "]...";
  for (const option_facts& argument : command.arguments) {
    const std::string name = italic(argument.value) + (argument.repeated ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  if (!out.ends_with("SYNOPSIS\n")) {
    out += ".br\n";
  }
  append_line(line, out);
}

void append_notes(const footer_parts& footer, std::string& out) {
  for (const std::string& each : footer.notes) {
    out += ".PP\n";
    append_prose(roff_text(sentence(each)), out);
  }
}

bool has_same(const command_facts& command, const option_facts& option) {
  return std::any_of(command.options.begin(), command.options.end(), [&](const option_facts& each) {
    return each.long_names == option.long_names && each.help == option.help;
  });
}

std::vector<const command_facts*> leaves_of(const command_facts& command) {
  std::vector<const command_facts*> out = flattened(command);
  std::erase_if(out, [](const command_facts* each) { return !each->commands.empty(); });
  return out;
}

/// The options that all commands below have, so that they need to be told once.
std::vector<option_facts> shared_options(const command_facts& command) {
  std::vector<option_facts> out;
  const auto leaves = leaves_of(command);
  if (leaves.size() < 2) {
    return out;
  }
  for (const option_facts& option : leaves.front()->options) {
    if (std::all_of(leaves.begin(), leaves.end(),
                    [&](const command_facts* each) { return has_same(*each, option); })) {
      out.push_back(option);
    }
  }
  return out;
}

void append_options(const command_facts& command, const std::vector<option_facts>& told_once,
                    std::string& out) {
  const command_facts shared{.options = told_once};
  for (const auto* group : {&command.arguments, &command.options}) {
    for (const option_facts& option : *group) {
      if (!has_same(shared, option)) {
        append_option(option, out);
      }
    }
  }
}

/// A command below the page's, with its options.
void append_part(const command_facts& command, const std::vector<option_facts>& told_once,
                 std::string& out) {
  if (command.commands.empty()) {
    out += fmt::format(".SS \"{}\"\n", roff_text(command.path));
    append_prose(roff_text(sentence(command.help)), out);
    append_notes(read_footer(command.footer), out);
    append_options(command, told_once, out);
  }
  for (const command_facts& each : command.commands) {
    append_part(each, told_once, out);
  }
}

void append_statuses(const command_facts& command, std::string& out) {
  std::vector<std::pair<std::string, std::string>> told;
  for (const command_facts* each : flattened(command)) {
    if (const std::string status = read_footer(each->footer).status; !status.empty()) {
      told.emplace_back(each->path, status);
    }
  }
  const bool is_its_own = !told.empty() && told.front().first == command.path;
  if (!is_its_own) {
    append_prose(roff_text(usual_status), out);
  }
  for (const auto& [path, status] : told) {
    if (path == command.path) {
      append_prose(roff_text(sentence(status)), out);
    } else {
      out += ".TP\n";
      append_line(bold(path), out);
      append_prose(roff_text(sentence(status)), out);
    }
  }
}

void append_examples(const command_facts& command, std::string& out) {
  std::vector<std::string> lines;
  for (const command_facts* each : flattened(command)) {
    for (const std::string& line : read_footer(each->footer).examples) {
      if (line.starts_with(' ') || std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.push_back(line);
      }
    }
  }
  if (lines.empty()) {
    return;
  }
  append_section("EXAMPLES", out);
  out += ".nf\n.RS\n";
  for (const std::string& line : lines) {
    append_line(roff_text(line), out);
  }
  out += ".RE\n.fi\n";
}

bool is_word_of(std::string_view words, std::string_view word) {
  const std::string all = " " + std::string(words) + " ";
  return all.find(" " + std::string(word) + " ") != std::string::npos;
}

std::vector<man_note> notes_on(const command_facts& command, man_section section) {
  std::vector<man_note> out;
  for (const man_note& each : man_notes()) {
    if (each.section == section && (is_word_of(each.commands, command.name) ||
                                    (each.commands == "*" && has_option(command, "--config")))) {
      out.push_back(each);
    }
  }
  return out;
}

void append_terms(const command_facts& command, man_section section, std::string_view heading,
                  std::string& out) {
  const std::vector<man_note> notes = notes_on(command, section);
  if (notes.empty()) {
    return;
  }
  append_section(heading, out);
  for (const man_note& each : notes) {
    out += ".TP\n";
    append_line(section == man_section::files ? italic(each.term) : bold(each.term), out);
    append_prose(roff_text(each.text), out);
  }
}

/// "weir-run(1)"
std::string reference(std::string_view page) {
  return bold(page.substr(0, page.rfind('.'))) + "(1)";
}

void append_see_also(const command_facts& command, const command_facts& program, std::string& out) {
  std::vector<std::string> pages;
  for (const command_facts& each : program.commands) {
    if (&each != &command) {
      pages.push_back(reference(man_page_name(each)));
    }
  }
  if (&command != &program) {
    pages.insert(pages.begin(), reference(man_page_name(program)));
  }
  for (const man_note& each : notes_on(command, man_section::see_also)) {
    const std::size_t section = each.term.find('(');
    pages.push_back(bold(each.term.substr(0, section)) + roff_text(each.term.substr(section)));
  }
  append_section("SEE ALSO", out);
  append_line(fmt::format("{}", fmt::join(pages, ",\n")), out);
}

void append_body(const command_facts& command, std::string& out) {
  const footer_parts footer = read_footer(command.footer);
  append_section("DESCRIPTION", out);
  append_prose(roff_text(sentence(command.help)), out);
  append_notes(footer, out);
  if (command.commands.empty()) {
    append_section("OPTIONS", out);
    append_options(command, {}, out);
    return;
  }
  const std::vector<option_facts> shared = shared_options(command);
  append_section("COMMANDS", out);
  for (const command_facts& each : command.commands) {
    append_part(each, shared, out);
  }
  if (!shared.empty()) {
    append_section("OPTIONS OF ALL COMMANDS", out);
    append_options({.options = shared}, {}, out);
  }
}

void append_program(const command_facts& program, std::string& out) {
  append_section("DESCRIPTION", out);
  append_prose(roff_text(sentence(program.help)), out);
  append_notes(read_footer(program.footer), out);
  append_section("COMMANDS", out);
  for (const command_facts& each : program.commands) {
    out += ".TP\n";
    append_line(bold(each.name), out);
    append_prose(roff_text(sentence(each.help)) + " See " + reference(man_page_name(each)) + ".",
                 out);
  }
  append_section("OPTIONS", out);
  append_options(program, {}, out);
}

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string man_page_name(const command_facts& command) {
  std::string name = command.path;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name + ".1";
}

std::string man_page(const command_facts& command, const command_facts& program,
                     std::string_view version) {
  const bool is_program = &command == &program;
  std::string page = man_page_name(command);
  page = page.substr(0, page.rfind('.'));
  std::string title = page;
  std::transform(title.begin(), title.end(), title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string out = ".\\\" SPDX-License-Identifier: Apache-2.0\n";
  out += fmt::format(".TH \"{}\" 1 \"\" \"{}\" \"User Commands\"\n", roff_text(title), version);
  append_section("NAME", out);
  std::string_view help = command.help;
  std::string brief(help.substr(0, std::min(help.find_first_of(";:"), help.find(", or "))));
  if (!brief.empty() && !is_program) {
    brief.front() = to_lower(brief.front());
  }
  append_prose(roff_text(page) + " \\- " +
                   roff_text(is_program ? "durable proxy for InfluxDB line protocol" : brief),
               out);
  append_section("SYNOPSIS", out);
  if (is_program) {
    append_line(bold(program.name) + " " + italic("COMMAND") + " [" + italic("OPTION") + "]...",
                out);
    append_program(command, out);
  } else {
    append_synopsis(command, out);
    append_body(command, out);
  }
  append_terms(command, man_section::signals, "SIGNALS", out);
  append_section("EXIT STATUS", out);
  append_statuses(
      is_program ? command_facts{.path = command.path, .footer = command.footer} : command, out);
  append_terms(command, man_section::environment, "ENVIRONMENT", out);
  append_terms(command, man_section::files, "FILES", out);
  append_examples(
      is_program ? command_facts{.path = command.path, .footer = command.footer} : command, out);
  append_see_also(command, program, out);
  return out;
}

}  // namespace weir
