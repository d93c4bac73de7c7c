// SPDX-License-Identifier: Apache-2.0
//
// What the command line offers, as plain data: read once from CLI11's own description, from which
// `--help` is made, too, so that completion and man pages cannot tell anything else. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace weir {

/// How a shell completes a value.
enum class value_kind : std::uint8_t {
  none,  // not at all: numbers, names, addresses
  file,
  directory,
  words,  // one of `option_facts::words`
  key,    // KEY=VALUE of the configuration
  code,   // what `weir explain` explains
};

struct option_facts {
  /// "--config", "-c"; of an argument without a name none.
  std::vector<std::string> long_names{};
  std::vector<std::string> short_names{};
  /// What stands for the value: "FILE"; empty: the option takes none.
  std::string value{};
  std::string help{};
  /// Empty: none that is worth a word.
  std::string standard{};
  bool required = false;
  /// May be given several times.
  bool repeated = false;
  value_kind kind = value_kind::none;
  std::vector<std::string> words{};

  [[nodiscard]] bool takes_value() const noexcept { return !value.empty(); }
};

struct command_facts {
  /// "weir letters list".
  std::string path{};
  std::string name{};
  std::string help{};
  std::string footer{};
  /// With dashes, in the order of their definition; --help is the last one.
  std::vector<option_facts> options{};
  /// Without.
  std::vector<option_facts> arguments{};
  std::vector<command_facts> commands{};
};

[[nodiscard]] command_facts facts_of(const CLI::App& app);

/// `command` and all below it, from the top.
[[nodiscard]] std::vector<const command_facts*> flattened(const command_facts& command);

/// What a footer says, apart.
struct footer_parts {
  /// Behind "Exit status:".
  std::string status{};
  /// Everything else but examples: a paragraph for each line.
  std::vector<std::string> notes{};
  /// Lines as they are typed, without their indent.
  std::vector<std::string> examples{};
};
[[nodiscard]] footer_parts read_footer(std::string_view footer);

}  // namespace weir
