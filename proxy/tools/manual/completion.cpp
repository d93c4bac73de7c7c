// SPDX-License-Identifier: Apache-2.0
#include "tools/manual/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir {
namespace {

using names = std::vector<std::string>;

names names_of(const option_facts& option) {
  names out = option.long_names;
  out.insert(out.end(), option.short_names.begin(), option.short_names.end());
  return out;
}

/// What a list of options offers: one name each, the one that says more.
std::string offered(const option_facts& option) {
  return option.long_names.empty() ? option.short_names.front() : option.long_names.front();
}

std::string with_underscores(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

/// The first clause of a help text: a menu has one line for each entry.
std::string clause(std::string_view help) {
  constexpr std::size_t bytes_max = 72;
  std::string out(help.substr(0, help.find_first_of(";:(")));
  if (out.size() > bytes_max) {
    out.resize(out.rfind(' ', bytes_max));
  }
  while (out.ends_with(' ') || out.ends_with(',') || out.ends_with('.')) {
    out.pop_back();
  }
  return out;
}

std::string quoted_for_shell(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

constexpr std::string_view heading =
    "# Completion of weir's command line for {}, written by `weir completion {}`.\n"
    "# SPDX-License-Identifier: Apache-2.0\n";

// ---- bash

/// What the value behind an option, or the next argument, is completed from.
std::string bash_kind(const option_facts& option) {
  switch (option.kind) {
    case value_kind::none:
      return "none";
    case value_kind::file:
      return "file";
    case value_kind::directory:
      return "directory";
    case value_kind::words:
      return fmt::format("words:{}", fmt::join(option.words, " "));
    case value_kind::key:
      return "key";
    case value_kind::code:
      return "code";
  }
  return {};
}

void append_bash_command(const command_facts& command, std::string& out) {
  names commands;
  for (const command_facts& each : command.commands) {
    commands.push_back(each.name);
  }
  names options;
  for (const option_facts& each : command.options) {
    options.push_back(offered(each));
  }
  out += fmt::format("    '{}')\n", command.path);
  if (!commands.empty()) {
    out += fmt::format("      commands='{}'\n", fmt::join(commands, " "));
  }
  out += fmt::format("      options='{}'\n", fmt::join(options, " "));
  if (!command.arguments.empty()) {
    out += fmt::format("      argument='{}'\n", bash_kind(command.arguments.front()));
  }
  std::string cases;
  for (const option_facts& each : command.options) {
    if (each.takes_value()) {
      cases += fmt::format("        {}) value='{}' ;;\n", fmt::join(names_of(each), " | "),
                           bash_kind(each));
    }
  }
  if (!cases.empty()) {
    out += "      case $previous in\n" + cases + "      esac\n";
  }
  out += "      ;;\n";
}

constexpr std::string_view bash_begin = R"(
_weir_is_command() {
  case $1 in
)";
constexpr std::string_view bash_middle = R"(
_weir() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  # "=" is a word of its own to bash: --config=FILE.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]] && ((COMP_CWORD > 2)); then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local path=weir word i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if _weir_is_command "$path $word"; then
      path="$path $word"
    fi
  done
  local commands='' options='' argument=none value=''
  case $path in
)";
constexpr std::string_view bash_end = R"(  esac
  local kind=$value
  if [[ -z $kind ]]; then
    if [[ $current == -* ]]; then
      kind=words:$options
    elif [[ -n $commands ]]; then
      kind=words:$commands
    else
      kind=$argument
    fi
  fi
  case $kind in
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
    directory)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      ;;
    words:*) mapfile -t COMPREPLY < <(compgen -W "${kind#words:}" -- "$current") ;;
    code) mapfile -t COMPREPLY < <(compgen -W "$_weir_codes" -- "$current") ;;
    key)
      compopt -o nospace 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -W "$_weir_keys" -S = -- "$current")
      ;;
    *) COMPREPLY=() ;;
  esac
}
complete -F _weir weir
)";

std::string bash_script(const command_facts& program, const completion_words& words) {
  std::string out = fmt::format(fmt::runtime(heading), "bash", "bash");
  out += fmt::format("\n_weir_codes='{}'\n", fmt::join(words.codes, " "));
  out += fmt::format("_weir_keys='{}'\n", fmt::join(words.keys, " "));
  out += bash_begin;
  const auto all = flattened(program);
  names paths;
  for (const command_facts* each : all) {
    if (each != &program) {
      paths.push_back("'" + each->path + "'");
    }
  }
  out += fmt::format("    {}) return 0 ;;\n  esac\n  return 1\n}}\n", fmt::join(paths, " | "));
  out += bash_middle;
  for (const command_facts* each : all) {
    append_bash_command(*each, out);
  }
  return out.append(bash_end);
}

// ---- zsh

/// Text in a specification of _arguments, which stands in single quotes.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string zsh_action(const option_facts& option) {
  switch (option.kind) {
    case value_kind::none:
      return " ";
    case value_kind::file:
      return "_files";
    case value_kind::directory:
      return "_files -/";
    case value_kind::words:
      return fmt::format("({})", fmt::join(option.words, " "));
    case value_kind::key:
      return "->key";
    case value_kind::code:
      return "->code";
  }
  return {};
}

std::string zsh_option(const option_facts& option) {
  const names all = names_of(option);
  const std::string value = option.takes_value()
                                ? fmt::format(":{}:{}", zsh_text(option.value), zsh_action(option))
                                : std::string();
  const std::string help = zsh_text(clause(option.help));
  std::string out;
  for (const std::string& name : all) {
    // "(-c --config)": one of them is enough; "*": again and again.
    const std::string before = option.repeated ? "*" : fmt::format("({})", fmt::join(all, " "));
    const std::string_view equals = option.takes_value() && name.starts_with("--") ? "=" : "";
    out += fmt::format("    '{}{}{}[{}]{}'\n", before, name, equals, help, value);
  }
  return out;
}

