// SPDX-License-Identifier: Apache-2.0
#include "tools/load/process_usage_posix.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>

namespace weir {
namespace {

std::optional<std::string> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file.good() || file.eof() ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::optional<std::uint64_t> cpu_ticks_in(std::string_view stat) {
  // The second word is the name in parentheses, which may hold spaces and parentheses itself.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = stat.substr(name_end + 1);
  constexpr int state_word = 3;
  constexpr int utime_word = 14;
  std::optional<std::uint64_t> user;
  for (int word = state_word; word <= utime_word + 1; ++word) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) {
      return std::nullopt;
    }
    rest.remove_prefix(space + 1);
    if (word == utime_word) {
      user = number_at(rest);
    }
  }
  const auto system = number_at(rest);
  return user && system ? std::optional(*user + *system) : std::nullopt;
}

std::uint64_t peak_bytes_in(std::string_view status) {
  constexpr std::string_view name = "\nVmHWM:";
  const std::size_t line = status.find(name);
  if (line == std::string_view::npos) {
    return 0;
  }
  const std::string_view value = status.substr(line + name.size());
  const std::size_t digits = value.find_first_of("0123456789");
  return digits == std::string_view::npos ? 0 : number_at(value.substr(digits)).value_or(0) * 1024;
}

result<process_usage> usage_of(int pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  const auto stat = read_all(directory + "/stat");
  const auto ticks = stat ? cpu_ticks_in(*stat) : std::nullopt;
  if (!ticks) {
    return failure{"there is no process " + std::to_string(pid)};
  }
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return process_usage{static_cast<double>(*ticks) / ticks_a_second,
                       peak_bytes_in(read_all(directory + "/status").value_or(""))};
}

process_usage own_usage() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return {seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
          static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
}

}  // namespace weir
