// SPDX-License-Identifier: Apache-2.0
//
// simulate [--seed N [--trace]] [--seeds FROM..TO] [--minutes M] [--mutation NAME] [--twice]
//
// Runs one seed, or many. A failure prints the seed, the step, the last events and the command that
// repeats it; the status is 1. So does a signal that ends the process (an assertion). With
// --mutation the runs have a planted fault, and the status is 0 when one of the seeds finds it.
// With --twice each seed runs two times, and both must be the same.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "simulation/world.hpp"

namespace {

using weir::simulation::mutation;
using weir::simulation::run_options;
using weir::simulation::run_result;
using weir::simulation::world;

struct arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 500;
  double minutes = 0;
  bool trace = false;
  bool twice = false;
  std::string mutation_name;
  mutation planted = mutation::none;
};

constexpr std::pair<std::string_view, mutation> mutations[] = {
    {"early_release", mutation::early_release}, {"skipped_sync", mutation::skipped_sync},
    {"lost_wake_up", mutation::lost_wake_up},   {"wrong_low_water", mutation::wrong_low_water},
    {"cursor_ahead", mutation::cursor_ahead},
};

bool read_number(std::string_view text, std::uint64_t& into) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && stop == text.data() + text.size();
}

bool read_seeds(std::string_view text, arguments& into) {
  const std::size_t at = text.find("..");
  return at != std::string_view::npos && read_number(text.substr(0, at), into.first) &&
         read_number(text.substr(at + 2), into.last);
}

std::optional<arguments> read_arguments(int count, char** given) {
  arguments read;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = given[i];
    const std::string_view value = i + 1 < count ? given[i + 1] : "";
    bool good = true;
    if (name == "--trace") {
      read.trace = true;
      continue;
    }
    if (name == "--twice") {
      read.twice = true;
      continue;
    }
    if (name == "--seed") {
      good = read_number(value, read.first);
      read.last = read.first;
    } else if (name == "--seeds") {
      good = read_seeds(value, read);
    } else if (name == "--minutes") {
      read.minutes = std::atof(std::string(value).c_str());
      good = read.minutes > 0;
    } else if (name == "--mutation") {
      good = false;
      for (const auto& [known, planted] : mutations) {
        if (value == known) {
          read.planted = planted;
          read.mutation_name = known;
          good = true;
        }
      }
    } else {
      good = false;
    }
    if (!good) {
      return std::nullopt;
    }
    ++i;
  }
  return read;
}

run_result run_seed(std::uint64_t seed, const arguments& given, const std::string& directory) {
  run_options options;
  options.seed = seed;
  options.planted = given.planted;
  options.loud = given.trace;
  options.directory = directory;
  world one(options);
  return one.run();
}

void report(std::uint64_t seed, const run_result& result, const arguments& given,
            const char* program) {
  const std::string planted =
      given.mutation_name.empty() ? "" : " --mutation " + given.mutation_name;
  std::printf("seed %llu, step %llu: %s\nlast events:\n%sagain: %s --seed %llu%s --trace\n",
              static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(result.failed_at), result.failure.c_str(),
              result.last_events.c_str(), program, static_cast<unsigned long long>(seed),
              planted.c_str());
}

/// For `on_fatal`: what is being run.
std::uint64_t running_seed = 0;
const char* running_program = "";
const char* running_mutation = "";

/// An assertion or a crash: says which seed it was, and ends as it would have ended.
void on_fatal(int signal_number) {
  // Neither is meant to be called here. The process is lost, and the seed is what matters.
  std::printf("seed %llu: signal %d\nagain: %s --seed %llu%s%s --trace\n",
              static_cast<unsigned long long>(running_seed), signal_number, running_program,
              static_cast<unsigned long long>(running_seed),
              *running_mutation == '\0' ? "" : " --mutation ", running_mutation);
  std::fflush(stdout);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void tell_of_fatal_signals(const arguments& given, const char* program) {
  running_program = program;
  running_mutation = given.mutation_name.c_str();
  for (const int each : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) {
    std::signal(each, on_fatal);
  }
}

int run_all(const arguments& given, const std::string& directory, const char* program) {
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&began] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t points = 0;
  std::uint64_t failures = 0;
  for (std::uint64_t seed = given.first;
       seed <= given.last && (given.minutes <= 0 || seconds() < given.minutes * 60); ++seed) {
    running_seed = seed;
    const run_result result = run_seed(seed, given, directory);
    ++runs;
    steps += result.steps;
    points += result.points;
    if (!result.good) {
      ++failures;
      report(seed, result, given, program);
    }
    if (given.twice && run_seed(seed, given, directory).hash != result.hash) {
      ++failures;
      std::printf("seed %llu: two runs differ\n", static_cast<unsigned long long>(seed));
    }
    if (failures > 0 && (given.planted != mutation::none || failures >= 10)) {
      break;
    }
  }
  std::printf("%llu seeds, %llu steps, %llu points, %.1f s: %llu failed\n",
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(steps),
              static_cast<unsigned long long>(points), seconds(),
              static_cast<unsigned long long>(failures));
  const bool wanted = given.planted != mutation::none;
  return (failures > 0) == wanted ? 0 : 1;
}

}  // namespace

int main(int count, char** given) {
  const auto read = read_arguments(count, given);
  if (!read) {
    std::fprintf(stderr,
                 "usage: %s [--seed N [--trace]] [--seeds FROM..TO] [--minutes M] "
                 "[--mutation NAME] [--twice]\n",
                 given[0]);
    return 2;
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-simulate-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror(pattern.c_str());
    return 2;
  }
  if (!read->trace) {
    // weir's journal would drown what is said here.
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  tell_of_fatal_signals(*read, given[0]);
  const int status = run_all(*read, pattern, given[0]);
  std::filesystem::remove_all(pattern);
  return status;
}