void append_zsh_command(const command_facts& command, std::string& out) {
  for (const command_facts& each : command.commands) {
    append_zsh_command(each, out);
  }
  out += fmt::format("\n_{}() {{\n", with_underscores(command.path));
  out += "  local context state state_descr line\n  typeset -A opt_args\n  local -a specs=(\n";
  for (const option_facts& option : command.options) {
    out += zsh_option(option);
  }
  if (!command.commands.empty()) {
    out += "    '1:command:->command'\n    '*::argument:->argument'\n";
  }
  for (const option_facts& argument : command.arguments) {
    out += fmt::format("    '{}:{}:{}'\n", argument.repeated ? "*" : "", zsh_text(argument.value),
                       zsh_action(argument));
  }
  out += "  )\n  _arguments -C -s $specs && return 0\n  case $state in\n";
  if (!command.commands.empty()) {
    out += "    command)\n      local -a commands=(\n";
    for (const command_facts& each : command.commands) {
      out += fmt::format("        '{}:{}'\n", each.name, zsh_text(clause(each.help)));
    }
    out +=
        "      )\n      _describe -t commands 'command' commands\n      ;;\n    argument)\n"
        "      case $words[1] in\n";
    for (const command_facts& each : command.commands) {
      out += fmt::format("        {}) _{} ;;\n", each.name, with_underscores(each.path));
    }
    out += "      esac\n      ;;\n";
  }
  out +=
      "    code) compadd -a _weir_codes ;;\n    key) compadd -S = -a _weir_keys ;;\n"
      "  esac\n}\n";
}

std::string zsh_script(const command_facts& program, const completion_words& words) {
  std::string out = "#compdef weir\n" + fmt::format(fmt::runtime(heading), "zsh", "zsh");
  out += fmt::format("\ntypeset -ga _weir_codes=({})\n", fmt::join(words.codes, " "));
  out += fmt::format("typeset -ga _weir_keys=({})\n", fmt::join(words.keys, " "));
  append_zsh_command(program, out);
  // As a file of fpath this is the function itself; sourced, it registers it.
  return out +
         "\nif [[ $funcstack[1] == _weir ]]; then\n  _weir \"$@\"\nelse\n  compdef _weir "
         "weir\nfi\n";
}

// ---- fish

std::string fish_values(const option_facts& option) {
  switch (option.kind) {
    case value_kind::none:
      return " -x";
    case value_kind::file:
      return " -r -F";
    case value_kind::directory:
      return " -x -a '(__fish_complete_directories)'";
    case value_kind::words:
      return fmt::format(" -x -a '{}'", fmt::join(option.words, " "));
    case value_kind::key:
      return " -x -a \"$__weir_keys\"";
    case value_kind::code:
      return " -x -a \"$__weir_codes\"";
  }
  return {};
}

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return "'" + out + "'";
}

void append_fish_command(const command_facts& command, std::string& out) {
  const std::string at = fmt::format("complete -c weir -n '__weir_at {}'", command.path);
  for (const command_facts& each : command.commands) {
    out += fmt::format("{} -a {} -d {}\n", at, each.name, fish_text(clause(each.help)));
  }
  for (const option_facts& option : command.options) {
    std::string row = at;
    for (const std::string& name : option.long_names) {
      row += " -l " + name.substr(2);
    }
    for (const std::string& name : option.short_names) {
      row += " -s " + name.substr(1);
    }
    out += row + (option.takes_value() ? fish_values(option) : "") + " -d " +
           fish_text(clause(option.help)) + "\n";
  }
  if (!command.arguments.empty()) {
    const option_facts& argument = command.arguments.front();
    if (argument.kind == value_kind::file) {
      out += at + " -F\n";
    } else if (argument.kind != value_kind::none) {
      out += at + fish_values(argument).substr(3) + "\n";  // without -x, which is for options
    }
  }
  for (const command_facts& each : command.commands) {
    append_fish_command(each, out);
  }
}

std::string fish_script(const command_facts& program, const completion_words& words) {
  std::string out = fmt::format(fmt::runtime(heading), "fish", "fish");
  names paths;
  for (const command_facts* each : flattened(program)) {
    paths.push_back(quoted_for_shell(each->path));
  }
  out += fmt::format("\nset -g __weir_commands {}\n", fmt::join(paths, " "));
  out += fmt::format("set -g __weir_codes {}\n", fmt::join(words.codes, " "));
  out += fmt::format("set -g __weir_keys {}=\n", fmt::join(words.keys, "= "));
  out += R"(
function __weir_at
    set -l path weir
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" $__weir_commands
            set path "$path $word"
        end
    end
    test "$path" = "$argv"
end

complete -c weir -f
)";
  append_fish_command(program, out);
  return out;
}

}  // namespace

std::optional<shell> shell_named(std::string_view name) noexcept {
  if (name == "bash") {
    return shell::bash;
  }
  if (name == "zsh") {
    return shell::zsh;
  }
  return name == "fish" ? std::optional(shell::fish) : std::nullopt;
}

std::string completion_script(shell of, const command_facts& program,
                              const completion_words& words) {
  switch (of) {
    case shell::bash:
      return bash_script(program, words);
    case shell::zsh:
      return zsh_script(program, words);
    case shell::fish:
      return fish_script(program, words);
  }
  return {};
}

}  // namespace weir
