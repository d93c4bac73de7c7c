// SPDX-License-Identifier: Apache-2.0
#include "tools/manual/man_notes.hpp"

#include <array>

namespace weir {
namespace {

constexpr std::string_view with_configuration = "*";
constexpr std::string_view of_run = "weir run";
constexpr std::string_view of_screens = "weir lint explain status top tap";
constexpr std::string_view of_asking = "weir status top tap";
constexpr std::string_view of_data = "weir run letters log park types";

constexpr auto notes = std::to_array<man_note>({
    {man_section::signals, of_run, "SIGTERM, SIGINT",
     "Closes the listeners, finishes the requests that are under way, lets the sinks deliver until "
     "service.drain_timeout is over, and ends with status 0. What was not delivered stays in the "
     "log for the next start."},
    {man_section::signals, of_run, "SIGHUP",
     "Reads the configuration again and puts in force what changed; a file with mistakes changes "
     "nothing. The journal says what changed, and what needs a restart."},
    {man_section::signals, of_run, "SIGTERM or SIGINT again",
     "Ends at once, with status 130. Nothing that was acknowledged as written or synced is lost."},
    {man_section::environment, with_configuration, "WEIR_CONFIG",
     "The configuration of every command that is not given one with --config."},
    {man_section::environment, of_run, "NOTIFY_SOCKET",
     "Set by systemd for services of Type=notify: weir sends READY, STATUS and STOPPING there."},
    {man_section::environment, of_run, "WEIR_KERNEL",
     "Forces a kernel of the parser, such as scalar, for tests."},
    {man_section::environment, of_asking, "WEIR_USER",
     "NAME:PASSWORD of a user with the right admin, where weir has users and --user-file is not "
     "given."},
    {man_section::environment, of_asking, "WEIR_TOKEN",
     "A token of such a user; counts before WEIR_USER."},
    {man_section::environment, of_screens, "NO_COLOR", "If it is set, a terminal gets no colours."},
    {man_section::environment, of_screens, "TERM",
     "If it is dumb or not set, a terminal gets no escape sequences."},
    {man_section::files, with_configuration, "/etc/weir/weir.toml",
     "The service's configuration. Every key stands in it with its meaning, unit and default."},
    {man_section::files, of_data, "/var/lib/weir",
     "The service's data: segments (the log), and, unless service.state_directory names another "
     "directory for them, cursors (how far each sink has come), databases (which databases clients "
     "created), types (the types of fields), refused (batches that a server refused for good), "
     "parked (what sinks could not deliver) and letters (lines that weir refused)."},
    {man_section::files, of_run, "/lib/systemd/system/weir.service",
     "The unit. Change it with `systemctl edit weir`."},
    {man_section::see_also, of_run, "systemctl(1)", ""},
    {man_section::see_also, of_run, "journalctl(1)", ""},
});

}  // namespace

std::span<const man_note> man_notes() noexcept {
  return notes;
}

}  // namespace weir
