#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace tenon::formats {

/// Where a writer's bytes go, in order: a file, a buffer, standard output. Called many times;
/// throws where it cannot take them (a full disk). lib/cli owns files, so writers know none.
using ByteSink = std::function<void(std::span<const std::byte>)>;

}  // namespace tenon::formats
