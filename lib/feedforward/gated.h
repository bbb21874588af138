#pragma once

#include <cstddef>

#include "feedforward/linear.h"

namespace tenon::feedforward {

/// The gated feed-forward network (Shazeer 2020, arXiv:2002.05202, SwiGLU):
/// output = down . (silu(gate . x) * (up . x)).
struct Gated {
  Linear gate;  // [ffn_dim, model_dim]
  Linear up;    // [ffn_dim, model_dim]
  Linear down;  // [model_dim, ffn_dim]
};

/// Where the two products of the hidden units go: unit c of row r at + r * stride + c.
struct GatedBuffers {
  float* gate = nullptr;  // and then the hidden units
  float* up = nullptr;
  std::ptrdiff_t stride = 0;
};

/// gate . x and up . x, the hidden units in `columns` (cut at kColumnGrain) for all rows.
void project_gate(const kernels::Kernels& kernels, const PreparedInput& input, const Gated& layer,
                  Range columns, const GatedBuffers& buffers);
/// silu(gate . x) * (up . x) in place of gate . x, for the same units of `rows` rows.
void multiply_gate(const kernels::Kernels& kernels, int rows, Range columns,
                   const GatedBuffers& buffers);

}  // namespace tenon::feedforward
