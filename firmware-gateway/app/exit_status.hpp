// How the commands end, and how they tell what is wrong in the configuration.
#pragma once

#include "core/problem.hpp"

namespace gateway {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_configuration = 2;
inline constexpr int exit_bad_arguments = 2;

// Tells every problem on standard error, and how many there are; returns exit_bad_configuration.
[[nodiscard]] int refuse(const Problems& problems);

}  // namespace gateway
