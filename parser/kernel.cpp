// SPDX-License-Identifier: Apache-2.0
//
// Chooses the kernel, once per process.
#include "kernel.hpp"

#include <cstdlib>

namespace weir {
namespace {

// Best first.
constexpr const kernel* kernels[] = {&scalar_kernel};

const kernel& choose() noexcept {
  const char* const wanted = std::getenv("WEIR_KERNEL");
  for (const kernel* candidate : kernels) {
    if (wanted == nullptr || candidate->name == wanted) {
      return *candidate;
    }
  }
  return scalar_kernel;  // a name that this machine does not know
}

}  // namespace

const kernel& active_kernel() noexcept {
  static const kernel& chosen = choose();
  return chosen;
}

std::string_view kernel_name() noexcept {
  return active_kernel().name;
}

}  // namespace weir
