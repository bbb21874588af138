#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/kernels.h"

/// Loops that do one thing as fast as a processor can, by which products and passes are judged. They read
/// no clock: scoring/machine_limits.h times them.
namespace tenon::kernels {

/// Multiplications and additions with independent sums in registers: nothing is loaded, and no
/// instruction waits for another.
struct PeakLoop {
  ActivationForm form = ActivationForm::Float32;  // of the products that use the instruction
  std::string_view instruction;                   // "vpdpbusd, 512 bits"
  double operations_per_round = 0.0;              // a multiplication and an addition are two
  void (*run)(std::int64_t rounds) = nullptr;
};

/// Reads `bytes` bytes (a multiple of 512, 64-byte aligned) once and folds them, so that none can be
/// left out.
using ReadLoop = std::uint64_t (*)(const std::byte* data, std::size_t bytes);

/// The loops of one provider; null and left out where it has none.
struct LimitLoops {
  std::vector<PeakLoop> peaks;  // at most one a form
  ReadLoop read = nullptr;
};

/// What this process has for the processor it runs on: of each kind the loop of avx512, else of highway,
/// else of reference. A form that none multiplies by an instruction of its own is left out.
LimitLoops limit_loops();

}  // namespace tenon::kernels
